// Clocks, samples, and the rows that every bench prints: one JSON object a line, for run.py to lay out.
#pragma once

#include <cstdint>
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

/// A row with figures of other kinds.
struct Figure {
  std::string_view key;
  double value;
};
void report_figures(const Subject& subject, const std::vector<Figure>& figures);

}  // namespace kelek::bench
