// What a recorded run of one node holds, as plain structs: where it began, everything that went into the core in its
// order, and digests of what came out. TRACE.md has the bytes, and says how to play it again.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include <kelek/raft/node.h>
#include <kelek/wire/envelope.h>

namespace kelek::wire {

inline constexpr std::uint64_t trace_version = 1;

/// The first record: who ran, and from what.
struct TraceBegin {
  std::string software;
  ClusterId cluster{};
  /// The clock of the calendar and the steady one at this moment; the times of what follows count from here.
  std::uint64_t wall_us = 0;
  std::uint64_t steady_us = 0;
  std::uint32_t tick_us = 0;
  /// Commands are in the trace as they were, and not by length and mark.
  bool has_payloads = false;
  raft::Options options;
  /// Without its entries.
  raft::DurableState state;
};
/// Entries that were on the disk; several of these may follow the first record.
struct TraceHeld {
  raft::EntryRange entries;
};
/// The node was made of what came before.
struct TraceStart {};
struct TraceTime {
  /// Since the time told last.
  std::uint64_t passed_us = 0;
};

// What went in: the calls of raft::Node.
struct TraceTick {};
struct TraceStep {
  raft::Message message;
};
struct TracePropose {
  raft::Token token = 0;
  std::vector<raft::Payload> payloads;
};
struct TraceRead {
  raft::Token token = 0;
  raft::ReadMode mode = raft::ReadMode::linearizable;
};
struct TraceChange {
  raft::MembershipChange change;
};
struct TraceTransfer {
  raft::NodeId to = raft::no_node;
};
struct TraceCampaign {};
struct TracePersisted {
  std::uint64_t ready_number = 0;
};
struct TraceApplied {
  raft::Index index = 0;
};
struct TraceSnapshotStored {
  raft::SnapshotMetadata snapshot;
};
struct TraceCompact {
  raft::Index index = 0;
};
struct TraceSnapshotRefused {
  raft::SnapshotId id = 0;
};
struct TraceSnapshotUnavailable {
  raft::NodeId peer = raft::no_node;
};
struct TracePeerUnreachable {
  raft::NodeId peer = raft::no_node;
};
struct TracePeerFellBack {
  raft::NodeId peer = raft::no_node;
  raft::Index last_index = 0;
};
struct TraceElectionTimeout {
  std::uint32_t ticks = 0;
};

/// A Ready was taken. `digest` is of it, of all Readys before it, and of what all calls before it gave back.
struct TraceReady {
  std::uint64_t number = 0;
  raft::Term term = 0;
  raft::NodeId vote = raft::no_node;
  raft::Role role = raft::Role::follower;
  raft::NodeId leader = raft::no_node;
  raft::Index commit = 0;
  raft::Index last_index = 0;
  std::uint64_t digest = 0;
};

/// The recorder could not keep up: so many records are missing here, and nothing behind can be played again.
struct TraceGap {
  std::uint64_t records = 0;
};
/// Nothing follows. A trace without it ends with its process.
struct TraceEnd {
  enum class Reason : std::uint8_t { stopped, failed, limit };
  Reason reason = Reason::stopped;
};

/// The alternatives in their order; the number is part of the format.
using TraceWhat =
    std::variant<TraceBegin, TraceHeld, TraceStart, TraceTime, TraceTick, TraceStep, TracePropose, TraceRead,
                 TraceChange, TraceTransfer, TraceCampaign, TracePersisted, TraceApplied, TraceSnapshotStored,
                 TraceCompact, TraceSnapshotRefused, TraceSnapshotUnavailable, TracePeerUnreachable, TracePeerFellBack,
                 TraceElectionTimeout, TraceReady, TraceGap, TraceEnd>;
inline constexpr std::size_t trace_kinds = std::variant_size_v<TraceWhat>;

/// "begin", "step" and so on, by kind.
const char* trace_kind_name(std::size_t kind);

struct TraceRecord {
  /// Counted from 1, and where it begins in the file.
  std::uint64_t number = 0;
  std::uint64_t offset_bytes = 0;
  TraceWhat what;
};

/// Blocks: a size, a number from 1 on, a checksum, and whole records.
inline constexpr std::size_t trace_block_header_bytes = 16;
inline constexpr std::size_t max_trace_block_bytes = 2 * raft::max_payload_bytes;
/// What each file begins with.
inline constexpr std::size_t trace_magic_bytes = 8;

}  // namespace kelek::wire
