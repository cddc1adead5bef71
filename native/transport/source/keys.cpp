// Keys as values: text, fingerprints, wiping, generation.
#include <kelek/transport/keys.h>

#include <algorithm>
#include <utility>

#include <sodium.h>
#include <zmq.h>

namespace kelek::transport {
namespace {

constexpr std::size_t fingerprint_bytes = 8;

std::uint8_t* octets(std::byte* bytes) {
  return reinterpret_cast<std::uint8_t*>(bytes);
}
const std::uint8_t* octets(const std::byte* bytes) {
  return reinterpret_cast<const std::uint8_t*>(bytes);
}

}  // namespace

PublicKey::PublicKey(std::span<const std::byte, key_bytes> bytes) {
  std::copy(bytes.begin(), bytes.end(), bytes_.begin());
}

std::optional<PublicKey> PublicKey::from_text(std::string_view text) {
  PublicKey key;
  if (text.size() != key_text_length) return std::nullopt;
  if (zmq_z85_decode(octets(key.bytes_.data()), std::string(text).c_str()) == nullptr) return std::nullopt;
  // libzmq takes some characters outside the alphabet for others: only what encodes to the same text is Z85.
  if (key.text() != text) return std::nullopt;
  return key;
}

std::string PublicKey::text() const {
  std::array<char, key_text_length + 1> text{};
  zmq_z85_encode(text.data(), octets(bytes_.data()), key_bytes);
  return {text.data(), key_text_length};
}

std::string PublicKey::fingerprint() const {
  std::array<std::uint8_t, crypto_generichash_BYTES> hash{};
  crypto_generichash(hash.data(), hash.size(), octets(bytes_.data()), key_bytes, nullptr, 0);
  std::array<char, 2 * fingerprint_bytes + 1> digits{};
  sodium_bin2hex(digits.data(), digits.size(), hash.data(), fingerprint_bytes);
  return {digits.data(), 2 * fingerprint_bytes};
}

SecretKey::SecretKey(std::span<const std::byte, key_bytes> bytes) {
  std::copy(bytes.begin(), bytes.end(), bytes_.begin());
}

SecretKey::SecretKey(SecretKey&& other) noexcept : bytes_(other.bytes_) {
  sodium_memzero(other.bytes_.data(), key_bytes);
}

SecretKey& SecretKey::operator=(SecretKey&& other) noexcept {
  if (this == &other) return *this;
  bytes_ = other.bytes_;
  sodium_memzero(other.bytes_.data(), key_bytes);
  return *this;
}

SecretKey::~SecretKey() {
  sodium_memzero(bytes_.data(), key_bytes);
}

Result<KeyPair> generate_key_pair() {
  std::array<char, key_text_length + 1> public_text{};
  std::array<char, key_text_length + 1> secret_text{};
  if (zmq_curve_keypair(public_text.data(), secret_text.data()) != 0) {
    return Error{Problem::unsupported, "this libzmq was built without CURVE: keys cannot be made"};
  }
  std::array<std::byte, key_bytes> bytes{};
  zmq_z85_decode(octets(bytes.data()), public_text.data());
  const PublicKey public_key(bytes);
  zmq_z85_decode(octets(bytes.data()), secret_text.data());
  KeyPair pair{public_key, SecretKey(bytes)};
  sodium_memzero(bytes.data(), bytes.size());
  sodium_memzero(secret_text.data(), secret_text.size());
  return pair;
}

}  // namespace kelek::transport
