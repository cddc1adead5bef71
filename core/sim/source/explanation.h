// The explanation of an object that is not linearizable, in words and as a diagram.
#pragma once

#include <string>
#include <vector>

#include <kelek/sim/linearizability.h>

namespace kelek::sim::history {

/// `verdict.explanation` has its numbers already; `state` says what the object is after its order.
std::string explain(const std::vector<Operation>& history, const ObjectVerdict& verdict, const std::string& state);

}  // namespace kelek::sim::history
