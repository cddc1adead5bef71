// Every limit of the machine. The values in force are part of the replicated state (identical on all
// members): they start from the defaults below and change only by a SetLimits command in the log.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace kelek::machine {

// A lowered limit refuses new data and leaves what is stored as it is.
struct Limits {
  // One command and its parts.
  uint64_t command_bytes = 1024 * 1024;  // all strings of one command together
  uint64_t name_bytes = 128;             // callers, topics, locks, policies, voters, organisations, options
  uint64_t key_bytes = 1024;             // one kv key
  uint64_t value_bytes = 512 * 1024;     // one kv value
  uint64_t record_bytes = 256 * 1024;    // one topic record
  uint64_t txn_operations = 128;         // compares, and operations of either branch, each

  // Key value store.
  uint64_t keys = 1'000'000;
  uint64_t kv_bytes = 1024ull * 1024 * 1024;  // keys and values together
  uint64_t result_bytes = 1024 * 1024;        // values that one answer carries
  uint64_t range_delete_keys = 10'000;        // keys that one entry removes by ranges, or lets expire
  uint64_t page_items = 10'000;               // items in one page of a query
  uint64_t page_bytes = 4 * 1024 * 1024;      // bytes in one page of a query

  // Topics. Each record counts 96 bytes more than its author and payload.
  uint64_t topics = 10'000;
  uint64_t topic_records = 1'000'000;           // kept records of one topic
  uint64_t topic_bytes = 512ull * 1024 * 1024;  // kept records of all topics together

  // Ballots.
  uint64_t open_ballots = 1'000;
  // kept with all votes; the oldest are forgotten, their verdicts stay in the topic
  uint64_t closed_ballots = 10'000;
  uint64_t electors = 1'000;  // of one ballot
  uint64_t options = 16;      // of one ballot
  uint64_t elector_weight = 1'000'000;
  uint64_t ballot_bytes = 256ull * 1024 * 1024;  // all ballots with their votes together
  uint64_t question_bytes = 4 * 1024;
  uint64_t rationale_bytes = 4 * 1024;
  uint64_t evidence_items = 16;  // of one vote
  uint64_t evidence_uri_bytes = 1024;
  uint64_t ballot_duration_ms = 366ull * 24 * 3600 * 1000;

  // Grants and policies.
  uint64_t grants = 100'000;       // pending and active
  uint64_t ended_grants = 10'000;  // kept so that a late use is told why; the oldest are forgotten
  uint64_t grant_uses = 1'000'000'000;
  uint64_t grant_request_ms = 24ull * 3600 * 1000;  // a request without a ballot is dropped after this
  uint64_t policies = 1'000;
  uint64_t policy_issuers = 1'000;

  // Locks.
  uint64_t locks = 100'000;       // held, and places in their queues, together
  uint64_t lock_waiters = 1'000;  // of one lock

  // Leases of locks, grants, keys and sessions.
  uint64_t lease_min_ms = 100;
  uint64_t lease_max_ms = 366ull * 24 * 3600 * 1000;

  // Sessions.
  uint64_t sessions = 10'000;
  uint64_t session_bindings = 10'000;  // keys, holds and waits bound to one session
  uint64_t session_results = 64;       // newest answers kept for retries, per session
  // of them together (each counts 256 bytes more than its values); the newest is always kept. One that is
  // larger than this alone is given only while all sessions keep less than sessions times this
  uint64_t session_result_bytes = 64 * 1024;
  uint64_t ended_sessions = 10'000;  // remembered as ended; older ones count as unknown

  // Watches: history kept in memory by each member; not part of the snapshot.
  uint64_t history_bytes = 16 * 1024 * 1024;

  friend bool operator==(const Limits&, const Limits&) = default;
};

// One row per field of Limits, in the order of the struct: for codecs, command lines and checks.
struct LimitInfo {
  const char* name;
  uint64_t Limits::*field;
  uint64_t minimum;  // a smaller value is refused by SetLimits
  uint64_t maximum;  // a larger value is refused by SetLimits; a restored state is checked against it
};
std::span<const LimitInfo> limit_table();

// The reason why these limits cannot be used, empty when they can.
std::string validate(const Limits& limits);

}  // namespace kelek::machine
