// Events: what an applied entry changed. Returned with its result, and kept for a while, so that watches are
// fed.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <kelek/machine/ballot.h>
#include <kelek/machine/result.h>
#include <kelek/machine/state.h>

namespace kelek::machine {

struct KvPutEvent {
  std::string key;
  std::string value;
  uint64_t create_revision = 0;
  uint64_t version = 0;
  friend bool operator==(const KvPutEvent&, const KvPutEvent&) = default;
};

struct KvDeleteEvent {
  std::string key;
  EndCause cause = EndCause::released;  // released: by a command; expired; session_ended
  friend bool operator==(const KvDeleteEvent&, const KvDeleteEvent&) = default;
};

struct TopicAppendEvent {
  std::string topic;
  uint64_t offset = 0;
  TopicRecord record;
  friend bool operator==(const TopicAppendEvent&, const TopicAppendEvent&) = default;
};

struct BallotOpenedEvent {
  uint64_t ballot_id = 0;
  std::string question;
  uint64_t deadline_ms = 0;
  friend bool operator==(const BallotOpenedEvent&, const BallotOpenedEvent&) = default;
};

struct BallotVotedEvent {
  uint64_t ballot_id = 0;
  std::string voter;
  std::string choice;  // the option's name, or "abstain"
  bool veto = false;
  uint64_t votes = 0;  // counted so far, this one among them
  uint64_t electors = 0;
  friend bool operator==(const BallotVotedEvent&, const BallotVotedEvent&) = default;
};

struct BallotClosedEvent {
  uint64_t ballot_id = 0;
  Verdict verdict;
  std::string winner;  // the option's name, empty = none
  friend bool operator==(const BallotClosedEvent&, const BallotClosedEvent&) = default;
};

struct GrantRequestedEvent {
  uint64_t grant_id = 0;
  GrantTerms terms;
  friend bool operator==(const GrantRequestedEvent&, const GrantRequestedEvent&) = default;
};

struct GrantIssuedEvent {
  uint64_t grant_id = 0;
  uint64_t fence = 0;
  GrantTerms terms;
  uint64_t deadline_ms = 0;
  friend bool operator==(const GrantIssuedEvent&, const GrantIssuedEvent&) = default;
};

struct GrantUsedEvent {
  uint64_t grant_id = 0;
  uint64_t used = 0;  // in total
  friend bool operator==(const GrantUsedEvent&, const GrantUsedEvent&) = default;
};

struct GrantEndedEvent {
  uint64_t grant_id = 0;
  EndCause cause = EndCause::released;
  friend bool operator==(const GrantEndedEvent&, const GrantEndedEvent&) = default;
};

struct LockGrantedEvent {
  std::string lock;
  std::string holder;
  uint64_t fence = 0;
  uint64_t ticket = 0;  // what LockAcquire answered with, if its caller had to wait
  uint64_t deadline_ms = 0;
  friend bool operator==(const LockGrantedEvent&, const LockGrantedEvent&) = default;
};

struct LockReleasedEvent {
  std::string lock;
  std::string holder;
  uint64_t fence = 0;
  EndCause cause = EndCause::released;
  friend bool operator==(const LockReleasedEvent&, const LockReleasedEvent&) = default;
};

// Somebody left the queue without having got the lock.
struct LockWaitEndedEvent {
  std::string lock;
  std::string caller;
  uint64_t ticket = 0;
  EndCause cause = EndCause::expired;
  friend bool operator==(const LockWaitEndedEvent&, const LockWaitEndedEvent&) = default;
};

struct SessionOpenedEvent {
  uint64_t session_id = 0;
  std::string owner;
  friend bool operator==(const SessionOpenedEvent&, const SessionOpenedEvent&) = default;
};

struct SessionEndedEvent {
  uint64_t session_id = 0;
  std::string owner;
  EndCause cause = EndCause::expired;
  friend bool operator==(const SessionEndedEvent&, const SessionEndedEvent&) = default;
};

// The order is the numbering on the wire: new ones go to the end.
using Event =
    std::variant<KvPutEvent, KvDeleteEvent, TopicAppendEvent, BallotOpenedEvent, BallotVotedEvent, BallotClosedEvent,
                 GrantRequestedEvent, GrantIssuedEvent, GrantUsedEvent, GrantEndedEvent, LockGrantedEvent,
                 LockReleasedEvent, LockWaitEndedEvent, SessionOpenedEvent, SessionEndedEvent>;

enum class EventKind : uint8_t {
  kv_put = 0,
  kv_delete,
  topic_append,
  ballot_opened,
  ballot_voted,
  ballot_closed,
  grant_requested,
  grant_issued,
  grant_used,
  grant_ended,
  lock_granted,
  lock_released,
  lock_wait_ended,
  session_opened,
  session_ended,
};
inline constexpr size_t event_kinds = std::variant_size_v<Event>;
static_assert(static_cast<size_t>(EventKind::session_ended) + 1 == event_kinds);

inline EventKind event_kind(const Event& event) {
  return static_cast<EventKind>(event.index());
}
// The name of a kind, e.g. "kv-put".
const char* event_name(EventKind kind);
// What the event is about: the key, topic, lock, or the decimal id of the ballot, grant or session.
std::string event_subject(const Event& event);

// Everything one entry changed, in the order in which it happened. Immutable and shared by all watchers.
struct EventBatch {
  uint64_t revision = 0;
  uint64_t term = 0;
  uint64_t time_ms = 0;
  std::vector<Event> events;  // never empty
  uint64_t size_bytes = 0;
};
using SharedEventBatch = std::shared_ptr<const EventBatch>;

// Which events a watch wants: kinds by bit (1 << EventKind), and the start of the subject (empty = all).
struct WatchFilter {
  uint32_t kinds = 0xffffffff;
  std::string subject_prefix;
  bool exact = false;  // the subject must equal subject_prefix
};
inline constexpr uint32_t watch_bit(EventKind kind) {
  return uint32_t{1} << static_cast<uint32_t>(kind);
}
bool matches(const Event& event, const WatchFilter& filter);

// An answer of Machine::history: `compacted` means that revisions below first_revision are gone from memory;
// the watcher reads the state anew and goes on from its revision + 1.
struct HistoryPage {
  Code code = Code::ok;                   // ok or compacted
  uint64_t first_revision = 0;            // the oldest revision that a watch may start from
  uint64_t next_revision = 0;             // ask for this one next
  std::vector<SharedEventBatch> batches;  // revisions without events are absent
};

}  // namespace kelek::machine
