// Acting on what recovery found, before anything else is done: leftovers go, the kept tail becomes durable
// for sure (R5), and after a loss the log goes on in a segment that says so (R4).
#include <algorithm>

#include "errors.h"
#include "log_parts.h"
#include "segment_names.h"

namespace kelek::storage {
namespace {

constexpr const char* rewrite_name = "rewrite.tmp";

/// The first segment of a log, and the room behind a rewritten tail: a start need not wait until a large
/// segment of zeros is written, since the next one is made in the background.
constexpr std::uint64_t room_at_start_bytes = std::uint64_t{1} << 20;
/// What a log is begun with: a header, and room for some records.
constexpr std::uint64_t smallest_segment_bytes = 2 * segment_header_bytes;

std::uint64_t rewritten_size(const RecoveredLog& recovered) {
  const std::uint64_t used = recovered.tail.size();
  const std::uint64_t before = recovered.segments.back().size_bytes;
  return std::max(used, std::min(before, rounded_to_blocks(used + room_at_start_bytes)));
}

}  // namespace

Status Log::Parts::remove_leftovers(const RecoveredLog& recovered) {
  for (const std::string& name : recovered.leftovers) {
    Status removed = files_.remove(join_path(folder_, name));
    if (!removed && removed.error().problem != Problem::not_found) return removed;
  }
  return recovered.leftovers.empty() ? Status(Nothing{}) : files_.sync_directory(folder_);
}

/// What a failed sync left in the cache alone looks like everything else when it is read, and a new sync need
/// not write it again. Written into a fresh file it becomes durable, or fails now.
Status Log::Parts::rewrite_tail(const RecoveredLog& recovered) {
  const SegmentInfo& last = recovered.segments.back();
  const std::uint64_t size = rewritten_size(recovered);
  const std::string temporary = join_path(folder_, rewrite_name);
  const std::string path = join_path(folder_, last.name);
  Result<std::unique_ptr<File>> file = files_.open(temporary, OpenMode::create_new);
  if (!file) return file.error();
  Status done = write_all(**file, 0, recovered.tail);
  if (done) done = write_zeros(**file, recovered.tail.size(), size);
  if (done) done = (*file)->sync();
  if (done) done = files_.rename(temporary, path);
  if (done) done = files_.sync_directory(folder_);
  if (!done) {
    static_cast<void>(files_.remove(temporary));
    return done;
  }
  file_ = std::move(*file);
  file_->was_renamed(path);
  return Nothing{};
}

/// The one thing that may be in the cache alone after a clean stop is the SEAL itself: its sync may have
/// failed.
Status Log::Parts::confirm_seal(const RecoveredLog& recovered) {
  Result<std::unique_ptr<File>> file =
      files_.open(join_path(folder_, recovered.segments.back().name), OpenMode::read_write);
  if (!file) return file.error();
  const auto start = static_cast<std::size_t>(recovered.clean_seal_bytes);
  const std::span<const std::byte> tail(recovered.tail);
  if (Status written = write_all(**file, start, tail.subspan(start)); !written) return written;
  if (Status synced = (*file)->sync(); !synced) return synced;
  file_ = std::move(*file);
  sealed_ = true;
  return Nothing{};
}

void Log::Parts::make_spares(std::uint64_t first_bytes) {
  const std::uint64_t full_bytes = rounded_to_blocks(options_.segment_bytes);
  spares_ = std::make_unique<Spares>(files_, folder_,
                                     SpareOptions{full_bytes, std::min(first_bytes, full_bytes), options_.background});
}

Status Log::Parts::begin() {
  make_spares(room_at_start_bytes);
  bool was_late = false;
  Result<Spare> spare = spares_->take(smallest_segment_bytes, was_late);
  if (!spare) return spare.error();
  return begin_segment(std::move(*spare), next_header());
}

Status Log::Parts::open(RecoveredLog& recovered) {
  if (Status removed = remove_leftovers(recovered); !removed) return removed;
  const bool clean = recovered.clean_seal_bytes != 0;
  if (Status ready = clean ? confirm_seal(recovered) : rewrite_tail(recovered); !ready) return ready;
  recovered.report.tail_rewritten = !clean;

  segments_ = recovered.segments;
  if (!clean) segments_.back().size_bytes = rewritten_size(recovered);
  offset_bytes_ = durable_bytes_ = recovered.tail.size();
  covered_bytes_ = rounded_to_blocks(offset_bytes_);  // it was just written, or just read
  recovered.tail = {};
  place_ = {segments_.back().header.generation, recovered.last_lsn + 1, recovered.chain};
  synced_lsn_ = recovered.last_lsn;
  witness_due_ = !clean;  // what was kept is durable from here on, and nothing in it may say so of the last batch
  const Replayed& replayed = recovered.replayed;
  written_.hard_state = replayed.state.hard_state;
  written_.last_index = replayed.state.last_index;
  written_.snapshot_index = replayed.state.snapshot_index;
  written_.snapshot = replayed.state.snapshot;
  written_.configuration_crc = replayed.state.configuration_crc;
  written_.repair_until = replayed.repair_until;
  written_.repaired_term = replayed.repaired_term;
  staged_ = written_;
  durable_snapshot_index_ = written_.snapshot_index;

  make_spares(2 * room_at_start_bytes);
  // Also where a snapshot heals the damage: in the last segment it would be taken for a torn write as soon as
  // the records that speak against that were cut off, or were damaged in their turn. A later segment always
  // speaks (R3).
  if (!replayed.newly_damaged && !recovered.tail_is_damaged) return Nothing{};
  sealed_ = false;
  bool was_late = false;
  Result<Spare> spare = spares_->take(smallest_segment_bytes, was_late);
  if (!spare) return spare.error();
  SegmentHeader header = next_header();
  header.begins_repair = replayed.newly_damaged;
  return begin_segment(std::move(*spare), header);
}

}  // namespace kelek::storage
