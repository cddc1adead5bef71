// The rules of ballots, each by a few worked examples: who wins with these votes, and what a tie gives.
#include "ballot_rules.h"

#include <catch2/catch.hpp>

#include "world.h"

using namespace kelek::machine;
using kelek::machine::test::elector;

namespace {

constexpr uint32_t approve = 0;
constexpr uint32_t reject = 1;
constexpr uint32_t defer = 2;

struct Cast {
  uint32_t elector;
  uint32_t choice;
};

Ballot ballot_with(Rule rule, std::vector<uint64_t> weights) {
  Ballot ballot;
  ballot.options = {"approve", "reject", "defer"};
  for (size_t i = 0; i < weights.size(); ++i) {
    ballot.electorate.push_back(elector("voter " + std::to_string(i), "", weights[i]));
  }
  ballot.rules.rule = rule;
  return ballot;
}

Decision decide(const Ballot& ballot, std::vector<Cast> votes) {
  Count count(ballot);
  for (const Cast& cast : votes) {
    Vote vote;
    vote.elector = cast.elector;
    vote.choice = cast.choice;
    count.add(vote);
  }
  return count.decision();
}

Decision won(uint32_t option) {
  return {option, false};
}
Decision won_the_tie(uint32_t option) {
  return {option, true};
}
const Decision nobody{};

}  // namespace

TEST_CASE("plurality: the most weight wins, even if it is far from half") {
  const Ballot ballot = ballot_with(Rule::plurality, {2, 1, 1, 1, 1});
  CHECK(decide(ballot, {{0, defer}, {1, approve}, {2, reject}}) == won(defer));
  CHECK(decide(ballot, {{1, approve}, {2, approve}, {3, approve}, {0, defer}}) == won(approve));
  CHECK(decide(ballot, {}) == nobody);
  CHECK(decide(ballot, {{0, abstained}, {1, abstained}}) == nobody);
}

TEST_CASE("majority: more than half of the weight cast, abstentions left out") {
  const Ballot ballot = ballot_with(Rule::majority, {1, 1, 1, 1, 1});
  CHECK(decide(ballot, {{0, approve}, {1, approve}, {2, reject}}) == won(approve));
  CHECK(decide(ballot, {{0, approve}, {1, approve}, {2, reject}, {3, defer}, {4, defer}}) == nobody);
  CHECK(decide(ballot, {{0, approve}, {1, abstained}, {2, abstained}}) == won(approve));
  CHECK(decide(ballot, {{0, abstained}}) == nobody);
}

TEST_CASE("majority: weights count") {
  const Ballot ballot = ballot_with(Rule::majority, {5, 1, 1, 1, 1});
  CHECK(decide(ballot, {{0, reject}, {1, approve}, {2, approve}, {3, approve}, {4, approve}}) == won(reject));
}

TEST_CASE("k of n: the first option that k electors chose") {
  Ballot ballot = ballot_with(Rule::k_of_n, {1, 1, 1, 1, 1});
  ballot.rules.threshold = 2;
  CHECK(decide(ballot, {{0, approve}, {1, reject}}) == nobody);
  CHECK(decide(ballot, {{0, approve}, {1, reject}, {2, approve}, {3, reject}, {4, reject}}) == won(approve));
}

TEST_CASE("unanimous: everybody for the same, and nobody abstains") {
  const Ballot ballot = ballot_with(Rule::unanimous, {1, 1, 1});
  CHECK(decide(ballot, {{0, approve}, {1, approve}}) == nobody);
  CHECK(decide(ballot, {{0, approve}, {1, approve}, {2, approve}}) == won(approve));
  CHECK(decide(ballot, {{0, approve}, {1, approve}, {2, abstained}}) == nobody);
  CHECK(decide(ballot, {{0, approve}, {1, approve}, {2, reject}}) == nobody);
}

TEST_CASE("weight threshold: the first option that weighs enough") {
  Ballot ballot = ballot_with(Rule::weight_threshold, {3, 2, 2, 1});
  ballot.rules.threshold = 5;
  CHECK(decide(ballot, {{0, approve}, {3, approve}}) == nobody);
  CHECK(decide(ballot, {{0, approve}, {1, approve}}) == won(approve));
}

TEST_CASE("one per organisation: two voters of one organisation have one vote between them") {
  Ballot ballot = ballot_with(Rule::one_per_organisation, {1, 1, 1, 1, 1});
  const char* organisations[] = {"acme", "acme", "acme", "blue", "cyan"};
  for (size_t i = 0; i < 5; ++i) ballot.electorate[i].organisation = organisations[i];
  // Three of acme against one each of blue and cyan: one organisation against two.
  CHECK(decide(ballot, {{0, approve}, {1, approve}, {2, approve}, {3, reject}, {4, reject}}) == won(reject));
  // Acme stands for what most of its voters chose.
  CHECK(decide(ballot, {{0, approve}, {1, approve}, {2, reject}, {3, approve}, {4, reject}}) == won(approve));
  // Its two voters disagree: acme stands for nothing.
  CHECK(decide(ballot, {{0, approve}, {1, reject}, {3, reject}}) == won(reject));
  CHECK(decide(ballot, {{0, approve}, {1, reject}}) == nobody);
  // Two organisations that have exactly half each tie.
  ballot.rules.tie_rule = TieRule::first_option;
  CHECK(decide(ballot, {{3, reject}, {4, approve}}) == won_the_tie(approve));
}

