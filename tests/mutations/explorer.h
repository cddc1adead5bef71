// The exhaustive search under a mutation.
#pragma once

#include <string>
#include <vector>

#include "catalogue.h"
#include "finding.h"

namespace kelek::mutants {

/// Bounds, from small to large, until one has a state that breaks an invariant, or the seconds of the processor are
/// over. `only`: just these, by name; empty for all.
Finding run_explorer(const Mutant* mutant, double most_seconds, const std::vector<std::string>& only);

}  // namespace kelek::mutants
