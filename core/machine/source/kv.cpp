// Keys and values: put, delete, their ttl and their binding to sessions. (Txns: kv_txn.cpp.)
#include "kv.h"

#include <utility>

#include "text.h"

namespace kelek::machine {
namespace {

// Forgets deadline and binding of a record that is about to change or go.
void unindex(Context& context, const std::string& key, const KvRecord& record) {
  if (record.deadline_ms != 0) {
    context.indexes.keys.erase({record.deadline_ms, key});
  }
  if (record.session_id != 0) {
    context.indexes.bindings[record.session_id].keys.erase(key);
    unbind_if_empty(context, record.session_id);
  }
}

void erase_key(Context& context, KvAt at, EndCause cause) {
  unindex(context, at->first, at->second);
  context.indexes.kv_bytes -= kv_size(at->first, at->second);
  context.events.push_back(KvDeleteEvent{at->first, cause});
  context.state.kv.erase(at);
}

KvRecord without_value(const KvRecord& record) {
  KvRecord copy = record;
  copy.value.clear();
  return copy;
}

// The code of a condition that does not hold, with what is there instead.
Result condition_failed(const KvRecord* present, uint64_t wanted) {
  KvResult body;
  if (!present) {
    return refuse(Code::revision_mismatch, "the key is absent", std::move(body));
  }
  body.record = without_value(*present);
  return refuse(Code::revision_mismatch,
                "the key was last changed at revision " + std::to_string(present->mod_revision) + ", not at " +
                    std::to_string(wanted),
                std::move(body));
}

bool revision_is(const KvRecord* present, uint64_t wanted) {
  return (present ? present->mod_revision : 0) == wanted;
}

const KvRecord* find(const Context& context, const std::string& key) {
  const auto at = context.state.kv.find(key);
  return at == context.state.kv.end() ? nullptr : &at->second;
}

// Is what lower_bound gave the key itself?
bool is_at(const Context& context, KvAt at, const std::string& key) {
  return at != context.state.kv.end() && at->first == key;
}

Refusal can_put(const Context& context, const KvPut& put, const KvRecord* present) {
  const Limits& limits = context.state.limits;
  const uint64_t old_bytes = present ? put.key.size() + present->value.size() : 0;
  const uint64_t new_bytes = put.key.size() + put.value.size();
  if (!present && context.state.kv.size() >= limits.keys) {
    return {Code::over_limit, too_much("the store", context.state.kv.size() + 1, "keys", "keys", limits.keys)};
  }
  const uint64_t total = context.indexes.kv_bytes - old_bytes + new_bytes;
  if (new_bytes > old_bytes && total > limits.kv_bytes) {
    return {Code::over_limit, too_much("the store", total, "bytes", "kv_bytes", limits.kv_bytes)};
  }
  if (put.bind_to_session && (!present || present->session_id != context.header.session_id)) {
    return can_bind(context, context.header.session_id);
  }
  return {};
}

}  // namespace

KvResult put_key(Context& context, KvPut put) {
  const KvAt at = context.state.kv.lower_bound(put.key);
  return put_key(context, std::move(put), at);
}

KvResult put_key(Context& context, KvPut&& put, KvAt at) {
  KvResult answer;
  const bool absent = !is_at(context, at, put.key);
  if (absent) {
    at = context.state.kv.try_emplace(at, put.key);
  }
  KvRecord& record = at->second;
  if (absent) {
    record.create_revision = context.revision;
    context.indexes.kv_bytes += put.key.size() + put.value.size();
  } else {
    unindex(context, at->first, record);
    context.indexes.kv_bytes += put.value.size();
    context.indexes.kv_bytes -= record.value.size();
    if (put.want_previous) {
      answer.record = record;
    }
  }
  record.value = put.value;
  record.mod_revision = context.revision;
  ++record.version;
  record.ttl_ms = put.ttl_ms;
  record.deadline_ms = put.ttl_ms == 0 ? 0 : saturating_add(context.now_ms, put.ttl_ms);
  record.session_id = put.bind_to_session ? context.header.session_id : 0;
  if (record.deadline_ms != 0) {
    context.indexes.keys.emplace(record.deadline_ms, put.key);
  }
  if (record.session_id != 0) {
    context.indexes.bindings[record.session_id].keys.insert(put.key);
  }
  context.events.push_back(
      KvPutEvent{std::move(put.key), std::move(put.value), record.create_revision, record.version});
  return answer;
}

KvResult delete_key(Context& context, const KvDelete& command) {
  KvResult answer;
  const auto at = context.state.kv.find(command.key);
  if (at == context.state.kv.end()) {
    return answer;
  }
  if (command.want_previous) {
    answer.record = at->second;
  }
  answer.deleted = 1;
  erase_key(context, at, EndCause::released);
  return answer;
}

KvResult delete_key_range(Context& context, const KeyRange& range) {
  KvResult answer;
  auto at = context.state.kv.lower_bound(range.from);
  while (at != context.state.kv.end() && (range.to.empty() || at->first < range.to)) {
    const auto next = std::next(at);
    erase_key(context, at, EndCause::released);
    ++answer.deleted;
    at = next;
  }
  return answer;
}

Refusal can_delete_range(const Context& context, const KeyRange& range, uint64_t& keys) {
  const uint64_t limit = context.state.limits.range_delete_keys;
  auto at = context.state.kv.lower_bound(range.from);
  for (; at != context.state.kv.end() && (range.to.empty() || at->first < range.to); ++at) {
    if (++keys > limit) {
      return {Code::over_limit, "there are more than " + std::to_string(limit) +
                                    " keys to delete, the limit range_delete_keys: delete them in parts"};
    }
  }
  return {};
}

Result execute(Context& context, KvPut&& put) {
  const KvAt at = context.state.kv.lower_bound(put.key);
  const KvRecord* present = is_at(context, at, put.key) ? &at->second : nullptr;
  if (put.if_absent && present) {
    KvResult body;
    body.record = without_value(*present);
    return refuse(Code::exists, "the key is there since revision " + std::to_string(present->create_revision),
                  std::move(body));
  }
  if (put.if_revision && !revision_is(present, *put.if_revision)) {
    return condition_failed(present, *put.if_revision);
  }
  if (Refusal refusal = can_put(context, put, present); !refusal.ok()) {
    return refuse(refusal.code, std::move(refusal.reason));
  }
  if (put.want_previous && present) {
    if (Refusal refusal = can_answer(context, present->value.size()); !refusal.ok()) {
      return refuse(refusal.code, std::move(refusal.reason));
    }
  }
  return done(put_key(context, std::move(put), at));
}

Result execute(Context& context, const KvDelete& command) {
  const KvRecord* present = find(context, command.key);
  if (command.if_revision && !revision_is(present, *command.if_revision)) {
    return condition_failed(present, *command.if_revision);
  }
  if (!present) {
    return refuse(Code::not_found);
  }
  if (command.want_previous) {
    if (Refusal refusal = can_answer(context, present->value.size()); !refusal.ok()) {
      return refuse(refusal.code, std::move(refusal.reason));
    }
  }
  return done(delete_key(context, command));
}

Result execute(Context& context, const KvDeleteRange& command) {
  uint64_t keys = 0;
  if (Refusal refusal = can_delete_range(context, command.range, keys); !refusal.ok()) {
    return refuse(refusal.code, std::move(refusal.reason));
  }
  return done(delete_key_range(context, command.range));
}

void remove_key_of_session(Context& context, const std::string& key) {
  const auto at = context.state.kv.find(key);
  if (at != context.state.kv.end()) {
    erase_key(context, at, EndCause::session_ended);
  }
}

// A bounded number an entry, so that a great many keys with the same deadline do not hold everybody up; the
// next entry goes on, and the deadline that is still due makes the leader write one.
void expire_keys(Context& context) {
  for (uint64_t i = 0; i < context.state.limits.range_delete_keys && !context.indexes.keys.empty(); ++i) {
    const auto first = context.indexes.keys.begin();
    if (first->first > context.now_ms) {
      return;
    }
    erase_key(context, context.state.kv.find(first->second), EndCause::expired);
  }
}

void extend_keys(Context& context) {
  const DeadlineOfName old = std::move(context.indexes.keys);
  context.indexes.keys.clear();
  for (const auto& [deadline_ms, key] : old) {
    KvRecord& record = context.state.kv.find(key)->second;
    const uint64_t extended_ms = saturating_add(context.now_ms, record.ttl_ms);
    record.deadline_ms = extended_ms > deadline_ms ? extended_ms : deadline_ms;
    context.indexes.keys.emplace(record.deadline_ms, key);
  }
}

KeyRange prefix_range(std::string_view prefix) {
  KeyRange range{std::string(prefix), std::string(prefix)};
  while (!range.to.empty() && static_cast<unsigned char>(range.to.back()) == 0xff) {
    range.to.pop_back();
  }
  if (!range.to.empty()) {
    range.to.back() = static_cast<char>(static_cast<unsigned char>(range.to.back()) + 1);
  }
  return range;
}

}  // namespace kelek::machine
