// Calls: entered, sent, retried, expired, called back.
#include <time.h>

#include <algorithm>
#include <utility>

#include "client_parts.h"

namespace kelek::client {
namespace {

constexpr std::uint64_t longest_wait_ms = 1'000;

bool changes_something(const Call& call) {
  return std::holds_alternative<wire::Propose>(call.body) || std::holds_alternative<wire::ChangeMembers>(call.body) ||
         std::holds_alternative<wire::TransferLeadership>(call.body) ||
         std::holds_alternative<wire::TakeSnapshot>(call.body) || std::holds_alternative<wire::Shutdown>(call.body);
}

}  // namespace

std::uint64_t now_ms() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000 + static_cast<std::uint64_t>(time.tv_nsec) / 1'000'000;
}

Client::Parts::Parts(ClientOptions options, transport::KeyPair keys, std::unique_ptr<transport::ClientNetwork> network)
    : options_(std::move(options)), keys_(std::move(keys)), network_(std::move(network)) {}

void Client::Parts::begin(wire::RequestBody body, RequestDone done, const CallOptions& call, bool in_session) {
  if (unanswered_ >= options_.max_in_flight) {
    Answer<wire::ResponseBody> full;
    full.kind = OutcomeKind::refused;
    full.problem = {ProblemKind::over_limit, machine::Code::ok, "Too many calls of this client wait already."};
    ++unanswered_;
    finished_.push_back({std::move(done), std::move(full)});
    return;
  }
  ++unanswered_;
  const std::uint64_t length_ms = call.deadline_ms == 0 ? options_.deadline_ms : call.deadline_ms;
  enter(std::move(body), std::move(done), now_ms() + length_ms, in_session);
}

Call& Client::Parts::enter(wire::RequestBody body, RequestDone done, std::uint64_t deadline_ms, bool in_session) {
  const std::uint64_t id = ++last_id_;
  Call& call = calls_[id];
  call.id = id;
  call.body = std::move(body);
  call.done = std::move(done);
  call.deadline_ms = deadline_ms;
  call.in_session = in_session;
  deadlines_.emplace(deadline_ms, id);
  if (in_session) {
    waiting_for_session_.push_back(id);
  } else {
    to_send_.push_back(id);
  }
  return call;
}

void Client::Parts::run(std::uint64_t timeout_ms) {
  const std::uint64_t until_ms = now_ms() + timeout_ms;
  for (;;) {
    expire();
    if (!calls_.empty() || !watches_.empty() || session_id_ != 0) connect();
    keep_session();
    let_session_calls_go();
    send_due();
    send_watches();
    if (!finished_.empty() || !news_.empty()) {
      call_back();
      return;
    }
    const std::uint64_t now = now_ms();
    const std::uint64_t wait_until = std::min(until_ms, next_event_ms());
    const std::chrono::milliseconds wait(wait_until > now ? wait_until - now : 0);
    if (socket_) {
      socket_->poll(wait);
      // What a frame says may end the link.
      while (socket_) {
        const std::optional<raft::Payload> frame = socket_->receive();
        if (!frame.has_value()) break;
        receive(*frame);
      }
      look_at_link();
    } else if (wait.count() > 0) {
      timespec pause{wait.count() / 1'000, (wait.count() % 1'000) * 1'000'000};
      nanosleep(&pause, nullptr);
    }
    if (!finished_.empty() || !news_.empty()) {
      call_back();
      return;
    }
    if (now_ms() >= until_ms) return;
  }
}

std::uint64_t Client::Parts::next_event_ms() const {
  std::uint64_t next = now_ms() + longest_wait_ms;
  if (!delayed_.empty()) next = std::min(next, delayed_.begin()->first);
  if (!deadlines_.empty()) next = std::min(next, deadlines_.begin()->first);
  if (!socket_) next = std::min(next, connect_at_ms_);
  if (socket_ && socket_->link() == transport::ClientLink::connecting) {
    next = std::min(next, connecting_since_ms_ + options_.silence_ms);
  } else if (socket_ && expects_answers()) {
    next = std::min(next, patience_until_ms());
  }
  return next;
}

void Client::Parts::send_due() {
  if (!socket_ || socket_->link() != transport::ClientLink::connected) return;
  const std::uint64_t now = now_ms();
  while (!delayed_.empty() && delayed_.begin()->first <= now) {
    to_send_.push_back(delayed_.begin()->second);
    delayed_.erase(delayed_.begin());
  }
  while (!to_send_.empty()) {
    const auto found = calls_.find(to_send_.front());
    if (found != calls_.end() && !found->second.on_the_way && !send(found->second)) return;
    to_send_.pop_front();
  }
}

