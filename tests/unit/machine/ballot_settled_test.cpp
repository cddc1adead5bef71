// Early closing against brute force: small electorates, every completion of the votes, a reference that is
// written straight from the words of <kelek/machine/ballot.h>.
#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "ballot_rules.h"
#include "random.h"

using namespace kelek::machine;
using kelek::machine::test::Random;

namespace {

using Winner = std::optional<uint32_t>;

// ---- the reference ----

Winner reference_tie(const Ballot& ballot, const std::vector<Vote>& votes, const std::set<uint32_t>& tied) {
  switch (ballot.rules.tie_rule) {
    case TieRule::reject: return {};
    case TieRule::first_option: return *tied.begin();
    case TieRule::status_quo: return ballot.rules.status_quo;
    case TieRule::chair: break;
  }
  for (const Vote& vote : votes) {
    if (ballot.electorate[vote.elector].voter == ballot.rules.chair && tied.count(vote.choice) != 0) {
      return vote.choice;
    }
  }
  return {};
}

Winner reference_most(const Ballot& ballot, const std::vector<Vote>& votes, std::map<uint32_t, uint64_t> tally,
                      bool majority) {
  uint64_t cast = 0;
  for (const auto& [option, weight] : tally) cast += weight;
  if (cast == 0) return {};
  std::set<uint32_t> best;
  for (const auto& [option, weight] : tally) {
    const bool beaten = std::any_of(tally.begin(), tally.end(), [w = weight](const auto& o) { return o.second > w; });
    if (!beaten) best.insert(option);
  }
  const uint64_t most = tally[*best.begin()];
  if (!majority) return best.size() == 1 ? Winner(*best.begin()) : reference_tie(ballot, votes, best);
  if (most * 2 > cast) return *best.begin();
  if (best.size() == 2 && most * 2 == cast) return reference_tie(ballot, votes, best);
  return {};
}

Winner reference_organisations(const Ballot& ballot, const std::vector<Vote>& votes) {
  std::map<std::string, std::map<uint32_t, uint64_t>> inside;
  for (const Vote& vote : votes) {
    if (vote.choice != abstained) ++inside[ballot.electorate[vote.elector].organisation][vote.choice];
  }
  std::map<uint32_t, uint64_t> standing;
  for (const auto& [organisation, tally] : inside) {
    for (const auto& [option, count] : tally) {
      const bool alone = std::all_of(tally.begin(), tally.end(), [o = option, c = count](const auto& other) {
        return other.first == o || other.second < c;
      });
      if (alone) ++standing[option];
    }
  }
  return reference_most(ballot, votes, standing, true);
}

Winner reference(const Ballot& ballot, const std::vector<Vote>& votes) {
  for (const Vote& vote : votes) {
    if (vote.veto) return {};
  }
  if (votes.size() < ballot.rules.participation_floor) return {};
  const Rule rule = ballot.rules.rule;
  if (rule == Rule::one_per_organisation) return reference_organisations(ballot, votes);
  const bool race = rule == Rule::k_of_n || rule == Rule::unanimous || rule == Rule::weight_threshold;
  const uint64_t needed = rule == Rule::unanimous ? ballot.electorate.size() : ballot.rules.threshold;
  std::map<uint32_t, uint64_t> tally;
  for (const Vote& vote : votes) {
    if (vote.choice == abstained) continue;
    tally[vote.choice] += ballot.electorate[vote.elector].weight;
    if (race && tally[vote.choice] >= needed) return vote.choice;
  }
  return race ? Winner{} : reference_most(ballot, votes, tally, rule == Rule::majority);
}

// ---- every completion ----

class Completions {
 public:
  explicit Completions(const Ballot& ballot) : ballot_(ballot), votes_(ballot.votes), voted_(ballot.electorate.size()) {
    for (const Vote& vote : votes_) voted_[vote.elector] = true;
    const Rule rule = ballot.rules.rule;
    order_matters_ = rule == Rule::k_of_n || rule == Rule::weight_threshold;
    now_ = reference(ballot, votes_);
  }

  Winner now() const { return now_; }
  // Is there a completion with another outcome than the present one?
  bool can_change() { return search(0); }

 private:
  bool search(uint32_t from) {
    if (reference(ballot_, votes_) != now_) return true;
    for (uint32_t elector = order_matters_ ? 0 : from; elector < voted_.size(); ++elector) {
      if (voted_[elector]) continue;
      voted_[elector] = true;
      for (uint32_t choice = 0; choice <= ballot_.options.size(); ++choice) {
        const uint32_t chosen = choice == ballot_.options.size() ? abstained : choice;
        for (const bool veto : {false, true}) {
          if (veto && !ballot_.electorate[elector].may_veto) continue;
          votes_.push_back(Vote{elector, chosen, veto, 1000, "", {}, 0, 0});
          const bool found = search(elector + 1);
          votes_.pop_back();
          if (found) {
            voted_[elector] = false;
            return true;
          }
        }
      }
      voted_[elector] = false;
    }
    return false;
  }

