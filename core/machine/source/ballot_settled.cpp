// Early closing: can the votes that may still be cast change who wins? Each rule has an argument of its own,
// exact in both directions; the tests compare them with a walk over every possible completion.
//
// Those who have not voted may vote for any option, abstain, or stay away; holders of a veto may use it. So
// "nobody else votes" is always one of the completions, and what the votes so far decide is the only outcome
// that can be settled. And where it takes more voters to reach the participation floor, abstentions supply
// them without touching the tally.
#include <algorithm>

#include "ballot_rules.h"

namespace kelek::machine {

bool Count::settled() const {
  if (vetoed_ || all_voted()) {
    return true;
  }
  const Decision now = decision();
  if (!now.winner) {
    return !winner_possible();
  }
  return remaining_vetoes_ == 0 && winner_holds(*now.winner);
}

bool Count::chair_may_still_vote() const {
  return chair_ && !choices_[*chair_];
}

// Would a tie of these two give the win to `winner`, whatever is still to come? Asked only where a completion
// exists in which a chair who has not voted does not vote for the winner.
bool Count::tie_gives(uint32_t winner, uint32_t first, uint32_t second) const {
  const Decision decided =
      tie(first < second ? std::vector<uint32_t>{first, second} : std::vector<uint32_t>{second, first});
  return decided.winner == winner;
}

// ---- a winner: does every completion leave it the winner? ----

bool Count::winner_holds(uint32_t winner) const {
  switch (rules_.rule) {
    case Rule::plurality: return plurality_holds(winner);
    case Rule::majority: return majority_holds(winner);
    case Rule::one_per_organisation: return organisations_hold(winner);
    case Rule::k_of_n:
    case Rule::unanimous:
    case Rule::weight_threshold: break;
  }
  return true;  // it reached the threshold first, and no later vote undoes that
}

// The worst for the winner: all that remains goes to one other option.
bool Count::plurality_holds(uint32_t winner) const {
  for (uint32_t other = 0; other < tally_.size(); ++other) {
    if (other == winner) {
      continue;
    }
    const uint64_t at_best = tally_[other] + remaining_weight_;
    if (at_best > tally_[winner] || (at_best == tally_[winner] && !tie_gives(winner, winner, other))) {
      return false;
    }
  }
  return true;
}

// The worst for the winner: all that remains is cast, and none of it for the winner. If that leaves it
// exactly half, it depends on how the other half is spread: in one option it is a tie, in several nobody
// wins.
bool Count::majority_holds(uint32_t winner) const {
  uint64_t against = remaining_weight_;
  uint64_t others_with_votes = 0;
  for (uint32_t option = 0; option < tally_.size(); ++option) {
    if (option != winner) {
      against += tally_[option];
      others_with_votes += tally_[option] != 0 ? 1u : 0u;
    }
  }
  if (tally_[winner] != against) {
    return tally_[winner] > against;
  }
  const uint64_t voters_left = choices_.size() - voted_;
  if (tally_.size() > 2 && (others_with_votes != 0 || voters_left > 1)) {
    return false;
  }
  for (uint32_t other = 0; other < tally_.size(); ++other) {
    if (other != winner && !tie_gives(winner, winner, other)) {
      return false;
    }
  }
  return true;
}

Count::Standing Count::may_stand_for(const Organisation& organisation) {
  const std::optional<uint32_t> leader = stands_for(organisation);
  Standing standing;
  standing.none = !leader;
  uint64_t most = 0;
  uint64_t second = 0;
  for (const uint64_t votes : organisation.votes) {
    second = std::max(second, std::min(votes, most));
    most = std::max(votes, most);
  }
  for (uint32_t option = 0; option < organisation.votes.size(); ++option) {
    const uint64_t most_of_others = organisation.votes[option] == most ? second : most;
    const uint64_t at_best = organisation.votes[option] + organisation.remaining;
    if (at_best > most_of_others) {
      standing.options |= uint64_t{1} << option;
    }
    // Votes count one each here, so an option that can pass the leader can also draw level with it.
    if (leader && option != *leader && at_best >= organisation.votes[*leader]) {
      standing.none = true;
    }
  }
  return standing;
}

// Every organisation does its worst: it stands against the winner if it can, else for none, else for the
// winner. Those that are not fixed may all stand for none, so a tie on the way to the winner's present lead
// breaks.
bool Count::organisations_hold(uint32_t winner) const {
  uint64_t in_favour = 0;
  uint64_t against = 0;
  uint64_t possible_others = 0;
  bool all_fixed = true;
  for (const Organisation& organisation : organisations_) {
    const Standing standing = may_stand_for(organisation);
    all_fixed = all_fixed && standing.fixed();
    const uint64_t others = standing.options & ~(uint64_t{1} << winner);
    if (others != 0) {
      ++against;
      possible_others |= others;
    } else if (!standing.none) {
      ++in_favour;
    }
  }
  if (all_fixed) {
    return true;
  }
  if (in_favour != against) {
    return in_favour > against;
  }
  if (against == 0) {
    return false;  // all may stand for none, and then nothing wins
  }
  const bool one_other = (possible_others & (possible_others - 1)) == 0;
  if (against > 1 && !one_other) {
    return false;  // they may stand for different options: exactly half for the winner, and no tie
  }
  for (uint32_t other = 0; other < tally_.size(); ++other) {
    if ((possible_others >> other & 1) != 0 && !tie_gives(winner, winner, other)) {
      return false;
    }
  }
  return true;
}

// ---- no winner: is there a completion that has one? ----

bool Count::winner_possible() const {
  switch (rules_.rule) {
    case Rule::plurality: return true;  // somebody can still vote, and breaks any tie by that
    case Rule::majority: break;
    case Rule::one_per_organisation: return organisations_may_decide();
    case Rule::k_of_n:
    case Rule::unanimous:
    case Rule::weight_threshold:
      if (reached_) {
        return true;
      }
      break;
  }
  uint64_t cast = 0;
  uint64_t most = 0;
  for (const uint64_t weight : tally_) {
    cast += weight;
    most = weight > most ? weight : most;
  }
  if (rules_.rule == Rule::majority) {
    // All that remains goes to the leader. (If that is no majority, no tie is possible either: a tie of two
    // where neither could be given a majority means that nothing remains.)
    return 2 * (most + remaining_weight_) > cast + remaining_weight_;
  }
  return most + remaining_weight_ >= threshold_;
}

bool Count::organisations_may_decide() const {
  std::vector<uint64_t> in_favour(tally_.size());
  std::vector<uint64_t> against(tally_.size());
  for (const Organisation& organisation : organisations_) {
    const Standing standing = may_stand_for(organisation);
    for (uint32_t option = 0; option < tally_.size(); ++option) {
      if (standing.may_be(option)) {
        ++in_favour[option];
      } else if (!standing.none) {
        ++against[option];
      }
    }
  }
  for (uint32_t option = 0; option < tally_.size(); ++option) {
    if (in_favour[option] > against[option]) {
      return true;
    }
  }
  return organisations_may_tie();
}

// Asked when no option can get a majority. Then two options can only tie if those that stand for either are
// fixed, and all that are not fixed stand for none (a fixed one more, or one less against, would be a
// majority).
bool Count::organisations_may_tie() const {
  std::vector<uint64_t> fixed(tally_.size());
  uint64_t cast = 0;
  for (const Organisation& organisation : organisations_) {
    const Standing standing = may_stand_for(organisation);
    if (standing.fixed() && !standing.none) {
      ++fixed[*stands_for(organisation)];
      ++cast;
    }
  }
  std::vector<uint32_t> tied;
  for (uint32_t option = 0; option < fixed.size(); ++option) {
    if (cast != 0 && 2 * fixed[option] == cast) {
      tied.push_back(option);
    }
  }
  if (tied.size() != 2) {
    return false;
  }
  return chair_may_still_vote() ? chair_may_break(tied) : tie(tied).winner.has_value();
}

// May the chair vote for one of those that tie while its own organisation stays as the tie needs it?
bool Count::chair_may_break(const std::vector<uint32_t>& tied) const {
  const Organisation& own = organisations_[organisation_of_[*chair_]];
  if (may_stand_for(own).fixed()) {
    return true;
  }
  for (const uint32_t option : tied) {
    Organisation after = own;
    ++after.votes[option];
    --after.remaining;
    if (may_stand_for(after).none) {
      return true;
    }
  }
  return false;
}

}  // namespace kelek::machine
