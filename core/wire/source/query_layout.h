// The fields of queries, their answers, and status, in the order of the wire.
#pragma once

#include <tuple>

#include <kelek/wire/queries.h>
#include <kelek/wire/status_report.h>

#include "layout.h"

namespace kelek::wire {

// What the machine answers queries with, as far as its own list of fields leaves it out.
template <>
struct Layout<machine::KvItem> {
  using T = machine::KvItem;
  static constexpr auto members = std::make_tuple(&T::key, &T::record);
};
template <>
struct Layout<machine::KvRangeQuery> {
  using T = machine::KvRangeQuery;
  static constexpr auto members = std::make_tuple(&T::range, &T::limit, &T::keys_only);
};
template <>
struct Layout<machine::KvPage> {
  using T = machine::KvPage;
  static constexpr auto members = std::make_tuple(&T::items, &T::more, &T::next_key);
};
template <>
struct Layout<machine::KvCount> {
  using T = machine::KvCount;
  static constexpr auto members = std::make_tuple(&T::keys, &T::more);
};
template <>
struct Layout<machine::TopicItem> {
  using T = machine::TopicItem;
  static constexpr auto members = std::make_tuple(&T::offset, &T::record);
};
template <>
struct Layout<machine::TopicPage> {
  using T = machine::TopicPage;
  static constexpr auto members =
      std::make_tuple(&T::code, &T::first_offset, &T::next_offset, &T::end_offset, &T::items);
};
template <>
struct Layout<machine::WatchFilter> {
  using T = machine::WatchFilter;
  static constexpr auto members = std::make_tuple(&T::kinds, &T::subject_prefix, &T::exact);
};
template <>
struct Layout<machine::Refusal> {
  using T = machine::Refusal;
  static constexpr auto members = std::make_tuple(&T::code, &T::reason);
};

template <>
struct Layout<ByName> {
  using T = ByName;
  static constexpr auto members = std::make_tuple(&T::prefix, &T::after, &T::limit);
};
template <>
struct Layout<ById> {
  using T = ById;
  static constexpr auto members = std::make_tuple(&T::after, &T::limit);
};
template <>
struct Layout<KvGetQuery> {
  using T = KvGetQuery;
  static constexpr auto members = std::make_tuple(&T::key);
};
template <>
struct Layout<KvListQuery> {
  using T = KvListQuery;
  static constexpr auto members = std::make_tuple(&T::query);
};
template <>
struct Layout<KvCountQuery> {
  using T = KvCountQuery;
  static constexpr auto members = std::make_tuple(&T::range);
};
template <>
struct Layout<TopicReadQuery> {
  using T = TopicReadQuery;
  static constexpr auto members = std::make_tuple(&T::topic, &T::offset, &T::limit);
};
template <>
struct Layout<TopicTailQuery> {
  using T = TopicTailQuery;
  static constexpr auto members = std::make_tuple(&T::topic, &T::limit);
};
template <>
struct Layout<TopicListQuery> {
  using T = TopicListQuery;
  static constexpr auto members = std::make_tuple(&T::part);
};
template <>
struct Layout<BallotGetQuery> {
  using T = BallotGetQuery;
  static constexpr auto members = std::make_tuple(&T::ballot_id);
};
template <>
struct Layout<BallotListQuery> {
  using T = BallotListQuery;
  static constexpr auto members = std::make_tuple(&T::part, &T::open_only);
};
template <>
struct Layout<GrantGetQuery> {
  using T = GrantGetQuery;
  static constexpr auto members = std::make_tuple(&T::grant_id);
};
template <>
struct Layout<GrantListQuery> {
  using T = GrantListQuery;
  static constexpr auto members = std::make_tuple(&T::part, &T::active_only);
};
template <>
struct Layout<GrantCheckQuery> {
  using T = GrantCheckQuery;
  static constexpr auto members = std::make_tuple(&T::grant_id, &T::fence, &T::subject, &T::action, &T::resource);
};
template <>
struct Layout<PolicyGetQuery> {
  using T = PolicyGetQuery;
  static constexpr auto members = std::make_tuple(&T::policy);
};
template <>
struct Layout<PolicyListQuery> {
  using T = PolicyListQuery;
  static constexpr auto members = std::make_tuple(&T::part);
};
template <>
struct Layout<LockGetQuery> {
  using T = LockGetQuery;
  static constexpr auto members = std::make_tuple(&T::lock);
};
template <>
struct Layout<LockListQuery> {
  using T = LockListQuery;
  static constexpr auto members = std::make_tuple(&T::part);
};
template <>
struct Layout<SessionGetQuery> {
  using T = SessionGetQuery;
  static constexpr auto members = std::make_tuple(&T::session_id);
};
template <>
struct Layout<SessionListQuery> {
  using T = SessionListQuery;
  static constexpr auto members = std::make_tuple(&T::part);
};
template <>
struct Layout<LimitsQuery> {
  static constexpr auto members = std::make_tuple();
};
template <>
struct Layout<MachineQuery> {
  static constexpr auto members = std::make_tuple();
};
template <>
struct Layout<KvGetAnswer> {
  using T = KvGetAnswer;
  static constexpr auto members = std::make_tuple(&T::record);
};
template <>
struct Layout<TopicSummary> {
  using T = TopicSummary;
  static constexpr auto members =
      std::make_tuple(&T::topic, &T::creator, &T::verdicts_only, &T::first_offset, &T::end_offset);
};
template <>
struct Layout<TopicListAnswer> {
  using T = TopicListAnswer;
  static constexpr auto members = std::make_tuple(&T::topics, &T::more);
};
template <>
struct Layout<BallotGetAnswer> {
  using T = BallotGetAnswer;
  static constexpr auto members = std::make_tuple(&T::ballot);
};
template <>
struct Layout<BallotSummary> {
  using T = BallotSummary;
  static constexpr auto members = std::make_tuple(&T::ballot_id, &T::question, &T::opener, &T::opened_time_ms,
                                                  &T::deadline_ms, &T::electors, &T::votes, &T::outcome, &T::winner);
};
template <>
struct Layout<BallotListAnswer> {
  using T = BallotListAnswer;
  static constexpr auto members = std::make_tuple(&T::ballots, &T::more);
};
template <>
struct Layout<GrantGetAnswer> {
  using T = GrantGetAnswer;
  static constexpr auto members = std::make_tuple(&T::grant);
};
template <>
struct Layout<GrantListAnswer> {
  using T = GrantListAnswer;
  static constexpr auto members = std::make_tuple(&T::grants, &T::more);
};
template <>
struct Layout<GrantCheckAnswer> {
  using T = GrantCheckAnswer;
  static constexpr auto members = std::make_tuple(&T::refusal);
};
template <>
struct Layout<PolicyGetAnswer> {
  using T = PolicyGetAnswer;
  static constexpr auto members = std::make_tuple(&T::policy);
};
template <>
struct Layout<PolicyListAnswer> {
  using T = PolicyListAnswer;
  static constexpr auto members = std::make_tuple(&T::policies, &T::more);
};
template <>
struct Layout<LockGetAnswer> {
  using T = LockGetAnswer;
  static constexpr auto members = std::make_tuple(&T::lock);
};
template <>
struct Layout<LockSummary> {
  using T = LockSummary;
  static constexpr auto members = std::make_tuple(&T::lock, &T::holder, &T::fence, &T::deadline_ms, &T::waiters);
};
template <>
struct Layout<LockListAnswer> {
  using T = LockListAnswer;
  static constexpr auto members = std::make_tuple(&T::locks, &T::more);
};
template <>
struct Layout<SessionSummary> {
  using T = SessionSummary;
  static constexpr auto members =
      std::make_tuple(&T::session_id, &T::owner, &T::ttl_ms, &T::deadline_ms, &T::last_sequence);
};
template <>
struct Layout<SessionGetAnswer> {
  using T = SessionGetAnswer;
  static constexpr auto members = std::make_tuple(&T::session);
};
template <>
struct Layout<SessionListAnswer> {
  using T = SessionListAnswer;
  static constexpr auto members = std::make_tuple(&T::sessions, &T::more);
};
template <>
struct Layout<MachineAnswer> {
  using T = MachineAnswer;
  static constexpr auto members = std::make_tuple(&T::revision, &T::term, &T::time_ms, &T::state_hash);
};
template <>
struct Layout<PeerReport> {
  using T = PeerReport;
  static constexpr auto members = std::make_tuple(
      &T::id, &T::peer_address, &T::client_address, &T::voter, &T::outgoing, &T::learner, &T::state, &T::match,
      &T::next, &T::lag_entries, &T::lag_bytes, &T::silent_ms, &T::inflight_appends, &T::inflight_bytes,
      &T::snapshot_sent_bytes, &T::snapshot_total_bytes, &T::reason, &T::connected, &T::sent_frames, &T::sent_bytes,
      &T::received_frames, &T::received_bytes, &T::dropped_frames, &T::reconnects, &T::round_trip_us);
};
template <>
struct Layout<DiskReport> {
  using T = DiskReport;
  static constexpr auto members =
      std::make_tuple(&T::directory, &T::sync_mode, &T::syncs, &T::sync_p50_us, &T::sync_p99_us, &T::sync_max_us,
                      &T::stalls, &T::written_bytes, &T::free_bytes, &T::segments, &T::log_bytes, &T::snapshot_index,
                      &T::snapshot_bytes, &T::last_error);
};
template <>
struct Layout<QueueReport> {
  using T = QueueReport;
  static constexpr auto members = std::make_tuple(&T::name, &T::used, &T::limit);
};
template <>
struct Layout<Counter> {
  using T = Counter;
  static constexpr auto members = std::make_tuple(&T::name, &T::value);
};
template <>
struct Layout<StatusReport> {
  using T = StatusReport;
  static constexpr auto members = std::make_tuple(
      &T::id, &T::incarnation, &T::cluster, &T::software, &T::process_id, &T::uptime_ms, &T::peer_address,
      &T::client_address, &T::role, &T::learner, &T::term, &T::leader, &T::leader_for_ms, &T::transferring_to,
      &T::trouble, &T::commit, &T::applied, &T::last_index, &T::first_index, &T::stable_index, &T::uncommitted_bytes,
      &T::log_memory_bytes, &T::revision, &T::state_hash, &T::log_time_ms, &T::keys, &T::open_ballots, &T::sessions,
      &T::joint, &T::peers, &T::disk, &T::queues, &T::counters);
};

}  // namespace kelek::wire
