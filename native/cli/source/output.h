// Output: what commands print. People first (aligned tables, colours only on a terminal); JSON for programs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "exit_codes.h"

namespace kelek::cli {

/// Keeps the order in which keys were put in.
using Json = nlohmann::ordered_json;

enum class Color : std::uint8_t { plain, bold, dim, red, green, yellow, blue };

/// Whether colours may be used on a stream: a terminal, no NO_COLOR, no TERM=dumb.
bool colors_wanted(int descriptor);
/// Columns of the terminal; `otherwise` where it is none.
std::size_t terminal_width(int descriptor, std::size_t otherwise);

/// The kind of failure when whoever read our standard output has gone (`kelek ... | head -1`).
inline constexpr const char* output_closed = "output_closed";
/// To standard output, at once. Throws Failed when it cannot be written: what a program misses has to be told
/// to it.
void write_out(std::string_view text);

/// Where a command's results go.
class Output {
 public:
  Output();

  /// One JSON object a line instead of text for people.
  bool json = false;
  bool color = false;

  std::string paint(Color color_wanted, std::string_view text) const;
  /// For people: nothing under --json. Throws Failed (see write_out), as object() does.
  void line(std::string_view text = {}) const;
  /// For programs: nothing without --json.
  void object(const Json& value) const;
  /// "kelek: ..." on standard error, and {"error": ...} under --json. Gives the exit code back.
  int report(const Failed& failure) const;
};

/// Columns that line up; the last one is not padded. Cells may carry colours.
class Table {
 public:
  explicit Table(std::vector<std::string> header) : header_(std::move(header)) {}
  /// Numbers look better that way.
  void align_right(std::size_t column) { right_.push_back(column); }
  void add(std::vector<std::string> cells, Color color = Color::plain);
  std::string text(const Output& output, std::string_view indent = {}) const;

 private:
  bool is_right(std::size_t column) const;

  std::vector<std::string> header_;
  struct Row {
    std::vector<std::string> cells;
    Color color;
  };
  std::vector<Row> rows_;
  std::vector<std::size_t> right_;
};

/// How wide a text is on a terminal: code points of UTF-8.
std::size_t width_of(std::string_view text);
/// At most so many code points, with "…" where something was cut.
std::string shortened(std::string_view text, std::size_t width);
/// Breaks at blanks, and where the text does; every line but the first begins with `indent`.
std::string wrapped(std::string_view text, std::size_t width, std::string_view indent);
/// Nothing that moves a cursor or rings a bell: control characters as \xNN, line ends kept if wanted.
std::string printable(std::string_view text, bool keep_lines = false);

std::string hex(std::uint64_t number);
std::string duration_text(std::uint64_t milliseconds);
std::string bytes_text(std::uint64_t bytes);
/// UTC, to the millisecond: "2026-01-31T12:00:00.000Z". Empty for 0.
std::string time_text(std::uint64_t unix_ms);
/// One line of JSON; bytes that are no UTF-8 are replaced.
std::string dump(const Json& value);
/// Puts `text` under `key`, or, if it is no UTF-8, in base64 under `key`_base64.
void put_bytes(Json& into, const std::string& key, std::string_view text);

}  // namespace kelek::cli
