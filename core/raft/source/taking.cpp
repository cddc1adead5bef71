// Taking a Ready, and what is reported of it: durable, applied.
#include <algorithm>

#include <kelek/raft/invariant.h>

#include "core.h"

namespace kelek::raft {

bool Node::Core::look_for_ready() const {
  may_have_ready_ = something_to_take();
  return may_have_ready_;
}

bool Node::Core::something_to_take() const {
  if (!messages_.empty() || !messages_after_.empty() || told_last_ < log_.last_index() ||
      (incoming_ != nullptr && !incoming_->chunks.empty()) || snapshot_to_install_ ||
      (callers_ != nullptr && callers_->has_outcomes())) {
    return true;
  }
  if (hard_state() != told_hard_state_) return true;
  if (const Leader* leading = leader()) {
    if (leading->sends_due) return true;
  } else if (const auto* candidate = held_role<Candidate>()) {
    if (candidate->requests_due) return true;
  } else if (const auto* asking = held_role<PreCandidate>()) {
    if (asking->requests_due) return true;
  }
  if (handed_ < std::min(commit_, persistence_.stable()) && may_hand_out()) return true;
  return told_configuration_ != configuration().get() || told_role_ != role() || told_leader_ != known_leader();
}

void Node::Core::take_ready(Ready& ready) {
  ready.clear();
  ready.messages.swap(messages_);
  ready.messages_after.swap(messages_after_);
  // The leader's appends leave before its own write (thesis, section 10.2.1).
  if (Leader* leading = leader()) {
    build_appends(*leading, ready.messages);
  } else {
    build_election_requests(ready);
  }
  take_news(ready);  // before take_writes(), which forgets the term that was told
  take_writes(ready);
  take_committed(ready);
  if (mutated(Mutation::every_message_before_persist)) leave_at_once(ready);
}

void Node::Core::take_writes(Ready& ready) {
  std::uint32_t flags = 0;
  if (incoming_ != nullptr && !incoming_->chunks.empty()) {
    if (incoming_->complete) flags |= Persistence::last_chunk;
    flags |= Persistence::must_sync;
    ready.chunks.swap(incoming_->chunks);
  }
  if (snapshot_to_install_) {
    ready.snapshot = incoming_->metadata;
    flags |= Persistence::snapshot | Persistence::must_sync;
    snapshot_to_install_ = false;
  }
  if (term_ != told_hard_state_.term || vote_ != told_hard_state_.vote) flags |= Persistence::must_sync;
  if (hard_state() != told_hard_state_) {
    told_hard_state_ = hard_state();
    ready.hard_state = hard_state();
  }
  if (told_last_ < log_.last_index()) flags |= Persistence::must_sync;
  for (Index next = told_last_ + 1; next <= log_.last_index();) {
    next = ready.entries.emplace_back(log_.range(next, SIZE_MAX, SIZE_MAX)).end_index();
  }
  told_last_ = log_.last_index();
  ready.replaces_entries = std::exchange(told_replaced_, false);
  ready.must_sync = (flags & Persistence::must_sync) != 0;
  ready.number = persistence_.taken(now_ticks_, term_, vote_, log_.last_index(), flags);
  if ((flags & Persistence::last_chunk) != 0) incoming_->last_chunk_ready = ready.number;
}

bool Node::Core::may_hand_out() const {
  return handed_ - applied_ < options_.max_unapplied_entries && unapplied_bytes_ < options_.max_unapplied_bytes;
}

/// What is committed and durable here. The limits count what is outstanding, not what one Ready holds (etcd 2e0653d).
void Node::Core::take_committed(Ready& ready) {
  const Index last = std::min(commit_, persistence_.stable());
  while (handed_ < last && may_hand_out()) {
    const Index count = std::min<Index>(last - handed_, options_.max_unapplied_entries - (handed_ - applied_));
    EntryRange range =
        log_.range(handed_ + 1, static_cast<std::size_t>(count), options_.max_unapplied_bytes - unapplied_bytes_);
    handed_ = range.last_index();
    const std::size_t bytes = range.payload_bytes();
    unapplied_bytes_ += bytes;
    ready.committed.push_back(std::move(range));
  }
}

void Node::Core::take_news(Ready& ready) {
  if (callers_ != nullptr && callers_->has_outcomes()) {
    ready.reads.swap(callers_->read_outcomes);
    ready.proposals.swap(callers_->proposal_outcomes);
    ready.transfer = std::exchange(callers_->transfer_outcome, std::nullopt);
  }
  if (told_role_ != role() || told_hard_state_.term != term_ || told_leader_ != known_leader()) {
    told_role_ = role();
    told_leader_ = known_leader();
    ready.role = RoleChange{told_role_, term_, told_leader_};
  }
  if (told_configuration_ != configuration().get()) {
    told_configuration_ = configuration().get();
    ready.configuration = configuration();
  }
}

void Node::Core::persisted(std::uint64_t number) {
  const std::uint32_t done = persistence_.persisted(number);
  if (done == 0) return;
  if (observer_ != nullptr) trace(PersistedEvent{number, persistence_.stable()});
  if ((done & Persistence::last_chunk) != 0) install_received(number);
  if ((done & Persistence::snapshot) != 0) snapshot_durable();
  if (leader() != nullptr) {
    if (persistence_.stable() > commit_) advance_commit();
  } else {
    count_own_vote();
  }
  review_commit();
}

void Node::Core::applied(Index index) {
  if (index > handed_ || index <= applied_) return;
  // What a snapshot has replaced meanwhile is counted no more.
  unapplied_bytes_ -= log_.payload_bytes(std::max(applied_ + 1, log_.first_index()), index);
  applied_ = index;
}

}  // namespace kelek::raft
