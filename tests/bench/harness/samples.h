// Samples of CPU time, wall time and allocations. Who includes this counts allocations (allocations.h).
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "measure.h"

namespace kelek::bench {

/// One run: totals, and the number of operations that they are of.
struct Sample {
  std::uint64_t cpu_ns = 0;
  std::uint64_t wall_ns = 0;
  std::uint64_t allocations = 0;
  std::uint64_t messages = 0;
  std::uint64_t operations = 0;

  double cpu_ns_per_operation() const { return static_cast<double>(cpu_ns) / static_cast<double>(operations); }
};

/// Adds to a sample what lies between its making and stop().
class Stopwatch {
 public:
  Stopwatch();
  void stop(Sample& sample) const;

 private:
  std::uint64_t wall_ns_;
  std::uint64_t allocations_;
  std::uint64_t cpu_ns_;
};

/// Prints the best run, with the median beside it.
void report(const Subject& subject, std::vector<Sample> samples);

/// Runs `operation` (which does `operations` at a time) until the time of a run is over, Settings::runs
/// times. `messages` counts what was delivered so far.
std::vector<Sample> repeat(const Settings& settings, std::uint64_t operations, const std::uint64_t& messages,
                           const std::function<void()>& operation);

}  // namespace kelek::bench
