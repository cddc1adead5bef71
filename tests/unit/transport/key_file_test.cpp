// T13: key files. Who may read them, what they may hold, and that no error repeats a secret.
#include <algorithm>
#include <fstream>
#include <sstream>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <kelek/transport/keys.h>

#include "temporary_folder.h"

namespace kelek::transport {
namespace {

std::string contents(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

mode_t mode_of(const std::string& path) {
  struct stat status {};
  REQUIRE(stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777u;
}

/// A key file, and its lines to be put together wrongly.
struct KeyFile {
  test::TemporaryFolder folder;
  std::string path = folder.path() + "/node.key";
  std::string public_line;
  std::string secret_line;

  KeyFile() {
    REQUIRE(write_key_file(path, *generate_key_pair()));
    std::istringstream lines(contents(path));
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("public-key=")) public_line = line + "\n";
      if (line.starts_with("secret-key=")) secret_line = line + "\n";
    }
  }
  void write(const std::string& text) const {
    std::ofstream(path, std::ios::trunc) << text;
    chmod(path.c_str(), 0600);
  }
  std::string error() const {
    const auto keys = read_key_file(path);
    if (keys) return "";
    CHECK(keys.error().problem == Problem::bad_key);
    CHECK_THAT(keys.error().text, Catch::Contains(path));
    const std::string secret = secret_line.substr(secret_line.find('=') + 1, key_text_length);
    CHECK_THAT(keys.error().text, !Catch::Contains(secret));
    CHECK_THAT(keys.error().text, !Catch::Contains(secret.substr(0, 10)));
    return keys.error().text;
  }
};

}  // namespace

TEST_CASE("A key file is made for its owner only, whatever the umask, and reads back", "[keyfile]") {
  const test::TemporaryFolder folder;
  const mode_t before = umask(0);
  for (const mode_t mask : {0000u, 0022u, 0277u}) {
    umask(mask);
    const std::string path = folder.path() + "/" + std::to_string(mask);
    const auto pair = generate_key_pair();
    REQUIRE(write_key_file(path, *pair));
    CHECK(mode_of(path) == 0600);
    const auto back = read_key_file(path);
    REQUIRE(back);
    CHECK(back->public_key == pair->public_key);
    CHECK(std::ranges::equal(back->secret_key.bytes(), pair->secret_key.bytes()));
  }
  umask(before);
}

TEST_CASE("A key file is never overwritten, nor written through a link", "[keyfile]") {
  const KeyFile file;
  const std::string text = contents(file.path);
  const Status again = write_key_file(file.path, *generate_key_pair());
  REQUIRE_FALSE(again);
  CHECK_THAT(again.error().text, Catch::Contains("exists already"));
  CHECK(contents(file.path) == text);

  const std::string link = file.folder.path() + "/link";
  REQUIRE(symlink((file.folder.path() + "/target").c_str(), link.c_str()) == 0);
  CHECK_FALSE(write_key_file(link, *generate_key_pair()));
  CHECK(access((file.folder.path() + "/target").c_str(), F_OK) != 0);
  CHECK_FALSE(write_key_file(file.folder.path() + "/none/node.key", *generate_key_pair()));
}

TEST_CASE("Any access of the group's or others' is refused, and said how to mend", "[keyfile]") {
  const KeyFile file;
  for (const mode_t mode : {0600u, 0400u, 0700u}) {
    chmod(file.path.c_str(), mode);
    CHECK(file.error().empty());
  }
  for (mode_t others = 1; others <= 077; ++others) {
    chmod(file.path.c_str(), 0600 | others);
    CHECK_THAT(file.error(), Catch::Contains("chmod 600 " + file.path));
  }
}

TEST_CASE("A key file of another user is refused", "[keyfile]") {
  if (geteuid() != 0) return;  // only root can give a file away
  const KeyFile file;
  REQUIRE(chown(file.path.c_str(), 65534, 65534) == 0);
  CHECK_THAT(file.error(), Catch::Contains("belongs to user 65534"));
}

TEST_CASE("A missing file, a folder, a pipe are no key files", "[keyfile]") {
  const test::TemporaryFolder folder;
  const auto missing = read_key_file(folder.path() + "/none.key");
  REQUIRE_FALSE(missing);
  CHECK_THAT(missing.error().text, Catch::Contains("does not exist"));
  CHECK_THAT(missing.error().text, Catch::Contains("kelek keys"));
  CHECK_THAT(read_key_file(folder.path()).error().text, Catch::Contains("not a regular file"));
  const std::string pipe_path = folder.path() + "/pipe";
  REQUIRE(mkfifo(pipe_path.c_str(), 0600) == 0);
  CHECK_THAT(read_key_file(pipe_path).error().text, Catch::Contains("not a regular file"));
}

TEST_CASE("A malformed key file is refused with the line, and its secret is not repeated", "[keyfile]") {
  const KeyFile file;
  const std::string both = file.public_line + file.secret_line;
  file.write(both);
  CHECK(file.error().empty());
  file.write("\n# comment\r\n" + both);
  CHECK(file.error().empty());

  file.write("");
  CHECK_THAT(file.error(), Catch::Contains("no line public-key="));
  file.write(file.public_line);
  CHECK_THAT(file.error(), Catch::Contains("no line secret-key="));
  file.write(both + file.secret_line);
  CHECK_THAT(file.error(), Catch::Contains("line 3 gives a key a second time"));
  file.write(both + "secret=" + file.secret_line);
  CHECK_THAT(file.error(), Catch::Contains("line 3 is neither"));
  file.write(file.public_line + file.secret_line.substr(0, 30) + "\n");
  CHECK_THAT(file.error(), Catch::Contains("line 2: a key has 40 characters"));
  std::string bad = file.secret_line;
  bad[20] = ' ';
  file.write(file.public_line + bad);
  CHECK_FALSE(file.error().empty());
  file.write("public-key=" + generate_key_pair()->public_key.text() + "\n" + file.secret_line);
  CHECK_THAT(file.error(), Catch::Contains("not that of the secret key"));
  file.write(std::string(5000, '#') + "\n" + both);
  CHECK_THAT(file.error(), Catch::Contains("too long"));
  file.write(std::string(100, '\0'));
  CHECK_FALSE(file.error().empty());
}

}  // namespace kelek::transport
