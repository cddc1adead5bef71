// Replay: what the records of a log amount to, batch by batch, also where some of them are lost (R2, R3, R4).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <kelek/raft/entry.h>
#include <kelek/storage/data_directory.h>

#include "segment_walk.h"

namespace kelek::storage {

/// A log as it stands at one place.
struct LogState {
  raft::HardState hard_state;
  /// Entries first_index … last_index.
  raft::Index first_index = 1;
  raft::Index last_index = 0;
  std::vector<raft::Entry> entries;
  raft::Index snapshot_index = 0;
  SnapshotRecord snapshot;
  std::uint32_t configuration_crc = 0;
  /// What the SNAPSHOT record of index 0 holds.
  std::optional<std::vector<std::byte>> first_configuration;

  /// Forgets the entries from `from` on.
  void truncate(raft::Index from);
  /// Forgets all entries: the next one follows a snapshot of `index`.
  void continue_from(raft::Index index);
  /// Whether the entries here are the ones that a snapshot of `index` and `term` holds, or that lead up to
  /// it.
  bool leads_to(raft::Index index, raft::Term term) const;
};

struct Replayed {
  LogState state;
  /// Acknowledged entries were lost, now or earlier, and no leader has brought them back yet.
  bool damaged = false;
  /// The loss was found just now: the log must be continued in a segment that begins_repair.
  bool newly_damaged = false;
  raft::Index repair_until = 0;
  raft::Term repaired_term = 0;
};

class Replay {
 public:
  Replay() = default;

  /// Segments in order. Between two of them, finish or drop the batch that is open.
  void begin_segment(const SegmentHeader& header);
  /// Takes a sound record. False: it contradicts what came before, and is as good as damaged.
  bool take(const Record& record);
  /// Records from here up to the next one taken are lost, and may have been acknowledged.
  void lose();
  /// Forgets the records of the batch that no SYNC closed.
  void drop_open_batch();
  bool batch_is_open() const { return !open_.empty(); }
  /// Whether `repair`, the header of a segment that begins one, stands on more entries than were found up to
  /// here.
  bool is_short_of(const SegmentHeader& repair) const;
  std::size_t open_records() const { return open_.size(); }
  /// Where the last closed batch of this segment ends.
  std::uint64_t kept_bytes() const { return kept_bytes_; }

  Replayed finish(RecoveryReport& report);

 private:
  bool follows(const Record& record) const;
  bool closes(const Record& record) const;
  void note_lost_until(raft::Index last);
  void apply(const Record& record);
  void apply_snapshot(const Record& record);
  void begin_repair(const SegmentHeader& header);
  void set_hard_state(const raft::HardState& state);
  bool healed_by_snapshot() const;
  Replayed finish_damaged(RecoveryReport& report);

  LogState now_;
  /// What stood before the first loss that no snapshot has healed.
  std::optional<LogState> before_;
  std::vector<IndexRange> lost_;
  std::vector<Record> open_;
  raft::Index open_last_ = 0;  // last index once the open batch is applied
  bool open_has_gap_ = false;
  std::uint64_t kept_bytes_ = segment_header_bytes;
  bool first_segment_ = true;

  // Since the last loss:
  bool last_is_known_ = true;
  bool hard_state_is_known_ = true;
  bool snapshot_is_known_ = true;
  raft::Index lost_from_ = 0;  // 0: no loss whose end is still to be found

  // Over all:
  raft::HardState newest_;
  raft::Term greatest_term_ = 0;
  raft::Index greatest_commit_ = 0;
  raft::Index repair_until_ = 0;
  raft::Term repaired_term_ = 0;
};

}  // namespace kelek::storage
