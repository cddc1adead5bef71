// Exam: each mutation by itself, in a process of its own, and all ways of looking at it.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "catalogue.h"
#include "finding.h"

namespace kelek::mutants {

struct Settings {
  std::string scenario_folder;
  std::string unit_folder;
  /// Ways of looking, in the order of what they cost; see ways().
  std::vector<std::string> with;
  /// At the most, for each mutation.
  std::uint64_t seeds = 20'000;
  double seed_seconds = 60;
  std::uint64_t first_seed = 1;
  /// See sim::Steering.
  bool steers = false;
  /// See SeedSearch.
  double shrink_seconds = 0;
  unsigned cpu_seconds = 120;
  unsigned jobs = 1;
  /// If not empty: of each mutation just these scenarios, tests and seeds, by the way of looking.
  std::map<std::string, std::map<std::string, std::vector<std::string>>> only;
};

/// What became of one mutation.
struct Result {
  const Mutant* mutant = nullptr;  // null: none was in force
  std::vector<Finding> findings;
  /// How its process ended, where it did not end by itself.
  std::string died;

  bool caught() const;
};

/// The names of all ways of looking.
const std::vector<std::string>& ways();

/// One process for each, `jobs` of them at a time; `done` hears of each as it ends. In the order of `mutants`.
std::vector<Result> examine(const Settings& settings, const std::vector<const Mutant*>& mutants,
                            const std::function<void(const Result&)>& done);

}  // namespace kelek::mutants
