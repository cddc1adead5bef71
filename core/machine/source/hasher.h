// A 64-bit hash over numbers and texts: fast, the same on every platform, and not meant to withstand an
// attacker.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace kelek::machine {

class Hasher {
 public:
  explicit Hasher(uint64_t seed) : state_(seed) {}

  // Each step is a bijection of the state for a given word, so that nothing is ever lost.
  void number(uint64_t word) {
    state_ = (state_ ^ word) * multiplier;
    state_ ^= state_ >> 32;
  }

  void items(uint64_t count) { number(count); }

  void text(std::string_view bytes) {
    number(bytes.size());
    size_t at = 0;
    for (; at + 8 <= bytes.size(); at += 8) {
      number(whole_word(bytes.data() + at));
    }
    if (at < bytes.size()) {
      number(little_endian(bytes.data() + at, bytes.size() - at));
    }
  }

  // Mixes once more, so that every bit depends on every bit.
  uint64_t value() const {
    uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9ull;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebull;
    return mixed ^ (mixed >> 31);
  }

 private:
  static constexpr uint64_t multiplier = 0x9e3779b97f4a7c15ull;

  static uint64_t whole_word(const char* bytes) {
    if constexpr (std::endian::native != std::endian::little) {
      return little_endian(bytes, 8);
    }
    uint64_t word = 0;
    std::memcpy(&word, bytes, sizeof(word));
    return word;
  }

  static uint64_t little_endian(const char* bytes, size_t count) {
    uint64_t word = 0;
    for (size_t i = 0; i < count; ++i) {
      word |= static_cast<uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
    }
    return word;
  }

  uint64_t state_;
};

}  // namespace kelek::machine