  const Ballot& ballot_;
  std::vector<Vote> votes_;
  std::vector<bool> voted_;
  bool order_matters_ = false;
  Winner now_;
};

// ---- random small ballots ----

Ballot random_ballot(Random& random, Rule rule) {
  Ballot ballot;
  const uint64_t options = 2 + random.below(3);
  for (uint64_t i = 0; i < options; ++i) ballot.options.push_back("option " + std::to_string(i));
  const bool heavy = rule == Rule::plurality || rule == Rule::majority || rule == Rule::weight_threshold;
  const bool small = rule == Rule::k_of_n || rule == Rule::weight_threshold;
  const uint64_t electors = 1 + random.below(small ? 4 : 6);
  const uint64_t organisations = 1 + random.below(electors);
  uint64_t weight = 0;
  for (uint64_t i = 0; i < electors; ++i) {
    Elector elector;
    elector.voter = "voter " + std::to_string(i);
    elector.organisation = "organisation " + std::to_string(random.below(organisations));
    elector.weight = heavy ? 1 + random.below(3) : 1;
    elector.may_veto = random.one_in(12);
    weight += elector.weight;
    ballot.electorate.push_back(elector);
  }
  ballot.rules.rule = rule;
  if (rule == Rule::k_of_n) ballot.rules.threshold = 1 + random.below(electors);
  if (rule == Rule::weight_threshold) ballot.rules.threshold = 1 + random.below(weight);
  if (random.one_in(3)) ballot.rules.participation_floor = random.below(electors + 1);
  ballot.rules.tie_rule = static_cast<TieRule>(random.below(4));
  if (ballot.rules.tie_rule == TieRule::status_quo) {
    ballot.rules.status_quo = static_cast<uint32_t>(random.below(options));
  }
  if (ballot.rules.tie_rule == TieRule::chair) ballot.rules.chair = ballot.electorate[random.below(electors)].voter;
  return ballot;
}

std::string story(const Ballot& ballot) {
  std::string text = std::string(rule_name(ballot.rules.rule)) + " threshold " +
                     std::to_string(ballot.rules.threshold) + " floor " +
                     std::to_string(ballot.rules.participation_floor) + " tie " + tie_rule_name(ballot.rules.tie_rule) +
                     " " + ballot.rules.chair + std::to_string(ballot.rules.status_quo) + " options " +
                     std::to_string(ballot.options.size()) + "; electors";
  for (const Elector& elector : ballot.electorate) {
    text +=
        " " + elector.organisation.substr(13) + ":" + std::to_string(elector.weight) + (elector.may_veto ? "v" : "");
  }
  text += "; votes";
  for (const Vote& vote : ballot.votes) {
    text += " " + std::to_string(vote.elector) + "=" +
            (vote.choice == abstained ? std::string("abstain") : std::to_string(vote.choice)) + (vote.veto ? "!" : "");
  }
  return text;
}

// Votes in random order, one at a time; after each, what Count says must be what every completion says.
void compare_with_brute_force(Rule rule, uint64_t seed, uint64_t rounds) {
  Random random(seed);
  uint64_t settled_early = 0;
  uint64_t open = 0;
  for (uint64_t round = 0; round < rounds; ++round) {
    Ballot ballot = random_ballot(random, rule);
    REQUIRE(contradiction(ballot.rules, ballot.electorate, ballot.options.size()) == "");
    Count count(ballot);
    std::vector<uint32_t> order(ballot.electorate.size());
    for (uint32_t i = 0; i < order.size(); ++i) order[i] = i;
    for (size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
    for (size_t i = 0;; ++i) {
      Completions completions(ballot);
      const bool expected = !completions.can_change();
      if (count.decision().winner != completions.now() || count.settled() != expected) {
        INFO(story(ballot));
        REQUIRE(count.decision().winner == completions.now());
        REQUIRE(count.settled() == expected);
      }
      if (expected && !count.all_voted()) ++settled_early;
      if (!expected) ++open;
      if (i == order.size()) break;
      const uint32_t choices = static_cast<uint32_t>(ballot.options.size());
      const uint32_t favourite = random.one_in(2) ? 0 : static_cast<uint32_t>(random.below(choices));
      const uint32_t choice = random.one_in(8) ? abstained : favourite;
      const bool veto = ballot.electorate[order[i]].may_veto && random.one_in(4);
      ballot.votes.push_back(Vote{order[i], choice, veto, 1000, "", {}, i + 1, 0});
      count.add(ballot.votes.back());
    }
  }
  // The test is worth something only if both answers are common.
  CHECK(settled_early > rounds / 20);
  CHECK(open > rounds / 2);
}

}  // namespace

TEST_CASE("a plurality ballot is settled exactly when no completion changes its winner") {
  compare_with_brute_force(Rule::plurality, 1, 10000);
}

TEST_CASE("a majority ballot is settled exactly when no completion changes its winner") {
  compare_with_brute_force(Rule::majority, 2, 10000);
}

TEST_CASE("a k of n ballot is settled exactly when no completion, in any order, changes its winner") {
  compare_with_brute_force(Rule::k_of_n, 3, 3000);
}

TEST_CASE("a unanimous ballot is settled exactly when no completion changes its winner") {
  compare_with_brute_force(Rule::unanimous, 4, 10000);
}

TEST_CASE("a weight threshold ballot is settled exactly when no completion, in any order, changes its winner") {
  compare_with_brute_force(Rule::weight_threshold, 5, 3000);
}

TEST_CASE("a ballot by organisations is settled exactly when no completion changes its winner") {
  compare_with_brute_force(Rule::one_per_organisation, 6, 60000);
}
