// What a client may ask of the machine without writing, and the answers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <kelek/machine/command.h>
#include <kelek/machine/machine.h>
#include <kelek/machine/result.h>
#include <kelek/machine/state.h>

namespace kelek::wire {

enum class Consistency : std::uint8_t {
  /// Sees everything acknowledged before the question was asked: by a round of the leader's, or its lease.
  linearizable = 0,
  /// What the asked coordinator has applied, at least min_index.
  stale = 1,
};

/// Part of a list: items behind `after` (in the order of names or ids), at most `limit` (0: a page).
struct ByName {
  std::string prefix;
  std::string after;
  std::uint64_t limit = 0;
};
struct ById {
  std::uint64_t after = 0;
  std::uint64_t limit = 0;
};

struct KvGetQuery {
  std::string key;
};
/// The keys of a range; see machine::KvRangeQuery.
struct KvListQuery {
  machine::KvRangeQuery query;
};
struct KvCountQuery {
  machine::KeyRange range;
};
struct TopicReadQuery {
  std::string topic;
  std::uint64_t offset = 0;
  std::uint64_t limit = 0;
};
struct TopicTailQuery {
  std::string topic;
  std::uint64_t limit = 0;
};
struct TopicListQuery {
  ByName part;
};
struct BallotGetQuery {
  std::uint64_t ballot_id = 0;
};
struct BallotListQuery {
  ById part;
  bool open_only = false;
};
struct GrantGetQuery {
  std::uint64_t grant_id = 0;
};
struct GrantListQuery {
  ById part;
  bool active_only = false;
};
/// May this be done now? Counts no use; see machine::Machine::grant_check.
struct GrantCheckQuery {
  std::uint64_t grant_id = 0;
  std::uint64_t fence = 0;
  std::string subject;
  std::string action;
  std::string resource;
};
struct PolicyGetQuery {
  std::string policy;
};
struct PolicyListQuery {
  ByName part;
};
struct LockGetQuery {
  std::string lock;
};
struct LockListQuery {
  ByName part;
};
struct SessionGetQuery {
  std::uint64_t session_id = 0;
};
struct SessionListQuery {
  ById part;
};
struct LimitsQuery {};
/// Revision, term, log time and hash alone.
struct MachineQuery {};

/// The order is the numbering on the wire: new ones go to the end, none is ever removed.
using QueryBody =
    std::variant<KvGetQuery, KvListQuery, KvCountQuery, TopicReadQuery, TopicTailQuery, TopicListQuery, BallotGetQuery,
                 BallotListQuery, GrantGetQuery, GrantListQuery, GrantCheckQuery, PolicyGetQuery, PolicyListQuery,
                 LockGetQuery, LockListQuery, SessionGetQuery, SessionListQuery, LimitsQuery, MachineQuery>;

// ---- answers ----

/// Absent: there is nothing under that name or id.
struct KvGetAnswer {
  std::optional<machine::KvRecord> record;
};
struct TopicSummary {
  std::string topic;
  std::string creator;
  bool verdicts_only = false;
  std::uint64_t first_offset = 0;
  std::uint64_t end_offset = 0;
};
struct TopicListAnswer {
  std::vector<TopicSummary> topics;
  bool more = false;
};
struct BallotGetAnswer {
  std::optional<machine::Ballot> ballot;
};
struct BallotSummary {
  std::uint64_t ballot_id = 0;
  std::string question;
  std::string opener;
  std::uint64_t opened_time_ms = 0;
  std::uint64_t deadline_ms = 0;
  std::uint64_t electors = 0;
  std::uint64_t votes = 0;
  /// Set = closed.
  std::optional<machine::Outcome> outcome;
  /// The option's name; empty = none.
  std::string winner;
};
struct BallotListAnswer {
  std::vector<BallotSummary> ballots;
  bool more = false;
};
struct GrantGetAnswer {
  std::optional<machine::Grant> grant;
};
struct GrantListAnswer {
  std::vector<machine::Grant> grants;
  bool more = false;
};
struct GrantCheckAnswer {
  machine::Refusal refusal;
};
struct PolicyGetAnswer {
  std::optional<machine::Policy> policy;
};
struct PolicyListAnswer {
  std::vector<machine::Policy> policies;
  bool more = false;
};
struct LockGetAnswer {
  std::optional<machine::Lock> lock;
};
struct LockSummary {
  std::string lock;
  /// Empty: nobody holds it at the moment.
  std::string holder;
  std::uint64_t fence = 0;
  std::uint64_t deadline_ms = 0;
  std::uint64_t waiters = 0;
};
struct LockListAnswer {
  std::vector<LockSummary> locks;
  bool more = false;
};
struct SessionSummary {
  std::uint64_t session_id = 0;
  std::string owner;
  std::uint64_t ttl_ms = 0;
  std::uint64_t deadline_ms = 0;
  std::uint64_t last_sequence = 0;
};
struct SessionGetAnswer {
  std::optional<SessionSummary> session;
};
struct SessionListAnswer {
  std::vector<SessionSummary> sessions;
  bool more = false;
};
struct MachineAnswer {
  std::uint64_t revision = 0;
  std::uint64_t term = 0;
  std::uint64_t time_ms = 0;
  std::uint64_t state_hash = 0;
};

}  // namespace kelek::wire
