// Histories: what clients asked of a cluster and were answered, and between which moments each of it happened.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace kelek::sim::history {

// Five kinds of object. An operation names its object by key; keys of different kinds have nothing to do with each
// other. What is asked and what is answered stand together: of an operation whose outcome is not known, the fields
// under "answered" mean nothing.

// ---- a register: absent at first, or a value and its version: how many puts it has had since it was created ----

struct Get {
  // answered
  std::optional<std::string> value;  ///< nullopt: absent
  std::uint64_t version = 0;         ///< 0: the answer does not tell
};
struct Put {
  std::string value;
  // answered
  std::uint64_t version = 0;  ///< that it got; 0: the answer does not tell
};
struct CompareAndSet {
  std::optional<std::string> expected;  ///< nullopt: must be absent
  std::string value;
  // answered
  bool done = false;
  std::uint64_t version = 0;  ///< of what it wrote; 0: not done, or the answer does not tell
};
struct Delete {
  // answered
  std::optional<bool> existed;  ///< nullopt: the answer does not tell
};

// ---- an append log: empty at first; positions from 0 ----

struct Append {
  std::string record;
  // answered
  std::optional<std::uint64_t> position;  ///< nullopt: the answer does not tell
};
/// All records from a position to the end.
struct ReadLog {
  std::uint64_t from = 0;
  // answered
  std::vector<std::string> records;
};

// ---- a lock: free at first. Fences of its holds strictly grow ----

struct Acquire {
  /// How long after the call the hold may end by itself, in the units of the times; 0: it never does. Where the outcome
  /// is unknown, it may end at any time.
  std::uint64_t lease_time = 0;
  // answered
  bool got = false;
  std::uint64_t fence = 0;  ///< only where got
};
struct Release {
  std::uint64_t fence = 0;
  // answered
  bool done = false;  ///< false: it was not held with this fence
};

// ---- a counter: 0 at first. What comes again under the same session and sequence counts once ----

struct Add {
  std::uint64_t amount = 1;
  std::uint64_t session = 0;   ///< 0: none, each counts
  std::uint64_t sequence = 0;  ///< grows within the session
  // answered
  std::optional<std::uint64_t> total;  ///< after it (after the first of its kind); nullopt: the answer does not tell
};
struct ReadTotal {
  // answered
  std::uint64_t total = 0;
};

// ---- the configuration of a group: at first whatever the first answer says. Indexes strictly grow ----

struct ChangeMembers {
  std::vector<std::uint64_t> members;  ///< that there shall be
  // answered
  std::uint64_t index = 0;  ///< of the entry that did it; 0: the answer does not tell
};
struct ReadMembers {
  // answered
  std::vector<std::uint64_t> members;
  std::uint64_t index = 0;  ///< of the entry that made it so; 0: the answer does not tell
};

/// The order is by kinds of object; kind_of() depends on it.
using Action = std::variant<Get, Put, CompareAndSet, Delete, Append, ReadLog, Acquire, Release, Add, ReadTotal,
                            ChangeMembers, ReadMembers>;

enum class ObjectKind : std::uint8_t { register_, log, lock, counter, configuration };
ObjectKind kind_of(const Action& action);
const char* kind_name(ObjectKind kind);
/// As history files call it: "get", "cas", "append" ...
const char* action_name(const Action& action);
/// Whether it leaves everything as it is.
bool reads_only(const Action& action);

enum class Ending : std::uint8_t {
  answered,
  /// It may have happened once at any time after the call, or may yet.
  unknown,
  /// It surely did not happen. (That a comparison did not hold, or a lock was held, is an answer.)
  refused,
};

struct Operation {
  std::uint64_t process = 0;
  std::string key;
  Action action;
  Ending ending = Ending::answered;
  /// In any unit, the same for all. What returned before another was called comes before it; at equal times they
  /// overlap.
  std::uint64_t call_time = 0;
  /// Not below call_time. Only where answered.
  std::uint64_t return_time = 0;
  /// A read that may be old: it is held to check_stale_reads alone.
  bool stale = false;
  /// Of which log index a stale read tells; 0: not told.
  std::uint64_t revision = 0;
};

/// `get -> "a" version 2`, for people. Long values are cut.
std::string describe(const Operation& operation);

}  // namespace kelek::sim::history
