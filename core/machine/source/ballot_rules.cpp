// Counting: what the votes so far decide. (Whether that can still change: ballot_settled.cpp.)
#include "ballot_rules.h"

#include <algorithm>
#include <map>

namespace kelek::machine {
namespace {

std::string weights_one(const std::vector<Elector>& electorate, const char* rule) {
  for (const Elector& elector : electorate) {
    if (elector.weight != 1) {
      return std::string("under ") + rule + " everyone weighs 1, but voter \"" + elector.voter + "\" weighs " +
             std::to_string(elector.weight);
    }
  }
  return {};
}

std::string threshold_contradiction(const BallotRules& rules, const std::vector<Elector>& electorate) {
  uint64_t largest = 0;
  if (rules.rule == Rule::k_of_n) {
    largest = electorate.size();
  } else if (rules.rule == Rule::weight_threshold) {
    for (const Elector& elector : electorate) {
      largest += elector.weight;
    }
  } else {
    return rules.threshold == 0 ? std::string{} : "only k_of_n and weight_threshold have a threshold";
  }
  if (rules.threshold == 0 || rules.threshold > largest) {
    return "threshold is " + std::to_string(rules.threshold) + ", possible is 1 to " + std::to_string(largest);
  }
  return {};
}

std::string tie_contradiction(const BallotRules& rules, const std::vector<Elector>& electorate, uint64_t options) {
  if (rules.tie_rule > TieRule::chair) {
    return "unknown tie rule";
  }
  if (rules.tie_rule == TieRule::status_quo ? rules.status_quo >= options : rules.status_quo != 0) {
    return rules.status_quo >= options ? "status_quo is not the index of an option"
                                       : "status_quo without the tie rule status_quo";
  }
  if (rules.tie_rule != TieRule::chair) {
    return rules.chair.empty() ? std::string{} : "a chair without the tie rule chair";
  }
  for (const Elector& elector : electorate) {
    if (elector.voter == rules.chair) {
      return {};
    }
  }
  return "the chair \"" + rules.chair + "\" is not in the electorate";
}

}  // namespace

std::string contradiction(const BallotRules& rules, const std::vector<Elector>& electorate, uint64_t options) {
  if (rules.rule > Rule::one_per_organisation) {
    return "unknown rule";
  }
  if (rules.participation_floor > electorate.size()) {
    return "participation_floor is " + std::to_string(rules.participation_floor) + ", the electorate has " +
           std::to_string(electorate.size());
  }
  if (rules.rule == Rule::k_of_n || rules.rule == Rule::unanimous || rules.rule == Rule::one_per_organisation) {
    if (std::string reason = weights_one(electorate, rule_name(rules.rule)); !reason.empty()) {
      return reason;
    }
  }
  if (rules.rule == Rule::one_per_organisation) {
    for (const Elector& elector : electorate) {
      if (elector.organisation.empty()) {
        return "voter \"" + elector.voter + "\" has no organisation";
      }
    }
  }
  if (std::string reason = threshold_contradiction(rules, electorate); !reason.empty()) {
    return reason;
  }
  return tie_contradiction(rules, electorate, options);
}

Count::Count(const Ballot& ballot)
    : rules_(ballot.rules), tally_(ballot.options.size()), votes_(ballot.options.size()) {
  const bool by_organisation = rules_.rule == Rule::one_per_organisation;
  const size_t electors = ballot.electorate.size();
  threshold_ = rules_.rule == Rule::unanimous ? electors : rules_.threshold;
  choices_.resize(electors);
  std::map<std::string_view, uint32_t> organisation_numbers;
  for (uint32_t i = 0; i < electors; ++i) {
    const Elector& elector = ballot.electorate[i];
    weight_of_.push_back(elector.weight);
    may_veto_.push_back(elector.may_veto);
    by_name_.emplace_back(elector.voter, i);
    remaining_weight_ += elector.weight;
    remaining_vetoes_ += elector.may_veto ? 1u : 0u;
    if (by_organisation) {
      const auto number = static_cast<uint32_t>(organisation_numbers.size());
      const auto at = organisation_numbers.emplace(elector.organisation, number).first;
      organisation_of_.push_back(at->second);
    }
  }
  std::sort(by_name_.begin(), by_name_.end());
  organisations_.resize(organisation_numbers.size());
  for (Organisation& organisation : organisations_) {
    organisation.votes.resize(ballot.options.size());
  }
  for (const uint32_t organisation : organisation_of_) {
    ++organisations_[organisation].remaining;
  }
  if (rules_.tie_rule == TieRule::chair) {
    chair_ = elector(rules_.chair);
  }
  for (const Vote& vote : ballot.votes) {
    add(vote);
  }
}

std::optional<uint32_t> Count::elector(std::string_view voter) const {
  const auto before = [](const auto& entry, std::string_view name) { return entry.first < name; };
  const auto at = std::lower_bound(by_name_.begin(), by_name_.end(), voter, before);
  if (at == by_name_.end() || at->first != voter) {
    return std::nullopt;
  }
  return at->second;
}

void Count::add(const Vote& vote) {
  const uint64_t weight = weight_of_[vote.elector];
  choices_[vote.elector] = vote.choice;
  ++voted_;
  remaining_weight_ -= weight;
  remaining_vetoes_ -= may_veto_[vote.elector] ? 1u : 0u;
  vetoed_ = vetoed_ || vote.veto;
  if (!organisations_.empty()) {
    --organisations_[organisation_of_[vote.elector]].remaining;
  }
  if (vote.choice == abstained) {
    ++abstentions_;
    return;
  }
  tally_[vote.choice] += weight;
  ++votes_[vote.choice];
  if (!organisations_.empty()) {
    ++organisations_[organisation_of_[vote.elector]].votes[vote.choice];
  }
  if (threshold_ != 0 && !reached_ && tally_[vote.choice] >= threshold_) {
    reached_ = vote.choice;
  }
}

Decision Count::decision() const {
  if (vetoed_ || !floor_reached()) {
    return {};
  }
  return by_rule();
}

std::vector<uint64_t> Count::weights() const {
  if (organisations_.empty()) {
    return tally_;
  }
  std::vector<uint64_t> standing(tally_.size());
  for (const Organisation& organisation : organisations_) {
    if (const auto option = stands_for(organisation)) {
      ++standing[*option];
    }
  }
  return standing;
}

std::optional<uint32_t> Count::stands_for(const Organisation& organisation) {
  uint64_t most = 0;
  std::optional<uint32_t> leader;
  for (uint32_t option = 0; option < organisation.votes.size(); ++option) {
    const uint64_t votes = organisation.votes[option];
    if (votes > most) {
      most = votes;
      leader = option;
    } else if (votes == most) {
      leader.reset();
    }
  }
  return leader;
}

Decision Count::by_rule() const {
  switch (rules_.rule) {
    case Rule::plurality: return by_most(tally_, false);
    case Rule::majority: return by_most(tally_, true);
    case Rule::one_per_organisation: return by_most(weights(), true);
    case Rule::k_of_n:
    case Rule::unanimous:
    case Rule::weight_threshold: break;
  }
  return Decision{reached_, false};
}

// The option with the most weight; it must also have more than half of the weight cast if that is asked for.
Decision Count::by_most(const std::vector<uint64_t>& weights, bool more_than_half) const {
  uint64_t most = 0;
  uint64_t cast = 0;
  std::vector<uint32_t> leaders;
  for (uint32_t option = 0; option < weights.size(); ++option) {
    cast += weights[option];
    if (weights[option] > most) {
      most = weights[option];
      leaders.clear();
    }
    if (weights[option] == most) {
      leaders.push_back(option);
    }
  }
  if (cast == 0) {
    return {};
  }
  if (leaders.size() == 1) {
    if (more_than_half && 2 * most <= cast) {
      return {};
    }
    return Decision{leaders.front(), false};
  }
  // Two that have exactly half each tie; three that have a third each do not: none of them is near a
  // majority.
  if (more_than_half && 2 * most != cast) {
    return {};
  }
  return tie(leaders);
}

Decision Count::tie(const std::vector<uint32_t>& tied) const {
  switch (rules_.tie_rule) {
    case TieRule::first_option: return Decision{tied.front(), true};
    case TieRule::status_quo: return Decision{rules_.status_quo, true};
    case TieRule::chair: {
      const std::optional<uint32_t>& choice = choices_[*chair_];
      if (choice && std::find(tied.begin(), tied.end(), *choice) != tied.end()) {
        return Decision{*choice, true};
      }
      return {};
    }
    case TieRule::reject: break;
  }
  return {};
}

}  // namespace kelek::machine
