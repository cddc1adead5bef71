// Commands: what an entry of the log asks the machine to do. Plain data; the wire codec maps them one to one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <kelek/machine/ballot.h>
#include <kelek/machine/limits.h>

namespace kelek::machine {

// Bound by the coordinator and the leader, never taken from a client's request as it is.
struct CommandHeader {
  std::string caller;  // the authenticated name; empty only for ClockTick and LeaderStart
  // may cancel ballots, revoke grants and release locks of others, set limits and policies
  bool caller_is_admin = false;
  uint64_t session_id = 0;  // 0 = no session: a retry may be applied twice
  uint64_t sequence = 0;    // 1, 2, 3 ... within the session; 0 without one
  // the leader's clock when it wrote the entry; the machine takes the maximum seen
  uint64_t leader_time_ms = 0;

  friend bool operator==(const CommandHeader&, const CommandHeader&) = default;
};

// Keys from `from` on and below `to`; an empty `to` means: to the end.
struct KeyRange {
  std::string from;
  std::string to;

  friend bool operator==(const KeyRange&, const KeyRange&) = default;
};
// The range of all keys that start with the prefix.
KeyRange prefix_range(std::string_view prefix);

// ---- key value ----

struct KvPut {
  std::string key;
  std::string value;
  // put only if the key was last changed at this revision (0: is absent)
  std::optional<uint64_t> if_revision;
  bool if_absent = false;        // put only if the key is absent
  uint64_t ttl_ms = 0;           // removed this long after the put, in log time; 0 = stays
  bool bind_to_session = false;  // removed when the session of the header ends
  bool want_previous = false;    // answer with the record before the put

  friend bool operator==(const KvPut&, const KvPut&) = default;
};

struct KvDelete {
  std::string key;
  std::optional<uint64_t> if_revision;
  bool want_previous = false;

  friend bool operator==(const KvDelete&, const KvDelete&) = default;
};

struct KvDeleteRange {
  KeyRange range;

  friend bool operator==(const KvDeleteRange&, const KvDeleteRange&) = default;
};

// Only inside a KvTxn: reads what the operations before it in the same branch left.
struct KvGet {
  std::string key;

  friend bool operator==(const KvGet&, const KvGet&) = default;
};

enum class CompareTarget : uint8_t { value = 0, mod_revision = 1, create_revision = 2, version = 3 };
enum class CompareRelation : uint8_t { equal = 0, not_equal = 1, less = 2, greater = 3 };

// "The target of key stands in this relation to number (or to value)". An absent key has revisions and
// version 0; its value compares as not equal, and neither less nor greater, to anything.
struct KvCompare {
  std::string key;
  CompareTarget target = CompareTarget::mod_revision;
  CompareRelation relation = CompareRelation::equal;
  uint64_t number = 0;
  std::string value;

  friend bool operator==(const KvCompare&, const KvCompare&) = default;
};

// Operations of a txn carry no conditions of their own: the compares are the condition.
using KvOperation = std::variant<KvPut, KvDelete, KvDeleteRange, KvGet>;

// All or nothing, in one entry: if every compare holds, then_operations, otherwise else_operations, in order.
struct KvTxn {
  std::vector<KvCompare> compares;
  std::vector<KvOperation> then_operations;
  std::vector<KvOperation> else_operations;

  friend bool operator==(const KvTxn&, const KvTxn&) = default;
};

// ---- topics ----

struct TopicCreate {
  std::string topic;
  bool verdicts_only = false;  // only verdicts of ballots may be appended

  friend bool operator==(const TopicCreate&, const TopicCreate&) = default;
};

struct TopicAppend {
  std::string topic;
  std::string payload;
  std::optional<uint64_t> if_offset;  // append only if the record gets this offset
  bool create_if_missing = false;

  friend bool operator==(const TopicAppend&, const TopicAppend&) = default;
};

// Forgets the records below an offset. Offsets are never used again. Creator of the topic or admin.
struct TopicTrim {
  std::string topic;
  uint64_t first_offset = 0;  // the lowest offset that stays