TEST_CASE("a tie gives what its tie rule says") {
  Ballot ballot = ballot_with(Rule::majority, {1, 1, 1, 1});
  const std::vector<Cast> tied = {{0, defer}, {1, defer}, {2, reject}, {3, reject}};
  CHECK(decide(ballot, tied) == nobody);
  ballot.rules.tie_rule = TieRule::first_option;
  CHECK(decide(ballot, tied) == won_the_tie(reject));
  ballot.rules.tie_rule = TieRule::status_quo;
  ballot.rules.status_quo = approve;
  CHECK(decide(ballot, tied) == won_the_tie(approve));
  ballot.rules.tie_rule = TieRule::chair;
  ballot.rules.status_quo = 0;
  ballot.rules.chair = "voter 1";
  CHECK(decide(ballot, tied) == won_the_tie(defer));
}

TEST_CASE("the chair's choice counts only if it is among those that tie") {
  Ballot ballot = ballot_with(Rule::plurality, {1, 1, 1, 1, 1});
  ballot.rules.tie_rule = TieRule::chair;
  ballot.rules.chair = "voter 4";
  const std::vector<Cast> tied = {{0, approve}, {1, approve}, {2, reject}, {3, reject}};
  CHECK(decide(ballot, tied) == nobody);  // the chair has not voted
  std::vector<Cast> with_chair = tied;
  with_chair.push_back({4, defer});
  CHECK(decide(ballot, with_chair) == nobody);
  with_chair.back().choice = abstained;
  CHECK(decide(ballot, with_chair) == nobody);
}

TEST_CASE("three that share the votes tie under plurality, and have no majority") {
  const std::vector<Cast> thirds = {{0, approve}, {1, reject}, {2, defer}};
  Ballot ballot = ballot_with(Rule::plurality, {1, 1, 1});
  ballot.rules.tie_rule = TieRule::first_option;
  CHECK(decide(ballot, thirds) == won_the_tie(approve));
  ballot.rules.rule = Rule::majority;
  CHECK(decide(ballot, thirds) == nobody);
}

TEST_CASE("exactly half against two others is neither a majority nor a tie") {
  Ballot ballot = ballot_with(Rule::majority, {1, 1, 1, 1});
  ballot.rules.tie_rule = TieRule::first_option;
  CHECK(decide(ballot, {{0, approve}, {1, approve}, {2, reject}, {3, defer}}) == nobody);
}

TEST_CASE("without the participation floor nothing wins; abstentions help to reach it") {
  Ballot ballot = ballot_with(Rule::majority, {1, 1, 1, 1, 1});
  ballot.rules.participation_floor = 3;
  CHECK(decide(ballot, {{0, approve}, {1, approve}}) == nobody);
  CHECK(decide(ballot, {{0, approve}, {1, approve}, {2, abstained}}) == won(approve));
}

TEST_CASE("a veto undoes any majority") {
  Ballot ballot = ballot_with(Rule::majority, {1, 1, 1});
  ballot.electorate[2].may_veto = true;
  Count count(ballot);
  count.add(Vote{0, approve, false, 1000, "", {}, 1, 0});
  count.add(Vote{1, approve, false, 1000, "", {}, 2, 0});
  CHECK(count.decision() == won(approve));
  CHECK_FALSE(count.settled());  // the veto may still come
  count.add(Vote{2, reject, true, 1000, "", {}, 3, 0});
  CHECK(count.decision() == nobody);
  CHECK(count.vetoed());
}

TEST_CASE("rules that contradict themselves or the electorate are named") {
  const std::vector<Elector> three = {elector("ada", "acme"), elector("ben", "acme"), elector("cleo", "blue")};
  const auto reason = [&three](auto change) {
    BallotRules rules;
    change(rules);
    return contradiction(rules, three, 2);
  };
  CHECK(reason([](BallotRules&) {}) == "");
  CHECK(reason([](BallotRules& r) { r.rule = Rule::k_of_n; }) == "threshold is 0, possible is 1 to 3");
  CHECK(reason([](BallotRules& r) { r.rule = Rule::k_of_n, r.threshold = 4; }) == "threshold is 4, possible is 1 to 3");
  CHECK(reason([](BallotRules& r) { r.threshold = 1; }) == "only k_of_n and weight_threshold have a threshold");
  CHECK(reason([](BallotRules& r) { r.participation_floor = 4; }) == "participation_floor is 4, the electorate has 3");
  CHECK(reason([](BallotRules& r) { r.tie_rule = TieRule::chair; }) == "the chair \"\" is not in the electorate");
  CHECK(reason([](BallotRules& r) { r.chair = "ada"; }) == "a chair without the tie rule chair");
  CHECK(reason([](BallotRules& r) { r.tie_rule = TieRule::status_quo, r.status_quo = 2; }) ==
        "status_quo is not the index of an option");
  CHECK(reason([](BallotRules& r) { r.status_quo = 1; }) == "status_quo without the tie rule status_quo");
  CHECK(reason([](BallotRules& r) { r.rule = static_cast<Rule>(9); }) == "unknown rule");
  CHECK(reason([](BallotRules& r) { r.tie_rule = static_cast<TieRule>(9); }) == "unknown tie rule");

  BallotRules unanimous;
  unanimous.rule = Rule::unanimous;
  CHECK(contradiction(unanimous, {elector("ada", "", 2)}, 2) ==
        "under unanimous everyone weighs 1, but voter \"ada\" weighs 2");
  BallotRules by_organisation;
  by_organisation.rule = Rule::one_per_organisation;
  CHECK(contradiction(by_organisation, {elector("ada")}, 2) == "voter \"ada\" has no organisation");
}
