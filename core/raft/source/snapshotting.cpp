// Snapshots: what they are of, on their way to slow followers, and received (Raft paper, section 7).
#include <algorithm>
#include <string>

#include <kelek/raft/invariant.h>

#include "core.h"

namespace kelek::raft {
namespace {

/// A group that applied fewer since its last compaction gives back what its queues hold.
constexpr Index few_entries = 64;

}  // namespace

Result<SnapshotBasis> Node::Core::snapshot_basis(Index index) const {
  const std::optional<Term> term = log_.term_at(index);
  const bool installing = incoming_ != nullptr && incoming_->installing;
  if (index == 0 || index > applied_ || !term || installing) {
    return Error{Refusal::out_of_range, no_node,
                 "no snapshot of entry " + std::to_string(index) + ": applied through " + std::to_string(applied_) +
                     ", the log begins at " + std::to_string(log_.first_index())};
  }
  // The configuration of that index, not the newest one (B38). Who joined and got the log from its beginning does not
  // know the first configuration, which is in no log: its snapshots begin with the first change that it holds.
  if (configurations_.at(index)->empty()) {
    return Error{Refusal::out_of_range, no_node,
                 "the members at entry " + std::to_string(index) + " are not known here"};
  }
  return SnapshotBasis{index, *term, configurations_.at(index)};
}

Status Node::Core::snapshot_stored(const SnapshotMetadata& snapshot) {
  if (newest_snapshot_ != nullptr && snapshot.index <= newest_snapshot_->index) return Nothing{};
  Result<SnapshotBasis> basis = snapshot_basis(snapshot.index);
  if (!basis.ok()) return basis.error();
  if (basis->term != snapshot.term) {
    return Error{Refusal::out_of_range, no_node, "the snapshot is of another term than the log at its index"};
  }
  // In place where no transfer holds on to the last one: a busy group takes snapshots often.
  if (newest_snapshot_ == nullptr || newest_snapshot_.use_count() > 1) {
    newest_snapshot_ = std::make_shared<SnapshotMetadata>();
  }
  *newest_snapshot_ = snapshot;
  newest_snapshot_->configuration = basis->configuration;
  if (Leader* leading = leader()) leading->sends_due = true;
  return Nothing{};
}

Index Node::Core::compact(Index index) {
  if (newest_snapshot_ == nullptr) return log_.base_index();
  Index through = std::min({index, newest_snapshot_->index, applied_});
  if (const Leader* leading = leader();
      leading != nullptr && log_.payload_bytes() < options_.max_kept_for_snapshot_bytes) {
    // A follower that is receiving a snapshot needs what follows it, or it would need the next one at once (B68).
    for (const Progress& peer : leading->tracker.peers()) {
      if (peer.snapshot != nullptr) through = std::min(through, peer.snapshot->metadata->index);
    }
  }
  if (through > log_.base_index()) {
    const bool few = through - log_.base_index() < few_entries;
    log_.compact(through);
    configurations_.compact(through);
    if (few) release_memory();
  }
  return log_.base_index();
}

SnapshotId Node::Core::oldest_snapshot_in_use() const {
  if (newest_snapshot_ == nullptr) return 0;
  const SnapshotMetadata* oldest = newest_snapshot_.get();
  if (const Leader* leading = leader()) {
    for (const Progress& peer : leading->tracker.peers()) {
      if (peer.snapshot != nullptr && peer.snapshot->metadata->index < oldest->index) {
        oldest = peer.snapshot->metadata.get();
      }
    }
  }
  return oldest->id;
}

/// Of a group with little to do: its queues will be small again.
void Node::Core::release_memory() {
  if (messages_.empty()) messages_.shrink_to_fit();
  if (messages_after_.empty()) messages_after_.shrink_to_fit();
  persistence_.release_memory();
  if (Leader* leading = leader()) {
    for (Progress& peer : leading->tracker.peers()) peer.inflight.release_memory();
  }
  log_.release_memory();
}

bool Node::Core::send_chunks(Leader& leading, Progress& peer, std::vector<Message>& messages) {
  (void)leading;
  SnapshotTransfer& transfer = *peer.snapshot;
  const std::uint64_t total = transfer.metadata->size_bytes;
  const std::uint64_t window = std::uint64_t{options_.snapshot_chunk_bytes} * options_.max_inflight_chunks;
  bool sent = false;
  while ((transfer.sent_bytes < total && transfer.sent_bytes - transfer.answered_bytes < window) ||
         (total == 0 && !transfer.any_sent)) {
    SnapshotChunk chunk;
    chunk.metadata = transfer.metadata;
    chunk.offset_bytes = transfer.sent_bytes;
    chunk.wanted_bytes =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(options_.snapshot_chunk_bytes, total - transfer.sent_bytes));
    transfer.sent_bytes += chunk.wanted_bytes;
    if (!transfer.any_sent) trace(SnapshotEvent{SnapshotEvent::Step::sending, peer.id, transfer.metadata->index});
    transfer.any_sent = true;
    send_now(messages, peer.id, peer.incarnation, term_, std::move(chunk));
    sent = true;
  }
  return sent;
}

