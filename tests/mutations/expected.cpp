// Checks a table: a line for each mutation and what catches it.
#include "expected.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace kelek::mutants {
namespace {

/// ID WAY NAME; the name may have blanks in it. # begins a line that says nothing.
struct Line {
  std::string id;
  std::string way;
  std::string name;
};

std::vector<Line> read(const std::string& file) {
  std::ifstream input(file);
  if (!input) throw std::runtime_error("cannot read " + file);
  std::vector<Line> lines;
  std::string text;
  for (std::size_t number = 1; std::getline(input, text); ++number) {
    if (text.empty() || text.front() == '#') continue;
    std::istringstream words(text);
    Line line;
    words >> line.id >> line.way >> std::ws;
    std::getline(words, line.name);
    const auto& known = ways();
    const bool good = !line.name.empty() && find_mutant(line.id) != nullptr &&
                      std::find(known.begin(), known.end(), line.way) != known.end();
    if (!good) {
      throw std::runtime_error(file + ":" + std::to_string(number) + ": not a mutation, a way of looking and a name");
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

bool noticed(const Result& result, const Line& line) {
  return std::any_of(result.findings.begin(), result.findings.end(), [&](const Finding& finding) {
    return finding.by == line.way && std::any_of(finding.catches.begin(), finding.catches.end(),
                                                 [&](const Catch& one) { return one.name == line.name; });
  });
}

}  // namespace

int check_expected(Settings settings, const std::string& file) {
  const std::vector<Line> lines = read(file);
  std::vector<const Mutant*> mutants;
  int failures = 0;
  for (const Mutant& mutant : catalogue()) {
    for (const Line& line : lines) {
      if (line.id == mutant.id) settings.only[mutant.id][line.way].push_back(line.name);
    }
    if (settings.only.count(mutant.id) != 0) {
      mutants.push_back(&mutant);
    } else {
      std::printf("%s (%s): no line says what catches it\n", mutant.id.c_str(), std::string(mutant.words).c_str());
      ++failures;
    }
  }
  const std::vector<Result> results = examine(settings, mutants, [](const Result&) {});
  for (const Line& line : lines) {
    const auto result =
        std::find_if(results.begin(), results.end(), [&](const Result& one) { return one.mutant->id == line.id; });
    if (noticed(*result, line)) continue;
    std::printf("%s (%s): %s %s does not notice any more\n", line.id.c_str(),
                std::string(result->mutant->words).c_str(), line.way.c_str(), line.name.c_str());
    ++failures;
  }
  settings.only.clear();
  settings.with = {"scenario"};  // the unit tests and the seeds have tests of their own for that
  for (const Result& clean : examine(settings, {nullptr}, [](const Result&) {})) {
    for (const Finding& finding : clean.findings) {
      for (const Catch& one : finding.catches) {
        std::printf("what is released: %s %s: %s\n", finding.by.c_str(), one.name.c_str(), one.text.c_str());
        ++failures;
      }
    }
    if (!clean.died.empty()) std::printf("what is released: %s\n", clean.died.c_str()), ++failures;
  }
  std::printf("%zu mutations, %zu lines, %d failures\n", mutants.size(), lines.size(), failures);
  return failures == 0 ? 0 : 1;
}

}  // namespace kelek::mutants
