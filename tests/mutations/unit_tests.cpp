// Reads what a Catch2 program reports as XML.
#include "unit_tests.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <string_view>
#include <utility>

#include "program.h"

namespace kelek::mutants {
namespace {

std::vector<std::string> parts_of(const Mutant* mutant) {
  if (mutant == nullptr) return {"raft", "wire", "storage"};
  switch (mutant->part) {
    case Part::core: return {"raft"};
    case Part::machine: return {"wire"};
    case Part::log: return {"storage"};
  }
  return {};
}

std::string without_escapes(std::string text) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> escapes = {
      {{"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&apos;", "'"}, {"&amp;", "&"}}};
  for (const auto& [escaped, plain] : escapes) {
    for (std::size_t at = 0; (at = text.find(escaped, at)) != std::string::npos; at += plain.size()) {
      text.replace(at, escaped.size(), plain);
    }
  }
  return text;
}

/// What stands between `begin` and `end`, with its outer white space gone; empty if `begin` is not there.
std::string between(std::string_view text, std::string_view begin, std::string_view end) {
  const std::size_t from = text.find(begin);
  if (from == std::string_view::npos) return {};
  text = text.substr(from + begin.size());
  text = text.substr(0, text.find(end));
  const std::size_t first = text.find_first_not_of(" \n");
  if (first == std::string_view::npos) return {};
  return without_escapes(std::string(text.substr(first, text.find_last_not_of(" \n") + 1 - first)));
}

/// As Catch2 wants the name of a test: commas separate several.
std::string pattern_of(const std::string& name) {
  std::string pattern;
  for (const char c : name) {
    if (c == ',' || c == '[' || c == '\\' || c == '"') pattern += '\\';
    pattern += c;
  }
  return pattern;
}

void add_failures(const std::string& output, const Ended& ended, Finding& finding) {
  constexpr std::string_view opening = "<TestCase name=\"";
  for (std::size_t at = output.find(opening); at != std::string::npos;) {
    const std::size_t next = output.find(opening, at + 1);
    const std::string_view told = std::string_view(output).substr(at, next - at);
    at = next;
    if (!finding.caught()) ++finding.tried;
    const std::string name = between(told, opening, "\"");
    if (told.find("<OverallResult success=\"true\"") != std::string_view::npos) continue;
    std::string text = between(told, "<Expanded>", "</Expanded>");
    if (text.empty()) text = between(told, "<Failure", "</Failure>");
    if (text.empty()) text = between(told, "<Exception", "</Exception>");
    if (const std::string fatal = between(told, "<FatalErrorCondition", "</"); !fatal.empty())
      text = "it stops: " + fatal;
    if (ended.signal == SIGKILL || ended.signal == SIGXCPU) text = "it never ends";
    finding.catches.push_back({name, "", "unit test", text});
  }
}

}  // namespace

Finding run_unit_tests(const std::string& folder, const Mutant* mutant, const std::vector<std::string>& only,
                       unsigned cpu_seconds) {
  Finding finding{"unit", {}, 0, 0};
  for (const std::string& part : parts_of(mutant)) {
    std::vector<std::string> command = {folder + "/unit_" + part + "_mutable", "-r", "xml"};
    std::string names;
    for (const std::string& name : only) names += (names.empty() ? "" : ",") + pattern_of(name);
    if (!names.empty()) command.push_back(names);
    std::vector<std::string> environment;
    if (mutant != nullptr) environment.push_back("KELEK_MUTATION=" + mutant->id);
    const Ended ended = run_program(command, environment, cpu_seconds);
    finding.cpu_seconds += ended.cpu_seconds;
    add_failures(ended.output, ended, finding);
  }
  return finding;
}

}  // namespace kelek::mutants