  friend bool operator==(const TopicTrim&, const TopicTrim&) = default;
};

// ---- ballots ----

struct BallotOpen {
  std::string question;
  std::vector<std::string> options;  // two or more, all different
  std::vector<Elector> electorate;   // one or more, voters all different
  BallotRules rules;
  uint64_t duration_ms = 0;        // deadline = log time of this entry + duration; at least 1
  std::string topic = "verdicts";  // made (for verdicts only) if it is missing
  uint64_t grant_request = 0;      // a pending GrantRequest that this ballot decides, 0 = none
  uint32_t approving_option = 0;   // index of the option that issues that grant
  // Only with a grant_request, and needed then: who decides, and how, is what this policy says. Electorate
  // and rules of this command are left empty.
  std::string policy;

  friend bool operator==(const BallotOpen&, const BallotOpen&) = default;
};

struct BallotVote {
  uint64_t ballot_id = 0;
  std::string choice;  // an option, or "abstain"
  bool veto = false;
  uint32_t confidence_per_mille = full_confidence_per_mille;
  std::string rationale;
  std::vector<Evidence> evidence;

  friend bool operator==(const BallotVote&, const BallotVote&) = default;
};

// Closes without a decision. Opener or admin. (Nobody can close a ballot early with a decision.)
struct BallotCancel {
  uint64_t ballot_id = 0;

  friend bool operator==(const BallotCancel&, const BallotCancel&) = default;
};

// ---- grants ----

// What is permitted, and how far.
struct GrantTerms {
  std::string subject;  // who may; empty in a request = the caller
  std::string action;
  std::string resource;
  uint64_t uses = 0;          // how often; 0 = no limit
  uint64_t ttl_ms = 0;        // a lease: ends unless extended within this time; 0 = none
  uint64_t not_after_ms = 0;  // hard end in log time, moved by nothing; 0 = none

  friend bool operator==(const GrantTerms&, const GrantTerms&) = default;
};

// Asks for a grant. It waits until a ballot opened for it decides, or a GrantIssue by policy.
struct GrantRequest {
  GrantTerms terms;
  std::string reason;

  friend bool operator==(const GrantRequest&, const GrantRequest&) = default;
};

// Issues by policy: the caller must be one of the policy's issuers, and the terms within what it allows.
struct GrantIssue {
  uint64_t grant_id = 0;  // a pending request, or 0: `terms` are issued at once
  GrantTerms terms;       // only with grant_id 0
  std::string policy;

  friend bool operator==(const GrantIssue&, const GrantIssue&) = default;
};

// Counts one use (or several) exactly once: needs a session. Subject only.
struct GrantUse {
  uint64_t grant_id = 0;
  uint64_t fence = 0;
  uint64_t uses = 1;

  friend bool operator==(const GrantUse&, const GrantUse&) = default;
};

// Subject (gives it back), issuer, or admin. Also withdraws a pending request that no ballot decides.
struct GrantRevoke {
  uint64_t grant_id = 0;

  friend bool operator==(const GrantRevoke&, const GrantRevoke&) = default;
};

// Renews the lease: it ends ttl_ms after now, never after not_after_ms. Subject only.
struct GrantExtend {
  uint64_t grant_id = 0;
  uint64_t fence = 0;

  friend bool operator==(const GrantExtend&, const GrantExtend&) = default;
};

// Who may decide on which grants: the issuers by themselves, the electorate by a ballot. Sets or replaces.
// Admin only.
struct PolicySet {
  std::string policy;
  std::string action;                // exact, or a prefix that ends in '*'
  std::string resource;              // exact, or a prefix that ends in '*'
  uint64_t max_uses = 0;             // 0 = no limit; otherwise a grant must have a limit within it
  uint64_t max_ttl_ms = 0;           // 0 = no limit; otherwise a grant must have a lease within it
  std::vector<std::string> issuers;  // callers who may issue; "*" = every caller; empty = only ballots
  bool to_others = true;             // false: an issuer may issue to nobody but itself
  std::vector<Elector> electorate;   // of ballots that decide on grants; empty = no ballots
  BallotRules rules;                 // of these ballots

  friend bool operator==(const PolicySet&, const PolicySet&) = default;
};

// Admin only. Grants that were issued by it stay.
struct PolicyRemove {
  std::string policy;

