// A ballot and its verdict as a person reads them.
#pragma once

#include <string>

#include <kelek/machine/ballot.h>

#include "output.h"

namespace kelek::cli {

std::string ballot_text(const machine::Ballot& ballot, const Output& output);
/// "approve (3 : 2, majority)", "no option won (rejected)" …
std::string verdict_line(const machine::Verdict& verdict, const std::vector<std::string>& options, machine::Rule rule);

}  // namespace kelek::cli
