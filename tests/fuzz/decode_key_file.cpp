// Key files: a pair that belongs together, or an error that shows nothing of what stands in the file.
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <kelek/transport/keys.h>

using namespace kelek;

namespace {

// One file for the whole run, gone with it.
class InputFile {
 public:
  InputFile() : path_((std::filesystem::temp_directory_path() / "kelek-fuzz-key-XXXXXX").string()) {
    descriptor_ = ::mkstemp(path_.data());  // mode 0600
    if (descriptor_ < 0) std::abort();
  }
  ~InputFile() {
    ::close(descriptor_);
    ::unlink(path_.c_str());
  }
  void hold(const std::uint8_t* data, std::size_t size) {
    if (::ftruncate(descriptor_, 0) != 0) std::abort();
    if (::pwrite(descriptor_, data, size, 0) != static_cast<ssize_t>(size)) std::abort();
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  int descriptor_ = -1;
};

std::string said_of_nothing(InputFile& file) {
  std::string all;
  for (const std::string_view text : {"", "secret-key=\n", "public-key=\n"}) {
    file.hold(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
    all += transport::read_key_file(file.path()).error().text + "\n";
  }
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static InputFile file;
  file.hold(data, size);
  const transport::Result<transport::KeyPair> keys = transport::read_key_file(file.path());
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (keys.ok()) {
    if (input.find(keys.value().public_key.text()) == std::string_view::npos) std::abort();
    return 0;
  }
  // What is said of any file, its name among it, tells nothing of this one.
  static const std::string usual = said_of_nothing(file);
  // A line of the file that is long enough to be part of a secret does not stand in the error.
  constexpr std::size_t telling = 16;
  for (std::size_t at = input.find("secret-key="); at != std::string_view::npos;
       at = input.find("secret-key=", at + 1)) {
    const std::string_view secret = input.substr(at + 11, telling);
    // Our own sentences have blanks in them; keys have none.
    if (usual.find(secret) != std::string::npos || secret.find(' ') != std::string_view::npos) continue;
    if (secret.size() == telling && keys.error().text.find(secret) != std::string::npos) std::abort();
  }
  return 0;
}
