// Log: the write-ahead log of one node. Ready after Ready is staged, written with one write and made durable with
// one sync (durability.md). Opened and recovered by DataDirectory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include <kelek/raft/entry.h>
#include <kelek/raft/message.h>
#include <kelek/raft/ready.h>
#include <kelek/raft/types.h>
#include <kelek/storage/file.h>

namespace kelek::storage {

/// Numbers the records of a log; grows by one.
using Lsn = std::uint64_t;

struct LogOptions {
  /// Of a full-grown segment, preallocated and zeroed, or used before; the first ones are smaller. A batch that does
  /// not fit into one gets a larger one. 64 KiB … 1 GiB.
  std::size_t segment_bytes = std::size_t{64} << 20;
  /// A thread of the log's own makes spare segments ahead of need. Without it they are made by prepare(), or when
  /// they are needed.
  bool background = true;
};

/// The most that one batch may hold, so that what was written can be read back in one piece.
inline constexpr std::size_t max_batch_bytes = std::size_t{512} << 20;

enum class SnapshotUse : std::uint8_t {
  /// Taken here: the entries that it covers are no longer needed.
  compacts,
  /// Received: it takes the place of the whole log.
  replaces,
};

struct LogStatus {
  raft::Index first_index = 1;
  raft::Index last_index = 0;
  /// Of the newest SNAPSHOT record that is durable.
  raft::Index snapshot_index = 0;
  Lsn written_lsn = 0;
  Lsn synced_lsn = 0;
  std::size_t segments = 0;
  std::uint64_t segment_bytes = 0;
  std::uint64_t batches = 0;
  std::uint64_t syncs = 0;
  std::uint64_t bytes_written = 0;
  /// Segments that were not prepared when they were needed: the commit path had to wait for them.
  std::uint64_t late_segments = 0;
};

/// What a scrub found out.
struct ScrubStep {
  /// The whole log was read since the scrub began; the next call begins again.
  bool finished = false;
  std::uint64_t bytes_read = 0;
  /// Empty: sound so far. Otherwise file, byte and index of what is damaged.
  std::string damage;
};

/// Thread rules: one call at a time, on any thread. So either everything is called by the loop, or stage … sync by
/// a thread of the log's while the loop leaves the log alone. Exceptions: failed() and space_low() may be called by
/// any thread at any time. Payloads are taken by reference only during stage().
///
/// The first failure of a write, sync or rename latches (R6): every later call is refused with it (`stopped`), and
/// nothing that was not durable before may be acknowledged, ever. Only a fresh open clears it.
class Log {
 public:
  class Parts;  // inside
  ~Log();       // stops the thread, closes the files, writes nothing
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  /// Adds a Ready to the batch: snapshot (as replaces), TRUNCATE where entries replace what is there, hard state,
  /// entries. Its chunks go to the SnapshotStore, before. Refused without effect: too_large (a payload above
  /// max_payload_bytes, or the batch above max_batch_bytes: write() first), bad_use (entries that do not follow, a
  /// term or a vote that goes back).
  Status stage(const raft::Ready& ready);
  Status stage(const raft::HardState* hard_state, std::span<const raft::EntryRange> entries);
  /// `snapshot` is durable in the SnapshotStore already. Before the entries of the same batch.
  Status stage_snapshot(const raft::SnapshotMetadata& snapshot, SnapshotUse use);
  bool has_staged() const;
  std::size_t staged_bytes() const;

  /// Writes what is staged, closed by a SYNC record, as one write. When a segment is full the next one is taken
  /// here, which syncs the full one. Nothing happens if nothing is staged.
  Status write();
  /// Everything written is durable once this returns well. One fdatasync; none if nothing was written.
  Status sync();
  /// write() and sync().
  Status commit();
  /// Something was written since the last sync.
  bool needs_sync() const;

  /// To be called after 50 ms without a write: notes, durably, that the last batch was synced, so that damage to it
  /// is told from a torn write (R3). One write and one sync; nothing happens if that was noted already.
  Status idle_witness();

  /// Removes, or keeps for another life, segments that hold nothing above `through`, nor above the newest durable
  /// SNAPSHOT record (R7: snapshot file durable, record durable, then this). Gives the first index that the log still
  /// holds.
  Result<raft::Index> release(raft::Index through);

  /// Makes a spare segment if there is none: what the background thread does. No failure latches here.
  Status prepare();
  /// No spare segment and no space to make one: refuse proposals, go on serving (R6). Reserved space still takes
  /// hard states and what a leader sends, for a while.
  bool space_low() const;

  /// Reads at least one and about `max_bytes` of what is durable and checks it (R8). Once a day is enough.
  Result<ScrubStep> scrub(std::size_t max_bytes);

  /// The clean stop: syncs, seals. The next open need not rewrite anything. Nothing else may be called afterwards.
  Status close();

  /// The failure that latched, or well.
  Status failure() const;
  bool failed() const;
  LogStatus status() const;

 private:
  friend class DataDirectory;
  explicit Log(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace kelek::storage
