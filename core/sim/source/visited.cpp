// Sets of placed operations, and the table of those that were tried.
#include "visited.h"

#include <algorithm>

namespace kelek::sim::history {
namespace {

std::uint64_t mixed(std::uint64_t number) {
  number ^= number >> 30;
  number *= 0xbf58476d1ce4e5b9ULL;
  number ^= number >> 27;
  number *= 0x94d049bb133111ebULL;
  return number ^ (number >> 31);
}

std::uint64_t hash_of(const Words& words) {
  std::uint64_t hash = 0x9e3779b97f4a7c15ULL;
  for (const std::uint64_t word : words) hash = mixed(hash ^ word) + 0x9e3779b97f4a7c15ULL;
  return hash;
}

}  // namespace

void WindowedSet::insert(std::size_t number) {
  const std::size_t word = number / 64;
  words_[word] |= std::uint64_t{1} << (number % 64);
  high_ = std::max(high_, word + 1);
  while (low_ < high_ && words_[low_] == ~std::uint64_t{0}) ++low_;
}

void WindowedSet::erase(std::size_t number) {
  const std::size_t word = number / 64;
  words_[word] &= ~(std::uint64_t{1} << (number % 64));
  low_ = std::min(low_, word);
  while (high_ > low_ && words_[high_ - 1] == 0) --high_;
}

void WindowedSet::write(Words& to) const {
  to.push_back((static_cast<std::uint64_t>(low_) << 32) | (high_ - low_));
  to.insert(to.end(), words_.begin() + static_cast<std::ptrdiff_t>(low_),
            words_.begin() + static_cast<std::ptrdiff_t>(high_));
}

bool Visited::holds(std::size_t place, const Words& sequence) const {
  const auto begin = arena_.begin() + static_cast<std::ptrdiff_t>(place);
  return *begin == sequence.size() && std::equal(sequence.begin(), sequence.end(), begin + 2);
}

bool Visited::insert(const Words& sequence) {
  if (2 * (count_ + 1) > slots_.size()) grow();
  const std::uint64_t hash = hash_of(sequence);
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = static_cast<std::size_t>(hash) & mask;
  while (slots_[slot] != free_slot) {
    if (arena_[slots_[slot] + 1] == hash && holds(slots_[slot], sequence)) return false;
    slot = (slot + 1) & mask;
  }
  slots_[slot] = arena_.size();
  arena_.push_back(sequence.size());
  arena_.push_back(hash);
  arena_.insert(arena_.end(), sequence.begin(), sequence.end());
  ++count_;
  return true;
}

void Visited::grow() {
  std::vector<std::size_t> larger(2 * slots_.size(), free_slot);
  const std::size_t mask = larger.size() - 1;
  for (const std::size_t place : slots_) {
    if (place == free_slot) continue;
    std::size_t slot = static_cast<std::size_t>(arena_[place + 1]) & mask;
    while (larger[slot] != free_slot) slot = (slot + 1) & mask;
    larger[slot] = place;
  }
  slots_.swap(larger);
}

}  // namespace kelek::sim::history
