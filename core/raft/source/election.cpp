// Elections: pre-vote, votes, and the timers that begin them (Raft paper, section 5.2; thesis, section 9.6).
#include <algorithm>

#include "core.h"

namespace kelek::raft {
namespace {

std::uint64_t mix(std::uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9U;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebU;
  return value ^ (value >> 31);
}

}  // namespace

void Node::Core::restart_election_timer() {
  election_deadline_tick_ = now_ticks_ + election_timeout_ticks_;
}

/// A pure function of seed, node and number of the election: whole runs can be repeated, and two nodes never draw
/// from one sequence (known from hashicorp cda1ee8).
void Node::Core::draw_election_timeout() {
  ++elections_;
  if (!timeout_fixed_) {
    const std::uint64_t drawn = mix(mix(options_.seed + 0x9e3779b97f4a7c15U * options_.id) + elections_);
    const auto spread = static_cast<std::uint32_t>(drawn % options_.election_ticks);
    election_timeout_ticks_ = options_.election_ticks + spread + options_.election_delay_ticks;
  }
  restart_election_timer();
}

void Node::Core::set_election_timeout(std::uint32_t ticks) {
  timeout_fixed_ = ticks != 0;
  if (!timeout_fixed_) return draw_election_timeout();
  election_timeout_ticks_ = ticks;
  restart_election_timer();
}

/// By its disk, not by its id alone. Counter-example: node 1 is wiped and taken in again as a learner; on its way
/// through the old log the configuration in force means its old disk. Its vote for itself, and that of a node as far
/// behind, would elect it without what the old disk had acknowledged.
bool Node::Core::is_voter_of(const Configuration& configuration) const {
  const Member* own = configuration.find(options_.id);
  return own != nullptr && (own->voter || own->outgoing) && own->incarnation == options_.incarnation;
}

/// A leader that removed itself and lost its leadership before the change was committed may be the only one whose log
/// is long enough to lead: it stands again, without a vote of its own (thesis, section 4.2.2). Counter-example: of
/// voters 1 and 3, node 1 removes itself and is cut off; its log is longer than that of node 3, which needs its vote.
bool Node::Core::may_still_be_needed() const {
  return configurations_.index() > commit_ && is_voter_of(*configurations_.before_newest());
}

/// Every way to campaign goes through this one test (known from etcd 816fc51 and db54973).
Refusal Node::Core::may_campaign() const {
  if (!is_voter()) return Refusal::not_voter;
  return may_ask_for_votes();
}

Refusal Node::Core::may_ask_for_votes() const {
  if (leader() != nullptr) return Refusal::already;
  if (incoming_ != nullptr && incoming_->installing) return Refusal::snapshot_pending;
  if (repair_until_ != 0 || !may_vote() || disk_stalled()) return Refusal::stopped;
  return Refusal::none;
}

bool Node::Core::may_vote() const {
  return repair_until_ == 0 && now_ticks_ >= no_vote_before_tick_;
}

void Node::Core::on_election_timeout() {
  if (callers_ != nullptr && callers_->transfer_watched != no_node) {
    callers_->transfer_outcome = TransferOutcome{callers_->transfer_watched, false};
    callers_->transfer_watched = no_node;
  }
  if ((!is_voter() && !may_still_be_needed()) || is_promised_to_leader() || may_ask_for_votes() != Refusal::none) {
    restart_election_timer();
    return;
  }
  if (options_.pre_vote) {
    become_pre_candidate();
  } else {
    become_candidate(false, RoleEvent::Cause::election_timeout);
  }
}

Status Node::Core::campaign() {
  if (const Refusal refusal = may_campaign(); refusal != Refusal::none) return refusal;
  if (is_promised_to_leader()) {
    return Error{Refusal::already, known_leader(), "lease reads bind this node to the leader that it heard of lately"};
  }
  become_candidate(false, RoleEvent::Cause::asked_to_campaign);
  return Nothing{};
}

void Node::Core::become_pre_candidate() {
  const Role before = role();
  role_ = std::make_unique<PreCandidate>(PreCandidate{VoteCount(*configuration()), true});
  draw_election_timeout();
  trace_role(before, RoleEvent::Cause::election_timeout);
  PreCandidate& asking = *held_role<PreCandidate>();
  record_vote(asking.votes, options_.id, true);
  if (asking.votes.won()) become_candidate(false, RoleEvent::Cause::pre_vote_won);
}

void Node::Core::become_candidate(bool by_transfer, RoleEvent::Cause cause) {
  const Role before = role();
  ++term_;
  vote_ = options_.id;
  verified_ = 0;
  role_ = std::make_unique<Candidate>(Candidate{VoteCount(*configuration()), by_transfer, true, false});
  draw_election_timeout();
  trace_role(before, cause);
  if (mutated(Mutation::own_vote_counted_before_durable)) count_own_vote();
}

void Node::Core::count_own_vote() {
  auto* candidate = held_role<Candidate>();
  if (candidate == nullptr || candidate->own_vote_counted) return;
  const bool durable = persistence_.durable_term() == term_ && persistence_.durable_vote() == options_.id;
  if (!durable && !mutated(Mutation::own_vote_counted_before_durable)) return;
  candidate->own_vote_counted = true;
  record_vote(candidate->votes, options_.id, true);
  if (candidate->votes.won()) become_leader();
}

void Node::Core::record_vote(VoteCount& votes, NodeId from, bool granted) {
  const Member* member = configuration()->find(from);
  if (member == nullptr) return;
  votes.record(*member, static_cast<std::size_t>(member - configuration()->members().data()), granted);
}

/// Raft paper, section 5.4.1: the later last term wins, then the longer log.
bool Node::Core::log_is_up_to_date(Index last_index, Term last_term) const {
  if (mutated(Mutation::vote_without_log_test)) return true;
  if (last_term != log_.last_term() && !mutated(Mutation::log_test_by_index_only)) return last_term > log_.last_term();
  return last_index >= log_.last_index() || mutated(Mutation::log_test_by_term_only);
}

void Node::Core::on_pre_vote_request(const Message& message, const PreVoteRequest& request) {
  VoteEvent::Reason reason = VoteEvent::Reason::granted;
  if (request.next_term <= term_) {
    reason = VoteEvent::Reason::old_term;  // refused with our own term, so that the asker catches up (etcd 8243)
  } else if (has_leader()) {
    reason = VoteEvent::Reason::has_leader;
  } else if (!may_vote() || request.next_term <= no_vote_through_term_) {
    reason = VoteEvent::Reason::not_ready;
  } else if (!log_is_up_to_date(request.last_index, request.last_term)) {
    reason = VoteEvent::Reason::log_behind;
  }
  trace(VoteEvent{message.from, true, reason});
  answer(message, PreVoteResponse{request.next_term, reason == VoteEvent::Reason::granted});
}

void Node::Core::on_pre_vote_response(const Message& message, const PreVoteResponse& response) {
  auto* asking = held_role<PreCandidate>();
  // An answer to an earlier attempt says nothing about this one (etcd 8334).
  if (asking == nullptr || response.next_term != term_ + 1) return;
  record_vote(asking->votes, message.from, response.granted);
  if (asking->votes.won()) {
    become_candidate(false, RoleEvent::Cause::pre_vote_won);
  } else if (asking->votes.lost()) {
    become_follower(term_, no_node, RoleEvent::Cause::vote_lost);
  }
}

void Node::Core::on_vote_request(const Message& message, const VoteRequest& request) {
  VoteEvent::Reason reason = VoteEvent::Reason::granted;
  if (vote_ != no_node && vote_ != message.from) {
    reason = VoteEvent::Reason::voted_for_another;
  } else if (((options_.check_quorum && has_leader()) || is_promised_to_leader()) && !request.by_transfer) {
    // The promise outlives the term in which it was given. Counter-example: node 2 answers the leader of term 2, then
    // a late message from node 3 tells it of term 5, in which nobody leads; its vote for node 3 would let that one
    // commit while the leader of term 2 still answers reads by its lease.
    reason = VoteEvent::Reason::has_leader;
  } else if (!may_vote() || term_ <= no_vote_through_term_) {
    reason = VoteEvent::Reason::not_ready;
  } else if (!log_is_up_to_date(request.last_index, request.last_term)) {
    reason = VoteEvent::Reason::log_behind;
  }
  const bool granted = reason == VoteEvent::Reason::granted;
  if (granted) {
    vote_ = message.from;
    restart_election_timer();
  }
  trace(VoteEvent{message.from, false, reason});
  answer(message, VoteResponse{granted});
}

void Node::Core::on_vote_response(const Message& message, const VoteResponse& response) {
  auto* candidate = held_role<Candidate>();
  if (candidate == nullptr) return;
  record_vote(candidate->votes, message.from, response.granted);
  if (candidate->votes.won()) {
    become_leader();
  } else if (candidate->votes.lost()) {
    become_follower(term_, no_node, RoleEvent::Cause::vote_lost);
  }
}

/// Thesis, section 3.10. Who was told may have been demoted, or may not know of its promotion yet: it looks again.
void Node::Core::on_timeout_now(const Message& message) {
  if (known_leader() != no_node && known_leader() != message.from) return;
  if (may_campaign() != Refusal::none) return;
  become_candidate(true, RoleEvent::Cause::told_to_campaign);
}

/// Built when a Ready is taken: an election among many costs no queue of its own.
void Node::Core::build_election_requests(Ready& ready) {
  auto* asking = held_role<PreCandidate>();
  auto* candidate = held_role<Candidate>();
  if (asking == nullptr && candidate == nullptr) return;
  bool& due = asking != nullptr ? asking->requests_due : candidate->requests_due;
  if (!due) return;
  due = false;
  ready.messages_after.reserve(configuration()->members().size() - 1);
  for (const Member& member : configuration()->members()) {
    if (member.id == options_.id || !(member.voter || member.outgoing)) continue;
    if (asking != nullptr) {
      send_now(ready.messages_after, member.id, member.incarnation, term_,
               PreVoteRequest{term_ + 1, log_.last_index(), log_.last_term()});
    } else {
      send_now(ready.messages_after, member.id, member.incarnation, term_,
               VoteRequest{log_.last_index(), log_.last_term(), candidate->by_transfer});
    }
  }
}

}  // namespace kelek::raft
