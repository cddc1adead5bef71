// Proposals: into the leader's log, or on their way to it; what became of them is told by proposals.h.
#include <algorithm>
#include <string>

#include "core.h"

namespace kelek::raft {
namespace {

/// The salt of a start, spread over 64 bits (SplitMix64), so that requests of two starts do not meet.
std::uint64_t spread(std::uint64_t value) {
  value += 0x9e3779b97f4a7c15U;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9U;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebU;
  return value ^ (value >> 31);
}

}  // namespace

Token Node::Core::salted_start() const {
  return spread(options_.start_salt ^ spread(options_.seed ^ spread(options_.id)));
}

Token Node::Core::next_request() {
  Token& last = callers().last_request;
  ++last;
  if (last == 0) ++last;
  return last;
}

Refusal Node::Core::may_append(const Leader& leading, std::size_t bytes) const {
  if (leading.transfer_to != no_node) return Refusal::transferring;  // the heir would never catch up (hashicorp 487)
  // One that is larger than the limit alone still gets its turn.
  if (leading.uncommitted_bytes > 0 && bytes + leading.uncommitted_bytes > options_.max_uncommitted_bytes) {
    return Refusal::too_many_uncommitted;
  }
  return Refusal::none;
}

Refusal Node::Core::append_proposal(Leader& leading, std::span<const Payload> payloads) {
  std::size_t bytes = 0;
  for (const Payload& payload : payloads) bytes += payload.size();
  if (const Refusal refusal = may_append(leading, bytes); refusal != Refusal::none) return refusal;
  const Index first = log_.last_index() + 1;
  leading.uncommitted_bytes += bytes;
  for (const Payload& payload : payloads) log_.append(Entry{payload, EntryKind::command, term_});
  leading.sends_due = true;
  if (observer_ != nullptr) trace(AppendEvent{first, log_.last_index(), 0});
  return Refusal::none;
}

Result<Proposed> Node::Core::propose(std::span<const Payload> payloads, Token token) {
  if (payloads.empty()) return Error{Refusal::out_of_range, known_leader(), "a proposal without a payload"};
  for (const Payload& payload : payloads) {
    if (payload.size() > max_payload_bytes) {
      return Error{
          Refusal::too_large, known_leader(),
          "a payload of " + std::to_string(payload.size()) + " bytes, above " + std::to_string(max_payload_bytes)};
    }
  }
  if (token != 0 && callers().proposals.waiting() >= options_.max_waiting) {
    return Error{Refusal::too_many_waiting, known_leader(), {}};
  }
  if (Leader* leading = leader()) {
    const Index first = log_.last_index() + 1;
    const Refusal refusal = append_proposal(*leading, payloads);
    if (refusal != Refusal::none) return Error{refusal, options_.id, {}};
    if (token != 0) callers_->proposals.placed(token, first, log_.last_index(), term_);
    return Proposed{first, term_, options_.id};
  }
  return forward_proposal(payloads, token);
}

Result<Proposed> Node::Core::forward_proposal(std::span<const Payload> payloads, Token token) {
  const NodeId to = known_leader();
  if (to == no_node) return Error{Refusal::no_leader, no_node, {}};
  std::size_t bytes = 0;
  for (const Payload& payload : payloads) bytes += payload.size();
  if (payloads.size() > options_.max_append_entries || bytes > max_payload_bytes) {
    return Error{Refusal::too_large, to, "more than one message can carry to the leader"};
  }
  ProposeRequest request{next_request(), std::vector<Payload>(payloads.begin(), payloads.end())};
  if (token != 0) {
    callers_->proposals.forwarded(token, request.token, static_cast<std::uint32_t>(payloads.size()),
                                  now_ticks_ + options_.election_ticks);
  }
  send_to_leader(std::move(request));
  return Proposed{0, 0, to};
}

void Node::Core::send_to_leader(ProposeRequest request) {
  send_now(messages_, known_leader(), incarnation_of(known_leader()), 0, std::move(request));
}

void Node::Core::on_propose_request(const Message& message, ProposeRequest& request) {
  ProposeResponse response;
  response.token = request.token;
  response.leader = known_leader();
  Leader* leading = leader();
  if (leading == nullptr) {
    response.refusal = Refusal::not_leader;  // not handed on: a proposal travels once (RedisRaft 13)
  } else if (request.payloads.empty()) {
    response.refusal = Refusal::out_of_range;
  } else {
    response.first_index = log_.last_index() + 1;
    response.entry_term = term_;
    response.refusal = append_proposal(*leading, request.payloads);
  }
  send_now(messages_after_, message.from, message.from_incarnation, 0, response);
}

void Node::Core::on_propose_response(const ProposeResponse& response) {
  if (callers_ == nullptr) return;
  callers_->proposals.answered(response, callers_->proposal_outcomes);
  callers_->proposals.committed(commit_, log_, callers_->proposal_outcomes);
}

}  // namespace kelek::raft
