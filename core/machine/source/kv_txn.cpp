// Txns: compares, then one of two lists of operations, all in one entry.
#include <string_view>

#include "kv.h"
#include "text.h"

namespace kelek::machine {
namespace {

template <class T>
bool relates(const T& left, CompareRelation relation, const T& right) {
  switch (relation) {
    case CompareRelation::equal: return left == right;
    case CompareRelation::not_equal: return left != right;
    case CompareRelation::less: return left < right;
    case CompareRelation::greater: return left > right;
  }
  return false;
}

bool holds(const State& state, const KvCompare& compare) {
  const auto at = state.kv.find(compare.key);
  const KvRecord* record = at == state.kv.end() ? nullptr : &at->second;
  switch (compare.target) {
    case CompareTarget::value:
      if (!record) {
        return compare.relation == CompareRelation::not_equal;
      }
      return relates<std::string_view>(record->value, compare.relation, compare.value);
    case CompareTarget::mod_revision:
      return relates(record ? record->mod_revision : 0, compare.relation, compare.number);
    case CompareTarget::create_revision:
      return relates(record ? record->create_revision : 0, compare.relation, compare.number);
    case CompareTarget::version: return relates(record ? record->version : 0, compare.relation, compare.number);
  }
  return false;
}

// What a list of operations may need at most. Deletes before puts are not counted in its favour: a txn close
// to a limit is refused rather than half done.
struct Needs {
  uint64_t keys = 0;
  uint64_t bytes = 0;
  uint64_t bindings = 0;
  uint64_t answer_bytes = 0;
};

class Estimate {
 public:
  explicit Estimate(const Context& context) : context_(context) {}

  Needs needs;
  Refusal refusal;

  void operator()(const KvPut& put) {
    const KvRecord* present = find(put.key);
    needs.keys += present ? 0u : 1u;
    needs.bytes += put.key.size() + put.value.size();
    const bool is_bound = present && present->session_id == context_.header.session_id;
    needs.bindings += put.bind_to_session && !is_bound ? 1u : 0u;
    written_bytes_ += put.value.size();
    if (put.want_previous) {
      answer(present);
    }
  }
  void operator()(const KvDelete& command) {
    if (command.want_previous) {
      answer(find(command.key));
    }
  }
  void operator()(const KvDeleteRange& command) {
    if (refusal.ok()) {
      refusal = can_delete_range(context_, command.range, range_keys_);
    }
  }
  void operator()(const KvGet& command) { answer(find(command.key)); }

 private:
  const KvRecord* find(const std::string& key) const {
    const auto at = context_.state.kv.find(key);
    return at == context_.state.kv.end() ? nullptr : &at->second;
  }
  // It answers with what is there now, or with what an operation before it in this list has written.
  void answer(const KvRecord* present) { needs.answer_bytes += (present ? present->value.size() : 0) + written_bytes_; }

  const Context& context_;
  uint64_t written_bytes_ = 0;
  uint64_t range_keys_ = 0;
};

Refusal can_run(const Context& context, const std::vector<KvOperation>& operations) {
  const Limits& limits = context.state.limits;
  Estimate estimate(context);
  for (const KvOperation& operation : operations) {
    std::visit([&estimate](const auto& inner) { estimate(inner); }, operation);
  }
  const Needs& needs = estimate.needs;
  if (needs.keys != 0 && context.state.kv.size() + needs.keys > limits.keys) {
    return {Code::over_limit, too_much("the store", context.state.kv.size() + needs.keys, "keys", "keys", limits.keys)};
  }
  if (needs.bytes != 0 && context.indexes.kv_bytes + needs.bytes > limits.kv_bytes) {
    return {Code::over_limit,
            too_much("the store", context.indexes.kv_bytes + needs.bytes, "bytes", "kv_bytes", limits.kv_bytes)};
  }
  if (Refusal refusal = can_answer(context, needs.answer_bytes); !refusal.ok()) {
    return refusal;
  }
  if (needs.bindings != 0) {
    if (Refusal refusal = can_bind(context, context.header.session_id, needs.bindings); !refusal.ok()) {
      return refusal;
    }
  }
  return estimate.refusal;
}

class Runner {
 public:
  explicit Runner(Context& context) : context_(context) {}

  KvResult operator()(const KvPut& put) { return put_key(context_, put); }
  KvResult operator()(const KvDelete& command) { return delete_key(context_, command); }
  KvResult operator()(const KvDeleteRange& command) { return delete_key_range(context_, command.range); }
  KvResult operator()(const KvGet& command) {
    KvResult answer;
    const auto at = context_.state.kv.find(command.key);
    if (at != context_.state.kv.end()) {
      answer.record = at->second;
    }
    return answer;
  }

 private:
  Context& context_;
};

}  // namespace

Result execute(Context& context, const KvTxn& txn) {
  TxnResult answer;
  answer.compares_held = true;
  for (const KvCompare& compare : txn.compares) {
    answer.compares_held = answer.compares_held && holds(context.state, compare);
  }
  const std::vector<KvOperation>& operations = answer.compares_held ? txn.then_operations : txn.else_operations;
  if (Refusal refusal = can_run(context, operations); !refusal.ok()) {
    return refuse(refusal.code, std::move(refusal.reason));
  }
  Runner runner(context);
  for (const KvOperation& operation : operations) {
    answer.operations.push_back(std::visit(runner, operation));
  }
  return done(std::move(answer));
}

}  // namespace kelek::machine