void Node::Core::on_snapshot_response(const Message& message, const SnapshotResponse& response) {
  Progress* peer = heard_from(message);
  if (peer == nullptr) return;
  Leader& leading = *leader();
  if (response.progress == SnapshotResponse::Progress::done) {
    if (response.match_index > log_.last_index()) return;
    if (peer->state == ReplicationState::snapshot) {
      trace(SnapshotEvent{SnapshotEvent::Step::sent, peer->id, response.match_index});
    }
    peer_acknowledged(leading, *peer, response.match_index);
    // The log was compacted beyond this snapshot while it was on its way: the newest one is due, or the follower
    // would be sent the end of this one for ever.
    if (peer->state == ReplicationState::snapshot && peer->snapshot->metadata->id == response.id) {
      peer->become_probe();
      leading.sends_due = true;
    }
    return;
  }
  if (peer->state != ReplicationState::snapshot) return;
  SnapshotTransfer& transfer = *peer->snapshot;
  if (transfer.metadata->id != response.id) return;
  if (response.next_offset_bytes > transfer.metadata->size_bytes) return;
  if (response.next_offset_bytes >= transfer.answered_bytes && response.next_offset_bytes > 0) {
    transfer.answered_bytes = response.next_offset_bytes;
    transfer.sent_bytes = std::max(transfer.sent_bytes, transfer.answered_bytes);
  } else {
    // It has less than it once said: it restarted, or the whole was damaged. An answer that was overtaken looks the
    // same, and costs a few chunks sent twice; not to believe it could mean to wait for ever.
    transfer.answered_bytes = transfer.sent_bytes = response.next_offset_bytes;
    transfer.any_sent = false;
  }
  leading.sends_due = true;
}

void Node::Core::answer_snapshot(const Message& message, SnapshotId id, SnapshotResponse::Progress progress,
                                 std::uint64_t next_offset, Index match) {
  answer(message, SnapshotResponse{id, progress, next_offset, match});
}

void Node::Core::on_snapshot_chunk(const Message& message, SnapshotChunk& chunk) {
  hear_leader(message);
  using Step = SnapshotResponse::Progress;
  const SnapshotMetadata& metadata = *chunk.metadata;
  if (incoming_ != nullptr && incoming_->installing) return;
  if (is_behind_commit(metadata)) {
    // Older than what is committed here: nothing of it is needed (Zeebe 6092).
    verified_ = std::max(verified_, commit_);
    return answer_snapshot(message, metadata.id, Step::done, metadata.size_bytes, commit_);
  }
  if (log_.matches(metadata.index, metadata.term)) {
    // The log holds it all, and what follows stays.
    verified_ = std::max(verified_, metadata.index);
    commit_to(metadata.index);
    return answer_snapshot(message, metadata.id, Step::done, metadata.size_bytes, metadata.index);
  }
  // A late chunk of an older snapshot, unless it is another leader's: that one may have none that is newer.
  if (incoming_ != nullptr && incoming_->metadata->index > metadata.index && incoming_->term == term_) return;
  const bool same = incoming_ != nullptr && incoming_->metadata->id == metadata.id &&
                    incoming_->metadata->index == metadata.index && incoming_->metadata->digest == metadata.digest;
  if (!same) {
    incoming_ = std::make_unique<Incoming>();
    incoming_->metadata = chunk.metadata;
  }
  incoming_->term = term_;
  incoming_->from = message.from;
  incoming_->from_incarnation = message.from_incarnation;
  if (incoming_->complete) return;  // its answer follows once it is checked and installed
  if (chunk.offset_bytes == incoming_->received_bytes) {
    incoming_->received_bytes += chunk.data.size();
    incoming_->complete = incoming_->received_bytes == metadata.size_bytes;
    incoming_->chunks.push_back({incoming_->metadata, chunk.offset_bytes, std::move(chunk.data)});
    if (incoming_->complete) {
      trace(SnapshotEvent{SnapshotEvent::Step::received, message.from, metadata.index});
      return;
    }
  }
  answer_snapshot(message, metadata.id, Step::more, incoming_->received_bytes, 0);
}

