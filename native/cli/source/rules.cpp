// Electorates and rules from flags.
#include "rules.h"

#include <algorithm>

#include <fmt/format.h>

#include "exit_codes.h"
#include "settings.h"

namespace kelek::cli {
namespace {

std::string plain(std::string word) {
  std::replace(word.begin(), word.end(), '-', '_');
  return word;
}

template <typename Enum>
Enum word_of(const std::string& word, Enum last, const char* (*name_of)(Enum), const char* what) {
  std::string all;
  for (unsigned i = 0; i <= static_cast<unsigned>(last); ++i) {
    const std::string known = name_of(static_cast<Enum>(i));
    if (plain(known) == plain(word)) return static_cast<Enum>(i);
    all += (all.empty() ? "" : ", ") + known;
  }
  throw bad_use(fmt::format("the {} '{}' is none of {}", what, word, all));
}

machine::Elector elector_of(const std::string& text) {
  machine::Elector elector;
  const std::size_t first = text.find(':');
  elector.voter = text.substr(0, first);
  if (first != std::string::npos) {
    const std::size_t second = text.find(':', first + 1);
    elector.organisation = text.substr(first + 1, second == std::string::npos ? second : second - first - 1);
    if (second != std::string::npos) {
      const std::string problem = parse_number(text.substr(second + 1), elector.weight);
      if (!problem.empty()) throw bad_use("--voter '" + text + "': " + problem);
    }
  }
  if (elector.voter.empty()) throw bad_use("--voter '" + text + "' names nobody");
  return elector;
}

}  // namespace

void RuleFlags::add_to(CLI::App& leaf) {
  leaf.add_option("--voter", voters, "NAME[:ORGANISATION[:WEIGHT]] of one who may vote; several times")
      ->allow_extra_args(false);
  leaf.add_option("--may-veto", may_veto, "a voter who may veto; several times")->allow_extra_args(false);
  leaf.add_option("--rule", rule, "plurality, majority, k-of-n, unanimous, weight-threshold or one-per-organisation")
      ->capture_default_str();
  leaf.add_option("--threshold", threshold, "the k of k-of-n, or the weight of weight-threshold");
  leaf.add_option("--floor", floor, "so many must have voted, or there is no verdict");
  leaf.add_option("--tie", tie, "reject, first-option, status-quo or chair")->capture_default_str();
  leaf.add_option("--status-quo", status_quo, "the option that wins a tie, with --tie status-quo");
  leaf.add_option("--chair", chair, "the voter who breaks a tie, with --tie chair");
  leaf.add_flag("--wait-for-all", wait_for_all, "stay open until all have voted, even when the outcome is settled");
}

std::vector<machine::Elector> RuleFlags::electorate() const {
  std::vector<machine::Elector> all;
  for (const std::string& text : voters) all.push_back(elector_of(text));
  for (const std::string& name : may_veto) {
    const auto found = std::find_if(all.begin(), all.end(), [&](const machine::Elector& e) { return e.voter == name; });
    if (found == all.end()) throw bad_use("--may-veto '" + name + "' is no --voter");
    found->may_veto = true;
  }
  return all;
}

machine::Rule parse_rule(const std::string& word) {
  return word_of(word, machine::Rule::one_per_organisation, machine::rule_name, "rule");
}

machine::TieRule parse_tie_rule(const std::string& word) {
  return word_of(word, machine::TieRule::chair, machine::tie_rule_name, "tie rule");
}

machine::BallotRules RuleFlags::rules(const std::vector<std::string>& options) const {
  machine::BallotRules all;
  all.rule = parse_rule(rule);
  all.tie_rule = parse_tie_rule(tie);
  all.threshold = threshold;
  all.participation_floor = floor;
  all.chair = chair;
  all.wait_for_all_votes = wait_for_all;
  if (all.tie_rule == machine::TieRule::status_quo) all.status_quo = option_number(options, status_quo, "--status-quo");
  return all;
}

std::uint32_t option_number(const std::vector<std::string>& options, const std::string& name, const std::string& flag) {
  const auto found = std::find(options.begin(), options.end(), name);
  if (found == options.end()) throw bad_use(flag + ": '" + name + "' is none of the options");
  return static_cast<std::uint32_t>(found - options.begin());
}

}  // namespace kelek::cli
