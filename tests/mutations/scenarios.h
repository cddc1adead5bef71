// Scenarios: plays those of tests/scenarios, and tells which of them notice a mutation.
#pragma once

#include <string>
#include <vector>

#include <kelek/sim/scenario.h>

#include "finding.h"

namespace kelek::mutants {

struct NamedScenario {
  std::string name;  // folder/name, without the ending
  sim::Scenario scenario;
};

/// All of them, in the order of their names. Throws std::runtime_error where one cannot be read.
std::vector<NamedScenario> load_scenarios(const std::string& folder);

/// Every scenario under the orders of delivery of the ordinary tests, until one notices; of each that does, the first
/// order is told. Where `only` is not empty: just those.
Finding play_scenarios(const std::vector<NamedScenario>& scenarios, const std::vector<std::string>& only = {});

}  // namespace kelek::mutants