/// False: the coordinator does not keep up; later.
bool Client::Parts::send(Call& call) {
  wire::ClientRequest request;
  request.request_id = call.id;
  const std::uint64_t now = now_ms();
  const std::uint64_t left_ms = call.deadline_ms > now ? call.deadline_ms - now : options_.deadline_ms;
  // The coordinator gives up a little earlier: it knows why there is no answer, and has to get that back in time.
  request.deadline_ms = left_ms - std::min<std::uint64_t>(left_ms / 8, 250);
  // Encoded from where it lies; a retry needs it again.
  request.body = std::move(call.body);
  if (wire::Propose* propose = std::get_if<wire::Propose>(&request.body)) {
    propose->session_id = call.in_session ? session_id_ : 0;
    propose->sequence = call.in_session ? call.sequence : 0;
  }
  wire::encode_request(request, buffer_);
  call.body = std::move(request.body);
  if (buffer_.size() > wire::client_frame_bytes) {
    Answer<wire::ResponseBody> answer;
    answer.kind = OutcomeKind::refused;
    answer.problem = {ProblemKind::over_limit, machine::Code::ok, "The request is larger than a frame may be."};
    if (call.in_session) fill_hole(call);
    finish(call.id, std::move(answer));
    return true;
  }
  const transport::SendOutcome outcome = socket_->send(buffer_.bytes());
  if (outcome != transport::SendOutcome::sent) return false;
  // Silence counts from the first thing that is not answered.
  if (on_the_way_ == 0) heard_ms_ = now;
  ++on_the_way_;
  call.on_the_way = true;
  if (call.in_session) session_used_ms_ = now;
  return true;
}

void Client::Parts::arrived(Call& call) {
  if (call.on_the_way) --on_the_way_;
  call.on_the_way = false;
}

void Client::Parts::retry(Call& call, std::uint64_t delay_ms) {
  arrived(call);
  delayed_.emplace(now_ms() + delay_ms, call.id);
}

void Client::Parts::finish(std::uint64_t id, Answer<wire::ResponseBody>&& answer) {
  const auto found = calls_.find(id);
  if (found == calls_.end()) return;
  Call& call = found->second;
  arrived(call);
  if (call.in_session && call.sequence != 0) --session_in_flight_;
  const bool told = static_cast<bool>(call.done);
  if (told) finished_.push_back({std::move(call.done), std::move(answer)});
  calls_.erase(found);
}

/// A command under the session whose fate is not known goes on being sent after its caller was told `unknown`: the
/// sequence numbers behind it could never be applied otherwise.
void Client::Parts::expire() {
  const std::uint64_t now = now_ms();
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    const std::uint64_t id = deadlines_.begin()->second;
    deadlines_.erase(deadlines_.begin());
    const auto found = calls_.find(id);
    if (found == calls_.end()) continue;
    Call& call = found->second;
    const bool sent = call.may_have_happened || call.on_the_way;
    const bool unknown = sent && changes_something(call);
    Answer<wire::ResponseBody> answer;
    answer.kind = unknown ? OutcomeKind::unknown : OutcomeKind::refused;
    answer.problem = call.problem;
    // What waits for the session was never sent: what is known of it is what the session's opener was told.
    const auto opener = calls_.find(session_opener_);
    const bool waits = call.in_session && call.sequence == 0 && opener != calls_.end();
    if (waits && answer.problem.kind == ProblemKind::none) answer.problem = opener->second.problem;
    if (answer.problem.kind == ProblemKind::none) answer.problem = link_problem_;
    if (answer.problem.kind == ProblemKind::none) {
      answer.problem = {ProblemKind::no_answer, machine::Code::ok,
                        coordinator().address + " did not answer before the deadline."};
    }
    const bool hole = call.in_session && call.sequence != 0;
    if (!hole) {
      const bool opens_session = id == session_opener_;
      finish(id, std::move(answer));
      // Its callback tells those that wait for the session why there is none; they may expire in this very
      // moment.
      if (opens_session) return;
      continue;
    }
    if (call.done) finished_.push_back({std::move(call.done), std::move(answer)});
    call.done = nullptr;
    if (unknown && call.on_the_way) {
      // Its answer may have been dropped on the way: only who asks again hears it.
      call.may_have_happened = true;
      retry(call, 0);
    }
    if (!unknown) fill_hole(call);
    if (calls_.find(id) == calls_.end()) continue;  // its sequence went back: there is no hole
    // Until the session would have ended anyway.
    if (call.deadline_ms + options_.session_ttl_ms <= now) {
      forget_session();
      continue;
    }
    deadlines_.emplace(call.deadline_ms + options_.session_ttl_ms, id);
  }
}

/// Callbacks may begin other calls, and run() again: nothing of ours is held while they run.
void Client::Parts::call_back() {
  for (std::size_t left = finished_.size(); left > 0 && !finished_.empty(); --left) {
    Finished finished = std::move(finished_.front());
    finished_.pop_front();
    --unanswered_;
    finished.done(std::move(finished.answer));
  }
  for (std::size_t left = news_.size(); left > 0 && !news_.empty(); --left) {
    News news = std::move(news_.front());
    news_.pop_front();
    news.callback(news.news);
  }
}

}  // namespace kelek::client
