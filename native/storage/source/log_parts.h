// Log::Parts: what a log consists of: the segments, the one that is written, the batch, and what is durable.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <kelek/storage/log.h>

#include "batch_buffer.h"
#include "log_recovery.h"
#include "scrubber.h"
#include "spares.h"

namespace kelek::storage {

/// What the records tell, at one place of the log.
struct LogView {
  raft::HardState hard_state;
  raft::Index last_index = 0;
  raft::Index snapshot_index = 0;
  SnapshotRecord snapshot;
  std::uint32_t configuration_crc = 0;
  raft::Index repair_until = 0;
  raft::Term repaired_term = 0;

  void set(const raft::HardState& state);
};

class Log::Parts {
 public:
  Parts(FileSystem& files, std::string folder, const Identity& identity, const LogOptions& options);

  /// A new log in an empty folder.
  Status begin();
  /// Acts on what recovery found (R4, R5) and makes the log ready to be written.
  Status open(RecoveredLog& recovered);

  Status stage(const raft::Ready& ready);
  Status stage_entries(const raft::HardState* hard_state, std::span<const raft::EntryRange> entries);
  Status stage_snapshot(const raft::SnapshotMetadata& snapshot, SnapshotUse use);
  Status write();
  Status sync();
  Status idle_witness();
  Result<raft::Index> release(raft::Index through);
  Status close();
  Result<ScrubStep> scrub(std::size_t max_bytes);
  LogStatus status() const;

  Status failure() const;
  bool failed() const { return failed_.load(std::memory_order_acquire); }
  bool needs_sync() const { return written_lsn() > synced_lsn_; }
  const BatchBuffer& batch() const { return batch_; }
  Spares& spares() { return *spares_; }

 private:
  Status check_entries(std::span<const raft::EntryRange> entries, std::size_t& bytes) const;
  Status check_hard_state(const raft::HardState& state) const;
  Status usable() const;
  Error latch(Error error);
  Status rewrite_tail(const RecoveredLog& recovered);
  Status confirm_seal(const RecoveredLog& recovered);
  Status remove_leftovers(const RecoveredLog& recovered);
  SegmentHeader next_header() const;
  Status begin_segment(Spare spare, const SegmentHeader& header);
  void make_spares(std::uint64_t first_bytes);
  Status roll(std::size_t batch_bytes);
  Status put(BatchBuffer& records, bool twice = false);
  Status put_single(RecordType type, std::uint8_t flags, std::span<const std::byte> payload, bool twice);
  std::uint64_t echo_place(std::uint64_t end_bytes, std::size_t size_bytes) const;
  Status seal(std::uint8_t flags);
  Lsn written_lsn() const { return place_.lsn - 1; }
  bool fits(std::size_t bytes) const;

  FileSystem& files_;
  const std::string folder_;
  const Identity identity_;
  const LogOptions options_;

  std::vector<SegmentInfo> segments_;
  std::unique_ptr<File> file_;  // of the last segment
  std::uint64_t offset_bytes_ = segment_header_bytes;
  std::uint64_t covered_bytes_ = segment_header_bytes;  // up to here every page was written whole
  Place place_;
  Lsn synced_lsn_ = 0;
  std::uint64_t durable_bytes_ = segment_header_bytes;  // of the last segment
  bool witness_due_ = false;
  bool sealed_ = false;  // the last record is a clean SEAL
  bool closed_ = false;

  BatchBuffer batch_;
  LogView staged_;  // once the batch is written
  LogView written_;
  raft::Index durable_snapshot_index_ = 0;

  LogStatus counters_;
  std::unique_ptr<Spares> spares_;
  Scrubber scrubber_;

  std::atomic<bool> failed_{false};
  mutable std::mutex failure_mutex_;
  std::optional<Error> failure_;
};

}  // namespace kelek::storage
