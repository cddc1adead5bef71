// Time, terms, and who handles which message.
#include "core.h"

#include <algorithm>
#include <string>

#include <kelek/raft/invariant.h>

namespace kelek::raft {
namespace {

bool carries_no_term(MessageKind kind) {
  return kind == MessageKind::read_request || kind == MessageKind::read_response ||
         kind == MessageKind::propose_request || kind == MessageKind::propose_response;
}

/// Before its first election a node is in term 0, and may say so.
bool is_pre_vote(MessageKind kind) {
  return kind == MessageKind::pre_vote_request || kind == MessageKind::pre_vote_response;
}

/// Said only by who leads, or led, the term of the message.
bool is_from_leader(MessageKind kind) {
  return kind == MessageKind::append_request || kind == MessageKind::heartbeat_request ||
         kind == MessageKind::snapshot_chunk || kind == MessageKind::timeout_now;
}

bool asks_for_votes(MessageKind kind) {
  return kind == MessageKind::pre_vote_request || kind == MessageKind::vote_request;
}

/// To a question that carries a term.
bool is_answer(MessageKind kind) {
  return !carries_no_term(kind) && !is_from_leader(kind) && !asks_for_votes(kind);
}

Error malformed(std::string text) {
  return {Refusal::malformed, no_node, std::move(text)};
}

}  // namespace

Node::Core::Core(const Options& options, Observer* observer) : options_(options), observer_(observer) {}

NodeId Node::Core::known_leader() const {
  if (leader() != nullptr) return options_.id;
  const auto* follower = std::get_if<Follower>(&role_);
  return follower != nullptr ? follower->leader : no_node;
}

bool Node::Core::has_leader() const {
  if (leader() != nullptr) return true;
  const auto* follower = std::get_if<Follower>(&role_);
  return follower != nullptr && follower->leader != no_node &&
         now_ticks_ - follower->heard_tick < options_.election_ticks;
}

Incarnation Node::Core::incarnation_of(NodeId id) const {
  const Member* member = configuration()->find(id);
  return member != nullptr ? member->incarnation : 0;
}

void Node::Core::trace_role(Role from, RoleEvent::Cause cause) {
  if (observer_ != nullptr) trace(RoleEvent{from, role(), known_leader(), cause});
}

void Node::Core::become_follower(Term term, NodeId leader_id, RoleEvent::Cause cause) {
  KELEK_INVARIANT(term >= term_);
  const Role before = role();
  const NodeId leader_before = known_leader();
  if (Leader* leading = leader()) {
    // Whoever waits hears of it: a read may be asked again; a proposal stays placed, its fate is in the log.
    leading->reads.give_up([this](const WaitingRead& read) { answer_read(read, Refusal::aborted); });
    if (leading->transfer_to != no_node) callers().transfer_watched = leading->transfer_to;
    restart_election_timer();
  }
  if (mutated(Mutation::vote_cleared_by_step_down)) vote_ = no_node;
  if (term > term_) {
    term_ = term;
    // A newer term is not a vote (known from openraft 1220).
    if (!mutated(Mutation::vote_kept_in_newer_term)) vote_ = no_node;
    verified_ = 0;
  }
  role_ = Follower{leader_id, now_ticks_};
  if (before != Role::follower || leader_before != leader_id || cause == RoleEvent::Cause::newer_term) {
    trace_role(before, cause);
  }
  if (leader_id != no_node && leader_before != leader_id) leader_learned();
}

void Node::Core::tick() {
  ++now_ticks_;
  may_have_ready_ = true;
  if (Leader* leading = leader()) {
    leader_tick(*leading);
  } else if (now_ticks_ >= election_deadline_tick_) {
    on_election_timeout();
  }
  if (callers_ != nullptr) expire_callers();
}

std::uint64_t Node::Core::ticks_to_deadline() const {
  std::uint64_t deadline = UINT64_MAX;
  if (callers_ != nullptr) {
    deadline = callers_->proposals.next_deadline_tick();
    if (!callers_->forwarded_reads.empty()) {
      deadline = std::min(deadline, callers_->forwarded_reads.front().deadline_tick);
    }
  }
  if (const Leader* leading = leader()) {
    deadline = std::min(deadline, leading->next_heartbeat_tick);
    if (leading->transfer_to != no_node) deadline = std::min(deadline, leading->transfer_deadline_tick);
    const std::uint64_t oldest = persistence_.oldest_sync_tick();
    if (options_.disk_stall_ticks != 0 && oldest != UINT64_MAX) {
      deadline = std::min(deadline, oldest + options_.disk_stall_ticks);
    }
  } else {
    deadline = std::min(deadline, election_deadline_tick_);
  }
  return deadline > now_ticks_ ? deadline - now_ticks_ : 1;
}

/// What is wrong with a message, if anything: told cheaply, and in words only where there is a fault.
const char* Node::Core::fault_of_entries(const Message& message, const AppendRequest& request) const {
  if (request.previous_index >= beyond_reach) return "its index is beyond what a log can reach";
  if (request.entries.empty()) return nullptr;
  if (request.entries.first_index() != request.previous_index + 1) return "its entries do not follow previous_index";
  Term term = request.previous_term;
  bool in_order = true;
  bool sizes = true;
  bool configurations = true;
  request.entries.for_each_part([&](Index, std::span<const Entry> part) {
    for (const Entry& entry : part) {
      in_order &= entry.term >= term;
      term = entry.term;
      sizes &= entry.payload.size() <= max_payload_bytes;
      if (entry.kind == EntryKind::configuration) {
        const Result<Configuration> decoded = Configuration::decode(entry.payload.bytes());
        configurations = configurations && decoded.ok() && !decoded->empty();
      }
    }
  });
  if (!in_order || term > message.term) return "the terms of its entries are out of order";
  if (!sizes) return "an entry is above the limit of a payload";
  if (!configurations) return "a configuration entry cannot be read";
  if (contradicts_commit(message, request)) return "it contradicts what is committed here";
  return nullptr;
}

/// A leader of this term or a newer one holds all that is committed here (LeaderCompleteness), so that appends from
/// below the commit index are taken without a look at their previous entry. Whoever sends another entry there is no
/// leader: counter-example, found by fuzzing: its entries of an older term would follow ours, and the node could not
/// start again from a log whose terms fall.
bool Node::Core::contradicts_commit(const Message& message, const AppendRequest& request) const {
  if (message.term < term_ || request.previous_index >= commit_ || request.entries.last_index() < commit_) return false;
  const std::optional<Term> term = log_.term_at(commit_);
  return term.has_value() && *term != request.entries.at(commit_).term;
}

const char* Node::Core::fault_of_chunk(const Message& message, const SnapshotChunk& chunk) const {
  if (chunk.metadata == nullptr || chunk.metadata->index == 0 || chunk.metadata->term == 0 ||
      chunk.metadata->configuration == nullptr || chunk.metadata->configuration->empty() ||
      chunk.metadata->term > message.term) {
    return "its metadata names no place or no configuration";
  }
  if (chunk.metadata->index >= beyond_reach) return "its index is beyond what a log can reach";
  const std::uint64_t total = chunk.metadata->size_bytes;
  if (chunk.offset_bytes > total || chunk.data.size() > total - chunk.offset_bytes ||
      (chunk.data.empty() && total > 0)) {
    return "it lies outside its snapshot";
  }
  return nullptr;
}

const char* Node::Core::fault_of(const Message& message) const {
  const MessageKind kind = message.kind();
  if (!is_pre_vote(kind) && carries_no_term(kind) != (message.term == 0)) {
    return "it lacks its term, or has one that it must not carry";
  }
  if (message.term >= beyond_reach) return "its term is beyond what elections can reach";
  if (const auto* request = std::get_if<AppendRequest>(&message.body)) return fault_of_entries(message, *request);
  if (const auto* chunk = std::get_if<SnapshotChunk>(&message.body)) return fault_of_chunk(message, *chunk);
  return nullptr;
}

bool Node::Core::is_for_us(const Message& message) const {
  return message.to == options_.id && message.from != options_.id && message.from != no_node;
}

/// An answer, or a request that counts on being answered as a member, must come from the disk that the configuration
/// means. Who leads or asks for votes may have come into a configuration that this node lacks yet, and cannot learn of
/// but from it. Counter-example: node 2 was wiped, removed, and taken in again while node 3 was away; the voters are
/// now 2 and 3, and node 3, which goes by the old configuration, would refuse votes and entries for ever.
bool Node::Core::incarnations_fit(const Message& message) const {
  if (message.to_incarnation != options_.incarnation) return false;
  if (is_from_leader(message.kind()) || asks_for_votes(message.kind())) return true;
  const Member* sender = configuration()->find(message.from);
  return sender == nullptr || sender->incarnation == message.from_incarnation;
}

Status Node::Core::step(Message& message) {
  if (!is_for_us(message)) {
    return Error{Refusal::wrong_recipient, no_node,
                 "a message from node " + std::to_string(message.from) + " to node " + std::to_string(message.to)};
  }
  if (!incarnations_fit(message)) {
    return Error{Refusal::wrong_incarnation, no_node,
                 "node " + std::to_string(message.from) + " speaks from, or to, another disk than the one known"};
  }
  if (const char* fault = fault_of(message)) {
    return malformed("node " + std::to_string(message.from) + " sent a bad " + name_of(message.kind()) + ": " + fault);
  }
  may_have_ready_ = true;
  if (observer_ != nullptr) trace(ReceiveEvent{&message});
  if (carries_no_term(message.kind()) || settle_term(message)) {
    if (leader() != nullptr && is_from_leader(message.kind())) {
      return malformed("node " + std::to_string(message.from) + " claims to lead the term that this node leads");
    }
    dispatch(message);
    review_commit();
  }
  return Nothing{};
}

bool Node::Core::settle_term(const Message& message) {
  const MessageKind kind = message.kind();
  // A pre-vote changes nothing at who is asked: no term, no vote, no timer (known from hashicorp 42d3446).
  if (kind == MessageKind::pre_vote_request) return true;
  // Its answer may come from an older term, which it did not change: next_term tells what it answers.
  if (kind == MessageKind::pre_vote_response && message.term <= term_) return true;
  if (message.term < term_) {
    if (kind == MessageKind::vote_response && mutated(Mutation::vote_response_of_older_term_counts)) return true;
    if (kind == MessageKind::append_response && mutated(Mutation::append_response_of_older_term_counts)) return true;
    answer_old_term(message);
    return false;
  }
  if (message.term == term_) return true;
  if (const auto* request = std::get_if<VoteRequest>(&message.body)) {
    // Thesis, section 4.2.3: who hears from a leader is not disturbed by who does not.
    if (options_.check_quorum && has_leader() && !request->by_transfer) {
      trace(VoteEvent{message.from, false, VoteEvent::Reason::has_leader});
      answer(message, VoteResponse{false});
      return false;
    }
  }
  if (mutated(Mutation::newer_term_in_answers_ignored) && is_answer(kind)) return false;
  // All messages raise the term, also refusals and answers of no use otherwise (known from Redpanda 31547).
  become_follower(message.term, is_from_leader(kind) ? message.from : no_node, RoleEvent::Cause::newer_term);
  return true;
}

void Node::Core::answer_old_term(const Message& message) {
  // Who asks, or leads, in an older term learns ours: otherwise it might never give way (etcd 8501).
  if (const auto* append = std::get_if<AppendRequest>(&message.body)) {
    AppendResponse response;
    response.previous_index = append->previous_index;
    answer(message, response);
  } else if (std::holds_alternative<HeartbeatRequest>(message.body)) {
    answer(message, HeartbeatResponse{0, 0});
  } else if (const auto* chunk = std::get_if<SnapshotChunk>(&message.body)) {
    answer_snapshot(message, chunk->metadata->id, SnapshotResponse::Progress::more, 0, 0);
  } else if (std::holds_alternative<VoteRequest>(message.body)) {
    trace(VoteEvent{message.from, false, VoteEvent::Reason::old_term});
    answer(message, VoteResponse{false});
  }
}

void Node::Core::dispatch(Message& message) {
  switch (message.kind()) {
    case MessageKind::pre_vote_request: return on_pre_vote_request(message, std::get<PreVoteRequest>(message.body));
    case MessageKind::pre_vote_response: return on_pre_vote_response(message, std::get<PreVoteResponse>(message.body));
    case MessageKind::vote_request: return on_vote_request(message, std::get<VoteRequest>(message.body));
    case MessageKind::vote_response: return on_vote_response(message, std::get<VoteResponse>(message.body));
    case MessageKind::append_request: return on_append_request(message, std::get<AppendRequest>(message.body));
    case MessageKind::append_response: return on_append_response(message, std::get<AppendResponse>(message.body));
    case MessageKind::heartbeat_request: return on_heartbeat_request(message, std::get<HeartbeatRequest>(message.body));
    case MessageKind::heartbeat_response:
      return on_heartbeat_response(message, std::get<HeartbeatResponse>(message.body));
    case MessageKind::snapshot_chunk: return on_snapshot_chunk(message, std::get<SnapshotChunk>(message.body));
    case MessageKind::snapshot_response: return on_snapshot_response(message, std::get<SnapshotResponse>(message.body));
    case MessageKind::timeout_now: return on_timeout_now(message);
    case MessageKind::read_request: return on_read_request(message, std::get<ReadRequest>(message.body));
    case MessageKind::read_response: return on_read_response(std::get<ReadResponse>(message.body));
    case MessageKind::propose_request: return on_propose_request(message, std::get<ProposeRequest>(message.body));
    case MessageKind::propose_response: return on_propose_response(std::get<ProposeResponse>(message.body));
  }
}

}  // namespace kelek::raft
