// Leadership transfer: bring the heir up to date, then tell it to go (thesis, section 3.10).
#include "core.h"

namespace kelek::raft {

Status Node::Core::transfer(NodeId to) {
  Leader* leading = leader();
  if (leading == nullptr) return Error{Refusal::not_leader, known_leader(), {}};
  if (configuration()->find(to) == nullptr) return Error{Refusal::not_member, options_.id, {}};
  if (to == options_.id) return Error{Refusal::already, options_.id, {}};
  if (!configuration()->is_voter(to)) return Error{Refusal::not_voter, options_.id, {}};
  if (leading->transfer_to != no_node) return Error{Refusal::transferring, options_.id, {}};
  leading->transfer_to = to;
  leading->transfer_told = false;
  leading->transfer_deadline_tick = now_ticks_ + options_.election_ticks;
  leading->sends_due = true;
  trace(TransferEvent{TransferEvent::Step::begun, to});
  go_on_with_transfer(*leading, *leading->tracker.find(to));
  return Nothing{};
}

void Node::Core::go_on_with_transfer(Leader& leading, Progress& peer) {
  if (peer.match == log_.last_index()) tell_to_go(leading, peer);
}

/// From here on the heir may lead at any moment: the lease is void for good in this term (etcd 12704).
void Node::Core::tell_to_go(Leader& leading, Progress& peer) {
  if (leading.lease != nullptr && !mutated(Mutation::lease_kept_after_timeout_now)) leading.lease->end_for_good();
  if (!leading.transfer_told) trace(TransferEvent{TransferEvent::Step::told_to_go, peer.id});
  leading.transfer_told = true;
  send_now(messages_, peer.id, peer.incarnation, term_, TimeoutNow{});
}

void Node::Core::give_up_transfer(Leader& leading) {
  trace(TransferEvent{TransferEvent::Step::given_up, leading.transfer_to});
  callers().transfer_outcome = TransferOutcome{leading.transfer_to, false};
  leading.transfer_to = no_node;
  leading.transfer_told = false;
}

void Node::Core::leader_learned() {
  if (callers_ == nullptr || callers_->transfer_watched == no_node) return;
  const NodeId watched = std::exchange(callers_->transfer_watched, no_node);
  const bool done = known_leader() == watched;
  if (done) trace(TransferEvent{TransferEvent::Step::done, watched});
  callers_->transfer_outcome = TransferOutcome{watched, done};
}

}  // namespace kelek::raft
