// Ballots: who may vote, by which rule, the votes and the verdict. Plain data, used by commands, state and
// results.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kelek::machine {

// A vote for this word is counted as taking part, and for no option. It may not be the name of an option.
inline constexpr const char* abstain_word = "abstain";
// The choice of a stored vote that abstained.
inline constexpr uint32_t abstained = 0xffffffff;
inline constexpr uint32_t full_confidence_per_mille = 1000;

// One of those who may vote. The electorate is frozen when the ballot opens.
struct Elector {
  std::string voter;         // the authenticated name, compared with CommandHeader::caller
  std::string organisation;  // needed by one_per_organisation; otherwise may be empty
  uint64_t weight = 1;       // at least 1; must be 1 under k_of_n, unanimous and one_per_organisation
  bool may_veto = false;

  friend bool operator==(const Elector&, const Elector&) = default;
};

// "Cast" means votes for an option: abstentions take part but are not cast for anything.
enum class Rule : uint8_t {
  plurality = 0,         // most weight wins
  majority = 1,          // more than half of the weight cast wins
  k_of_n = 2,            // the first option that `threshold` electors chose wins
  unanimous = 3,         // every elector chose the same option; an abstention breaks it
  weight_threshold = 4,  // the first option whose votes weigh `threshold` wins
  // an organisation stands for what most of its voters chose (for none if they tie); more than half of the
  // organisations that stand for something wins
  one_per_organisation = 5,
};

// What a tie gives. Ties exist under plurality (several share the most), and under majority and
// one_per_organisation (two options have exactly half each). A ballot without a vote cast is never a tie.
enum class TieRule : uint8_t {
  reject = 0,        // no option wins
  first_option = 1,  // of those that tie, the one listed first
  status_quo = 2,    // BallotRules::status_quo, whether or not it is among those that tie
  chair = 3,         // what the chair voted for, if that is among those that tie; otherwise no option wins
};

struct BallotRules {
  Rule rule = Rule::majority;
  // k of k_of_n (electors), or the weight of weight_threshold; otherwise 0
  uint64_t threshold = 0;
  // electors who must have voted (abstentions and vetoes count), 0 to all
  uint64_t participation_floor = 0;
  TieRule tie_rule = TieRule::reject;
  uint32_t status_quo = 0;  // index of an option, for TieRule::status_quo
  std::string chair;        // an elector, for TieRule::chair
  // true: stays open until all have voted or the deadline, even if settled
  bool wait_for_all_votes = false;

  friend bool operator==(const BallotRules&, const BallotRules&) = default;
};

using Digest = std::array<uint8_t, 32>;

struct Evidence {
  std::string uri;
  Digest sha256{};

  friend bool operator==(const Evidence&, const Evidence&) = default;
};

// A counted vote. It is final: nobody changes or withdraws it.
struct Vote {
  uint32_t elector = 0;         // index into Ballot::electorate
  uint32_t choice = abstained;  // index into Ballot::options, or `abstained`
  bool veto = false;            // no option wins any more; only electors with may_veto
  uint32_t confidence_per_mille = full_confidence_per_mille;
  std::string rationale;
  std::vector<Evidence> evidence;
  uint64_t revision = 0;  // log index of the vote
  uint64_t time_ms = 0;   // log time of the vote

  friend bool operator==(const Vote&, const Vote&) = default;
};

enum class Outcome : uint8_t {
  decided = 0,    // an option won (by the rule or by the tie rule)
  rejected = 1,   // no option won
  no_quorum = 2,  // fewer electors voted than the participation floor asks
  vetoed = 3,
  cancelled = 4,
};
// The word for an outcome, e.g. "decided".
const char* outcome_name(Outcome outcome);
const char* rule_name(Rule rule);
const char* tie_rule_name(TieRule rule);

struct OptionTally {
  uint64_t votes = 0;   // electors
  uint64_t weight = 0;  // as the rule counts: weights, electors, or organisations
  uint64_t mean_confidence_per_mille = 0;

  friend bool operator==(const OptionTally&, const OptionTally&) = default;
};

// Immutable from the moment it is made.
struct Verdict {
  Outcome outcome = Outcome::rejected;
  std::optional<uint32_t> winner;  // index of an option; set exactly when decided
  bool by_tie_rule = false;
  bool before_deadline = false;    // settled, voted by all, or cancelled before its deadline
  std::vector<OptionTally> tally;  // one per option
  uint64_t abstentions = 0;
  uint64_t electors_voted = 0;
  // indexes into Ballot::votes: cast for another option than the winner, and vetoes
  std::vector<uint32_t> dissent;
  uint64_t revision = 0;      // log index that closed the ballot
  uint64_t time_ms = 0;       // log time of that
  uint64_t topic_offset = 0;  // where the verdict stands in Ballot::topic

  friend bool operator==(const Verdict&, const Verdict&) = default;
};

struct Ballot {
  uint64_t ballot_id = 0;  // the revision that opened it
  std::string question;
  std::vector<std::string> options;
  std::vector<Elector> electorate;
  BallotRules rules;
  std::string opener;
  std::string topic;  // the verdict is appended here
  uint64_t opened_time_ms = 0;
  uint64_t deadline_ms = 0;        // absolute log time: a vote at this time or later is late
  uint64_t grant_request = 0;      // id of the grant request that this ballot decides, 0 = none
  uint32_t approving_option = 0;   // the option that issues that grant
  std::vector<Vote> votes;         // in log order
  std::optional<Verdict> verdict;  // set = closed

  friend bool operator==(const Ballot&, const Ballot&) = default;
};

}  // namespace kelek::machine
