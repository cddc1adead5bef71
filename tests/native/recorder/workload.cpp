// The mix of operations.
#include "workload.h"

namespace kelek::recorder {

using namespace sim::history;

namespace {
constexpr std::uint64_t registers = 5;
constexpr std::uint64_t logs = 2;
constexpr std::uint64_t locks = 2;
constexpr std::uint64_t stale_one_in = 12;
/// Whole logs are long; most reads want their ends only.
constexpr std::uint64_t whole_log_one_in = 25;
}  // namespace

Operation Workload::next(std::uint64_t process) {
  Operation operation;
  operation.process = process;
  const std::uint64_t which = below(has_session_ ? 20 : 18);
  if (which < 10) {
    operation.key = prefix_ + "register" + std::to_string(below(registers));
    operation.action = on_register(operation.key, process);
  } else if (which < 14) {
    operation.key = prefix_ + "log" + std::to_string(below(logs));
    if (below(2) == 0) {
      operation.action = Append{fresh(process), std::nullopt};
    } else {
      operation.action = ReadLog{below(whole_log_one_in) == 0 ? 0U : 1U, {}};
    }
  } else if (which < 18) {
    // What is held is given back soon, so that others get it.
    operation.key = held_.empty() ? prefix_ + "lock" + std::to_string(below(locks)) : held_.begin()->first;
    operation.action = on_lock(operation.key);
  } else {
    operation.key = prefix_ + "counter";
    operation.action = below(2) == 0 ? Action(Add{1 + below(3), 0, 0, std::nullopt}) : Action(ReadTotal{});
  }
  operation.stale = reads_only(operation.action) && below(stale_one_in) == 0;
  return operation;
}

Action Workload::on_register(const std::string& key, std::uint64_t process) {
  const std::uint64_t which = below(16);
  if (which < 6) return Get{};
  if (which < 11) return Put{fresh(process), 0};
  if (which < 15) return CompareAndSet{seen_[key], fresh(process), false, 0};
  return Delete{};
}

Action Workload::on_lock(const std::string& key) {
  const auto held = held_.find(key);
  if (held != held_.end()) return Release{held->second, false};
  return Acquire{};
}

void Workload::learn(const Operation& operation) {
  const bool answered = operation.ending == Ending::answered;
  if (const auto* get = std::get_if<Get>(&operation.action); get != nullptr && answered) {
    seen_[operation.key] = get->value;
  } else if (const auto* put = std::get_if<Put>(&operation.action); put != nullptr && answered) {
    seen_[operation.key] = put->value;
  } else if (const auto* cas = std::get_if<CompareAndSet>(&operation.action); cas != nullptr && answered && cas->done) {
    seen_[operation.key] = cas->value;
  } else if (const auto* acquire = std::get_if<Acquire>(&operation.action); acquire != nullptr && answered) {
    if (acquire->got) held_[operation.key] = acquire->fence;
  } else if (std::holds_alternative<Release>(operation.action)) {
    held_.erase(operation.key);
  }
}

}  // namespace kelek::recorder
