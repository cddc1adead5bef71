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
  void number(uint64_t word) { state_ = step(state_, word); }

  void items(uint64_t count) { number(count); }

  void text(std::string_view bytes) {
    number(bytes.size());
    size_t at = bytes.size() < 2 * row_bytes ? 0 : rows(bytes);
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
  static constexpr size_t row_bytes = 32;

  static uint64_t step(uint64_t state, uint64_t word) {
    const uint64_t product = (state ^ word) * multiplier;
    return product ^ (product >> 32);
  }

  // Whole rows of four words, each word into a lane of its own: a multiplication waits for the one before it in its
  // lane alone, and the four go on at once. Gives how many bytes it took.
  size_t rows(std::string_view bytes) {
    uint64_t first = state_;
    uint64_t second = ~state_;
    uint64_t third = state_ ^ multiplier;
    uint64_t fourth = ~third;
    size_t at = 0;
    for (; at + row_bytes <= bytes.size(); at += row_bytes) {
      const char* row = bytes.data() + at;
      first = step(first, whole_word(row));
      second = step(second, whole_word(row + 8));
      third = step(third, whole_word(row + 16));
      fourth = step(fourth, whole_word(row + 24));
    }
    number(first);
    number(second);
    number(third);
    number(fourth);
    return at;
  }

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
