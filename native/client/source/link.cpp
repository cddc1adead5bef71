// One link at a time: to whom, since when, and when to try another.
#include <algorithm>
#include <optional>
#include <utility>

#include "client_parts.h"

namespace kelek::client {
namespace {

/// After every coordinator was tried once without success.
constexpr std::uint64_t round_pause_ms = 50;

Problem problem_of_link(transport::ClientLink link, std::string text) {
  switch (link) {
    case transport::ClientLink::unknown_key: return {ProblemKind::key_refused, machine::Code::ok, std::move(text)};
    case transport::ClientLink::wrong_server_key:
      return {ProblemKind::wrong_server_key, machine::Code::ok, std::move(text)};
    case transport::ClientLink::connecting: return {ProblemKind::no_answer, machine::Code::ok, std::move(text)};
    default: return {ProblemKind::unreachable, machine::Code::ok, std::move(text)};
  }
}

}  // namespace

void Client::Parts::connect() {
  const std::uint64_t now = now_ms();
  if (socket_ || now < connect_at_ms_) return;
  const Endpoint& endpoint = options_.coordinators[endpoint_];
  const transport::PublicKey key =
      transport::PublicKey::from_text(endpoint.public_key).value_or(transport::PublicKey());
  auto socket = transport::ClientSocket::connect(*network_, endpoint.address, key, keys_);
  if (!socket.ok()) {
    leave({ProblemKind::unreachable, machine::Code::ok, socket.error().text});
    return;
  }
  socket_ = std::move(*socket);
  connecting_since_ms_ = now;
  heard_ms_ = now;
  pinged_ms_ = 0;
  leaderless_since_ms_ = 0;
}

/// To the next coordinator. What was on its way may have arrived: under a session it is sent again as it is; without
/// one a command is unknown, here and now.
void Client::Parts::leave(const Problem& problem) {
  link_problem_ = problem;
  socket_.reset();
  pinged_ms_ = 0;
  endpoint_ = (endpoint_ + 1) % options_.coordinators.size();
  ++failures_in_a_row_;
  const bool round_done = failures_in_a_row_ % options_.coordinators.size() == 0;
  connect_at_ms_ = now_ms() + (round_done ? round_pause_ms : 0);
  std::vector<std::uint64_t> lost;
  for (auto& [id, call] : calls_) {
    if (!call.on_the_way) continue;
    arrived(call);
    call.problem = problem;
    const bool command = std::holds_alternative<wire::Propose>(call.body);
    const bool once = command || std::holds_alternative<wire::ChangeMembers>(call.body) ||
                      std::holds_alternative<wire::TransferLeadership>(call.body) ||
                      std::holds_alternative<wire::Shutdown>(call.body);
    call.may_have_happened = call.may_have_happened || once;
    if (once && !call.in_session && !retry_is_harmless(call)) {
      lost.push_back(id);
    } else {
      to_send_.push_back(id);
    }
  }
  // In the order in which they were begun: sequences have to arrive in theirs.
  std::sort(to_send_.begin(), to_send_.end());
  for (const std::uint64_t id : lost) {
    Answer<wire::ResponseBody> answer;
    answer.kind = OutcomeKind::unknown;
    answer.problem = problem;
    finish(id, std::move(answer));
  }
  for (auto& [id, watching] : watches_) watching.on_the_way = false;
}

/// Session opening and keep-alive: a second one does no harm.
bool Client::Parts::retry_is_harmless(const Call& call) {
  const wire::Propose* propose = std::get_if<wire::Propose>(&call.body);
  if (propose == nullptr) return false;
  return std::holds_alternative<machine::SessionOpen>(propose->body) ||
         std::holds_alternative<machine::SessionKeepAlive>(propose->body) ||
         std::holds_alternative<machine::SessionClose>(propose->body);
}

void Client::Parts::look_at_link() {
  if (!socket_) return;
  const transport::ClientLink link = socket_->link();
  last_link_text_ = socket_->link_text();
  if (link == transport::ClientLink::connected) {
    ping_or_leave();
    return;
  }
  if (link == transport::ClientLink::connecting) {
    if (now_ms() >= connecting_since_ms_ + options_.silence_ms) leave(problem_of_link(link, last_link_text_));
    return;
  }
  leave(problem_of_link(link, last_link_text_));
}

/// A question that takes long and a coordinator that is gone look alike; a hello tells them apart.
void Client::Parts::ping_or_leave() {
  const std::uint64_t now = now_ms();
  if (!expects_answers()) return;
  if (now >= patience_until_ms() && pinged_ms_ != 0) {
    leave({ProblemKind::no_answer, machine::Code::ok, coordinator().address + " does not answer."});
    return;
  }
  if (pinged_ms_ != 0 || now < patience_until_ms()) return;
  wire::ClientRequest hello;
  hello.body = wire::ClientHello{"kelek client"};
  wire::encode_request(hello, buffer_);
  // Where it does not fit any more the other end has not read for long, and is left all the same.
  socket_->send(buffer_.bytes());
  pinged_ms_ = now;
}

/// A watch may be silent for long; whether that is because nothing happens has to be asked.
bool Client::Parts::expects_answers() const {
  return on_the_way_ != 0 || pinged_ms_ != 0 || !watches_.empty();
}

/// When a silent coordinator is asked for a sign of life, or, once it was asked, given up. Whoever was not driven for a
/// while has not listened: the silence that counts begins with the question.
std::uint64_t Client::Parts::patience_until_ms() const {
  const std::uint64_t half_ms = options_.silence_ms / 2;
  return pinged_ms_ == 0 ? heard_ms_ + half_ms : std::max(heard_ms_, pinged_ms_) + options_.silence_ms - half_ms;
}

std::string Client::Parts::link_text() const {
  if (socket_) return socket_->link_text();
  return last_link_text_.empty() ? "not connected yet" : last_link_text_;
}

}  // namespace kelek::client
