// The session: opened when it is needed, kept alive, and its sequence without holes.
#include <algorithm>
#include <utility>

#include "client_parts.h"

namespace kelek::client {

/// Commands that wait for their place: they get their sequence when they are sent, in the order of their calls.
void Client::Parts::let_session_calls_go() {
  if (waiting_for_session_.empty()) return;
  if (session_id_ == 0) {
    open_session();
    return;
  }
  while (!waiting_for_session_.empty() && session_in_flight_ < options_.session_window) {
    const auto found = calls_.find(waiting_for_session_.front());
    waiting_for_session_.pop_front();
    if (found == calls_.end()) continue;
    found->second.sequence = next_sequence_++;
    ++session_in_flight_;
    to_send_.push_back(found->first);
  }
}

void Client::Parts::open_session() {
  if (session_opening_) return;
  session_opening_ = true;
  wire::Propose propose;
  propose.body = machine::SessionOpen{options_.session_ttl_ms};
  std::uint64_t deadline_ms = now_ms() + options_.deadline_ms;
  for (const std::uint64_t id : waiting_for_session_) {
    const auto found = calls_.find(id);
    if (found != calls_.end()) deadline_ms = std::max(deadline_ms, found->second.deadline_ms);
  }
  ++unanswered_;
  const Call& opener = enter(
      std::move(propose),
      [this](Answer<wire::ResponseBody>&& answer) {
        session_opening_ = false;
        const machine::Result* result = std::get_if<machine::Result>(&answer.value);
        const machine::SessionResult* opened =
            answer.ok() && result != nullptr ? std::get_if<machine::SessionResult>(&result->body) : nullptr;
        if (opened != nullptr) {
          session_id_ = opened->session_id;
          next_sequence_ = 1;
          session_used_ms_ = now_ms();
          return;
        }
        // Nothing that waits for the session was sent: all of it is surely not done.
        std::deque<std::uint64_t> waiting;
        waiting.swap(waiting_for_session_);
        for (const std::uint64_t id : waiting) {
          Answer<wire::ResponseBody> refused;
          refused.kind = OutcomeKind::refused;
          refused.problem = answer.problem;
          finish(id, std::move(refused));
        }
        // Just before those that wait for it: it knows why there is no session, and they do not.
      },
      deadline_ms - 1, false);
  session_opener_ = opener.id;
}

void Client::Parts::keep_session() {
  if (session_id_ == 0 || now_ms() < session_used_ms_ + options_.session_ttl_ms / 3) return;
  session_used_ms_ = now_ms();
  wire::Propose propose;
  propose.body = machine::SessionKeepAlive{session_id_};
  ++unanswered_;
  enter(
      std::move(propose),
      [this](Answer<wire::ResponseBody>&& answer) {
        const bool gone = answer.problem.code == machine::Code::unknown_session ||
                          answer.problem.code == machine::Code::expired_session;
        if (gone) forget_session();
      },
      now_ms() + options_.session_ttl_ms / 3, false);
}

/// Who is under way under the session that ended: what may have happened is unknown, the rest goes under the next.
void Client::Parts::forget_session() {
  session_id_ = 0;
  std::vector<std::uint64_t> unknown;
  std::deque<std::uint64_t> again;
  for (auto& [id, call] : calls_) {
    if (!call.in_session || call.sequence == 0) continue;
    if (call.may_have_happened || call.on_the_way || !call.done) {
      unknown.push_back(id);
      continue;
    }
    call.sequence = 0;
    --session_in_flight_;
    again.push_back(id);
  }
  for (const std::uint64_t id : unknown) {
    Answer<wire::ResponseBody> answer;
    answer.kind = OutcomeKind::unknown;
    answer.problem = {ProblemKind::machine_refused, machine::Code::expired_session,
                      "The session ended before the answer came."};
    finish(id, std::move(answer));
  }
  waiting_for_session_.insert(waiting_for_session_.begin(), again.begin(), again.end());
  const auto in_session = [this](std::uint64_t id) {
    const auto found = calls_.find(id);
    return found == calls_.end() || found->second.in_session;
  };
  to_send_.erase(std::remove_if(to_send_.begin(), to_send_.end(), in_session), to_send_.end());
  for (auto place = delayed_.begin(); place != delayed_.end();) {
    place = in_session(place->second) ? delayed_.erase(place) : std::next(place);
  }
}

/// Its sequence was given away and its command will surely not be applied: something that changes nothing takes its
/// place, so that the sequences behind it can be. If it is the newest, its number is simply used again.
void Client::Parts::fill_hole(Call& call) {
  if (call.sequence + 1 == next_sequence_ && !call.may_have_happened) {
    --next_sequence_;
    finish(call.id, {});
    return;
  }
  machine::KvTxn nothing;
  nothing.then_operations.push_back(machine::KvGet{"-"});
  wire::Propose propose;
  propose.body = std::move(nothing);
  call.body = std::move(propose);
  retry(call, 0);
}

}  // namespace kelek::client
