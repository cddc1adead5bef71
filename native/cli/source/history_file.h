// History files: what clients asked and were answered, one operation a line of JSON (tests/histories/README.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <kelek/sim/history.h>

#include "exit_codes.h"

namespace kelek::cli {

inline constexpr std::size_t max_history_line_bytes = std::size_t{4} << 20;
inline constexpr std::size_t max_history_operations = 5'000'000;
inline constexpr std::size_t max_history_bytes = std::size_t{2} << 30;

/// Which of the lines that hold no operation are skipped: blank ones, and {"about": "..."}.
struct HistoryFile {
  std::vector<sim::history::Operation> operations;
  /// Of each operation, from 1.
  std::vector<std::uint32_t> lines;
};

/// Throws Failed, bad use: "FILE:LINE: what is wrong".
HistoryFile read_history_file(const std::string& path);
/// The same of a text; `name` stands where the path would.
HistoryFile parse_history(std::string_view text, const std::string& name);

/// One line, without its end. Values that are no UTF-8 come out damaged: histories are of text.
std::string history_line(const sim::history::Operation& operation);

}  // namespace kelek::cli
