// CURVE keys: who a process is. Public keys as text (Z85), secret keys in files that only their owner can
// read.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <kelek/transport/result.h>

namespace kelek::transport {

inline constexpr std::size_t key_bytes = 32;
/// Length of a key as text, in Z85 (RFC 32 of ZeroMQ).
inline constexpr std::size_t key_text_length = 40;

/// Names a process to all others. Not a secret.
class PublicKey {
 public:
  PublicKey() = default;
  explicit PublicKey(std::span<const std::byte, key_bytes> bytes);
  /// Nothing if `text` is not 40 characters of Z85.
  static std::optional<PublicKey> from_text(std::string_view text);

  std::string text() const;
  /// 16 hexadecimal digits of a hash: enough to recognise a key by in a log.
  std::string fingerprint() const;
  std::span<const std::byte, key_bytes> bytes() const { return bytes_; }

  friend bool operator==(const PublicKey& a, const PublicKey& b) { return a.bytes_ == b.bytes_; }
  friend bool operator!=(const PublicKey& a, const PublicKey& b) { return a.bytes_ != b.bytes_; }
  friend bool operator<(const PublicKey& a, const PublicKey& b) { return a.bytes_ < b.bytes_; }

 private:
  std::array<std::byte, key_bytes> bytes_{};
};

/// Wiped from memory when it goes; cannot be copied, printed or compared. (libzmq keeps a copy of its own in
/// each socket for as long as the socket lives.)
class SecretKey {
 public:
  explicit SecretKey(std::span<const std::byte, key_bytes> bytes);
  SecretKey(SecretKey&& other) noexcept;
  SecretKey& operator=(SecretKey&& other) noexcept;
  SecretKey(const SecretKey&) = delete;
  SecretKey& operator=(const SecretKey&) = delete;
  ~SecretKey();

  /// For handing to a socket, and for nothing else.
  std::span<const std::byte, key_bytes> bytes() const { return bytes_; }

 private:
  std::array<std::byte, key_bytes> bytes_;
};

struct KeyPair {
  PublicKey public_key;
  SecretKey secret_key;
};

/// A new pair from the system's randomness. Fails only where libzmq was built without CURVE.
Result<KeyPair> generate_key_pair();

/// Writes a new file with mode 0600 and syncs it. Refused if the file exists: a key is never overwritten.
///
///     # Kelek key pair. Whoever can read this file can speak as its owner.
///     public-key=<40 characters>
///     secret-key=<40 characters>
Status write_key_file(const std::string& path, const KeyPair& keys);

/// Reads what write_key_file wrote. Refused, with what to do about it, if the file is missing, is not a
/// regular file, belongs to another user, gives the group or others any access, has unknown, repeated or
/// missing lines, or holds a public key that is not the secret key's. No error quotes the file's contents.
Result<KeyPair> read_key_file(const std::string& path);

}  // namespace kelek::transport
