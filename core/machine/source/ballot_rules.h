// The rules of ballots as arithmetic: what the votes so far decide, and whether that can still change.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <kelek/machine/ballot.h>

namespace kelek::machine {

// Why these rules cannot be used with this electorate; empty when they can.
std::string contradiction(const BallotRules& rules, const std::vector<Elector>& electorate, uint64_t options);

struct Decision {
  std::optional<uint32_t> winner;
  bool by_tie_rule = false;

  friend bool operator==(const Decision&, const Decision&) = default;
};

// Counts the votes of one ballot, one at a time. Derived data: made anew from the ballot after a restore.
class Count {
 public:
  explicit Count(const Ballot& ballot);

  std::optional<uint32_t> elector(std::string_view voter) const;
  bool has_voted(uint32_t elector) const { return choices_[elector].has_value(); }
  void add(const Vote& vote);

  // What the votes so far come to, if no other is cast: veto, then the participation floor, then the rule.
  Decision decision() const;
  // No votes that may still be cast can change the winner (or that there is none). Exact in both directions.
  bool settled() const;
  bool vetoed() const { return vetoed_; }
  bool floor_reached() const { return voted_ >= rules_.participation_floor; }
  uint64_t voted() const { return voted_; }
  bool all_voted() const { return voted_ == choices_.size(); }
  uint64_t abstentions() const { return abstentions_; }
  // Per option, as the rule counts.
  std::vector<uint64_t> weights() const;
  const std::vector<uint64_t>& votes() const { return votes_; }

 private:
  // What an organisation may come to stand for: a bit per option, and whether it may stand for none.
  struct Standing {
    uint64_t options = 0;
    bool none = false;
    bool fixed() const { return none ? options == 0 : (options & (options - 1)) == 0; }
    bool may_be(uint32_t option) const { return (options >> option & 1) != 0; }
  };
  struct Organisation {
    std::vector<uint64_t> votes;  // per option
    uint64_t remaining = 0;       // electors who have not voted
  };

  static std::optional<uint32_t> stands_for(const Organisation& organisation);
  static Standing may_stand_for(const Organisation& organisation);

  Decision by_rule() const;
  Decision by_most(const std::vector<uint64_t>& weights, bool more_than_half) const;
  Decision tie(const std::vector<uint32_t>& tied) const;
  bool tie_gives(uint32_t winner, uint32_t first, uint32_t second) const;
  bool chair_may_still_vote() const;

  bool winner_holds(uint32_t winner) const;
  bool plurality_holds(uint32_t winner) const;
  bool majority_holds(uint32_t winner) const;
  bool organisations_hold(uint32_t winner) const;
  bool winner_possible() const;
  bool organisations_may_decide() const;
  bool organisations_may_tie() const;
  bool chair_may_break(const std::vector<uint32_t>& tied) const;

  BallotRules rules_;
  uint64_t threshold_ = 0;                                 // of k_of_n, unanimous, weight_threshold
  std::vector<uint64_t> weight_of_;                        // per elector, as the rule counts
  std::vector<bool> may_veto_;                             // per elector
  std::vector<uint32_t> organisation_of_;                  // per elector
  std::vector<std::pair<std::string, uint32_t>> by_name_;  // sorted
  std::optional<uint32_t> chair_;
  std::vector<std::optional<uint32_t>> choices_;  // per elector
  std::vector<uint64_t> tally_;                   // weight per option
  std::vector<uint64_t> votes_;                   // electors per option
  std::vector<Organisation> organisations_;       // only under one_per_organisation
  std::optional<uint32_t> reached_;               // the option that reached the threshold first
  uint64_t remaining_weight_ = 0;
  uint64_t remaining_vetoes_ = 0;
  uint64_t voted_ = 0;
  uint64_t abstentions_ = 0;
  bool vetoed_ = false;
};

}  // namespace kelek::machine
