// Expected: the file that says what catches which mutation, and the check that it still does.
#pragma once

#include <string>

#include "exam.h"

namespace kelek::mutants {

/// 0: every line of the file is true, no mutation is missing from it, and what is released is caught by nothing.
int check_expected(Settings settings, const std::string& file);

}  // namespace kelek::mutants
