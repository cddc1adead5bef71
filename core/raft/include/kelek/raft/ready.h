// Ready: all that a node wants done, as one numbered piece of data that the caller owns.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <kelek/raft/entry.h>
#include <kelek/raft/message.h>
#include <kelek/raft/result.h>
#include <kelek/raft/types.h>

namespace kelek::raft {

/// What became of a read.
struct ReadOutcome {
  Token token = 0;
  /// none: serve the read from a state that has applied `index` or more.
  Refusal refusal = Refusal::none;
  Index index = 0;
};

/// What became of a proposal that was made with a token.
struct ProposalOutcome {
  enum class Kind : std::uint8_t {
    /// Committed: the first of its entries is at `index`.
    committed,
    /// Surely not done, now or later; `refusal` says why.
    refused,
    /// It may yet happen, or may have happened: only the application can tell.
    unknown,
  };
  Token token = 0;
  Kind kind = Kind::unknown;
  Refusal refusal = Refusal::none;
  Index index = 0;
  Term term = 0;
};

/// Role, term or known leader are no longer what the last Ready said. A leadership that was lost and won again in
/// between is seen, since the term differs.
struct RoleChange {
  Role role = Role::follower;
  Term term = 0;
  NodeId leader = no_node;
};

struct TransferOutcome {
  NodeId to = no_node;
  /// The other one leads; otherwise the leader gave up and takes proposals again, or lost its leadership elsewhere.
  bool done = false;
};

/// A part of a snapshot to write to the partial file of `metadata.id`, at its offset.
struct ChunkToStore {
  std::shared_ptr<const SnapshotMetadata> metadata;
  std::uint64_t offset_bytes = 0;
  Payload data;

  bool is_last() const { return offset_bytes + data.size() == metadata->size_bytes; }
};

/// Taken with Node::take_ready. The caller
///  1. sends `messages` at once, in any order with the rest;
///  2. writes `chunks`; with the last one of a snapshot it checks the whole file, and calls snapshot_refused(id) if
///     that fails; then makes `snapshot`, where it is set, the newest, empties the log, and loads it into the
///     application; then writes `hard_state` and `entries` (an entry replaces whatever the log held from its index);
///  3. makes all of 2 durable (it may leave out the sync if must_sync is false) and then calls persisted(number),
///     for each Ready, in order, also if there was nothing to write;
///  4. sends `messages_after` once 3 is done;
///  5. applies `committed`, at its own pace, and calls applied(last index).
/// Several Readys may be made durable by one write and one sync, unless a later one replaces entries that an earlier
/// one stored: its acknowledgements would then speak of entries that are gone.
struct Ready {
  std::uint64_t number = 0;

  std::vector<Message> messages;
  std::vector<Message> messages_after;

  /// Set where term, vote or commit differ from the last one told.
  std::optional<HardState> hard_state;
  /// Consecutive. If the first index is not above the last index stored, what is stored from there on is replaced.
  std::vector<EntryRange> entries;
  bool replaces_entries = false;
  /// Entries, term, vote, a snapshot or chunks: a commit index alone needs no sync.
  bool must_sync = false;
  std::vector<ChunkToStore> chunks;
  /// A received snapshot, checked when its last chunk was written, that takes the place of the log.
  std::shared_ptr<const SnapshotMetadata> snapshot;

  /// Committed and durable here; consecutive, also from one Ready to the next.
  std::vector<EntryRange> committed;
  std::vector<ReadOutcome> reads;
  std::vector<ProposalOutcome> proposals;
  std::optional<RoleChange> role;
  std::optional<TransferOutcome> transfer;
  /// The configuration in force, if it is another than the last Ready said (connect to who is in it).
  ConfigurationRef configuration;

  /// Empties everything and keeps the memory for the next use.
  void clear();
  bool has_writes() const {
    return hard_state.has_value() || !entries.empty() || !chunks.empty() || snapshot != nullptr;
  }
};

}  // namespace kelek::raft
