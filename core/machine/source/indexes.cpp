// Makes the indexes anew from a state.
#include "indexes.h"

#include "walk.h"

namespace kelek::machine {
namespace {

// About what it takes in memory; the same number on every platform.
constexpr uint64_t empty_record_bytes = 96;
constexpr uint64_t empty_answer_bytes = 256;

void index_keys(const State& state, Indexes& indexes) {
  for (const auto& [key, record] : state.kv) {
    indexes.kv_bytes += kv_size(key, record);
    if (record.deadline_ms != 0) {
      indexes.keys.emplace(record.deadline_ms, key);
    }
    if (record.session_id != 0) {
      indexes.bindings[record.session_id].keys.insert(key);
    }
  }
}

void index_ballots(const State& state, Indexes& indexes) {
  for (const auto& [id, ballot] : state.ballots) {
    const uint64_t size = measure(ballot);
    indexes.ballot_sizes.emplace(id, size);
    indexes.ballot_bytes += size;
    if (ballot.verdict) {
      indexes.closed_ballots.emplace(ballot.verdict->revision, id);
    } else {
      indexes.ballots.emplace(ballot.deadline_ms, id);
      indexes.counts.emplace(id, Count(ballot));
    }
  }
}

void index_grants(const State& state, Indexes& indexes) {
  for (const auto& [id, grant] : state.grants) {
    if (grant.ended_revision != 0) {
      indexes.ended_grants.emplace(grant.ended_revision, id);
    } else if (grant.deadline_ms != 0) {
      indexes.grants.emplace(grant.deadline_ms, id);
    }
  }
}

void index_locks(const State& state, Indexes& indexes) {
  for (const auto& [name, lock] : state.locks) {
    if (lock.hold) {
      indexes.holds.emplace(lock.hold->deadline_ms, name);
      if (lock.hold->session_id != 0) {
        indexes.bindings[lock.hold->session_id].holds.insert(name);
      }
    } else {
      indexes.unheld_locks.insert(name);
    }
    for (const auto& [ticket, waiter] : lock.waiters) {
      indexes.waits.emplace(waiter.deadline_ms, name, ticket);
      if (waiter.session_id != 0) {
        indexes.bindings[waiter.session_id].waits.emplace(name, ticket);
      }
    }
  }
}

}  // namespace

uint64_t kv_size(const std::string& key, const KvRecord& record) {
  return key.size() + record.value.size();
}
uint64_t topic_record_size(const TopicRecord& record) {
  return empty_record_bytes + record.payload.size() + record.author.size();
}
uint64_t answer_size(const Result& result) {
  return empty_answer_bytes + measure(result.body);
}

Indexes Indexes::of(const State& state) {
  Indexes indexes;
  index_keys(state, indexes);
  index_ballots(state, indexes);
  index_grants(state, indexes);
  index_locks(state, indexes);
  for (const auto& [name, topic] : state.topics) {
    for (const TopicRecord& record : topic.records) {
      indexes.topic_bytes += topic_record_size(record);
    }
  }
  for (const auto& [id, session] : state.sessions) {
    indexes.sessions.emplace(session.deadline_ms, id);
    for (const StoredResult& stored : session.results) {
      const uint64_t bytes = answer_size(stored.result);
      indexes.answer_bytes[id] += bytes;
      indexes.all_answers_bytes += bytes;
    }
  }
  for (const auto& [id, ended] : state.ended_sessions) {
    indexes.ended_sessions.emplace(ended.ended_revision, id);
  }
  return indexes;
}

std::optional<uint64_t> Indexes::next_deadline_ms() const {
  if (!unheld_locks.empty()) {
    return 0;
  }
  std::optional<uint64_t> next;
  const auto consider = [&next](uint64_t deadline_ms) {
    if (!next || deadline_ms < *next) {
      next = deadline_ms;
    }
  };
  if (!keys.empty()) consider(keys.begin()->first);
  if (!holds.empty()) consider(holds.begin()->first);
  if (!waits.empty()) consider(std::get<0>(*waits.begin()));
  if (!sessions.empty()) consider(sessions.begin()->first);
  if (!ballots.empty()) consider(ballots.begin()->first);
  if (!grants.empty()) consider(grants.begin()->first);
  return next;
}

}  // namespace kelek::machine
