// Parses what several commands share.
#include "arguments.h"

#include <charconv>
#include <cstdio>

namespace kelek::cli {
namespace {

/// No command can carry more (machine::Limits::command_bytes at its default, and what a frame holds).
constexpr std::size_t max_value_bytes = std::size_t{1} << 20;

std::string read_standard_input() {
  std::string text;
  char block[16'384];
  std::size_t size = 0;
  while ((size = std::fread(block, 1, sizeof block, stdin)) > 0) {
    text.append(block, size);
    if (text.size() > max_value_bytes) throw bad_use("standard input is longer than " + bytes_text(max_value_bytes));
  }
  return text;
}

std::uint64_t unit_ms(std::string_view unit) {
  if (unit == "ms") return 1;
  if (unit.empty() || unit == "s") return 1'000;
  if (unit == "m" || unit == "min") return 60'000;
  if (unit == "h") return 3'600'000;
  if (unit == "d") return 86'400'000;
  return 0;
}

}  // namespace

std::uint64_t parse_duration(const std::string& text, const std::string& flag) {
  std::uint64_t number = 0;
  const char* end = text.data() + text.size();
  const std::from_chars_result result = std::from_chars(text.data(), end, number);
  const std::uint64_t unit =
      result.ec == std::errc() ? unit_ms({result.ptr, static_cast<std::size_t>(end - result.ptr)}) : 0;
  if (unit == 0)
    throw bad_use(flag + ": '" + shortened(text, 40) + "' is no length of time, such as 500ms, 10s, 5m, 2h, 7d");
  if (number > std::uint64_t{366} * 86'400'000 / unit) throw bad_use(flag + ": " + text + " is longer than a year");
  return number * unit;
}

std::shared_ptr<ReadFlags> add_read_flags(CLI::App& leaf) {
  auto flags = std::make_shared<ReadFlags>();
  leaf.add_flag("--stale", flags->stale, "answer from what the asked coordinator has, without asking the leader");
  leaf.add_option("--min-revision", flags->min_revision, "stale, but not older than this revision");
  return flags;
}

std::string value_of(const std::string& argument) {
  if (argument == "-") return read_standard_input();
  if (!argument.empty() && argument[0] == '@') return read_text_file(argument.substr(1), max_value_bytes);
  return argument;
}

}  // namespace kelek::cli
