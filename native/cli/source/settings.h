// Settings: options that can be given as a flag, as KELEK_* in the environment, or as a line of a file; the flag wins
// over the environment, and that over the file. The same table writes the documented sample.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

namespace kelek::cli {

/// Takes a value; empty, or why it cannot be taken.
using Taker = std::function<std::string(const std::string& text)>;

struct Setting {
  /// "data-directory": --data-directory, KELEK_DATA_DIRECTORY, and "data-directory = ..." in a file.
  std::string name;
  /// "FILE", "N", "yes|no" …
  std::string value_name;
  /// As the sample shows it; empty: there is none.
  std::string default_text;
  std::string help;
  Taker take;
  /// May be given several times (in the environment: separated by semicolons).
  bool repeated = false;
  /// Further names of the flag: "-n".
  std::string short_flag;
};

/// A whole number of at most the largest of its type. Empty, or why not.
std::string parse_number(const std::string& text, std::uint64_t most, std::uint64_t& into);
template <typename Number>
std::string parse_number(const std::string& text, Number& into) {
  std::uint64_t value = 0;
  std::string problem = parse_number(text, static_cast<std::uint64_t>(std::numeric_limits<Number>::max()), value);
  if (problem.empty()) into = static_cast<Number>(value);
  return problem;
}

/// "name = value" with the number of its line. Comments begin with '#' at the start of a line.
struct ConfigLine {
  std::size_t line = 0;
  std::string name;
  std::string value;
};
/// Throws Failed (bad use) with file and line.
std::vector<ConfigLine> parse_config(std::string_view text, const std::string& file_name);
/// The whole file; throws Failed that names it.
std::string read_text_file(const std::string& path, std::size_t limit_bytes = std::size_t{4} << 20);

using Environment = std::function<const char*(const std::string& name)>;

class Settings {
 public:
  /// A heading of the sample and of the help.
  void section(std::string title);
  void add(Setting setting);

  // For common kinds of values.
  void text(const std::string& name, const std::string& value_name, std::string& into, const std::string& help);
  void yes_no(const std::string& name, bool& into, const std::string& help);
  template <typename Number>
  void number(const std::string& name, Number& into, const std::string& help) {
    add({name,
         "N",
         std::to_string(into),
         help,
         [&into](const std::string& given) { return parse_number(given, into); },
         false,
         {}});
  }

  /// Registers a flag for each setting, and --config.
  void add_flags(CLI::App& app);
  /// After parsing: takes the values of the flags, the environment and the file, each setting from the first of the
  /// three that has it. Throws Failed (bad use) that names flag, variable, or file and line.
  void apply(const Environment& environment);

  std::string sample(std::string_view title) const;
  const std::vector<Setting>& all() const { return settings_; }
  /// Where a setting's value came from: "the default", "--tick-ms", "KELEK_TICK_MS", "kelek.conf:3".
  std::string source_of(const std::string& name) const;
  bool given(const std::string& name) const { return sources_.count(name) != 0; }

 private:
  void take(const Setting& setting, const std::string& value, const std::string& source);
  void apply_file(const std::string& path);

  struct Heading {
    std::size_t before = 0;
    std::string title;
  };
  std::vector<Setting> settings_;
  std::vector<Heading> headings_;
  std::map<std::string, std::vector<std::string>> flags_;
  std::map<std::string, std::string> sources_;
  std::string config_file_;
};

/// "KELEK_DATA_DIRECTORY" for "data-directory".
std::string variable_name(const std::string& setting);
/// getenv.
const char* process_environment(const std::string& name);

}  // namespace kelek::cli
