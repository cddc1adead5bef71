// Compares the coordinators with each other, and the ballot with what was acknowledged.
#include "verifier.h"

#include <fmt/format.h>

#include "../json_of.h"

namespace kelek::cli {
namespace {

/// Empty if the vote in the ballot is what the agent sent and was told; otherwise what differs.
std::string differs(const machine::Ballot& ballot, const machine::Vote& found, const ReviewVote& sent,
                    const Acknowledged& told) {
  if (choice_of(ballot, found) != sent.choice) return "another choice";
  if (found.confidence_per_mille != sent.confidence_per_mille) return "another confidence";
  if (found.rationale != sent.rationale) return "another rationale";
  if (!(found.evidence == sent.evidence)) return "other evidence";
  if (found.veto != sent.veto) return "another veto";
  if (told.counted && found.revision != told.index) {
    return fmt::format("index {}, but {} was acknowledged", found.revision, told.index);
  }
  return {};
}

Check acknowledged_once(const Review& review, const std::vector<Acknowledged>& outcomes,
                        const std::vector<machine::Ballot>& ballots) {
  Check check{"every acknowledged vote is counted exactly once", true, {}};
  std::size_t acknowledged = 0;
  for (std::size_t i = 0; i < review.votes.size(); ++i) {
    const ReviewVote& sent = review.votes[i];
    if (outcomes[i].counted) ++acknowledged;
    for (std::size_t node = 0; node < ballots.size(); ++node) {
      std::size_t times = 0;
      std::string difference;
      for (const machine::Vote& vote : ballots[node].votes) {
        if (ballots[node].electorate.at(vote.elector).voter != sent.elector.voter) continue;
        ++times;
        difference = differs(ballots[node], vote, sent, outcomes[i]);
      }
      const std::size_t expected = outcomes[i].counted ? 1 : 0;
      if (times == expected && difference.empty()) continue;
      check.ok = false;
      check.detail += fmt::format("coordinator {} has the vote of {} {} times{}{}. ", node + 1, sent.elector.voter,
                                  times, difference.empty() ? "" : ", with ", difference);
    }
  }
  if (check.ok) check.detail = fmt::format("{} acknowledged, on {} coordinators", acknowledged, ballots.size());
  return check;
}

Check same_ballot(const std::vector<machine::Ballot>& ballots) {
  Check check{"the same ballot and the same verdict everywhere", true, {}};
  for (std::size_t node = 0; node < ballots.size(); ++node) {
    if (!ballots[node].verdict.has_value()) {
      check.ok = false;
      check.detail += fmt::format("coordinator {} has no verdict. ", node + 1);
    } else if (!(ballots[node] == ballots.front())) {
      check.ok = false;
      check.detail += fmt::format("the ballot of coordinator {} differs from that of coordinator 1. ", node + 1);
    }
  }
  if (check.ok) check.detail = fmt::format("closed at index {}", ballots.front().verdict->revision);
  return check;
}

Check same_state(const Reports& reports) {
  Check check{"the same state at the same index everywhere", true, {}};
  for (std::size_t node = 0; node < reports.size(); ++node) {
    if (!reports[node].has_value() || !reports.front().has_value()) {
      check.ok = false;
      check.detail += fmt::format("coordinator {} does not answer. ", node + 1);
      continue;
    }
    const wire::StatusReport& one = *reports[node];
    const wire::StatusReport& first = *reports.front();
    if (one.applied == first.applied && one.state_hash == first.state_hash && one.term == first.term) continue;
    check.ok = false;
    check.detail +=
        fmt::format("coordinator {} has state {} at index {} in term {}, coordinator 1 {} at {} in {}. ", node + 1,
                    hex(one.state_hash), one.applied, one.term, hex(first.state_hash), first.applied, first.term);
  }
  if (check.ok) {
    check.detail = fmt::format("{} at index {}", hex(reports.front()->state_hash), reports.front()->applied);
  }
  return check;
}

}  // namespace

std::vector<Check> verify(const Review& review, const std::vector<Acknowledged>& outcomes,
                          const std::vector<machine::Ballot>& ballots, const Reports& reports) {
  return {acknowledged_once(review, outcomes, ballots), same_ballot(ballots), same_state(reports)};
}

}  // namespace kelek::cli
