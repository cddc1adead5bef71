// What decides what a node does, as one number.
#include <kelek/raft/digest.h>

#include <variant>

#include "core.h"

namespace kelek::raft {

namespace {

void add_log(Digest& digest, const Log& log) {
  digest.add(log.base_index());
  digest.add(log.last_index());
  digest.add(log.term_at(log.base_index()).value_or(0));
  for (Index index = log.first_index(); index <= log.last_index(); ++index) {
    const Entry& entry = log.at(index);
    digest.add(entry.term);
    digest.add(static_cast<std::uint64_t>(entry.kind));
    digest.add(entry.payload.size());
    for (const std::byte byte : entry.payload.bytes()) digest.add(static_cast<std::uint64_t>(byte));
  }
}

/// Of one follower; who it is comes from its name.
std::uint64_t digest_of(const Progress& peer, const Renaming& names) {
  Digest digest;
  digest.add(names(peer.id));
  digest.add(peer.incarnation);
  digest.add(static_cast<std::uint64_t>(peer.state));
  digest.add(static_cast<std::uint64_t>(peer.voter) + 2 * static_cast<std::uint64_t>(peer.outgoing));
  digest.add(static_cast<std::uint64_t>(peer.probing));
  digest.add(peer.match);
  digest.add(peer.next);
  digest.add(peer.commit_told);
  digest.add(peer.round_answered);
  peer.inflight.tell(digest);
  peer.marks.tell(digest);
  if (peer.snapshot != nullptr) {
    digest.add(peer.snapshot->metadata->id);
    digest.add(peer.snapshot->answered_bytes);
    digest.add(peer.snapshot->sent_bytes);
  }
  return digest.value();
}

struct RoleDigest {
  Digest& digest;
  const Renaming& names;
  const Configuration& configuration;

  void operator()(const Follower& follower) const { digest.add(names(follower.leader)); }
  void operator()(const std::unique_ptr<PreCandidate>& candidate) const {
    candidate->votes.tell(digest, configuration, names);
    digest.add(static_cast<std::uint64_t>(candidate->requests_due));
  }
  void operator()(const std::unique_ptr<Candidate>& candidate) const {
    candidate->votes.tell(digest, configuration, names);
    digest.add(static_cast<std::uint64_t>(candidate->requests_due) +
               2 * static_cast<std::uint64_t>(candidate->by_transfer) +
               4 * static_cast<std::uint64_t>(candidate->own_vote_counted));
  }
  void operator()(const std::unique_ptr<Leader>& leader) const {
    std::uint64_t peers = 0;
    for (const Progress& peer : leader->tracker.peers()) peers += digest_of(peer, names);
    digest.add(peers);
    digest.add(leader->reads.size());
    digest.add(leader->first_own_index);
    digest.add(static_cast<std::uint64_t>(leader->committed_own_entry) +
               2 * static_cast<std::uint64_t>(leader->heartbeat_due) +
               4 * static_cast<std::uint64_t>(leader->sends_due) +
               8 * static_cast<std::uint64_t>(leader->transfer_told));
    digest.add(leader->round);
    digest.add(leader->uncommitted_bytes);
    digest.add(names(leader->transfer_to));
    digest.add(leader->promotion_goal);
  }
};

}  // namespace

std::uint64_t Node::Core::digest(const Renaming& names) const {
  Digest digest;
  digest.add(names(options_.id));
  digest.add(term_);
  digest.add(names(vote_));
  digest.add(commit_);
  digest.add(verified_);
  add_log(digest, log_);
  digest.add(configurations_.index());
  persistence_.tell(digest, names);
  digest.add(newest_snapshot_ != nullptr ? newest_snapshot_->index : 0);
  digest.add(role_.index());
  std::visit(RoleDigest{digest, names, *configuration()}, role_);
  digest.add(static_cast<std::uint64_t>(commit_reviewed_) + 2 * static_cast<std::uint64_t>(snapshot_to_install_) +
             4 * static_cast<std::uint64_t>(told_replaced_) + 8 * static_cast<std::uint64_t>(incoming_ != nullptr));
  digest.add(repair_until_);
  digest.add(no_vote_through_term_);
  digest.add(messages_.size());
  digest.add(messages_after_.size());
  digest.add(told_hard_state_.term);
  digest.add(names(told_hard_state_.vote));
  digest.add(told_hard_state_.commit);
  digest.add(told_last_);
  digest.add(names(told_leader_));
  digest.add(static_cast<std::uint64_t>(told_role_));
  digest.add(handed_);
  digest.add(applied_);
  return digest.value();
}

std::uint64_t Node::digest(const Renaming& names) const {
  return core_->digest(names);
}

}  // namespace kelek::raft
