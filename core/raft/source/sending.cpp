// Sending: what a leader says to its followers, put together when a Ready is taken.
#include <algorithm>

#include <kelek/raft/invariant.h>

#include "core.h"

namespace kelek::raft {

void Node::Core::build_appends(Leader& leading, std::vector<Message>& messages) {
  if (!leading.sends_due) return;
  leading.sends_due = false;
  const bool round_due = leading.heartbeat_due || leading.reads.wants_round();
  if (round_due) start_round(leading);
  for (Progress& peer : leading.tracker.peers()) {
    const bool sent = send_to_peer(leading, peer, messages);
    if (round_due && (!sent || leading.heartbeat_due)) {
      send_heartbeat(leading, peer, messages, leading.round);
    } else if (!sent && peer.state == ReplicationState::replicate && peer.commit_told < std::min(commit_, peer.match)) {
      // A commit index that nothing else carries goes alone, and needs no answer.
      send_heartbeat(leading, peer, messages, 0);
    }
  }
  leading.heartbeat_due = false;
}

/// Thesis, section 6.4: one round for all reads that wait.
void Node::Core::start_round(Leader& leading) {
  ++leading.round;
  leading.reads.send_with(leading.round);
  if (options_.lease_reads) leading.lease->round_sent(leading.round, now_ticks_);
  confirm_reads(leading);  // a single voter is its own quorum
}

bool Node::Core::send_to_peer(Leader& leading, Progress& peer, std::vector<Message>& messages) {
  if (peer.state != ReplicationState::snapshot && needs_snapshot(peer)) {
    if (peer.probing) return false;
    if (newest_snapshot_ == nullptr || newest_snapshot_->index < log_.base_index()) return false;
    peer.become_snapshot(newest_snapshot_);
  }
  switch (peer.state) {
    case ReplicationState::snapshot: send_chunks(leading, peer, messages); return false;  // chunks carry no round
    case ReplicationState::probe:
      if (peer.probing) return false;
      peer.probing = true;
      send_append(leading, peer, messages);
      return true;
    case ReplicationState::replicate: {
      bool sent = false;
      while (peer.next <= log_.last_index() &&
             !peer.window_full(options_.max_inflight_appends, options_.max_inflight_bytes)) {
        send_append(leading, peer, messages);
        sent = true;
      }
      return sent;
    }
  }
  return false;
}

void Node::Core::send_append(Leader& leading, Progress& peer, std::vector<Message>& messages) {
  const Index previous = peer.next - 1;
  const std::optional<Term> previous_term = log_.term_at(previous);
  KELEK_INVARIANT(previous_term.has_value());  // otherwise a snapshot is due
  Message& message = messages.emplace_back();
  AppendRequest& append = message.body.emplace<AppendRequest>();
  append.previous_index = previous;
  append.previous_term = *previous_term;
  append.commit = commit_;
  append.round = leading.round;
  if (previous < log_.last_index()) {
    append.entries = log_.range(peer.next, options_.max_append_entries, options_.max_append_bytes);
  }
  const std::size_t count = append.entries.size();
  if (peer.state == ReplicationState::replicate && count > 0) {
    peer.inflight.add(previous + count, append.entries.payload_bytes());
    peer.next = previous + count + 1;
  }
  peer.commit_told = std::max(peer.commit_told, std::min(commit_, previous + count));
  message.from = options_.id;
  message.from_incarnation = options_.incarnation;
  message.to = peer.id;
  message.to_incarnation = peer.incarnation;
  message.term = term_;
  if (observer_ != nullptr) trace(SendEvent{&message});
}

void Node::Core::send_heartbeat(Leader& leading, Progress& peer, std::vector<Message>& messages, Round round) {
  HeartbeatRequest heartbeat;
  // Never above what it is known to hold: otherwise it would commit entries of its own (etcd raft 138).
  heartbeat.commit = mutated(Mutation::heartbeat_carries_full_commit) ? commit_ : std::min(commit_, peer.match);
  heartbeat.round = round;
  peer.commit_told = std::max(peer.commit_told, heartbeat.commit);
  if (round != 0 && leading.heartbeat_due) {
    if (peer.state == ReplicationState::replicate) peer.marks.sent(round, peer.next - 1);
    if (peer.state == ReplicationState::snapshot) peer.marks.sent(round, peer.snapshot->sent_bytes + 1);
  }
  send_now(messages, peer.id, peer.incarnation, term_, heartbeat);
}

}  // namespace kelek::raft
