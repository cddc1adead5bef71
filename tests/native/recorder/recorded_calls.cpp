// Each operation of a history as a call of the client, and each answer of the client as one of the history.
#include "recorded_calls.h"

#include <algorithm>
#include <chrono>

namespace kelek::recorder {

using namespace sim::history;
using machine::Code;

std::uint64_t now_ns() {
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(since).count());
}

struct RecordedCalls::Doing {
  RecordedCalls& calls;
  Operation& operation;

  client::CallOptions options() const {
    client::CallOptions options;
    options.stale = operation.stale;
    options.min_revision = operation.stale ? calls.told_revision_ : 0;
    return options;
  }

  /// Whether the machine answered: with ok, or with one of the codes that are answers too.
  template <typename Value>
  bool answered(const client::Answer<Value>& answer, std::initializer_list<Code> answers = {}) {
    const bool by_code = answer.problem.kind == client::ProblemKind::machine_refused &&
                         std::find(answers.begin(), answers.end(), answer.problem.code) != answers.end();
    if (answer.ok() || by_code) {
      operation.ending = Ending::answered;
      if (operation.stale) {
        operation.revision = answer.revision;
        calls.told_revision_ = std::max(calls.told_revision_, answer.revision);
      }
      return true;
    }
    operation.ending = answer.kind == client::OutcomeKind::refused ? Ending::refused : Ending::unknown;
    return false;
  }

  void operator()(Get& get) {
    const auto answer = calls.client_.ask(wire::KvGetQuery{operation.key}, options());
    if (!answered(answer) || !answer.value.record) return;
    get.value = answer.value.record->value;
    get.version = answer.value.record->version;
  }

  void operator()(Put& put) {
    machine::KvPut command;
    command.key = operation.key;
    command.value = put.value;
    command.want_previous = true;
    const auto answer = calls.client_.execute(std::move(command));
    if (answered(answer)) put.version = answer.value.record ? answer.value.record->version + 1 : 1;
  }

  void operator()(CompareAndSet& cas) {
    using machine::CompareRelation;
    using machine::CompareTarget;
    machine::KvTxn command;
    // What is absent has version 0.
    const CompareTarget target = cas.expected ? CompareTarget::value : CompareTarget::version;
    command.compares = {{operation.key, target, CompareRelation::equal, 0, cas.expected.value_or("")}};
    machine::KvPut write;
    write.key = operation.key;
    write.value = cas.value;
    command.then_operations = {write, machine::KvGet{operation.key}};
    const auto answer = calls.client_.execute(std::move(command));
    if (!answered(answer)) return;
    cas.done = answer.value.compares_held;
    const auto& results = answer.value.operations;
    if (cas.done && results.size() == 2 && results[1].record) cas.version = results[1].record->version;
  }

  void operator()(Delete& erase) {
    const auto answer = calls.client_.execute(machine::KvDelete{operation.key, std::nullopt, false});
    if (answered(answer, {Code::not_found})) erase.existed = answer.ok();
  }

  void operator()(Append& append) {
    machine::TopicAppend command;
    command.topic = operation.key;
    command.payload = append.record;
    command.create_if_missing = true;
    const auto answer = calls.client_.execute(std::move(command));
    if (answered(answer)) append.position = answer.value.offset;
  }

  void operator()(ReadLog& read) {
    const auto answer = read.from == 0
                            ? calls.client_.ask(wire::TopicReadQuery{operation.key, 0, 0}, options())
                            : calls.client_.ask(wire::TopicTailQuery{operation.key, tail_records}, options());
    read.from = 0;
    if (!answered(answer)) return;
    const machine::TopicPage& page = answer.value;
    if (page.items.empty()) return;
    if (page.next_offset != page.end_offset) {  // more than a page: not all there was at one moment
      operation.ending = Ending::refused;
      return;
    }
    read.from = page.items.front().offset;
    for (const machine::TopicItem& item : page.items) read.records.push_back(item.record.payload);
  }

  void operator()(Acquire& acquire) {
    machine::LockAcquire command;
    command.lock = operation.key;
    command.ttl_ms = lock_ttl_ms;
    // Log time is told in whole milliseconds: the hold may end a little sooner than so long after the call.
    acquire.lease_time = (lock_ttl_ms - 5) * 1'000'000;
    const auto answer = calls.client_.execute(std::move(command));
    if (!answered(answer, {Code::held_by_another})) return;
    acquire.got = answer.ok();
    acquire.fence = answer.value.fence;
  }

  void operator()(Release& release) {
    const auto answer = calls.client_.execute(machine::LockRelease{operation.key, release.fence});
    if (answered(answer, {Code::not_holder, Code::stale_fence})) release.done = answer.ok();
  }

  void operator()(Add& add) {
    const Counter& counter = calls.counter_;
    const auto answer = calls.client_.execute(machine::GrantUse{counter.grant_id, counter.fence, add.amount});
    if (answered(answer)) add.total = counter.limit - answer.value.uses_left;
  }

  void operator()(ReadTotal& read) {
    const auto answer = calls.client_.ask(wire::GrantGetQuery{calls.counter_.grant_id}, options());
    if (!answered(answer)) return;
    if (!answer.value.grant) {  // a stale answer of before the grant
      operation.ending = Ending::refused;
      return;
    }
    read.total = answer.value.grant->used;
  }

  // Members are changed by operators, not by this client.
  void operator()(ChangeMembers&) { operation.ending = Ending::refused; }
  void operator()(ReadMembers&) { operation.ending = Ending::refused; }
};

void RecordedCalls::perform(Operation& operation) {
  operation.call_time = now_ns();
  std::visit(Doing{*this, operation}, operation.action);
  operation.return_time = now_ns();
}

}  // namespace kelek::recorder
