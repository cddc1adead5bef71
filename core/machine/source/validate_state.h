// Checks a state that comes from a snapshot: nothing in it may lead the machine out of bounds later.
#pragma once

#include <string>

#include <kelek/machine/state.h>

namespace kelek::machine {

// The first thing that no sequence of commands could have made; empty = none found. Sizes are checked against
// the largest values that limits can have, since a lowered limit leaves stored data as it is.
std::string contradiction(const State& state);

// The part of it that looks at ballots.
std::string ballot_contradiction(const State& state, const Ballot& ballot);

}  // namespace kelek::machine
