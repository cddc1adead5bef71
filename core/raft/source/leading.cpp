// Leading: what answers mean, what is committed, and when to give up (Raft paper, sections 5.3 and 5.4).
#include <algorithm>

#include <kelek/raft/invariant.h>

#include "core.h"

namespace kelek::raft {

void Node::Core::append_own(Entry entry) {
  entry.term = term_;
  const std::size_t bytes = entry.payload.size();
  log_.append(std::move(entry));
  if (Leader* leading = leader()) {
    leading->uncommitted_bytes += bytes;  // as advance_commit() takes it off again (etcd a370b6f)
    leading->sends_due = true;
  }
}

void Node::Core::become_leader() {
  const Role before = role();
  auto leading = std::make_unique<Leader>();
  if (options_.lease_reads) leading->lease = std::make_unique<Lease>();
  leading->tracker.configure(options_.id, *configuration(), log_.last_index() + 1, now_ticks_);
  leading->first_own_index = log_.last_index() + 1;
  leading->next_heartbeat_tick = now_ticks_ + options_.heartbeat_ticks;
  leading->heartbeat_due = true;
  role_ = std::move(leading);
  incoming_.reset();
  trace_role(before, RoleEvent::Cause::vote_won);
  // Raft paper, section 8: one entry of its own, so that it can commit what it inherited.
  append_own(Entry{Payload(), EntryKind::empty, 0});
  trace(AppendEvent{log_.last_index(), log_.last_index(), 0});
  leader_learned();
}

Progress* Node::Core::heard_from(const Message& message) {
  Leader* leading = leader();
  if (leading == nullptr) return nullptr;
  Progress* peer = leading->tracker.find(message.from);
  if (peer != nullptr) peer->heard_tick = now_ticks_;
  return peer;
}

void Node::Core::on_append_response(const Message& message, const AppendResponse& response) {
  Progress* peer = heard_from(message);
  if (peer == nullptr) return;
  Leader& leading = *leader();
  if (response.accepted) {
    // A follower cannot hold more of our log than there is: whatever it says beyond is no answer to us.
    if (response.match_index > log_.last_index()) return;
    peer_acknowledged(leading, *peer, response.match_index);
  } else if (response.previous_index > peer->match && peer->state != ReplicationState::snapshot) {
    // A rejection from before it caught up is old news (openraft 1500). Otherwise look where it points, by
    // whole terms: Raft paper, end of section 5.3. A hint is never below what it holds for sure, nor above
    // the log.
    const bool is_of_last_probe =
        peer->state == ReplicationState::replicate || response.previous_index == peer->next - 1;
    if (is_of_last_probe) {
      const Index candidate = std::min(response.hint_index, response.previous_index - 1);
      // Below the log nothing can be compared, and only a snapshot helps.
      const Index agreed =
          candidate < log_.base_index() ? candidate : log_.last_at_or_below(candidate, response.hint_term);
      peer->become_probe();
      peer->next = std::max(peer->match, agreed) + 1;
      leading.sends_due = true;
    }
  }
  round_answered(leading, *peer, response.round);
}

void Node::Core::on_heartbeat_response(const Message& message, const HeartbeatResponse& response) {
  Progress* peer = heard_from(message);
  if (peer == nullptr) return;
  Leader& leading = *leader();
  // The acknowledgement of the last entry may have been lost: every answer carries it (Zeebe 8324).
  if (response.match_index > peer->match && response.match_index <= log_.last_index()) {
    peer_acknowledged(leading, *peer, response.match_index);
  }
  const std::uint64_t sent_before = peer->marks.answered(response.round);
  if (peer->state == ReplicationState::replicate && response.match_index < sent_before) {
    // What was sent before this heartbeat did not arrive before it: it is lost, or will come twice. Or the
    // follower restarted: it has what it acknowledged, and commits nothing of it before an append has
    // verified it again.
    peer->become_probe();
  }
  if (peer->state == ReplicationState::snapshot && sent_before != 0) {
    SnapshotTransfer& transfer = *peer->snapshot;
    // One without any bytes is known to have arrived only when it is done.
    if (transfer.answered_bytes + 1 < sent_before || transfer.metadata->size_bytes == 0) {
      transfer.sent_bytes = transfer.answered_bytes;
      transfer.any_sent = false;
      peer->marks.clear();
    }
  }
  peer->probing = false;
  leading.sends_due = true;
  round_answered(leading, *peer, response.round);
  if (leading.transfer_to == peer->id) go_on_with_transfer(leading, *peer);
}

void Node::Core::peer_acknowledged(Leader& leading, Progress& peer, Index match) {
  const bool was_full = peer.window_full(options_.max_inflight_appends, options_.max_inflight_bytes);
  const bool news = peer.acknowledged(match);
  if (peer.state == ReplicationState::probe) {
    peer.become_replicate();
    leading.sends_due = true;
  } else if (peer.state == ReplicationState::snapshot && peer.match >= log_.base_index()) {
    // It caught up some other way, or the snapshot was installed: back to streaming (etcd 10308).
    peer.become_replicate();
    leading.sends_due = true;
  }
  if (was_full || peer.next <= log_.last_index() || peer.commit_told < std::min(commit_, peer.match)) {
    leading.sends_due = true;
  }
  if (news && match > commit_) advance_commit();
  if (leading.transfer_to == peer.id) go_on_with_transfer(leading, peer);
}

void Node::Core::round_answered(Leader& leading, Progress& peer, Round round) {
  if (mutated(Mutation::any_answer_confirms_a_read)) round = leading.round;
  if (round <= peer.round_answered || round > leading.round) return;
  peer.round_answered = round;
  confirm_reads(leading);
}

/// Raft paper, section 5.4.2: only an entry of the own term is committed by counting; whatever lies before it
/// is committed with it. The highest index that a majority holds is found first, then its term is looked at:
/// an old entry in between must not stop the count (RaftOS 30). The leader counts itself by what is durable
/// here (thesis, section 10.2.1).
void Node::Core::advance_commit() {
  Leader* leading = leader();
  if (leading == nullptr) return;
  const Index own = mutated(Mutation::leader_counts_unwritten_entries) ? log_.last_index() : persistence_.stable();
  const Index reached = leading->tracker.quorum_value(own, [](const Progress& peer) { return peer.match; });
  if (reached <= commit_ || reached == UINT64_MAX) return;
  if (reached < leading->first_own_index && !mutated(Mutation::commit_without_term_test)) return;
  KELEK_INVARIANT(reached <= log_.last_index());
  const Index before = commit_;
  commit_to(reached);
  if (leading->uncommitted_bytes > 0) {
    const std::size_t bytes = log_.payload_bytes(std::max(before + 1, leading->first_own_index), reached);
    leading->uncommitted_bytes -= std::min(bytes, leading->uncommitted_bytes);
  }
  leading->sends_due = true;
  if (!leading->committed_own_entry) {
    leading->committed_own_entry = true;
    leading->reads.first_commit(commit_);
  }
  commit_reviewed_ = false;
}

/// What a commit may bring about that changes who is asked next. Called at the end of an event, since it
/// moves the records of the peers.
void Node::Core::review_commit() {
  while (!commit_reviewed_) {
    commit_reviewed_ = true;
    if (mutated(Mutation::configuration_active_at_commit)) configuration_changed(false);
    if (Leader* leading = leader()) leave_joint_if_due(*leading);
    step_down_if_removed();
  }
}

void Node::Core::leader_tick(Leader& leading) {
  if (disk_stalled()) {
    // Known from hashicorp 503 and 612: a leader whose disk stands still holds up the whole group.
    return become_follower(term_, no_node, RoleEvent::Cause::disk_stalled);
  }
  if (leading.transfer_to != no_node && now_ticks_ >= leading.transfer_deadline_tick) give_up_transfer(leading);
  if (now_ticks_ < leading.next_heartbeat_tick) return;
  leading.next_heartbeat_tick = now_ticks_ + options_.heartbeat_ticks;
  if (options_.check_quorum && !quorum_heard(leading)) {
    return become_follower(term_, no_node, RoleEvent::Cause::quorum_lost);
  }
  leading.heartbeat_due = true;
  leading.sends_due = true;
}

/// Thesis, section 6.2: answers count, not sends (known from CockroachDB 79699).
bool Node::Core::quorum_heard(const Leader& leading) const {
  const std::uint64_t heard =
      leading.tracker.quorum_value(now_ticks_, [](const Progress& peer) { return peer.heard_tick; });
  return heard == UINT64_MAX || now_ticks_ - heard < options_.election_ticks;
}

bool Node::Core::disk_stalled() const {
  if (options_.disk_stall_ticks == 0 || persistence_.idle()) return false;
  const std::uint64_t oldest = persistence_.oldest_sync_tick();
  return oldest != UINT64_MAX && now_ticks_ - oldest >= options_.disk_stall_ticks;
}

}  // namespace kelek::raft
