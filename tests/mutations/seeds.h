// Seeds: runs the simulator from one seed after the other, until a run breaks an invariant.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "catalogue.h"
#include "finding.h"

namespace kelek::mutants {

struct SeedSearch {
  std::uint64_t first = 1;
  std::uint64_t most = 20'000;
  double most_seconds = 60;
  /// Runs are made of others that met states of new shapes.
  bool steers = false;
  /// Then the run that was found is made short, for so long; 0: it stays as it is.
  double shrink_seconds = 0;
};

/// Seeds from the first on, or the runs that `only` names, until the first that catches `mutant`, or so many seconds of
/// the processor are over.
Finding run_seeds(const Mutant* mutant, const SeedSearch& search, const std::vector<std::string>& only);

}  // namespace kelek::mutants
