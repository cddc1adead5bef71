// Unit tests: runs those of the part that is mutated, and tells which of them fail.
#pragma once

#include <string>
#include <vector>

#include "catalogue.h"
#include "finding.h"

namespace kelek::mutants {

/// All tests of the part, or just `only`. `folder` has the programs. With no mutant: of every part.
Finding run_unit_tests(const std::string& folder, const Mutant* mutant, const std::vector<std::string>& only,
                       unsigned cpu_seconds);

}  // namespace kelek::mutants