  friend bool operator==(const PolicyRemove&, const PolicyRemove&) = default;
};

// ---- locks ----

// Not re-entrant: the holder who asks again is refused or queues like anyone else.
struct LockAcquire {
  std::string lock;
  uint64_t ttl_ms = 0;  // lease, from the moment the lock is got
  // 0 = try only; otherwise queue (first come, first served) at most this long
  uint64_t wait_ms = 0;
  bool bind_to_session = false;  // released, or taken out of the queue, when the session of the header ends

  friend bool operator==(const LockAcquire&, const LockAcquire&) = default;
};

// By the holder (or waiter), or an admin. A ticket also releases a lock that its waiter has got meanwhile.
struct LockRelease {
  std::string lock;
  uint64_t token = 0;  // the fence of a hold, or the ticket of a place in the queue

  friend bool operator==(const LockRelease&, const LockRelease&) = default;
};

struct LockExtend {
  std::string lock;
  uint64_t fence = 0;
  uint64_t ttl_ms = 0;  // 0 = as at acquiring; otherwise the new length of the lease

  friend bool operator==(const LockExtend&, const LockExtend&) = default;
};

// ---- sessions ----

// Sent without a session in the header. A retry opens a second one; the one nobody knows of expires.
struct SessionOpen {
  uint64_t ttl_ms = 0;

  friend bool operator==(const SessionOpen&, const SessionOpen&) = default;
};

// Sent without a session in the header (it needs no sequence). Any command under a session also keeps it
// alive.
struct SessionKeepAlive {
  uint64_t session_id = 0;

  friend bool operator==(const SessionKeepAlive&, const SessionKeepAlive&) = default;
};

// Sent without a session in the header. Ends what is bound to the session.
struct SessionClose {
  uint64_t session_id = 0;

  friend bool operator==(const SessionClose&, const SessionClose&) = default;
};

// ---- written by leaders and admins ----

// Lets log time go on while nobody proposes, so that expiries happen. Coordinators refuse it from clients.
struct ClockTick {
  friend bool operator==(const ClockTick&, const ClockTick&) = default;
};

// The first entry that a new leader writes. (The machine extends all leases at the first command of a new
// term that brings its leader's time; this one makes that happen at once.) Coordinators refuse it from clients.
struct LeaderStart {
  friend bool operator==(const LeaderStart&, const LeaderStart&) = default;
};

// Admin only.
struct SetLimits {
  Limits limits;

  friend bool operator==(const SetLimits&, const SetLimits&) = default;
};

// The order is the numbering on the wire (CommandKind): new ones go to the end, none is ever removed.
using CommandBody = std::variant<ClockTick, LeaderStart, SetLimits, KvPut, KvDelete, KvDeleteRange, KvTxn, TopicCreate,
                                 TopicAppend, TopicTrim, BallotOpen, BallotVote, BallotCancel, GrantRequest, GrantIssue,
                                 GrantUse, GrantRevoke, GrantExtend, PolicySet, PolicyRemove, LockAcquire, LockRelease,
                                 LockExtend, SessionOpen, SessionKeepAlive, SessionClose>;

enum class CommandKind : uint8_t {
  clock_tick = 0,
  leader_start,
  set_limits,
  kv_put,
  kv_delete,
  kv_delete_range,
  kv_txn,
  topic_create,
  topic_append,
  topic_trim,
  ballot_open,
  ballot_vote,
  ballot_cancel,
  grant_request,
  grant_issue,
  grant_use,
  grant_revoke,
  grant_extend,
  policy_set,
  policy_remove,
  lock_acquire,
  lock_release,
  lock_extend,
  session_open,
  session_keep_alive,
  session_close,
};
inline constexpr size_t command_kinds = std::variant_size_v<CommandBody>;
static_assert(static_cast<size_t>(CommandKind::session_close) + 1 == command_kinds);

struct Command {
  CommandHeader header;
  CommandBody body;

  friend bool operator==(const Command&, const Command&) = default;
};

inline CommandKind command_kind(const Command& command) {
  return static_cast<CommandKind>(command.body.index());
}
// The name of a kind, e.g. "kv-put".
const char* command_name(CommandKind kind);

// The bytes of all strings and items of the command, as the limit command_bytes counts them.
uint64_t size_bytes(const Command& command);

}  // namespace kelek::machine
