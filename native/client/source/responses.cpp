// What coordinators answer, and what that means for the call.
#include <algorithm>
#include <utility>

#include "client_parts.h"

namespace kelek::client {
namespace {

constexpr std::uint64_t retry_ms = 20;

/// In a moment it may well go through.
bool passes(wire::RefusalCode code) {
  switch (code) {
    case wire::RefusalCode::no_leader:
    case wire::RefusalCode::not_leader:
    case wire::RefusalCode::leadership_lost:
    case wire::RefusalCode::transferring:
    case wire::RefusalCode::not_ready:
    case wire::RefusalCode::not_caught_up:
    case wire::RefusalCode::stopping:
    case wire::RefusalCode::disk: return true;
    default: return false;
  }
}

Problem problem_in(const wire::ClientResponse& response) {
  std::string text = response.text.empty() ? wire::describe(response.code) : response.text;
  return {problem_of(response.code), machine::Code::ok, std::move(text)};
}

Answer<wire::ResponseBody> answer_of(wire::ClientResponse& response) {
  Answer<wire::ResponseBody> answer;
  answer.revision = response.revision;
  answer.term = response.term;
  answer.member = response.member;
  answer.value = std::move(response.body);
  return answer;
}

}  // namespace

void Client::Parts::receive(const raft::Payload& frame) {
  heard_ms_ = now_ms();
  pinged_ms_ = 0;
  failures_in_a_row_ = 0;
  link_problem_ = {};
  wire::Result<wire::ServerFrame> decoded = wire::decode_server_frame(frame.bytes());
  if (!decoded.ok()) {
    leave({ProblemKind::bad_frame, machine::Code::ok,
           coordinator().address + " sent a frame that makes no sense: " + decoded.error().text});
    return;
  }
  if (wire::EventFrame* events = std::get_if<wire::EventFrame>(&*decoded)) {
    receive_events(*events);
    return;
  }
  receive_response(std::get<wire::ClientResponse>(*decoded));
}

void Client::Parts::receive_response(wire::ClientResponse& response) {
  if (receive_watch_response(response)) return;
  const auto found = calls_.find(response.request_id);
  if (found == calls_.end()) return;
  Call& call = found->second;
  arrived(call);
  if (response.outcome == wire::ResponseOutcome::refused) {
    receive_refusal(call, response);
    return;
  }
  if (response.outcome == wire::ResponseOutcome::unknown) {
    receive_unknown(call, response);
    return;
  }
  // Only what needs a leader tells of one.
  if (std::holds_alternative<machine::Result>(response.body)) leaderless_since_ms_ = 0;
  if (call.in_session && receive_session_refusal(call, response)) return;
  const wire::Query* query = std::get_if<wire::Query>(&call.body);
  if (query != nullptr && query->consistency == wire::Consistency::linearizable) leaderless_since_ms_ = 0;
  Answer<wire::ResponseBody> answer = answer_of(response);
  answer.kind = OutcomeKind::ok;
  const machine::Result* result = std::get_if<machine::Result>(&answer.value);
  if (result != nullptr && !result->ok()) {
    answer.kind = OutcomeKind::refused;
    answer.problem = {ProblemKind::machine_refused, result->code,
                      result->reason.empty() ? machine::describe(result->code) : result->reason};
  }
  finish(call.id, std::move(answer));
}

void Client::Parts::receive_refusal(Call& call, wire::ClientResponse& response) {
  call.problem = problem_in(response);
  // A refusal speaks of this copy alone: an earlier one may have gone through, or may yet.
  const bool only_copy = !call.may_have_happened;
  if (passes(response.code) || (!only_copy && call.in_session)) {
    const bool elsewhere = response.code == wire::RefusalCode::stopping || response.code == wire::RefusalCode::disk ||
                           is_cut_off(response.code);
    retry(call, retry_ms);
    if (response.code == wire::RefusalCode::not_leader) follow_leader(response);
    if (elsewhere && options_.coordinators.size() > 1) leave(call.problem);
    return;
  }
  Answer<wire::ResponseBody> answer = answer_of(response);
  answer.kind = only_copy ? OutcomeKind::refused : OutcomeKind::unknown;
  answer.problem = call.problem;
  if (call.in_session) {
    if (call.done) finished_.push_back({std::move(call.done), std::move(answer)});
    call.done = nullptr;
    fill_hole(call);
    return;
  }
  finish(call.id, std::move(answer));
}

void Client::Parts::receive_unknown(Call& call, wire::ClientResponse& response) {
  call.problem = problem_in(response);
  call.may_have_happened = true;
  if (call.in_session || retry_is_harmless(call)) {
    retry(call, retry_ms);
    return;
  }
  Answer<wire::ResponseBody> answer = answer_of(response);
  answer.kind = OutcomeKind::unknown;
  answer.problem = call.problem;
  finish(call.id, std::move(answer));
}

/// A coordinator on the wrong side of a cut answers promptly, that nobody leads, for as long as the cut
/// lasts, while on the other side somebody does. An election takes less time than this.
bool Client::Parts::is_cut_off(wire::RefusalCode code) {
  if (code != wire::RefusalCode::no_leader && code != wire::RefusalCode::not_ready) return false;
  const std::uint64_t now = now_ms();
  if (leaderless_since_ms_ == 0) leaderless_since_ms_ = now;
  return now >= leaderless_since_ms_ + options_.silence_ms;
}

/// To the leader, if it is one of those we know (and trust: its key is pinned); otherwise to the next.
void Client::Parts::follow_leader(const wire::ClientResponse& response) {
  const auto same = [](const std::string& a, const std::string& b) {
    const std::string scheme = "tcp://";
    const auto bare = [&scheme](const std::string& text) {
      return text.compare(0, scheme.size(), scheme) == 0 ? text.substr(scheme.size()) : text;
    };
    return bare(a) == bare(b);
  };
  for (std::size_t i = 0; i < options_.coordinators.size(); ++i) {
    if (response.leader_address.empty() || !same(options_.coordinators[i].address, response.leader_address)) continue;
    if (i == endpoint_) return;
    // leave() goes to the one behind.
    endpoint_ = (i + options_.coordinators.size() - 1) % options_.coordinators.size();
    leave({ProblemKind::no_leader, machine::Code::ok, "The leader is another one."});
    failures_in_a_row_ = 0;
    connect_at_ms_ = 0;
    return;
  }
  // Nobody whom we could trust has this address, or none was told: another one may lead.
  if (options_.coordinators.size() > 1) leave({ProblemKind::no_leader, machine::Code::ok, "It does not lead."});
}

/// The machine's answers that are about the session, and not about the command. True: the call goes on, or is done.
bool Client::Parts::receive_session_refusal(Call& call, const wire::ClientResponse& response) {
  const machine::Result* result = std::get_if<machine::Result>(&response.body);
  if (result == nullptr) return false;
  if (result->code == machine::Code::sequence_gap) {
    // One before it is on its way again.
    retry(call, retry_ms);
    return true;
  }
  const bool gone = result->code == machine::Code::unknown_session || result->code == machine::Code::expired_session;
  if (!gone && result->code != machine::Code::stale_sequence) return false;
  // An earlier copy may have been applied while the session lived.
  if (call.may_have_happened || result->code == machine::Code::stale_sequence) {
    Answer<wire::ResponseBody> answer;
    answer.kind = OutcomeKind::unknown;
    answer.problem = {ProblemKind::machine_refused, result->code,
                      "An earlier copy of it may have been applied; its answer is not kept any more."};
    finish(call.id, std::move(answer));
    if (gone) forget_session();
    return true;
  }
  if (gone) forget_session();
  return false;
}

}  // namespace kelek::client
