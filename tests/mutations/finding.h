// Finding: what one way of looking found out about one mutation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kelek::mutants {

/// A run of the simulator, made short (sim::shrink).
struct Shortened {
  std::size_t acts = 0;
  std::size_t of = 0;
  double cpu_seconds = 0;
  std::string scenario;
};

/// Something that does not come out as it should.
struct Catch {
  std::string name;       // of the scenario or test; the seed
  std::string how;        // the schedule; may be empty
  std::string invariant;  // I1 ElectionSafety …; or `expectation`, where the run itself says what does not hold
  std::string text;       // in a sentence
  /// None where nobody asked, or the scenario language has no words for it.
  std::optional<Shortened> shortened = std::nullopt;
};

/// One way of looking: the scenarios, the seeds of the simulator, the exhaustive search, the walks of the log.
struct Finding {
  std::string by;
  std::vector<Catch> catches;
  /// How many were tried until the first that caught it, or in all if none did: schedules, seeds, runs.
  std::uint64_t tried = 0;
  double cpu_seconds = 0;

  bool caught() const { return !catches.empty(); }
};

}  // namespace kelek::mutants
