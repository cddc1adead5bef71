// Scrubber: reads a log's durable records again, a little at a time, and checks them (R8).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <kelek/storage/log.h>

#include "log_recovery.h"

namespace kelek::storage {

class Scrubber {
 public:
  /// `segments` as they are now; the last one is durable up to `durable_bytes`.
  Result<ScrubStep> step(FileSystem& files, const std::string& folder, std::span<const SegmentInfo> segments,
                         std::uint64_t durable_bytes, std::size_t max_bytes);

 private:
  Status open_segment(FileSystem& files, const std::string& folder, const SegmentInfo& segment, std::string& damage);
  /// Checks the record at the present place; false at the end of the segment.
  Result<bool> check_record(const SegmentInfo& segment, std::uint64_t end_bytes, std::string& damage,
                            std::uint64_t& read_bytes);

  std::uint64_t sequence_ = 0;  // of the segment in work; 0: begin
  std::unique_ptr<File> file_;
  std::uint64_t offset_bytes_ = 0;
  Lsn next_lsn_ = 0;
  std::uint32_t chain_ = 0;
  std::vector<std::byte> buffer_;
};

}  // namespace kelek::storage
