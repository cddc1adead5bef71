// Results: what a command came to. A refused command changed nothing but log time (and what that let expire).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <kelek/machine/ballot.h>

namespace kelek::machine {

// The numbers are those of the wire: new ones go to the end.
enum class Code : uint8_t {
  ok = 0,
  not_found = 1,
  revision_mismatch = 2,
  exists = 3,
  compacted = 4,
  not_eligible = 5,
  already_voted = 6,
  ballot_closed = 7,
  deadline_passed = 8,
  unknown_session = 9,
  expired_session = 10,
  sequence_gap = 11,
  stale_sequence = 12,
  held_by_another = 13,
  not_holder = 14,
  stale_fence = 15,
  exhausted = 16,
  expired = 17,
  not_approved = 18,
  forbidden = 19,
  invalid = 20,
  over_limit = 21,
  session_required = 22,
  ended = 23,
  out_of_order = 24,
};
inline constexpr size_t codes = 25;

// The word for a code ("revision_mismatch"), and one plain sentence for a person.
const char* code_name(Code code);
const char* describe(Code code);

// A code, and where there is more to say, the reason: which field, which value, which limit.
struct Refusal {
  Code code = Code::ok;
  std::string reason;

  bool ok() const { return code == Code::ok; }
  friend bool operator==(const Refusal&, const Refusal&) = default;
};

struct KvRecord {
  std::string value;
  uint64_t create_revision = 0;
  uint64_t mod_revision = 0;
  uint64_t version = 0;      // puts since it was created, from 1
  uint64_t ttl_ms = 0;       // 0 = stays
  uint64_t deadline_ms = 0;  // log time at which it is removed, 0 = none
  uint64_t session_id = 0;   // removed with this session, 0 = not bound

  friend bool operator==(const KvRecord&, const KvRecord&) = default;
};

// put, delete, delete range (also inside a txn), and get inside a txn.
struct KvResult {
  // get: what is there; put, delete: what was there, if it was asked for. revision_mismatch and exists: what
  // is there, without its value
  std::optional<KvRecord> record;
  uint64_t deleted = 0;  // delete, delete range: keys removed

  friend bool operator==(const KvResult&, const KvResult&) = default;
};

struct TxnResult {
  bool compares_held = false;
  std::vector<KvResult> operations;  // of the branch that was taken

  friend bool operator==(const TxnResult&, const TxnResult&) = default;
};

struct TopicResult {
  // append: of the record; trim: the first that stays; append refused by if_offset: the next one
  uint64_t offset = 0;

  friend bool operator==(const TopicResult&, const TopicResult&) = default;
};

struct BallotResult {
  uint64_t ballot_id = 0;
  uint64_t deadline_ms = 0;
  std::optional<Verdict> verdict;  // set = closed

  friend bool operator==(const BallotResult&, const BallotResult&) = default;
};

enum class GrantState : uint8_t {
  pending = 0,
  active = 1,
  exhausted = 2,
  expired = 3,
  revoked = 4,
  denied = 5,
};
const char* grant_state_name(GrantState state);

struct GrantResult {
  uint64_t grant_id = 0;
  GrantState state = GrantState::pending;
  uint64_t fence = 0;
  uint64_t uses_left = 0;  // meaningless when uses_limited is false
  bool uses_limited = false;
  uint64_t deadline_ms = 0;  // 0 = none

  friend bool operator==(const GrantResult&, const GrantResult&) = default;
};

struct LockResult {
  bool held = false;         // by the caller, now
  uint64_t fence = 0;        // held: the fencing token
  uint64_t ticket = 0;       // not held but ok: the place in the queue
  uint64_t position = 0;     // not held but ok: how many are to be served before, the holder among them
  uint64_t deadline_ms = 0;  // of the lease, or of the wait
  std::string holder;        // who holds it after this command, empty = nobody

  friend bool operator==(const LockResult&, const LockResult&) = default;
};

struct SessionResult {
  uint64_t session_id = 0;
  uint64_t deadline_ms = 0;

  friend bool operator==(const SessionResult&, const SessionResult&) = default;
};

// Policies, limits, ticks and topic create have no body.
using ResultBody = std::variant<std::monostate, KvResult, TxnResult, TopicResult, BallotResult, GrantResult, LockResult,
                                SessionResult>;

struct Result {
  Code code = Code::ok;
  std::string reason;     // for a person; empty when the code says all
  uint64_t revision = 0;  // log index of the entry that gave this answer (of the first time, for a retry)
  uint64_t term = 0;      // its term
  ResultBody body;

  bool ok() const { return code == Code::ok; }
  friend bool operator==(const Result&, const Result&) = default;
};

// What a result takes, about, for limits on what is kept: its texts, and a little for each item of its lists.
uint64_t size_bytes(const Result& result);

}  // namespace kelek::machine
