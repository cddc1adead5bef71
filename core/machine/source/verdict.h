// Verdicts: made when a ballot closes, and written down for its topic.
#pragma once

#include <string>

#include <kelek/machine/state.h>

#include "ballot_rules.h"

namespace kelek::machine {

// Winner, tally and dissent of the votes so far; the caller adds outcome, revision, time and offset.
Verdict tally_of(const Ballot& ballot, const Count& count, const Decision& decision);

// One line of JSON, see README.md. The votes of dissenters fill up to about max_bytes; how many were left out
// for their size is said in it.
std::string verdict_json(const Ballot& ballot, uint64_t max_bytes);

}  // namespace kelek::machine
