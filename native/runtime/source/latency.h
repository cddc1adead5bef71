// Latency: a histogram of times in microseconds, in powers of two with four steps each. Fixed memory.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace kelek::runtime {

class Latency {
 public:
  void add(std::uint64_t us) {
    ++buckets_[bucket_of(us)];
    ++count_;
    max_us_ = std::max(max_us_, us);
  }

  /// The upper end of the step that holds this share (in thousandths) of all times; at most 25 % above the truth.
  std::uint64_t quantile_us(std::uint64_t per_mille) const {
    if (count_ == 0) return 0;
    const std::uint64_t wanted = std::max<std::uint64_t>(1, (count_ * per_mille + 999) / 1000);
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
      seen += buckets_[i];
      if (seen >= wanted) return std::min(max_us_, upper_end_us(i));
    }
    return max_us_;
  }

  std::uint64_t count() const { return count_; }
  std::uint64_t max_us() const { return max_us_; }

 private:
  static constexpr std::size_t steps = 4;
  static std::size_t bucket_of(std::uint64_t us) {
    if (us < steps) return static_cast<std::size_t>(us);
    const unsigned power = static_cast<unsigned>(std::bit_width(us)) - 1;
    const std::size_t step = static_cast<std::size_t>((us >> (power - 2)) & 3);
    return std::min<std::size_t>((power - 1) * steps + step, 159);
  }
  static std::uint64_t upper_end_us(std::size_t bucket) {
    if (bucket < steps) return bucket;
    const std::size_t power = bucket / steps + 1;
    const std::uint64_t step = bucket % steps;
    return ((std::uint64_t{4} + step + 1) << (power - 2)) - 1;
  }

  std::array<std::uint64_t, 160> buckets_{};
  std::uint64_t count_ = 0;
  std::uint64_t max_us_ = 0;
};

}  // namespace kelek::runtime
