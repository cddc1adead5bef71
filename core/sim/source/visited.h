// What a search has tried: sets of placed operations, and the memory of such sets together with a state (Lowe).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace kelek::sim::history {

using Words = std::vector<std::uint64_t>;

/// A set of small numbers of which the low ones tend to be in it and the high ones not: written down are only the
/// words between.
class WindowedSet {
 public:
  explicit WindowedSet(std::size_t size) : words_((size + 63) / 64) {}

  void insert(std::size_t number);
  void erase(std::size_t number);
  bool contains(std::size_t number) const { return (words_[number / 64] >> (number % 64) & 1) != 0; }
  /// Appends words that differ for sets that differ.
  void write(Words& to) const;

 private:
  Words words_;
  std::size_t low_ = 0;   // all words below are full
  std::size_t high_ = 0;  // all words from here on are empty
};

/// A set of sequences of words.
class Visited {
 public:
  Visited() : slots_(1024, free_slot) {}

  /// False: it was there.
  bool insert(const Words& sequence);
  std::size_t memory_bytes() const {
    return arena_.capacity() * sizeof(std::uint64_t) + slots_.size() * sizeof(std::size_t);
  }

 private:
  static constexpr std::size_t free_slot = ~std::size_t{0};

  bool holds(std::size_t place, const Words& sequence) const;
  void grow();

  Words arena_;                     // length, hash, words; one sequence after the other
  std::vector<std::size_t> slots_;  // where in the arena a sequence begins
  std::size_t count_ = 0;
};

}  // namespace kelek::sim::history
