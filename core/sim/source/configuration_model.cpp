// The configuration of a group: its members, and the index of the entry that made them so.
#include <algorithm>

#include "models.h"
#include "operation_text.h"

namespace kelek::sim::history {

ConfigurationModel::Step ConfigurationModel::prepare(const Operation& operation) {
  Step step;
  const bool open = operation.ending == Ending::unknown;
  if (const auto* change = std::get_if<ChangeMembers>(&operation.action)) {
    step.members = members_.id_of(members_text(change->members));
    step.index = open ? 0 : change->index;
  } else if (const auto* read = std::get_if<ReadMembers>(&operation.action)) {
    step.reads = true;
    step.members = members_.id_of(members_text(read->members));
    step.index = read->index;
  }
  return step;
}

bool ConfigurationModel::apply(State& state, const Step& step) {
  if (step.reads) {
    if (state.members != nobody_knows && state.members != step.members) return false;
    state.members = step.members;
    if (step.index == 0) return true;
    if (state.index_known) return state.index == step.index;
    if (step.index <= state.index) return false;
  } else {
    state.members = step.members;
    state.index_known = false;
    if (step.index == 0) return true;
    if (step.index <= state.index) return false;
  }
  state.index = step.index;
  state.index_known = true;
  return true;
}

void ConfigurationModel::write(const State& state, Words& to) {
  to.insert(to.end(), {state.members, state.index_known ? std::uint64_t{1} : std::uint64_t{0}, state.index});
}

std::string ConfigurationModel::describe(const State& state) const {
  if (state.members == nobody_knows) return "nothing is known of the members";
  const std::string index = state.index_known ? " since index " : ", since some index above ";
  return "the members are " + members_.text_of(state.members) + index + std::to_string(state.index);
}

}  // namespace kelek::sim::history
