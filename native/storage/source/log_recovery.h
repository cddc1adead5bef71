// Reading a log back: rules R1 to R4. Changes nothing on the disk; log_opening.h acts on what is found here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <kelek/storage/data_directory.h>
#include <kelek/storage/record.h>

#include "replay.h"

namespace kelek::storage {

struct SegmentInfo {
  std::string name;
  SegmentHeader header;
  std::uint64_t size_bytes = 0;
  /// Up to the end of its last record.
  std::uint64_t used_bytes = segment_header_bytes;
};

struct RecoveredLog {
  Replayed replayed;
  /// Oldest first; never empty.
  std::vector<SegmentInfo> segments;
  /// The last segment's bytes, up to the end of what is kept (where acknowledged entries were lost: all of
  /// them).
  std::vector<std::byte> tail;
  /// There is damage in the last segment, whether or not anything that counts is lost by it.
  bool tail_is_damaged = false;
  /// Where its last record starts, which is a SEAL of a clean stop; 0 otherwise.
  std::uint64_t clean_seal_bytes = 0;
  Lsn last_lsn = 0;
  std::uint32_t chain = 0;
  /// Temporary files, and a last segment that was never finished: to be removed.
  std::vector<std::string> leftovers;
  RecoveryReport report;
};

/// What a look at the records wants to see, beside what they amount to. May be empty.
struct RecoveryWatch {
  std::function<void(const SegmentInfo&)> segment;
  std::function<void(const SegmentInfo&, const Record&)> record;
  std::function<void(const SegmentInfo&, const std::string& damage)> damage;
};

/// `folder` is the log's. Refused: wrong_owner, damaged (R1), and what files give.
Result<RecoveredLog> recover_log(FileSystem& files, const std::string& folder, const Identity& owner,
                                 const RecoveryWatch& watch = {});

}  // namespace kelek::storage
