// Key files: made for their owner only, read only if nobody else can.
#include <cerrno>
#include <cstring>
#include <string>

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include <kelek/transport/keys.h>

#include "small_file.h"

namespace kelek::transport {
namespace {

constexpr std::size_t max_key_file_bytes = 4096;
constexpr std::string_view public_label = "public-key=";
constexpr std::string_view secret_label = "secret-key=";
constexpr const char* header =
    "# Kelek key pair. Whoever can read this file can speak as its owner: keep it to yourself.\n"
    "# The public key is for others; the secret key never leaves this file.\n";

Error key_error(const std::string& path, const std::string& what) {
  return {Problem::bad_key, "key file " + path + ": " + what};
}

/// Bytes that are wiped when they go.
struct WipedText {
  std::array<char, max_key_file_bytes> bytes{};
  std::size_t size = 0;

  WipedText() = default;
  WipedText(const WipedText&) = delete;
  WipedText& operator=(const WipedText&) = delete;
  ~WipedText() { sodium_memzero(bytes.data(), bytes.size()); }

  bool add(std::string_view text) {
    if (text.size() > bytes.size() - size) return false;
    std::memcpy(bytes.data() + size, text.data(), text.size());
    size += text.size();
    return true;
  }
  std::string_view text() const { return {bytes.data(), size}; }
};

Status check_owner_and_mode(const std::string& path, int descriptor) {
  struct stat status {};
  if (fstat(descriptor, &status) != 0) return key_error(path, std::strerror(errno));
  if (!S_ISREG(status.st_mode)) return key_error(path, "is not a regular file");
  if (status.st_uid != geteuid()) {
    return key_error(path, "belongs to user " + std::to_string(status.st_uid) + ", and this process runs as user " +
                               std::to_string(geteuid()) + ": chown " + std::to_string(geteuid()) + " " + path);
  }
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return key_error(path, "others than its owner have access: chmod 600 " + path);
  }
  if (static_cast<std::size_t>(status.st_size) > max_key_file_bytes) return key_error(path, "is too long for a key");
  return Nothing{};
}

/// The two values of a key file; views of its text.
struct KeyLines {
  std::string_view public_text;
  std::string_view secret_text;
};

Result<KeyLines> find_lines(const std::string& path, std::string_view text) {
  KeyLines lines;
  std::size_t number = 0;
  while (!text.empty()) {
    ++number;
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.empty() || line.front() == '#') continue;
    const bool is_public = line.starts_with(public_label);
    if (!is_public && !line.starts_with(secret_label)) {
      return key_error(path, "line " + std::to_string(number) + " is neither public-key=, secret-key= nor a comment");
    }
    std::string_view& value = is_public ? lines.public_text : lines.secret_text;
    if (!value.empty()) return key_error(path, "line " + std::to_string(number) + " gives a key a second time");
    value = line.substr(public_label.size());
    if (value.size() != key_text_length) {
      return key_error(path, "line " + std::to_string(number) + ": a key has " + std::to_string(key_text_length) +
                                 " characters, this has " + std::to_string(value.size()));
    }
  }
  if (lines.public_text.empty()) return key_error(path, "has no line public-key=");
  if (lines.secret_text.empty()) return key_error(path, "has no line secret-key=");
  return lines;
}

Result<KeyPair> parse_key_file(const std::string& path, std::string_view text) {
  const Result<KeyLines> lines = find_lines(path, text);
  if (!lines) return lines.error();
  const std::optional<PublicKey> public_key = PublicKey::from_text(lines->public_text);
  if (!public_key) return key_error(path, "the public key is not Z85 text");

  WipedText terminated;
  if (!terminated.add(lines->secret_text)) return key_error(path, "is too long for a key");
  WipedText secret_bytes;
  if (zmq_z85_decode(reinterpret_cast<std::uint8_t*>(secret_bytes.bytes.data()), terminated.bytes.data()) == nullptr) {
    return key_error(path, "the secret key is not Z85 text");
  }
  const auto* bytes = reinterpret_cast<const std::byte*>(secret_bytes.bytes.data());
  KeyPair pair{*public_key, SecretKey(std::span<const std::byte, key_bytes>(bytes, key_bytes))};

  std::array<char, key_text_length + 1> derived{};
  if (zmq_curve_public(derived.data(), terminated.bytes.data()) != 0) {
    return key_error(path, "the secret key is not one of CURVE's");
  }
  if (lines->public_text != std::string_view(derived.data(), key_text_length)) {
    return key_error(path, "the public key is not that of the secret key");
  }
  return pair;
}

}  // namespace

Status write_key_file(const std::string& path, const KeyPair& keys) {
  WipedText text;
  std::array<char, key_text_length + 1> secret_text{};
  zmq_z85_encode(secret_text.data(), reinterpret_cast<const std::uint8_t*>(keys.secret_key.bytes().data()), key_bytes);
  text.add(header);
  text.add(public_label);
  text.add(keys.public_key.text());
  text.add("\n");
  text.add(secret_label);
  text.add({secret_text.data(), key_text_length});
  text.add("\n");
  sodium_memzero(secret_text.data(), secret_text.size());

  constexpr mode_t owner_only = S_IRUSR | S_IWUSR;
  const int descriptor = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, owner_only);
  if (descriptor < 0 && errno == EEXIST) {
    return key_error(path, "exists already and is not overwritten: remove it first, or choose another name");
  }
  if (descriptor < 0) return key_error(path, std::string("cannot be created: ") + std::strerror(errno));
  const bool written =
      fchmod(descriptor, owner_only) == 0 && write_all(descriptor, text.text()) && fsync(descriptor) == 0;
  const int reason = errno;
  close(descriptor);
  if (!written) {
    unlink(path.c_str());
    return key_error(path, std::string("cannot be written: ") + std::strerror(reason));
  }
  return Nothing{};
}

Result<KeyPair> read_key_file(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (descriptor < 0 && errno == ENOENT) {
    return key_error(path, "does not exist: make one with kelek keys, or name another");
  }
  if (descriptor < 0) return key_error(path, std::string("cannot be opened: ") + std::strerror(errno));
  const Status safe = check_owner_and_mode(path, descriptor);
  WipedText text;
  const std::optional<std::size_t> size =
      safe ? read_all(descriptor, text.bytes.data(), text.bytes.size()) : std::nullopt;
  const int reason = errno;
  close(descriptor);
  if (!safe) return safe.error();
  if (!size) return key_error(path, std::string("cannot be read: ") + std::strerror(reason));
  text.size = *size;
  return parse_key_file(path, text.text());
}

}  // namespace kelek::transport
