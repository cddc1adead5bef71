// SnapshotStore: the snapshots beside the log (durability.md, R7): written, received in parts, verified, read back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <kelek/raft/message.h>
#include <kelek/raft/payload.h>
#include <kelek/raft/ready.h>
#include <kelek/storage/file.h>
#include <kelek/storage/identity.h>

namespace kelek::storage {

struct SnapshotOptions {
  /// Larger ones are neither written nor received.
  std::uint64_t max_bytes = std::uint64_t{64} << 30;
};

/// A snapshot that arrives: what it will be, and how much of it is here, from its start.
struct PartialSnapshot {
  std::shared_ptr<const raft::SnapshotMetadata> metadata;
  std::uint64_t received_bytes = 0;
};

/// Writes one snapshot as a stream. Dropped before finish(): nothing remains. Its store outlives it.
class SnapshotWriter {
 public:
  class Parts;  // inside
  ~SnapshotWriter();
  SnapshotWriter(const SnapshotWriter&) = delete;
  SnapshotWriter& operator=(const SnapshotWriter&) = delete;

  /// In order. Refused: too_large, and what files give; after a failure every call is refused.
  Status append(std::span<const std::byte> bytes);
  /// Durable under its name once this returns well. Gives index, term and configuration as told, and size, digest
  /// and id as they came out. The same state at the same index has the same id wherever it was made.
  Result<raft::SnapshotMetadata> finish();

 private:
  friend class SnapshotStore;
  explicit SnapshotWriter(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

/// One call at a time. Exceptions: a SnapshotWriter belongs to whoever has it, on any thread; verify() and read()
/// of a snapshot that nobody removes meanwhile may run on any thread beside other calls.
///
/// Unlike the log's, failures do not latch: a snapshot that could not be written is written again later.
class SnapshotStore {
 public:
  class Parts;  // inside
  ~SnapshotStore();
  SnapshotStore(const SnapshotStore&) = delete;
  SnapshotStore& operator=(const SnapshotStore&) = delete;

  /// index, term and configuration of `basis` count. The next step after finish(): Log::stage_snapshot(compacts).
  Result<std::unique_ptr<SnapshotWriter>> begin(const raft::SnapshotMetadata& basis);
  /// begin, append, finish.
  Result<raft::SnapshotMetadata> write(const raft::SnapshotMetadata& basis, std::span<const std::byte> bytes);

  /// Complete ones, oldest first. What begin() is writing is not among them.
  std::vector<raft::SnapshotMetadata> list() const;
  std::optional<raft::SnapshotMetadata> find(raft::SnapshotId id) const;

  /// A part of a complete snapshot, each of its blocks checked. Refused: not_found, bad_use (beyond its end, or
  /// above max_payload_bytes), damaged.
  Result<raft::Payload> read(raft::SnapshotId id, std::uint64_t offset_bytes, std::size_t size_bytes) const;
  /// All of it. Refused like read(), and too_large above `limit_bytes`.
  Result<std::vector<std::byte>> read_all(raft::SnapshotId id, std::uint64_t limit_bytes) const;
  /// Reads the whole file again, from the disk where that can be had, and checks blocks and digest (R7, R8).
  Status verify(raft::SnapshotId id) const;

  /// Step 2 of Ready: writes a chunk of a snapshot that arrives. Repeats of what is here are taken as done; a chunk
  /// of another snapshot than before begins that one and drops the other. Refused: bad_use (a gap), too_large.
  Status store_chunk(const raft::ChunkToStore& chunk);
  /// What store_chunk wrote is durable; with Log::sync, before persisted(). Nothing to do: returns at once.
  Status sync_chunks();
  /// After the last chunk: checks every block and the digest, makes the file durable under its name. Refused
  /// (damaged): the partial file is gone; tell the core snapshot_refused(id). The next step: Log::stage(ready).
  Status promote(raft::SnapshotId id);
  /// What arrived so far; survives a restart, rounded down to whole blocks of 64 KiB.
  std::optional<PartialSnapshot> partial() const;
  void drop_partial();

  /// Removes all complete snapshots older than `id`, once verify(id) was well and the log has its SNAPSHOT record.
  Status remove_older_than(raft::SnapshotId id);

 private:
  friend class DataDirectory;
  explicit SnapshotStore(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace kelek::storage
