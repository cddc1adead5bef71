// What `kelek sim run` and `kelek sim replay` share: how a run is done.
#pragma once

#include <cstdint>
#include <string>

#include <kelek/sim/lineage.h>
#include <kelek/sim/seed.h>

#include "output.h"

namespace kelek::cli {

struct SimulationSettings {
  std::string seeds = "1..1000";
  unsigned jobs = 0;
  std::uint32_t seconds = 0;
  std::string disk = "memory";
  std::uint32_t deliveries = 0;
  /// The history of each so many seeds is judged by the search; 0: none.
  std::uint64_t judge_every = 1;
  std::string histories_folder;
  bool steers = false;
};

sim::SeedOptions options_of(const SimulationSettings& given);

/// Assertions of the core that break on this thread from now on name this seed.
void name_broken_assertions(std::uint64_t seed);

/// Runs all seeds, on many threads, and tells what came of them. Gives the exit status.
int run_seeds(const SimulationSettings& given, const Output& output);

}  // namespace kelek::cli
