// A register: absent, or a value and how many puts it has had since it was created.
#include "models.h"
#include "operation_text.h"

namespace kelek::sim::history {

RegisterModel::Step RegisterModel::prepare(const Operation& operation) {
  Step step;
  step.open = operation.ending == Ending::unknown;
  const auto id_of = [&](const std::optional<std::string>& value) { return value ? values_.id_of(*value) : absent; };
  if (const auto* get = std::get_if<Get>(&operation.action)) {
    step.value = id_of(get->value);
    step.version = get->version;
  } else if (const auto* put = std::get_if<Put>(&operation.action)) {
    step.verb = Verb::put;
    step.value = values_.id_of(put->value);
    step.version = put->version;
  } else if (const auto* compare = std::get_if<CompareAndSet>(&operation.action)) {
    step.verb = Verb::compare_and_set;
    step.expected = id_of(compare->expected);
    step.value = values_.id_of(compare->value);
    step.version = compare->version;
    step.done = compare->done;
  } else if (const auto* erase = std::get_if<Delete>(&operation.action)) {
    step.verb = Verb::erase;
    step.told = erase->existed.has_value();
    step.done = erase->existed.value_or(false);
  }
  if (step.open) step.version = 0;
  versions_told_ = versions_told_ || step.version != 0;
  return step;
}

bool RegisterModel::apply(State& state, const Step& step) const {
  switch (step.verb) {
    case Verb::get: return state.value == step.value && (step.version == 0 || state.version == step.version);
    case Verb::put: return write_value(state, step);
    case Verb::compare_and_set: return compare_and_set(state, step);
    case Verb::erase: return erase(state, step);
  }
  return false;
}

bool RegisterModel::write_value(State& state, const Step& step) const {
  state.value = step.value;
  if (versions_told_) ++state.version;
  return step.version == 0 || state.version == step.version;
}

bool RegisterModel::compare_and_set(State& state, const Step& step) const {
  const bool holds = state.value == step.expected;
  if (!step.open && holds != step.done) return false;
  if (!holds) return !step.open;
  return write_value(state, step);
}

bool RegisterModel::erase(State& state, const Step& step) {
  const bool existed = state.value != absent;
  state = State{};
  return step.open ? existed : !step.told || step.done == existed;
}

void RegisterModel::write(const State& state, Words& to) {
  to.push_back(state.value);
  to.push_back(state.version);
}

std::string RegisterModel::describe(const State& state) const {
  if (state.value == absent) return "there is nothing under the key";
  const std::string version = versions_told_ ? " version " + std::to_string(state.version) : "";
  return "the key holds " + quoted(values_.text_of(state.value)) + version;
}

}  // namespace kelek::sim::history
