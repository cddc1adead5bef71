// Seeds: runs the simulator from one seed after the other, until a run breaks an invariant.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "catalogue.h"
#include "finding.h"

namespace kelek::mutants {

/// Seeds 1 … `most`, or those that `only` names, until the first that catches `mutant`, or so many seconds of the
/// processor are over.
Finding run_seeds(const Mutant* mutant, std::uint64_t most, double most_seconds, const std::vector<std::string>& only);

}  // namespace kelek::mutants
