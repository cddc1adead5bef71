// The whole replicated state as plain data: the snapshot is exactly this. Machine::restore checks and takes
// it back.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <kelek/machine/ballot.h>
#include <kelek/machine/command.h>
#include <kelek/machine/limits.h>
#include <kelek/machine/result.h>

namespace kelek::machine {

// An append-only log. Record i of `records` has the offset first_offset + i.
struct TopicRecord {
  uint64_t revision = 0;
  uint64_t time_ms = 0;
  std::string author;  // the authenticated caller; of a verdict: who opened the ballot
  // not 0: the record is the verdict of this ballot, written by the machine itself
  uint64_t ballot_id = 0;
  std::string payload;  // bytes; of a verdict: JSON, see README.md

  friend bool operator==(const TopicRecord&, const TopicRecord&) = default;
};

struct Topic {
  std::string creator;
  bool verdicts_only = false;
  uint64_t create_revision = 0;
  uint64_t first_offset = 0;  // of the oldest record kept
  std::deque<TopicRecord> records;

  friend bool operator==(const Topic&, const Topic&) = default;
};

// Why a grant, hold, key or session ended.
enum class EndCause : uint8_t {
  released = 0,  // by its owner
  expired = 1,   // in log time
  session_ended = 2,
  revoked = 3,    // by issuer or admin
  exhausted = 4,  // all uses counted
  denied = 5,     // the ballot did not approve
};
const char* end_cause_name(EndCause cause);

struct Grant {
  uint64_t grant_id = 0;  // the revision that requested or issued it
  GrantTerms terms;
  GrantState state = GrantState::pending;
  std::string requester;
  std::string reason;
  std::string issuer;      // caller of GrantIssue, or the opener of the ballot
  std::string policy;      // that allowed it, or empty
  uint64_t ballot_id = 0;  // that decides or decided it, or 0
  uint64_t fence = 0;      // the revision that issued it; 0 while pending or never issued
  uint64_t used = 0;
  // pending: when the request is dropped; active: when it ends (lease or hard end); 0 = never
  uint64_t deadline_ms = 0;
  uint64_t ended_revision = 0;

  friend bool operator==(const Grant&, const Grant&) = default;
};

struct Policy {
  PolicySet rule;
  uint64_t revision = 0;  // that set it

  friend bool operator==(const Policy&, const Policy&) = default;
};

struct LockHold {
  std::string holder;
  uint64_t fence = 0;   // the revision that granted it
  uint64_t ticket = 0;  // the revision that asked; equals the fence if the lock was free
  uint64_t ttl_ms = 0;
  uint64_t deadline_ms = 0;
  uint64_t session_id = 0;  // 0 = not bound

  friend bool operator==(const LockHold&, const LockHold&) = default;
};

struct LockWaiter {
  std::string caller;
  uint64_t ticket = 0;  // the revision that queued it
  uint64_t ttl_ms = 0;
  uint64_t wait_ms = 0;
  uint64_t deadline_ms = 0;  // leaves the queue at this time
  uint64_t session_id = 0;

  friend bool operator==(const LockWaiter&, const LockWaiter&) = default;
};

// A lock that is free and waited for by nobody has no record. A record without a hold is handed to its first
// waiter at the next applied command (a lock is granted at most once a revision, so that fences grow).
struct Lock {
  std::optional<LockHold> hold;
  std::map<uint64_t, LockWaiter> waiters;  // by ticket: first come, first served

  friend bool operator==(const Lock&, const Lock&) = default;
};

struct StoredResult {
  uint64_t sequence = 0;
  Result result;

  friend bool operator==(const StoredResult&, const StoredResult&) = default;
};

struct Session {
  uint64_t session_id = 0;  // the revision that opened it
  std::string owner;
  uint64_t ttl_ms = 0;
  uint64_t deadline_ms = 0;
  uint64_t last_sequence = 0;        // newest applied
  std::deque<StoredResult> results;  // newest answers, consecutive, ends with last_sequence

  friend bool operator==(const Session&, const Session&) = default;
};

struct EndedSession {
  EndCause cause = EndCause::expired;
  uint64_t ended_revision = 0;

  friend bool operator==(const EndedSession&, const EndedSession&) = default;
};

struct State {
  uint64_t applied_index = 0;  // = revision
  uint64_t applied_term = 0;
  uint64_t lease_term = 0;  // the term whose leader last extended the leases
  uint64_t time_ms = 0;     // log time
  uint64_t hash = 0;        // running hash: see Machine::state_hash
  Limits limits;
  std::map<std::string, KvRecord, std::less<>> kv;
  std::map<std::string, Topic, std::less<>> topics;
  std::map<uint64_t, Ballot> ballots;
  std::map<uint64_t, Grant> grants;
  std::map<std::string, Policy, std::less<>> policies;
  std::map<std::string, Lock, std::less<>> locks;
  std::map<uint64_t, Session> sessions;
  std::map<uint64_t, EndedSession> ended_sessions;

  friend bool operator==(const State&, const State&) = default;
};

// A hash over every byte of the state (not the running one): equal states have equal hashes. Cost: one walk.
uint64_t full_hash(const State& state);

}  // namespace kelek::machine
