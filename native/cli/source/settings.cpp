// Flags before environment before file, and the sample.
#include "settings.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include <fmt/format.h>

#include "exit_codes.h"
#include "output.h"

namespace kelek::cli {
namespace {

std::string trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t\r") - first + 1));
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::size_t at = 0;
  while (at <= text.size()) {
    const std::size_t end = std::min(text.find(separator, at), text.size());
    const std::string part = trimmed(std::string_view(text).substr(at, end - at));
    if (!part.empty()) parts.push_back(part);
    at = end + 1;
  }
  return parts;
}

}  // namespace

std::string variable_name(const std::string& setting) {
  std::string name = "KELEK_";
  for (const char character : setting) {
    name += character == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(character)));
  }
  return name;
}

const char* process_environment(const std::string& name) {
  return std::getenv(name.c_str());
}

std::string read_text_file(const std::string& path, std::size_t limit_bytes) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) throw bad_use(fmt::format("cannot read {}: {}", path, std::strerror(errno == 0 ? EIO : errno)));
  std::string text;
  char block[16'384];
  while (file.read(block, sizeof block) || file.gcount() > 0) {
    text.append(block, static_cast<std::size_t>(file.gcount()));
    if (text.size() > limit_bytes) throw bad_use(fmt::format("{} is longer than {}", path, bytes_text(limit_bytes)));
  }
  if (file.bad() || !file.eof()) {
    throw bad_use(fmt::format("cannot read {}: {}", path, std::strerror(errno == 0 ? EISDIR : errno)));
  }
  return text;
}

std::vector<ConfigLine> parse_config(std::string_view text, const std::string& file_name) {
  std::vector<ConfigLine> lines;
  std::size_t number = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string line = trimmed(text.substr(0, end));
    text = text.substr(std::min(end + 1, text.size()));
    ++number;
    if (line.empty() || line[0] == '#') continue;
    const std::size_t equals = line.find('=');
    const std::string name = trimmed(std::string_view(line).substr(0, equals));
    if (equals == std::string::npos || name.empty()) {
      throw bad_use(fmt::format("{}:{}: '{}' is not 'name = value'", file_name, number, shortened(line, 60)));
    }
    lines.push_back({number, name, trimmed(std::string_view(line).substr(equals + 1))});
  }
  return lines;
}

void Settings::section(std::string title) {
  headings_.push_back({settings_.size(), std::move(title)});
}

void Settings::add(Setting setting) {
  settings_.push_back(std::move(setting));
}

void Settings::text(const std::string& name, const std::string& value_name, std::string& into,
                    const std::string& help) {
  add({name,
       value_name,
       into,
       help,
       [&into](const std::string& given) {
         into = given;
         return std::string();
       },
       false,
       {}});
}

void Settings::yes_no(const std::string& name, bool& into, const std::string& help) {
  add({name,
       "yes|no",
       into ? "yes" : "no",
       help,
       [&into](const std::string& given) -> std::string {
         if (given == "yes" || given == "true" || given == "1") {
           into = true;
         } else if (given == "no" || given == "false" || given == "0") {
           into = false;
         } else {
           return "'" + given + "' is neither yes nor no";
         }
         return {};
       },
       false,
       {}});
}

std::string parse_number(const std::string& text, std::uint64_t most, std::uint64_t& into) {
  const char* end = text.data() + text.size();
  const std::from_chars_result result = std::from_chars(text.data(), end, into);
  if (result.ec == std::errc::result_out_of_range || (result.ec == std::errc() && result.ptr == end && into > most)) {
    return fmt::format("{} is above {}", text, most);
  }
  if (result.ec != std::errc() || result.ptr != end) return "'" + text + "' is not a number";
  return {};
}

void Settings::add_flags(CLI::App& app) {
  app.add_option("--config", config_file_, "a file with 'name = value' lines for the options below (or KELEK_CONFIG)")
      ->type_name("FILE");
  for (std::size_t i = 0; i < settings_.size(); ++i) {
    const Setting& setting = settings_[i];
    std::string group = "Options";
    for (const Heading& heading : headings_) {
      if (heading.before <= i) group = heading.title;
    }
    const std::string names = (setting.short_flag.empty() ? "" : setting.short_flag + ",") + "--" + setting.name;
    const std::string by_default = setting.default_text.empty() ? "" : " (" + setting.default_text + ")";
    CLI::Option* option = app.add_option(names, flags_[setting.name], setting.help + by_default)
                              ->type_name(setting.value_name)
                              ->group(group)
                              ->allow_extra_args(false);
    if (setting.value_name == "yes|no") option->expected(0, 1);
    if (!setting.repeated) option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  }
}

void Settings::take(const Setting& setting, const std::string& value, const std::string& source) {
  const std::string problem = setting.take(value);
  if (!problem.empty()) throw bad_use(source + ": " + problem);
  sources_[setting.name] = source;
}

void Settings::apply_file(const std::string& path) {
  for (const ConfigLine& line : parse_config(read_text_file(path), path)) {
    const std::string where = fmt::format("{}:{}", path, line.line);
    const auto same_name = [&line](const Setting& setting) { return setting.name == line.name; };
    const auto found = std::find_if(settings_.begin(), settings_.end(), same_name);
    if (found == settings_.end()) throw bad_use(fmt::format("{}: there is no option '{}'", where, line.name));
    const auto earlier = sources_.find(line.name);
    const bool from_here = earlier != sources_.end() && earlier->second.rfind(path + ":", 0) == 0;
    if (from_here && !found->repeated) {
      throw bad_use(fmt::format("{}: '{}' is given already ({})", where, line.name, earlier->second));
    }
    if (earlier != sources_.end() && !from_here) continue;
    take(*found, line.value, where);
  }
}

void Settings::apply(const Environment& environment) {
  for (const Setting& setting : settings_) {
    const auto flags = flags_.find(setting.name);
    if (flags != flags_.end() && !flags->second.empty()) {
      for (const std::string& value : flags->second) {
        take(setting, value.empty() && setting.value_name == "yes|no" ? "yes" : value, "--" + setting.name);
      }
      continue;
    }
    const std::string variable = variable_name(setting.name);
    const char* value = environment(variable);
    if (value == nullptr || *value == '\0') continue;
    if (!setting.repeated) {
      take(setting, value, variable);
    } else {
      for (const std::string& part : split(value, ';')) take(setting, part, variable);
    }
  }
  const char* file = environment("KELEK_CONFIG");
  if (!config_file_.empty()) {
    apply_file(config_file_);
  } else if (file != nullptr && *file != '\0') {
    apply_file(file);
  }
}

std::string Settings::source_of(const std::string& name) const {
  const auto found = sources_.find(name);
  return found == sources_.end() ? "the default" : found->second;
}

std::string Settings::sample(std::string_view title) const {
  std::string text = "# " + wrapped(title, 106, "# ") + "\n";
  for (std::size_t i = 0; i < settings_.size(); ++i) {
    const Setting& setting = settings_[i];
    for (const Heading& heading : headings_) {
      if (heading.before == i) text += "\n\n# ---- " + heading.title + " ----\n";
    }
    text += "\n# " + wrapped(setting.help, 106, "# ") + "\n";
    if (setting.repeated) text += "# May be given several times.\n";
    text += fmt::format("#{} = {}\n", setting.name,
                        setting.default_text.empty() ? setting.value_name : setting.default_text);
  }
  return text;
}

}  // namespace kelek::cli
