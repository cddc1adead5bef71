// Keys as values.
#include <algorithm>
#include <array>

#include <catch2/catch.hpp>

#include <kelek/transport/keys.h>

namespace kelek::transport {

TEST_CASE("A public key goes to text and back", "[keys]") {
  const auto pair = generate_key_pair();
  REQUIRE(pair);
  const std::string text = pair->public_key.text();
  CHECK(text.size() == key_text_length);
  const auto back = PublicKey::from_text(text);
  REQUIRE(back);
  CHECK(*back == pair->public_key);
  CHECK(back->fingerprint().size() == 16);
  CHECK(back->fingerprint() == pair->public_key.fingerprint());
}

TEST_CASE("Two pairs differ in everything", "[keys]") {
  const auto one = generate_key_pair();
  const auto two = generate_key_pair();
  CHECK(one->public_key != two->public_key);
  CHECK(one->public_key.fingerprint() != two->public_key.fingerprint());
}

TEST_CASE("What is not 40 characters of Z85 is no key", "[keys]") {
  const std::string good = generate_key_pair()->public_key.text();
  CHECK_FALSE(PublicKey::from_text(""));
  CHECK_FALSE(PublicKey::from_text(good.substr(1)));
  CHECK_FALSE(PublicKey::from_text(good + "a"));
  for (const char wrong : {' ', '"', '\'', ',', ';', '\\', '_', '`', '|', '~', '\0', '\x7f', '\xff', '\n'}) {
    std::string text = good;
    text[17] = wrong;
    CHECK_FALSE(PublicKey::from_text(text));
  }
  // The largest group of five is beyond 32 bits.
  CHECK_FALSE(PublicKey::from_text(std::string(key_text_length, '#')));
}

TEST_CASE("A secret key is wiped where it was moved from", "[keys]") {
  auto pair = generate_key_pair();
  std::array<std::byte, key_bytes> before{};
  std::copy(pair->secret_key.bytes().begin(), pair->secret_key.bytes().end(), before.begin());
  const SecretKey moved = std::move(pair->secret_key);
  CHECK(std::equal(before.begin(), before.end(), moved.bytes().begin()));
  const auto left = pair->secret_key.bytes();  // NOLINT: what is left is the point
  CHECK(std::all_of(left.begin(), left.end(), [](std::byte b) { return b == std::byte{0}; }));
}

TEST_CASE("A secret key is wiped when it goes", "[keys]") {
  const auto pair = generate_key_pair();
  alignas(SecretKey) std::array<std::byte, sizeof(SecretKey)> place{};
  auto* secret = new (place.data()) SecretKey(pair->secret_key.bytes());
  secret->~SecretKey();
  CHECK(std::all_of(place.begin(), place.end(), [](std::byte b) { return b == std::byte{0}; }));
}

}  // namespace kelek::transport
