// How a node starts from what its storage found, and what it tells of itself.
#include <algorithm>
#include <string>

#include <kelek/raft/invariant.h>

#include "core.h"

namespace kelek::raft {
namespace {

Error contradiction(std::string text) {
  return {Refusal::malformed, no_node, std::move(text)};
}

}  // namespace

Status Node::Core::restore_log(const DurableState& state, ConfigurationRef base) {
  const SnapshotMetadata& snapshot = state.snapshot;
  const bool has_entries = !state.entries.empty();
  if (snapshot.index >= beyond_reach || (has_entries && state.entries.front().first_index() >= beyond_reach)) {
    return contradiction("an index is beyond what a log can reach");
  }
  configurations_.reset(0, std::move(base));
  log_.reset(snapshot.index, snapshot.term);
  if (has_entries && state.entries.front().first_index() <= snapshot.index) {
    // The log begins below the snapshot: a tail was kept for slow followers. Where the term before its first entry is
    // not known, what is unknown must not be taken for a term (etcd 76f1249): that entry becomes the base.
    const Index first = state.entries.front().first_index();
    if (first <= 1 || state.term_before_entries != 0) {
      log_.reset(first - std::min<Index>(first, 1), first <= 1 ? 0 : state.term_before_entries);
    } else {
      log_.reset(first, state.entries.front().at(first).term);
    }
  }
  for (const EntryRange& range : state.entries) {
    if (range.empty()) continue;
    const EntryRange next = range.from(log_.last_index() + 1);
    if (range.first_index() > log_.last_index() + 1) {
      return contradiction("the log has a gap: entry " + std::to_string(range.first_index()) + " follows entry " +
                           std::to_string(log_.last_index()));
    }
    bool ordered = true;
    bool readable = true;
    next.for_each([&](Index index, const Entry& entry) {
      ordered = ordered && entry.term >= log_.last_term();
      if (!ordered) return;
      log_.append(entry);
      if (entry.kind != EntryKind::configuration) return;
      Result<Configuration> decoded = Configuration::decode(entry.payload.bytes());
      readable = readable && decoded.ok();
      if (decoded.ok()) configurations_.append(index, std::make_shared<const Configuration>(std::move(*decoded)));
    });
    if (!ordered) return contradiction("the terms of the log fall from one entry to the next");
    if (!readable) return contradiction("a configuration entry of the log cannot be read");
  }
  if (!log_.matches(snapshot.index, snapshot.term)) {
    return contradiction("the log ends before its snapshot at " + std::to_string(snapshot.index) +
                         ", or contradicts it");
  }
  return Nothing{};
}

Status Node::Core::restore(DurableState state) {
  const SnapshotMetadata& snapshot = state.snapshot;
  ConfigurationRef base = snapshot.index > 0 ? snapshot.configuration : state.configuration;
  if (snapshot.index > 0 && (base == nullptr || base->empty())) return contradiction("the snapshot names no members");
  if (base == nullptr) base = std::make_shared<const Configuration>();

  Status loaded = restore_log(state, std::move(base));
  if (!loaded.ok()) return loaded;
  if (state.hard_state.term >= beyond_reach) {
    return contradiction("the term " + std::to_string(state.hard_state.term) + " is beyond what elections can reach");
  }
  if (state.hard_state.term < log_.last_term()) {
    return contradiction("the term " + std::to_string(state.hard_state.term) + " is below that of the last entry, " +
                         std::to_string(log_.last_term()));
  }
  if (state.applied > log_.last_index()) {
    return contradiction("entry " + std::to_string(state.applied) + " is applied, but the log ends at " +
                         std::to_string(log_.last_index()));
  }
  if (snapshot.index > 0) {
    newest_snapshot_ = std::make_shared<SnapshotMetadata>(snapshot);
  }
  term_ = state.hard_state.term;
  vote_ = state.hard_state.vote;
  applied_ = handed_ = std::max(state.applied, snapshot.index);
  if (mutated(Mutation::restart_replays_from_the_beginning)) handed_ = log_.base_index();
  // The commit index is a hint; what the log has lost it cannot vouch for.
  commit_ = std::max(applied_, std::min(state.hard_state.commit, log_.last_index()));
  persistence_.start(term_, vote_, log_.last_index());
  told_hard_state_ = hard_state();
  told_last_ = log_.last_index();
  told_configuration_ = configuration().get();
  if (state.damaged) repair_until_ = std::max<Index>(state.repair_until, 1);
  // What cannot be gone on with is asked for again from its start.
  if (const SnapshotMetadata* partial = state.partial_snapshot.get();
      partial != nullptr && state.partial_snapshot_bytes < partial->size_bytes && partial->configuration != nullptr) {
    incoming_ = std::make_unique<Incoming>();
    incoming_->metadata = state.partial_snapshot;
    incoming_->received_bytes = state.partial_snapshot_bytes;
  }
  draw_election_timeout();
  if (options_.lease_reads && state.restarted) no_vote_before_tick_ = options_.election_ticks;
  trace_role(Role::follower, RoleEvent::Cause::started);
  return Nothing{};
}

NodeStatus Node::Core::status() const {
  NodeStatus status;
  status.id = options_.id;
  status.role = role();
  status.learner = configuration()->is_learner(options_.id) && !is_voter();
  status.term = term_;
  status.vote = vote_;
  status.leader = known_leader();
  status.commit = commit_;
  status.applied = applied_;
  status.last_index = log_.last_index();
  status.last_term = log_.last_term();
  status.first_index = log_.first_index();
  status.stable_index = persistence_.stable();
  status.snapshot_index = newest_snapshot_ != nullptr ? newest_snapshot_->index : 0;
  status.log_bytes = log_.payload_bytes();
  if (const Leader* leading = leader()) {
    status.transferring_to = leading->transfer_to;
    status.uncommitted_bytes = leading->uncommitted_bytes;
  }
  return status;
}

std::vector<PeerStatus> Node::Core::peer_statuses() const {
  std::vector<PeerStatus> peers;
  const Leader* leading = leader();
  if (leading == nullptr) return peers;
  for (const Progress& peer : leading->tracker.peers()) {
    PeerStatus status;
    status.id = peer.id;
    status.state = peer.state;
    status.match = peer.match;
    status.next = peer.next;
    status.learner = !peer.voter && !peer.outgoing;
    status.inflight_appends = peer.inflight.count();
    status.inflight_bytes = peer.inflight.bytes();
    status.silent_ticks = now_ticks_ - peer.heard_tick;
    if (peer.snapshot != nullptr) {
      status.snapshot_sent_bytes = peer.snapshot->answered_bytes;
      status.snapshot_total_bytes = peer.snapshot->metadata->size_bytes;
    }
    peers.push_back(status);
  }
  return peers;
}

}  // namespace kelek::raft