/// The last chunk is durable and the whole was not refused: the snapshot takes the place of the log. Whatever the
/// log held is gone, at and below its index too: a conflicting entry left there is a livelock (hashicorp 697).
void Node::Core::install_received(std::uint64_t durable_ready) {
  if (incoming_ == nullptr || incoming_->installing) return;
  // The chunk that became durable may be the last one of an earlier snapshot: this one is not checked yet.
  if (incoming_->last_chunk_ready == 0 || incoming_->last_chunk_ready > durable_ready) return;
  const SnapshotMetadata& metadata = *incoming_->metadata;
  if (log_.matches(metadata.index, metadata.term)) {
    // Overtaken by appends while it was on its way to the disk: they were acknowledged, and must not go.
    const std::unique_ptr<Incoming> overtaken = std::move(incoming_);
    if (term_ == overtaken->term) {
      verified_ = std::max(verified_, metadata.index);
      commit_to(metadata.index);
    }
    return answer_installed(*overtaken);
  }
  if (is_behind_commit(metadata)) {
    incoming_.reset();
    return;
  }
  // Who campaigned while the disk was busy stops: with the log goes the configuration that its votes were counted by,
  // and nobody leads with a snapshot that is not installed yet (etcd 816fc51).
  if (role() != Role::follower) become_follower(term_, no_node, RoleEvent::Cause::vote_lost);
  incoming_->installing = true;
  trace(SnapshotEvent{SnapshotEvent::Step::installing, incoming_->from, metadata.index});
  if (!mutated(Mutation::suffix_kept_by_installation))
    log_.reset(metadata.index, metadata.term);
  else
    reset_below(log_, metadata);
  persistence_.log_reset();
  withdraw_acknowledgements(commit_ + 1);
  told_last_ = metadata.index;
  told_replaced_ = false;
  if (!mutated(Mutation::snapshot_without_its_configuration)) configurations_.reset(0, metadata.configuration);
  configuration_changed(false);
  if (callers_ != nullptr) callers_->proposals.skipped(metadata.index, callers_->proposal_outcomes);
  commit_ = handed_ = metadata.index;
  unapplied_bytes_ = 0;
  newest_snapshot_ = std::make_shared<SnapshotMetadata>(metadata);
  snapshot_to_install_ = true;
}

/// The snapshot is the newest on the disk and loaded into the application.
void Node::Core::snapshot_durable() {
  const std::unique_ptr<Incoming> installed = std::move(incoming_);
  KELEK_INVARIANT(installed != nullptr && installed->installing);
  applied_ = std::max(applied_, installed->metadata->index);
  if (repair_until_ != 0 && commit_ >= repair_until_) {
    repair_until_ = 0;
    no_vote_through_term_ = term_;
  }
  trace(SnapshotEvent{SnapshotEvent::Step::installed, installed->from, installed->metadata->index});
  if (term_ == installed->term) verified_ = std::max(verified_, installed->metadata->index);
  answer_installed(*installed);
}

void Node::Core::answer_installed(const Incoming& installed) {
  if (term_ != installed.term || known_leader() != installed.from) return;
  send_now(messages_after_, installed.from, installed.from_incarnation, term_,
           SnapshotResponse{installed.metadata->id, SnapshotResponse::Progress::done, installed.metadata->size_bytes,
                            installed.metadata->index});
}

void Node::Core::snapshot_refused(SnapshotId id) {
  if (incoming_ == nullptr || incoming_->metadata->id != id || incoming_->installing) return;
  trace(SnapshotEvent{SnapshotEvent::Step::refused, incoming_->from, incoming_->metadata->index});
  if (incoming_->from != no_node) {
    send_now(messages_after_, incoming_->from, incoming_->from_incarnation, term_,
             SnapshotResponse{id, SnapshotResponse::Progress::more, 0, 0});
  }
  incoming_.reset();
}

void Node::Core::snapshot_unavailable(NodeId id) {
  Leader* leading = leader();
  Progress* peer = leading != nullptr ? leading->tracker.find(id) : nullptr;
  if (peer == nullptr || peer->state != ReplicationState::snapshot) return;
  peer->become_probe();
  peer->probing = true;  // until it answers a heartbeat: a file that cannot be read now can not be read at once either
}

void Node::Core::peer_unreachable(NodeId id) {
  Leader* leading = leader();
  Progress* peer = leading != nullptr ? leading->tracker.find(id) : nullptr;
  if (peer == nullptr || peer->state != ReplicationState::replicate) return;
  peer->become_probe();
  peer->probing = true;  // until it answers a heartbeat
}

/// Its rejections lie below what it once acknowledged, and are taken for old news (openraft 1500): a follower
/// that repairs its log would wait for as long as this leader leads.
void Node::Core::peer_fell_back(NodeId id, Index last_index) {
  Leader* leading = leader();
  Progress* peer = leading != nullptr ? leading->tracker.find(id) : nullptr;
  if (peer == nullptr || peer->match <= last_index) return;
  peer->fell_back(last_index);
  leading->sends_due = true;
}

}  // namespace kelek::raft
