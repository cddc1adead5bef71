// Report: the exam's results as a table for people, and as JSON.
#pragma once

#include <string>
#include <vector>

#include "exam.h"

namespace kelek::mutants {

/// What a process of the exam tells the one that began it.
std::string text_of(const std::vector<Finding>& findings);
std::vector<Finding> findings_of(const std::string& text);

/// One object for each mutation.
std::string json_of(const Result& result);

/// A row: mutation, what caught it, which invariant, after how many, CPU seconds.
std::string row_of(const Result& result);
std::string heading();
/// How many of how many, and who is left.
std::string summary_of(const std::vector<Result>& results);

}  // namespace kelek::mutants
