// What is derived from the state, so that deadlines, bindings and totals need no search. Never in a snapshot:
// made anew by a restore, and kept in step by the parts that change the state.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include <kelek/machine/state.h>

#include "ballot_rules.h"

namespace kelek::machine {

using DeadlineOfId = std::set<std::pair<uint64_t, uint64_t>>;       // (deadline or revision, id)
using DeadlineOfName = std::set<std::pair<uint64_t, std::string>>;  // (deadline, key or lock)

// What ends with a session.
struct Bindings {
  std::set<std::string> keys;
  std::set<std::string> holds;
  std::set<std::pair<std::string, uint64_t>> waits;  // (lock, ticket)

  uint64_t count() const { return keys.size() + holds.size() + waits.size(); }
};

struct Indexes {
  DeadlineOfName keys;
  DeadlineOfName holds;
  std::set<std::tuple<uint64_t, std::string, uint64_t>> waits;  // (deadline, lock, ticket)
  DeadlineOfId sessions;
  DeadlineOfId ballots;
  DeadlineOfId grants;
  std::set<std::string> unheld_locks;  // free, waited for, to be handed on at the next command

  DeadlineOfId closed_ballots;  // (closing revision, id): the oldest are forgotten first
  DeadlineOfId ended_grants;    // (ending revision, id)
  DeadlineOfId ended_sessions;  // (ending revision, id)

  std::map<uint64_t, Bindings> bindings;      // by session; absent = nothing bound
  std::map<uint64_t, uint64_t> answer_bytes;  // of the kept answers, by session
  std::map<uint64_t, Count> counts;           // of open ballots
  std::map<uint64_t, uint64_t> ballot_sizes;

  uint64_t kv_bytes = 0;
  uint64_t topic_bytes = 0;
  uint64_t ballot_bytes = 0;
  uint64_t all_answers_bytes = 0;

  // Everything anew from the state.
  static Indexes of(const State& state);
  // The smallest deadline; 0 where locks wait to be handed on.
  std::optional<uint64_t> next_deadline_ms() const;
};

uint64_t kv_size(const std::string& key, const KvRecord& record);
// With what an empty record takes: a million of them would otherwise count as nothing.
uint64_t topic_record_size(const TopicRecord& record);
// Of an answer that a session keeps. Without the reason: members of different versions may word it
// differently, and must still drop the same answers.
uint64_t answer_size(const Result& result);

}  // namespace kelek::machine
