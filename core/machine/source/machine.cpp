// Applying entries: log time first, then the session, then the command, then events and hash.
#include <kelek/machine/machine.h>

#include <algorithm>
#include <utility>

#include <kelek/machine/check.h>

#include "engine.h"
#include "hasher.h"
#include "session.h"
#include "walk.h"

namespace kelek::machine {
namespace {

constexpr uint64_t event_overhead_bytes = 64;

ApplyOutcome out_of_order(uint64_t index, uint64_t term, const State& state) {
  ApplyOutcome outcome;
  outcome.result = refuse(Code::out_of_order, "entry " + std::to_string(index) + " of term " + std::to_string(term) +
                                                  " after " + std::to_string(state.applied_index) + " of term " +
                                                  std::to_string(state.applied_term));
  outcome.result.revision = state.applied_index;
  outcome.result.term = state.applied_term;
  return outcome;
}

}  // namespace

bool Machine::Engine::is_next(uint64_t index, uint64_t term) const {
  return index == state_.applied_index + 1 && term >= state_.applied_term;
}

void Machine::Engine::begin(uint64_t index, uint64_t term) {
  state_.applied_index = index;
  state_.applied_term = term;
  events_.clear();
}

// Waits end first, those of sessions that are over among them: a lock that is freed in this entry must not be
// handed to the dead, nor to those who have given up. Ballots before grants, since they decide on them.
void Machine::Engine::pass_time(Context& context) {
  state_.time_ms = context.now_ms;
  // A command that brings no time ends nothing. If it counted as the one that extends, the time that the leader writes
  // behind it would end what nobody could extend.
  if (context.header.leader_time_ms != 0 && state_.applied_term > state_.lease_term) {
    state_.lease_term = state_.applied_term;
    extend_sessions(context);
    extend_waits_and_holds(context);
    extend_keys(context);
    extend_grants(context);
  }
  const std::set<std::string> unheld = indexes_.unheld_locks;
  expire_waits_of_sessions(context);
  expire_waits(context);
  expire_sessions(context);
  expire_holds(context);
  hand_on_locks(context, unheld);
  close_overdue_ballots(context);
  expire_grants(context);
  expire_keys(context);
}

Result Machine::Engine::run(Context& context, Command&& command, bool& replayed) {
  if (command.header.session_id != 0) {
    SessionCheck session = check_session(context);
    if (!session.run) {
      replayed = session.replayed;
      return std::move(session.answer);
    }
  }
  Refusal refusal = check(command, state_.limits);
  Result result = refusal.ok() ? std::visit([&context](auto&& body) { return execute(context, std::move(body)); },
                                            std::move(command.body))
                               : refuse(refusal.code, std::move(refusal.reason));
  result.revision = state_.applied_index;
  result.term = state_.applied_term;
  if (command.header.session_id != 0) {
    keep_answer(context, result);
  }
  return result;
}

void Machine::Engine::finish(ApplyOutcome& outcome) {
  if (!outcome.replayed) {
    outcome.result.revision = state_.applied_index;
    outcome.result.term = state_.applied_term;
  }
  Hasher hasher(state_.hash);
  hasher.number(state_.applied_index);
  hasher.number(state_.applied_term);
  hasher.number(state_.time_ms);
  // Not the reason: it is for people, and members of different versions may word it differently.
  walk(hasher, outcome.result.code);
  walk(hasher, outcome.result.revision);
  walk(hasher, outcome.result.body);
  walk(hasher, events_);
  state_.hash = hasher.value();
  if (events_.empty()) {
    return;
  }
  auto batch = std::make_shared<EventBatch>();
  batch->revision = state_.applied_index;
  batch->term = state_.applied_term;
  batch->time_ms = state_.time_ms;
  batch->size_bytes = measure(events_) + event_overhead_bytes * events_.size();
  batch->events = std::move(events_);
  events_ = {};
  outcome.events = std::move(batch);
  history_.add(outcome.events, state_.limits.history_bytes);
}

ApplyOutcome Machine::Engine::apply(uint64_t index, uint64_t term, Command&& command) {
  if (!is_next(index, term)) {
    return out_of_order(index, term, state_);
  }
  begin(index, term);
  const uint64_t now_ms = std::max(state_.time_ms, command.header.leader_time_ms);
  Context context{state_, indexes_, events_, command.header, index, now_ms, state_.time_ms};
  pass_time(context);
  ApplyOutcome outcome;
  outcome.result = run(context, std::move(command), outcome.replayed);
  finish(outcome);
  return outcome;
}

bool Machine::Engine::apply_empty(uint64_t index, uint64_t term) {
  if (!is_next(index, term)) {
    return false;
  }
  begin(index, term);
  ApplyOutcome outcome;
  finish(outcome);
  return true;
}

ApplyOutcome Machine::Engine::apply_undecodable(uint64_t index, uint64_t term, std::string_view reason) {
  if (!is_next(index, term)) {
    return out_of_order(index, term, state_);
  }
  begin(index, term);
  ApplyOutcome outcome;
  outcome.result = refuse(Code::invalid, std::string(reason));
  finish(outcome);
  return outcome;
}

Machine::Machine() : engine_(std::make_unique<Engine>()) {}
Machine::Machine(std::unique_ptr<Engine> engine) : engine_(std::move(engine)) {}
Machine::~Machine() = default;
Machine::Machine(Machine&&) noexcept = default;
Machine& Machine::operator=(Machine&&) noexcept = default;

ApplyOutcome Machine::apply(uint64_t index, uint64_t term, Command&& command) {
  return engine_->apply(index, term, std::move(command));
}
ApplyOutcome Machine::apply(uint64_t index, uint64_t term, const Command& command) {
  return engine_->apply(index, term, Command(command));
}
bool Machine::apply_empty(uint64_t index, uint64_t term) {
  return engine_->apply_empty(index, term);
}
ApplyOutcome Machine::apply_undecodable(uint64_t index, uint64_t term, std::string_view reason) {
  return engine_->apply_undecodable(index, term, reason);
}

uint64_t full_hash(const State& state) {
  Hasher hasher(0);
  walk(hasher, state);
  return hasher.value();
}

}  // namespace kelek::machine
