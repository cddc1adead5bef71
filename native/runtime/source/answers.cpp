// Sending outcomes.
#include "answers.h"

#include <utility>

namespace kelek::runtime {
namespace {

OutcomeKind kind_of(wire::ResponseOutcome outcome) {
  switch (outcome) {
    case wire::ResponseOutcome::ok: return OutcomeKind::ok;
    case wire::ResponseOutcome::refused: return OutcomeKind::refused;
    case wire::ResponseOutcome::unknown: return OutcomeKind::unknown;
  }
  return OutcomeKind::unknown;
}

}  // namespace

wire::RefusalCode code_of(raft::Refusal refusal) {
  switch (refusal) {
    case raft::Refusal::none: return wire::RefusalCode::none;
    case raft::Refusal::not_leader: return wire::RefusalCode::not_leader;
    case raft::Refusal::no_leader: return wire::RefusalCode::no_leader;
    case raft::Refusal::too_large: return wire::RefusalCode::too_large;
    case raft::Refusal::too_many_uncommitted: return wire::RefusalCode::over_limit;
    case raft::Refusal::too_many_waiting: return wire::RefusalCode::over_limit;
    case raft::Refusal::transferring: return wire::RefusalCode::transferring;
    case raft::Refusal::not_ready: return wire::RefusalCode::not_ready;
    case raft::Refusal::change_pending: return wire::RefusalCode::change_pending;
    case raft::Refusal::bad_change: return wire::RefusalCode::bad_change;
    case raft::Refusal::not_caught_up: return wire::RefusalCode::not_caught_up;
    case raft::Refusal::not_voter: return wire::RefusalCode::not_voter;
    case raft::Refusal::not_member: return wire::RefusalCode::not_member;
    case raft::Refusal::already: return wire::RefusalCode::already;
    case raft::Refusal::snapshot_pending: return wire::RefusalCode::not_ready;
    case raft::Refusal::aborted: return wire::RefusalCode::leadership_lost;
    case raft::Refusal::out_of_range:
    case raft::Refusal::wrong_incarnation:
    case raft::Refusal::malformed:
    case raft::Refusal::wrong_recipient:
    case raft::Refusal::stopped: return wire::RefusalCode::internal;
  }
  return wire::RefusalCode::internal;
}

void Answers::result(Request request, machine::Result&& result) {
  ++engine_.counters.outcomes_ok;
  wire::ClientResponse response;
  response.outcome = wire::ResponseOutcome::ok;
  response.revision = result.revision;
  response.term = result.term;
  response.body = std::move(result);
  finish(request, std::move(response));
}

void Answers::done(Request request, wire::ResponseBody&& body, std::uint64_t revision) {
  wire::ClientResponse response;
  response.outcome = wire::ResponseOutcome::ok;
  response.revision = revision;
  if (engine_.node) response.term = engine_.node->status().term;
  response.body = std::move(body);
  finish(request, std::move(response));
}

void Answers::refuse(Request request, wire::RefusalCode code, std::string text) {
  ++engine_.counters.outcomes_refused;
  wire::ClientResponse response;
  response.outcome = wire::ResponseOutcome::refused;
  response.code = code;
  response.text = std::move(text);
  finish(request, std::move(response));
}

void Answers::refuse(Request request, const raft::Error& error) {
  refuse(std::move(request), code_of(error.refusal), error.text.empty() ? raft::describe(error.refusal) : error.text);
}

void Answers::unknown(Request request, wire::RefusalCode code, std::string text) {
  ++engine_.counters.outcomes_unknown;
  wire::ClientResponse response;
  response.outcome = wire::ResponseOutcome::unknown;
  response.code = code;
  response.text = std::move(text);
  finish(request, std::move(response));
}

void Answers::refuse_frame(transport::ConnectionId connection, std::uint64_t request_id, wire::RefusalCode code,
                           std::string text) {
  ++engine_.counters.outcomes_refused;
  wire::ClientResponse response;
  response.request_id = request_id;
  response.outcome = wire::ResponseOutcome::refused;
  response.code = code;
  response.text = std::move(text);
  send(connection, response);
}

void Answers::send_body(transport::ConnectionId connection, std::uint64_t request_id, wire::ResponseBody&& body) {
  wire::ClientResponse response;
  response.request_id = request_id;
  response.outcome = wire::ResponseOutcome::ok;
  if (engine_.applier) response.revision = engine_.applier->index();
  if (engine_.node) response.term = engine_.node->status().term;
  response.body = std::move(body);
  send(connection, response);
}

transport::SendOutcome Answers::send_events(transport::ConnectionId connection, const wire::EventFrame& frame) {
  wire::encode_event_frame(frame, buffer_);
  return engine_.server->send(connection, buffer_.bytes());
}

void Answers::finish(Request& request, wire::ClientResponse&& response) {
  if (request.client) engine_.budgets.give_back(request.client->name, request.size_bytes);
  if (request.done) {
    RequestOutcome outcome;
    outcome.kind = kind_of(response.outcome);
    outcome.code = response.code;
    outcome.text = std::move(response.text);
    outcome.leader = engine_.role.leader;
    if (machine::Result* result = std::get_if<machine::Result>(&response.body)) outcome.result = std::move(*result);
    request.done(std::move(outcome));
    return;
  }
  response.request_id = request.request_id;
  send(request.connection, response);
}

void Answers::send(transport::ConnectionId connection, wire::ClientResponse& response) {
  response.member = engine_.options.node_id;
  // Who is answered well needs nobody else; who is not may want to ask the leader.
  if (response.outcome != wire::ResponseOutcome::ok && engine_.role.leader != raft::no_node) {
    response.leader = engine_.role.leader;
    response.leader_address = engine_.members->client_address(response.leader);
  }
  wire::encode_response(response, buffer_);
  if (buffer_.size() > wire::client_frame_bytes) {
    wire::ClientResponse too_large;
    too_large.request_id = response.request_id;
    too_large.outcome = response.outcome;
    too_large.member = response.member;
    too_large.term = response.term;
    too_large.revision = response.revision;
    too_large.code = wire::RefusalCode::too_large;
    too_large.text = "The answer is larger than a frame: ask for less of it.";
    if (!std::holds_alternative<machine::Result>(response.body)) too_large.outcome = wire::ResponseOutcome::refused;
    wire::encode_response(too_large, buffer_);
  }
  if (engine_.server->send(connection, buffer_.bytes()) != transport::SendOutcome::sent) {
    ++engine_.counters.answers_dropped;
  }
  buffer_.shrink(std::size_t{1} << 20);
}

}  // namespace kelek::runtime
