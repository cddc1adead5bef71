// Clocks, samples, and the rows that every bench prints: one JSON object a line, for run.py to lay out.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kelek::bench {

/// What the process (its ended threads included) has used of all processors.
std::uint64_t process_cpu_ns();
/// Time that passes, from an arbitrary start.
std::uint64_t wall_ns();

/// What a row is of; 0 leaves a key out.
struct Subject {
  std::string bench;
  std::uint64_t nodes = 0;
  std::uint64_t payload_bytes = 0;
  std::uint64_t batch = 0;

  /// "bench/nodes/payload/batch/", for Settings::only.
  std::string name() const;
};

/// How long and how often to measure, and what.
struct Settings {
  std::string only;
  int runs = 5;
  std::uint64_t run_ns = 300'000'000;

  /// `only` is a part of its name.
  bool wants(const Subject& subject) const { return subject.name().find(only) != std::string::npos; }
  /// Reads --quick and --only PART; nothing if an argument is neither.
  static std::optional<Settings> from_arguments(int count, char** values);
};

/// One run: totals, and the number of operations that they are of.
struct Sample {
  std::uint64_t cpu_ns = 0;
  std::uint64_t wall_ns = 0;
  std::uint64_t allocations = 0;
  std::uint64_t messages = 0;
  std::uint64_t operations = 0;

  double cpu_ns_per_operation() const {
    return static_cast<double>(cpu_ns) / static_cast<double>(operations);
  }
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

/// A row with figures of other kinds.
struct Figure {
  std::string_view key;
  double value;
};
void report_figures(const Subject& subject, const std::vector<Figure>& figures);

/// Runs `operation` (which does `operations` at a time) until the time of a run is over, Settings::runs
/// times. `messages` counts what was delivered so far.
std::vector<Sample> repeat(const Settings& settings, std::uint64_t operations, const std::uint64_t& messages,
                           const std::function<void()>& operation);

}  // namespace kelek::bench
