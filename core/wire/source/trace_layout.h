// The fields of the records of a trace, in the order of the file. Those that are not here have payloads,
// configurations or lists in them: trace_encoder.cpp, trace_decoder.cpp.
#pragma once

#include <tuple>

#include <kelek/wire/trace.h>

#include "enumerators.h"
#include "layout.h"

namespace kelek::wire {

template <>
struct Largest<TraceEnd::Reason> {
  static constexpr TraceEnd::Reason value = TraceEnd::Reason::limit;
};

template <>
struct Layout<raft::HardState> {
  using T = raft::HardState;
  static constexpr auto members = std::make_tuple(&T::term, &T::vote, &T::commit);
};
template <>
struct Layout<raft::Options> {
  using T = raft::Options;
  static constexpr auto members = std::make_tuple(
      &T::id, &T::incarnation, &T::election_ticks, &T::heartbeat_ticks, &T::election_delay_ticks, &T::seed,
      &T::start_salt, &T::pre_vote, &T::check_quorum, &T::lease_reads, &T::lease_drift_ticks, &T::disk_stall_ticks,
      &T::max_append_entries, &T::max_append_bytes, &T::max_inflight_bytes, &T::max_inflight_appends,
      &T::max_unapplied_entries, &T::max_unapplied_bytes, &T::max_uncommitted_bytes, &T::max_waiting,
      &T::snapshot_chunk_bytes, &T::max_inflight_chunks, &T::max_kept_for_snapshot_bytes);
};

#define KELEK_TRACE_LAYOUT(Record, ...)                           \
  template <>                                                     \
  struct Layout<Record> {                                         \
    using T = Record;                                             \
    static constexpr auto members = std::make_tuple(__VA_ARGS__); \
  }
KELEK_TRACE_LAYOUT(TraceStart);
KELEK_TRACE_LAYOUT(TraceTime, &T::passed_us);
KELEK_TRACE_LAYOUT(TraceTick);
KELEK_TRACE_LAYOUT(TraceRead, &T::token, &T::mode);
KELEK_TRACE_LAYOUT(TraceTransfer, &T::to);
KELEK_TRACE_LAYOUT(TraceCampaign);
KELEK_TRACE_LAYOUT(TracePersisted, &T::ready_number);
KELEK_TRACE_LAYOUT(TraceApplied, &T::index);
KELEK_TRACE_LAYOUT(TraceCompact, &T::index);
KELEK_TRACE_LAYOUT(TraceSnapshotRefused, &T::id);
KELEK_TRACE_LAYOUT(TraceSnapshotUnavailable, &T::peer);
KELEK_TRACE_LAYOUT(TracePeerUnreachable, &T::peer);
KELEK_TRACE_LAYOUT(TracePeerFellBack, &T::peer, &T::last_index);
KELEK_TRACE_LAYOUT(TraceElectionTimeout, &T::ticks);
KELEK_TRACE_LAYOUT(TraceReady, &T::number, &T::term, &T::vote, &T::role, &T::leader, &T::commit, &T::last_index,
                   &T::digest);
KELEK_TRACE_LAYOUT(TraceGap, &T::records);
KELEK_TRACE_LAYOUT(TraceEnd, &T::reason);
#undef KELEK_TRACE_LAYOUT

/// The place of a record in the variant.
template <typename Record, std::size_t index = 0>
constexpr std::size_t trace_kind_of() {
  if constexpr (std::is_same_v<std::variant_alternative_t<index, TraceWhat>, Record>) {
    return index;
  } else {
    return trace_kind_of<Record, index + 1>();
  }
}

/// Values of the records that have no layout, behind the kind.
inline constexpr std::size_t metadata_slots = 6;
inline constexpr std::size_t begin_slots = 7 + slots<raft::Options> + slots<raft::HardState> + 9;
inline constexpr std::size_t held_slots = 2;
/// Of the message, before its body.
inline constexpr std::size_t step_slots = 6;
inline constexpr std::size_t propose_slots = 2;
inline constexpr std::size_t change_slots = 2;
/// Of one operation in the list of a change.
inline constexpr std::size_t operation_slots = 4;

}  // namespace kelek::wire
