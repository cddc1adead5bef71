// The check of a whole history: object by object, each by the search with its model.
#include <kelek/sim/linearizability.h>

#include <algorithm>
#include <map>
#include <utility>

#include "explanation.h"
#include "models.h"
#include "operation_text.h"
#include "search.h"

namespace kelek::sim::history {
namespace {

/// Numbers of operations in the history, in the order of their calls.
using Members = std::vector<std::size_t>;

/// What has no effect that anybody could tell plays no part.
bool takes_part(const Operation& operation) {
  if (operation.stale || operation.ending == Ending::refused) return false;
  return operation.ending == Ending::answered || !reads_only(operation.action);
}

std::map<std::pair<ObjectKind, std::string>, Members> split(const std::vector<Operation>& history) {
  std::map<std::pair<ObjectKind, std::string>, Members> objects;
  for (std::size_t i = 0; i < history.size(); ++i) {
    if (takes_part(history[i])) objects[{kind_of(history[i].action), history[i].key}].push_back(i);
  }
  for (auto& [name, members] : objects) {
    std::stable_sort(members.begin(), members.end(),
                     [&](std::size_t a, std::size_t b) { return history[a].call_time < history[b].call_time; });
  }
  return objects;
}

/// Looking ahead decides, and where there is no order, looking at nothing but what came before tells why.
Findings search_log(const std::vector<const Operation*>& operations, const std::vector<Interval>& intervals,
                    const CheckLimits& limits) {
  Findings ahead = Search<LogModel>(operations, intervals, limits, LogModel(true)).run();
  if (ahead.judgement != Judgement::not_linearizable) return ahead;
  Findings plain = Search<LogModel>(operations, intervals, limits).run();
  Findings& better = plain.judgement == Judgement::not_linearizable ? plain : ahead;
  better.steps = ahead.steps + plain.steps;
  return std::move(better);
}

Findings search(ObjectKind kind, const std::vector<const Operation*>& operations,
                const std::vector<Interval>& intervals, const CheckLimits& limits) {
  switch (kind) {
    case ObjectKind::register_: return Search<RegisterModel>(operations, intervals, limits).run();
    case ObjectKind::log: return search_log(operations, intervals, limits);
    case ObjectKind::lock: return Search<LockModel>(operations, intervals, limits).run();
    case ObjectKind::counter: return Search<CounterModel>(operations, intervals, limits).run();
    case ObjectKind::configuration: return Search<ConfigurationModel>(operations, intervals, limits).run();
  }
  return {};
}

ObjectVerdict judge(const std::vector<Operation>& history, ObjectKind kind, const std::string& key,
                    const Members& members, const CheckLimits& limits) {
  std::vector<const Operation*> operations;
  std::vector<Interval> intervals;
  for (const std::size_t member : members) {
    const Operation& operation = history[member];
    operations.push_back(&operation);
    intervals.push_back({operation.call_time, operation.return_time, operation.ending == Ending::unknown});
  }
  Findings found = search(kind, operations, intervals, limits);

  ObjectVerdict verdict;
  verdict.kind = kind;
  verdict.key = key;
  verdict.judgement = found.judgement;
  verdict.operations = members.size();
  verdict.steps = found.steps;
  verdict.limit = std::move(found.limit);
  if (found.judgement == Judgement::not_linearizable) {
    verdict.explanation.blocked = members[found.blocked];
    for (const std::uint32_t each : found.order) verdict.explanation.order.push_back(members[each]);
    for (const std::uint32_t each : found.stuck) verdict.explanation.stuck.push_back(members[each]);
    verdict.explanation.text = explain(history, verdict, found.state);
  }
  return verdict;
}

/// unknown is worse than linearizable, and not_linearizable than both.
int badness(Judgement judgement) {
  if (judgement == Judgement::linearizable) return 0;
  return judgement == Judgement::unknown ? 1 : 2;
}

}  // namespace

const char* judgement_name(Judgement judgement) {
  switch (judgement) {
    case Judgement::linearizable: return "linearizable";
    case Judgement::not_linearizable: return "not_linearizable";
    case Judgement::unknown: return "unknown";
  }
  return "unknown";
}

Verdict check_linearizability(const std::vector<Operation>& operations, const CheckLimits& limits) {
  Verdict verdict;
  verdict.operations = operations.size();
  verdict.left_out = operations.size();
  for (const auto& [name, members] : split(operations)) {
    verdict.objects.push_back(judge(operations, name.first, name.second, members, limits));
    const ObjectVerdict& object = verdict.objects.back();
    verdict.left_out -= object.operations;
    verdict.steps += object.steps;
    if (badness(object.judgement) > badness(verdict.judgement)) verdict.judgement = object.judgement;
  }
  return verdict;
}

std::string Verdict::text() const {
  std::string text = linearizable() ? "linearizable: " : "";
  if (judgement == Judgement::not_linearizable) text = "not linearizable: ";
  if (judgement == Judgement::unknown) text = "unknown: ";
  text += std::to_string(operations) + " operations on " + std::to_string(objects.size()) + " objects, " +
          std::to_string(left_out) + " of them without part in it; " + std::to_string(steps) + " steps\n";
  for (const ObjectVerdict& object : objects) {
    if (object.judgement == Judgement::not_linearizable) text += object.explanation.text;
    if (object.judgement == Judgement::unknown) {
      text += std::string(kind_name(object.kind)) + " " + quoted(object.key) + ": not decided within the limit of " +
              object.limit + ", after " + std::to_string(object.steps) + " steps\n";
    }
  }
  return text;
}

}  // namespace kelek::sim::history
