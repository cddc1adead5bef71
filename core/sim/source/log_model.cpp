// An append log: the tree of all logs that the search came by.
#include <algorithm>

#include "models.h"
#include "operation_text.h"

namespace kelek::sim::history {

LogModel::Step LogModel::prepare(const Operation& operation) {
  Step step;
  if (const auto* append = std::get_if<Append>(&operation.action)) {
    step.record = records_.id_of(append->record);
    step.told = operation.ending == Ending::answered && append->position.has_value();
    step.position = append->position.value_or(0);
    if (step.told) shown_.try_emplace(step.position, step.record);
  } else if (const auto* read = std::get_if<ReadLog>(&operation.action)) {
    step.reads = true;
    step.position = read->from;
    for (const std::string& record : read->records) {
      shown_.try_emplace(step.position + step.records.size(), records_.id_of(record));
      step.records.push_back(records_.id_of(record));
    }
  }
  return step;
}

bool LogModel::apply(State& state, const Step& step) {
  if (step.reads) return ends_with(state.end, step);
  if (step.told && nodes_[state.end].depth != step.position) return false;
  if (looks_ahead_ && is_elsewhere(nodes_[state.end].depth, step.record)) return false;
  state.end = child(state.end, step.record);
  return true;
}

bool LogModel::ends_with(std::uint32_t node, const Step& step) const {
  const std::uint64_t depth = nodes_[node].depth;
  if (step.records.empty()) return depth <= step.position;
  if (depth != step.position + step.records.size()) return false;
  return std::all_of(step.records.rbegin(), step.records.rend(), [&](Interner::Id record) {
    const Node& last = nodes_[node];
    node = last.parent;
    return last.record == record;
  });
}

bool LogModel::is_elsewhere(std::uint64_t position, Interner::Id record) const {
  const auto place = shown_.find(position);
  return place != shown_.end() && place->second != record;
}

std::uint32_t LogModel::child(std::uint32_t node, Interner::Id record) {
  const auto [place, added] = children_.try_emplace({node, record}, static_cast<std::uint32_t>(nodes_.size()));
  if (added) nodes_.push_back({node, nodes_[node].depth + 1, record});
  return place->second;
}

std::string LogModel::describe(const State& state) const {
  if (state.end == 0) return "the log is empty";
  std::string last;
  std::uint32_t node = state.end;
  for (int shown = 0; shown < 4 && node != 0; ++shown) {
    last.insert(0, " " + quoted(records_.text_of(nodes_[node].record)));
    node = nodes_[node].parent;
  }
  return "the log has " + std::to_string(nodes_[state.end].depth) + " records, at the end" + last;
}

}  // namespace kelek::sim::history
