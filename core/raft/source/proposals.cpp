// Those whose proposer wants to hear what became of them.
#include "proposals.h"

#include <algorithm>

namespace kelek::raft {
namespace {

using Kind = ProposalOutcome::Kind;

bool ends_before(Index last, const Index& other) {
  return last < other;
}

}  // namespace

void Proposals::placed(Token token, Index first, Index last, Term term) {
  if (token == 0) return;
  auto place = placed_.end();
  while (place != placed_.begin() && ends_before(last, std::prev(place)->last)) --place;
  placed_.insert(place, {token, first, last, term});
}

void Proposals::forwarded(Token token, Token request, std::uint32_t entries, std::uint64_t deadline_tick) {
  if (token != 0) forwarded_.push_back({token, request, deadline_tick, entries});
}

void Proposals::answered(const ProposeResponse& answer, std::vector<ProposalOutcome>& outcomes) {
  const auto found = std::find_if(forwarded_.begin(), forwarded_.end(),
                                  [&](const Forwarded& waiting) { return waiting.request == answer.token; });
  if (found == forwarded_.end()) return;
  const Forwarded proposal = *found;
  forwarded_.erase(found);
  if (answer.refusal != Refusal::none) {
    outcomes.push_back({proposal.token, Kind::refused, answer.refusal, 0, 0});
    return;
  }
  placed(proposal.token, answer.first_index, answer.first_index + proposal.entries - 1, answer.entry_term);
}

ProposalOutcome Proposals::judge(const Placed& proposal, const Log& log) {
  ProposalOutcome outcome{proposal.token, Kind::unknown, Refusal::none, proposal.first, proposal.term};
  const std::optional<Term> first = log.term_at(proposal.first);
  const std::optional<Term> last = log.term_at(proposal.last);
  if (!first || !last) return outcome;
  if (*last == proposal.term) {
    outcome.kind = Kind::committed;  // entries of one proposal follow each other in one term: so is the first
  } else if (*first != proposal.term) {
    outcome.kind = Kind::refused;
    outcome.refusal = Refusal::aborted;
  }
  return outcome;
}

void Proposals::committed(Index commit, const Log& log, std::vector<ProposalOutcome>& outcomes) {
  std::size_t done = 0;
  while (done < placed_.size() && placed_[done].last <= commit) outcomes.push_back(judge(placed_[done++], log));
  placed_.erase(placed_.begin(), placed_.begin() + static_cast<std::ptrdiff_t>(done));
}

void Proposals::skipped(Index index, std::vector<ProposalOutcome>& outcomes) {
  std::size_t done = 0;
  while (done < placed_.size() && placed_[done].first <= index) {
    const Placed& proposal = placed_[done++];
    outcomes.push_back({proposal.token, Kind::unknown, Refusal::none, proposal.first, proposal.term});
  }
  placed_.erase(placed_.begin(), placed_.begin() + static_cast<std::ptrdiff_t>(done));
}

void Proposals::expire(std::uint64_t now_ticks, std::vector<ProposalOutcome>& outcomes) {
  std::size_t done = 0;
  while (done < forwarded_.size() && forwarded_[done].deadline_tick <= now_ticks) {
    outcomes.push_back({forwarded_[done++].token, Kind::unknown, Refusal::none, 0, 0});
  }
  forwarded_.erase(forwarded_.begin(), forwarded_.begin() + static_cast<std::ptrdiff_t>(done));
}

std::uint64_t Proposals::next_deadline_tick() const {
  return forwarded_.empty() ? UINT64_MAX : forwarded_.front().deadline_tick;
}

}  // namespace kelek::raft
