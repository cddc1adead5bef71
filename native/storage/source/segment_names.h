// Names and sizes of the files in the folder of the log.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <kelek/raft/types.h>

namespace kelek::storage {

inline constexpr const char* log_folder = "log";
inline constexpr const char* snapshot_folder = "snapshots";
inline constexpr const char* lock_name = "lock";
inline constexpr const char* temporary_ending = ".tmp";

/// Sizes of segments are multiples of 4,096.
constexpr std::uint64_t rounded_to_blocks(std::uint64_t bytes) {
  return (bytes + 4095) / 4096 * 4096;
}

struct SegmentName {
  std::uint64_t sequence = 0;
  raft::Index first_index = 0;
};

/// "<sequence, 16 hexadecimal digits>-<first index, 20 digits>.wal"
std::string segment_name(std::uint64_t sequence, raft::Index first_index);
std::optional<SegmentName> parse_segment_name(const std::string& name);
bool is_temporary(const std::string& name);

}  // namespace kelek::storage
