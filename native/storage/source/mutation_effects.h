// What some mutations do, where that takes more than a word at the place of the rule.
#pragma once

#include <array>
#include <span>
#include <string>
#include <utility>

#include <kelek/storage/file.h>
#include <kelek/storage/record.h>

#include "batch_buffer.h"
#include "bytes.h"
#include "mutation.h"

namespace kelek::storage {

/// A SYNC that closes nothing, and then the batch that it should have closed.
inline void close_in_front(BatchBuffer& batch, Place& place, raft::Index last_index, Lsn synced_before) {
  std::array<std::byte, sync_bytes> payload;
  encode(SyncRecord{0, 0, synced_before}, payload);
  BatchBuffer reordered;
  reordered.add(RecordType::sync, 0, last_index, payload);
  const std::span<const std::byte> records = batch.bytes();
  for (std::size_t at = 0; at < records.size();) {
    const std::byte* const header = records.data() + at;
    const std::uint32_t length = get32(header + 4);
    reordered.add(static_cast<RecordType>(header[8]), std::to_integer<std::uint8_t>(header[9]), get64(header + 24),
                  records.subspan(at + record_header_bytes, length));
    at += record_bytes(length);
  }
  reordered.stamp(place);
  batch = std::move(reordered);
}

/// A file for term, vote and commit index beside the log, which is written and never synced.

inline void write_apart(FileSystem& files, const std::string& folder, const raft::HardState& state) {
  const std::string path = join_path(folder, "hard-state");
  Result<std::unique_ptr<File>> file = files.open(path, OpenMode::read_write);
  if (!file) file = files.open(path, OpenMode::create_new);
  if (!file) return;
  std::array<std::byte, hard_state_bytes> bytes;
  encode(state, bytes);
  static_cast<void>(write_all(**file, 0, bytes));
}

inline raft::HardState read_apart(FileSystem& files, const std::string& folder) {
  Result<std::unique_ptr<File>> file = files.open(join_path(folder, "hard-state"), OpenMode::read);
  std::array<std::byte, hard_state_bytes> bytes;
  return file && read_exactly(**file, 0, bytes) ? decode_hard_state(bytes) : raft::HardState{};
}

}  // namespace kelek::storage
