// Who votes and by which rule, as flags: for ballots and for policies.
#pragma once

#include <string>
#include <vector>

#include <kelek/machine/ballot.h>
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

namespace kelek::cli {

struct RuleFlags {
  std::vector<std::string> voters, may_veto;
  std::string rule = "majority", tie = "reject", status_quo, chair;
  std::uint64_t threshold = 0, floor = 0;
  bool wait_for_all = false;

  void add_to(CLI::App& leaf);
  /// Throw Failed (bad use) that names the flag.
  std::vector<machine::Elector> electorate() const;
  machine::BallotRules rules(const std::vector<std::string>& options) const;
};

/// Throws Failed (bad use).
std::uint32_t option_number(const std::vector<std::string>& options, const std::string& name, const std::string& flag);
/// "k_of_n" or "k-of-n". Throws Failed (bad use).
machine::Rule parse_rule(const std::string& word);
machine::TieRule parse_tie_rule(const std::string& word);

}  // namespace kelek::cli
