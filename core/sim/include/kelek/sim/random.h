// Random: numbers drawn from a seed, the same on every machine (SplitMix64).
#pragma once

#include <cstdint>

namespace kelek::sim {

constexpr std::uint64_t mix(std::uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9U;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebU;
  return value ^ (value >> 31);
}

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15U;
    return mix(state_);
  }
  /// 0 … bound − 1; 0 where bound is 0. By multiplication: a division would be most of what a draw costs.
  std::uint64_t below(std::uint64_t bound) {
    if (bound > UINT32_MAX) return next() % bound;
    return ((next() >> 32) * bound) >> 32;
  }
  /// low … high.
  std::uint64_t between(std::uint64_t low, std::uint64_t high) { return low + below(high - low + 1); }
  bool chance(std::uint32_t per_mille) { return per_mille != 0 && below(1000) < per_mille; }
  /// Another generator, which shares nothing with this one.
  Random split() { return Random(mix(next() ^ 0x6a09e667f3bcc909U)); }

 private:
  std::uint64_t state_;
};

}  // namespace kelek::sim
