// A counter: what comes again under the same session and sequence counts once, and is answered as the first time.
#include <algorithm>

#include "models.h"

namespace kelek::sim::history {

CounterModel::Step CounterModel::prepare(const Operation& operation) {
  Step step;
  step.open = operation.ending == Ending::unknown;
  if (const auto* add = std::get_if<Add>(&operation.action)) {
    step.amount = add->amount;
    step.session = add->session;
    step.sequence = add->sequence;
    step.told = !step.open && add->total.has_value();
    step.total = add->total.value_or(0);
    if (step.session != 0 && !sent_.try_emplace({step.session, step.sequence}, true).second) sent_again_ = true;
  } else if (const auto* read = std::get_if<ReadTotal>(&operation.action)) {
    step.reads = true;
    step.total = read->total;
  }
  return step;
}

bool CounterModel::apply(State& state, const Step& step) const {
  if (step.reads) return state.total == step.total;
  if (step.session != 0 && sent_again_) return add_in_session(state, step);
  state.total += step.amount;
  return !step.told || state.total == step.total;
}

bool CounterModel::add_in_session(State& state, const Step& step) {
  auto place =
      std::lower_bound(state.newest.begin(), state.newest.end(), step.session,
                       [](const Counted& counted, std::uint64_t session) { return counted.session < session; });
  const bool known = place != state.newest.end() && place->session == step.session;
  if (known && step.sequence <= place->sequence) {
    if (step.open || step.sequence < place->sequence) return false;
    return !step.told || place->total == step.total;
  }
  state.total += step.amount;
  const Counted counted{step.session, step.sequence, state.total};
  if (known) {
    *place = counted;
  } else {
    state.newest.insert(place, counted);
  }
  return !step.told || state.total == step.total;
}

void CounterModel::write(const State& state, Words& to) {
  to.push_back(state.total);
  for (const Counted& counted : state.newest) {
    to.insert(to.end(), {counted.session, counted.sequence, counted.total});
  }
}

std::string CounterModel::describe(const State& state) {
  return "the counter is at " + std::to_string(state.total);
}

}  // namespace kelek::sim::history
