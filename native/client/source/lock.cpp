// Locks: acquired, waited for, kept and given back.
#include <kelek/client/lock.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "client_parts.h"

namespace kelek::client {
namespace {

/// How long the cluster may take to say what became of the wait, beyond the wait itself.
constexpr std::uint64_t patience_ms = 5'000;

/// What the events of the lock said of our ticket.
struct Turn {
  std::optional<machine::LockResult> got;
  bool ended = false;
  Problem problem;
};

void look_for_ticket(const WatchNews& news, std::uint64_t ticket, Turn& turn) {
  if (news.problem.kind != ProblemKind::none) turn.problem = news.problem;
  for (const machine::SharedEventBatch& batch : news.batches) {
    for (const machine::Event& event : batch->events) {
      const auto* granted = std::get_if<machine::LockGrantedEvent>(&event);
      if (granted != nullptr && granted->ticket == ticket) {
        turn.got = machine::LockResult{true, granted->fence, 0, 0, granted->deadline_ms, granted->holder};
      }
      const auto* ended = std::get_if<machine::LockWaitEndedEvent>(&event);
      if (ended != nullptr && ended->ticket == ticket) turn.ended = true;
    }
  }
}

Turn wait_for_turn(Client& client, const LockOptions& options, std::uint64_t ticket, std::uint64_t revision) {
  auto turn = std::make_shared<Turn>();
  machine::WatchFilter filter;
  filter.kinds =
      machine::watch_bit(machine::EventKind::lock_granted) | machine::watch_bit(machine::EventKind::lock_wait_ended);
  filter.subject_prefix = options.lock;
  filter.exact = true;
  const WatchId watch = client.watch(filter, revision + 1,
                                     [turn, ticket](const WatchNews& news) { look_for_ticket(news, ticket, *turn); });
  const std::uint64_t until_ms = now_ms() + options.wait_ms + patience_ms;
  while (!turn->got && !turn->ended && turn->problem.kind == ProblemKind::none && now_ms() < until_ms) {
    client.run(std::chrono::milliseconds(std::min<std::uint64_t>(until_ms - now_ms() + 1, 1'000)));
  }
  client.unwatch(watch);
  return *turn;
}

}  // namespace

struct LockHold::State {
  bool held = true;
  bool extending = false;
  std::uint64_t extended_ms = 0;  // when the newest extension that went through was asked for
  std::uint64_t asked_ms = 0;
};

Answer<std::unique_ptr<LockHold>> LockHold::acquire(Client& client, const LockOptions& options) {
  machine::LockAcquire command;
  command.lock = options.lock;
  command.ttl_ms = options.ttl_ms;
  command.wait_ms = options.wait_ms;
  const std::uint64_t asked_ms = now_ms();
  Answer<machine::LockResult> answer = client.execute(command);
  Answer<std::unique_ptr<LockHold>> hold;
  hold.kind = answer.kind;
  hold.problem = answer.problem;
  hold.revision = answer.revision;
  hold.term = answer.term;
  hold.member = answer.member;
  if (!answer.ok()) return hold;
  machine::LockResult result = answer.value;
  std::uint64_t held_since_ms = asked_ms;
  if (!result.held) {
    const Turn turn = wait_for_turn(client, options, result.ticket, answer.revision);
    if (!turn.got.has_value()) {
      // The place in line, or the lock if it was got just now, is given back.
      client.execute(machine::LockRelease{options.lock, result.ticket});
      hold.kind = OutcomeKind::refused;
      hold.problem = turn.problem.kind != ProblemKind::none
                         ? turn.problem
                         : Problem{ProblemKind::machine_refused, machine::Code::held_by_another,
                                   "The lock '" + options.lock + "' was not free in time."};
      return hold;
    }
    result = *turn.got;
    // When it was granted is known in log time alone, and the news may be as old as a failover takes: the
    // lease is believed from an extension on, which also tells whether it is still ours.
    held_since_ms = now_ms();
    const Answer<machine::LockResult> extended = client.execute(machine::LockExtend{options.lock, result.fence, 0});
    if (!extended.ok()) {
      hold.kind = extended.kind;
      hold.problem = extended.problem;
      return hold;
    }
  }
  hold.value = std::unique_ptr<LockHold>(new LockHold(client, options, result));
  hold.value->state_->extended_ms = held_since_ms;
  hold.value->keep();
  return hold;
}

LockHold::LockHold(Client& client, const LockOptions& options, const machine::LockResult& result)
    : client_(client),
      options_(options),
      fence_(result.fence),
      holder_(result.holder),
      state_(std::make_shared<State>()) {}

LockHold::~LockHold() {
  if (!state_->held) return;
  client_.execute_async(machine::LockRelease{options_.lock, fence_}, [](Answer<machine::Result>&&) {});
  client_.run(std::chrono::milliseconds(0));
}

bool LockHold::held() const {
  return state_->held && now_ms() < state_->extended_ms + options_.ttl_ms;
}

void LockHold::keep() {
  if (!state_->held || state_->extending || now_ms() < state_->extended_ms + options_.ttl_ms / 3) return;
  state_->extending = true;
  state_->asked_ms = now_ms();
  CallOptions call;
  call.deadline_ms = static_cast<std::uint32_t>(std::clamp<std::uint64_t>(options_.ttl_ms / 3, 100, 60'000));
  client_.execute_async(
      machine::LockExtend{options_.lock, fence_, 0},
      [state = state_](Answer<machine::Result>&& answer) {
        state->extending = false;
        if (answer.ok()) state->extended_ms = state->asked_ms;
        if (answer.problem.kind == ProblemKind::machine_refused && answer.kind == OutcomeKind::refused)
          state->held = false;
      },
      call);
}

Answer<machine::LockResult> LockHold::release() {
  state_->held = false;
  return client_.execute(machine::LockRelease{options_.lock, fence_});
}

}  // namespace kelek::client
