// A lock: free or held, with fences that only grow, and holds that may end by themselves once their lease is over.
#include <algorithm>
#include <limits>

#include "models.h"

namespace kelek::sim::history {

LockModel::Step LockModel::prepare(const Operation& operation) {
  constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();
  Step step;
  step.open = operation.ending == Ending::unknown;
  step.latest = step.open ? never : operation.return_time;
  if (const auto* acquire = std::get_if<Acquire>(&operation.action)) {
    step.acquires = true;
    step.done = acquire->got;
    step.fence = acquire->fence;
    const bool overflows = acquire->lease_time > never - operation.call_time;
    if (acquire->lease_time != 0) step.ends = overflows ? never : operation.call_time + acquire->lease_time;
    // When it happened, if it did, nobody knows; that its hold may end at any time makes all such acquires alike.
    if (step.open) step = Step{true, true, false, 0, never, step.ends == 0 ? std::uint64_t{0} : std::uint64_t{1}};
  } else if (const auto* release = std::get_if<Release>(&operation.action)) {
    step.done = release->done;
    step.fence = release->fence;
  }
  return step;
}

bool LockModel::apply(State& state, const Step& step) {
  return step.acquires ? acquire(state, step) : release(state, step);
}

bool LockModel::acquire(State& state, const Step& step) {
  if (!step.open && !step.done) return state.held;
  if (state.held && !may_have_ended(state, step)) return false;
  if (!step.open && step.fence <= state.floor) return false;
  state.held = true;
  state.ends = step.ends;
  state.fence = step.open ? 0 : step.fence;
  state.floor = std::max(state.floor, state.fence);
  return true;
}

bool LockModel::release(State& state, const Step& step) {
  const bool is_this = state.held && (state.fence == step.fence || (state.fence == 0 && step.fence > state.floor));
  if (step.open || step.done) {
    if (!is_this) return false;
    state = State{false, 0, 0, std::max(state.floor, step.fence)};
    return true;
  }
  if (!state.held || state.fence != step.fence) return true;
  if (!may_have_ended(state, step)) return false;
  state = State{false, 0, 0, state.floor};
  return true;
}

void LockModel::write(const State& state, Words& to) {
  to.insert(to.end(), {state.held ? std::uint64_t{1} : std::uint64_t{0}, state.fence, state.ends, state.floor});
}

std::string LockModel::describe(const State& state) {
  const std::string floor = ", and the highest fence given is " + std::to_string(state.floor);
  if (!state.held) return "the lock is free" + floor;
  if (state.fence == 0) return "the lock is held by an acquire whose outcome was not told" + floor;
  return "the lock is held with fence " + std::to_string(state.fence);
}

}  // namespace kelek::sim::history
