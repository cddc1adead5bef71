// The exam's results in words.
#include "report.h"

#include <algorithm>
#include <cstdio>

#include <nlohmann/json.hpp>

namespace kelek::mutants {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const Shortened& run) {
  return {{"acts", run.acts}, {"of", run.of}, {"cpu_seconds", run.cpu_seconds}, {"scenario", run.scenario}};
}

Json json_of(const Finding& finding) {
  Json catches = Json::array();
  for (const Catch& one : finding.catches) {
    catches.push_back({{"name", one.name}, {"how", one.how}, {"invariant", one.invariant}, {"text", one.text}});
    if (one.shortened) catches.back()["shortened"] = json_of(*one.shortened);
  }
  return {{"by", finding.by}, {"tried", finding.tried}, {"cpu_seconds", finding.cpu_seconds}, {"catches", catches}};
}

std::string padded(std::string_view text, std::size_t width) {
  std::string result(text);
  if (result.size() < width) result.append(width - result.size(), ' ');
  return result;
}

std::string row(std::string_view id, std::string_view words, std::string_view by, std::string_view invariant,
                std::string_view tried, std::string_view seconds) {
  return padded(id, 5) + padded(words, 54) + padded(by, 66) + padded(invariant, 26) + padded(tried, 8) +
         std::string(seconds);
}

std::string seconds_of(double seconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", seconds);
  return text;
}

/// Of those that noticed, rather one by which an invariant is broken than an expectation that failed.
const Catch& best_of(const Finding& finding) {
  const auto found = std::find_if(finding.catches.begin(), finding.catches.end(),
                                  [](const Catch& one) { return one.invariant != "expectation"; });
  return found != finding.catches.end() ? *found : finding.catches.front();
}

}  // namespace

std::string text_of(const std::vector<Finding>& findings) {
  Json all = Json::array();
  for (const Finding& finding : findings) all.push_back(json_of(finding));
  return all.dump();
}

std::vector<Finding> findings_of(const std::string& text) {
  std::vector<Finding> findings;
  for (const Json& told : Json::parse(text)) {
    Finding finding{told["by"], {}, told["tried"], told["cpu_seconds"]};
    for (const Json& one : told["catches"]) {
      Catch& read = finding.catches.emplace_back(Catch{one["name"], one["how"], one["invariant"], one["text"]});
      if (const auto run = one.find("shortened"); run != one.end()) {
        read.shortened = Shortened{(*run)["acts"], (*run)["of"], (*run)["cpu_seconds"], (*run)["scenario"]};
      }
    }
    findings.push_back(std::move(finding));
  }
  return findings;
}

std::string json_of(const Result& result) {
  Json told;
  told["mutation"] = result.mutant != nullptr ? Json(result.mutant->id) : Json(nullptr);
  if (result.mutant != nullptr) told["words"] = result.mutant->words;
  told["caught"] = result.caught();
  if (!result.died.empty()) told["died"] = result.died;
  told["findings"] = Json::array();
  for (const Finding& finding : result.findings) told["findings"].push_back(json_of(finding));
  return told.dump();
}

std::string heading() {
  return row("", "mutation", "caught by", "invariant", "after", "CPU s");
}

std::string row_of(const Result& result) {
  const std::string id = result.mutant != nullptr ? result.mutant->id : "none";
  const std::string_view words = result.mutant != nullptr ? result.mutant->words : "what is released";
  if (!result.died.empty()) return row(id, words, result.died, "", "", "");
  std::string text;
  for (const Finding& finding : result.findings) {
    const bool first = text.empty();
    if (!first) text += '\n';
    std::string by = finding.by + " -";
    std::string invariant = "-";
    if (finding.caught()) {
      const Catch& best = best_of(finding);
      by = finding.by + " " + best.name;
      if (!best.how.empty()) by += " (" + best.how + ")";
      if (best.shortened) {
        by += ", " + std::to_string(best.shortened->acts) + " of " + std::to_string(best.shortened->of) +
              " acts are left, " + seconds_of(best.shortened->cpu_seconds) + " s";
      }
      if (finding.catches.size() > 1) by += " +" + std::to_string(finding.catches.size() - 1);
      invariant = best.invariant;
    }
    text += row(first ? id : "", first ? words : "", by, invariant, std::to_string(finding.tried),
                seconds_of(finding.cpu_seconds));
  }
  return text;
}

std::string summary_of(const std::vector<Result>& results) {
  std::string left;
  std::size_t caught = 0;
  for (const Result& result : results) {
    if (result.caught()) {
      ++caught;
    } else if (result.mutant != nullptr) {
      left += (left.empty() ? "" : ", ") + result.mutant->id;
    }
  }
  return std::to_string(caught) + " of " + std::to_string(results.size()) + " caught" +
         (left.empty() ? "" : "; alive: " + left);
}

}  // namespace kelek::mutants
