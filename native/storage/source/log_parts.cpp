// Writing the log: staging, one write a batch, one sync, the change from segment to segment.
#include "log_parts.h"

#include <algorithm>
#include <array>

#include "bytes.h"
#include "crc32c.h"
#include "errors.h"
#include "mutation_effects.h"
#include "random.h"
#include "segment_names.h"

namespace kelek::storage {
namespace {

/// Kept free at the end of every segment for its SEAL.
constexpr std::size_t seal_room = record_bytes(seal_bytes);
constexpr std::size_t sync_room = record_bytes(sync_bytes);

}  // namespace

void LogView::set(const raft::HardState& state) {
  hard_state = state;
  if (repair_until != 0 && repaired_term == 0 && state.commit >= repair_until) repaired_term = state.term;
}

Log::Parts::Parts(FileSystem& files, std::string folder, const Identity& identity, const LogOptions& options)
    : files_(files), folder_(std::move(folder)), identity_(identity), options_(options) {}

Status Log::Parts::usable() const {
  if (failed()) return failure();
  if (closed_) return make_error(Problem::bad_use, "write", folder_, "The log in " + folder_ + " is closed.");
  return Nothing{};
}

Error Log::Parts::latch(Error error) {
  const std::lock_guard<std::mutex> lock(failure_mutex_);
  if (!failure_) {
    failure_ = error;
    failed_.store(true, std::memory_order_release);
  }
  return error;
}

Status Log::Parts::failure() const {
  const std::lock_guard<std::mutex> lock(failure_mutex_);
  if (!failure_) return Nothing{};
  Error error = *failure_;
  error.problem = Problem::stopped;
  error.text = "The log has stopped after its first failure. " + error.text;
  return error;
}

Status Log::Parts::check_entries(std::span<const raft::EntryRange> entries, std::size_t& bytes) const {
  raft::Index next = 0;
  bytes = batch_.size_bytes() + record_bytes(hard_state_bytes) + record_bytes(0) + sync_room;
  for (const raft::EntryRange& range : entries) {
    if (range.empty()) continue;
    if (next == 0 && (range.first_index() == 0 || range.first_index() > staged_.last_index + 1)) {
      return make_error(Problem::bad_use, "stage", folder_,
                        "Entry " + std::to_string(range.first_index()) + " does not follow the log in " + folder_ +
                            ", which ends at " + std::to_string(staged_.last_index) + ".");
    }
    if (next != 0 && range.first_index() != next) {
      return make_error(Problem::bad_use, "stage", folder_, "The entries to write are not consecutive.");
    }
    next = range.end_index();
    bool too_large = false;
    range.for_each([&](raft::Index, const raft::Entry& entry) {
      too_large = too_large || entry.payload.size() > raft::max_payload_bytes;
      bytes += record_bytes(entry_prefix_bytes + entry.payload.size());
    });
    if (too_large || bytes > max_batch_bytes) {
      return make_error(Problem::too_large, "stage", folder_,
                        too_large ? "A payload is larger than " + std::to_string(raft::max_payload_bytes) + " bytes."
                                  : "A batch of " + std::to_string(bytes) + " bytes is too large.");
    }
  }
  return Nothing{};
}

/// Terms only grow, and a vote is given once a term: what recovery builds upon is not to be undone by whoever
/// writes.
Status Log::Parts::check_hard_state(const raft::HardState& state) const {
  const raft::HardState& before = staged_.hard_state;
  const bool votes_again = state.term == before.term && before.vote != raft::no_node && state.vote != before.vote;
  if (state.term >= before.term && !votes_again) return Nothing{};
  const auto text_of = [](const raft::HardState& one) {
    return "term " + std::to_string(one.term) + " with a vote for " + std::to_string(one.vote);
  };
  return make_error(
      Problem::bad_use, "stage", folder_,
      "The log in " + folder_ + " holds " + text_of(before) + "; it does not go back to " + text_of(state) + ".");
}

Status Log::Parts::stage(const raft::Ready& ready) {
  const BatchBuffer::Mark mark = batch_.mark();
  const LogView before = staged_;
  Status staged = Nothing{};
  if (ready.snapshot != nullptr) staged = stage_snapshot(*ready.snapshot, SnapshotUse::replaces);
  if (staged) staged = stage_entries(ready.hard_state ? &*ready.hard_state : nullptr, ready.entries);
  if (!staged) {
    batch_.go_back_to(mark);
    staged_ = before;
  }
  return staged;
}

Status Log::Parts::stage_entries(const raft::HardState* hard_state, std::span<const raft::EntryRange> entries) {
  if (Status good = usable(); !good) return good;
  std::size_t bytes = 0;
  if (Status good = check_entries(entries, bytes); !good) return good;
  if (hard_state != nullptr) {
    if (Status good = check_hard_state(*hard_state); !good) return good;
  }
  raft::Index first = 0;
  for (const raft::EntryRange& range : entries) {
    if (first == 0 && !range.empty()) first = range.first_index();
  }
  if (first != 0 && first <= staged_.last_index) {
    batch_.add(RecordType::truncate, 0, first, {});
    staged_.last_index = first - 1;
  }
  if (hard_state != nullptr) {
    std::array<std::byte, hard_state_bytes> payload;
    encode(*hard_state, payload);
    if (!mutated(Mutation::hard_state_in_a_file_of_its_own))
      batch_.add(RecordType::hard_state, 0, staged_.last_index, payload);
    else
      write_apart(files_, folder_, *hard_state);
    staged_.set(*hard_state);
  }
  for (const raft::EntryRange& range : entries) {
    if (range.empty()) continue;
    range.for_each([this](raft::Index index, const raft::Entry& entry) { batch_.add_entry(index, entry); });
    staged_.last_index = range.last_index();
  }
  return Nothing{};
}

Status Log::Parts::stage_snapshot(const raft::SnapshotMetadata& snapshot, SnapshotUse use) {
  if (Status good = usable(); !good) return good;
  const bool replaces = use == SnapshotUse::replaces;
  if (!replaces && snapshot.index > staged_.last_index) {
    return make_error(Problem::bad_use, "stage", folder_,
                      "A snapshot of entry " + std::to_string(snapshot.index) + " is ahead of the log in " + folder_ +
                          ", which ends at " + std::to_string(staged_.last_index) + ".");
  }
  const raft::Payload configuration =
      snapshot.configuration != nullptr ? snapshot.configuration->encode() : raft::Payload();
  SnapshotRecord record;
  record.term = snapshot.term;
  record.id = snapshot.id;
  record.size_bytes = snapshot.size_bytes;
  record.digest = snapshot.digest;
  std::array<std::byte, snapshot_prefix_bytes> prefix;
  encode(record, prefix);
  batch_.add(RecordType::snapshot, replaces ? flag_replaces_log : 0, snapshot.index, prefix, configuration.bytes());
  if (snapshot.index > 0) {
    staged_.snapshot_index = snapshot.index;
    staged_.snapshot = record;
    staged_.configuration_crc = crc32c(configuration.bytes());
  }
  if (replaces) staged_.last_index = snapshot.index;
  return Nothing{};
}

bool Log::Parts::fits(std::size_t bytes) const {
  return offset_bytes_ + bytes + seal_room <= segments_.back().size_bytes;
}

/// Where the second copy of what ends at `end_bytes` goes: into the next page, or else into the next sector; 0 if
/// the segment has room for neither.
std::uint64_t Log::Parts::echo_place(std::uint64_t end_bytes, std::size_t size_bytes) const {
  constexpr std::uint64_t sector_bytes = 512;
  const std::uint64_t room_bytes = segments_.back().size_bytes - std::min(segments_.back().size_bytes, seal_room);
  const std::uint64_t page = rounded_to_blocks(end_bytes);
  if (page + size_bytes <= room_bytes) return page;
  const std::uint64_t sector = (end_bytes + sector_bytes - 1) / sector_bytes * sector_bytes;
  return sector + size_bytes <= room_bytes ? sector : 0;
}

/// Writes at the end of the last segment. Nothing is counted as written unless all of it is. The last page is
/// written whole when it is written first: of a segment that is used again, the system would otherwise have
/// to read that page before it could change a part of it, on the path of a commit. What is there already is
/// not written again: it may have been acknowledged, and a torn write must not reach it.
///
/// `twice`: what witnesses that the last batch was synced may lie in the same sector as that batch. With its copy in
/// another one, no single sector or page that is lost looks like the end of the log. The copy has an LSN that is
/// taken, so it never counts as a record, and what comes next is written over it.
Status Log::Parts::put(BatchBuffer& records, bool twice) {
  const std::size_t size = records.size_bytes();
  const std::uint64_t end_bytes = offset_bytes_ + size;
  const std::uint64_t echo_bytes = twice ? echo_place(end_bytes, size) : 0;
  const std::uint64_t needed_bytes = echo_bytes != 0 ? echo_bytes + size : end_bytes;
  std::uint64_t covered_bytes = covered_bytes_;
  std::span<const std::byte> bytes = records.bytes();
  if (needed_bytes > covered_bytes) {
    covered_bytes = std::max(needed_bytes, std::min(rounded_to_blocks(needed_bytes), segments_.back().size_bytes));
    bytes = records.padded_to(static_cast<std::size_t>(covered_bytes - offset_bytes_));
  }
  if (echo_bytes != 0) {
    bytes = records.echoed_at(static_cast<std::size_t>(echo_bytes - offset_bytes_),
                              static_cast<std::size_t>(std::max(needed_bytes, covered_bytes) - offset_bytes_));
  }
  Status written = write_all(*file_, offset_bytes_, bytes);
  if (!written) return latch(written.error());
  offset_bytes_ = end_bytes;
  covered_bytes_ = covered_bytes;
  segments_.back().used_bytes = offset_bytes_;
  counters_.bytes_written += size;
  sealed_ = false;
  return Nothing{};
}

Status Log::Parts::put_single(RecordType type, std::uint8_t flags, std::span<const std::byte> payload, bool twice) {
  BatchBuffer one;
  one.add(type, flags, written_.last_index, payload);
  Place next = place_;
  one.stamp(next);
  Status written = put(one, twice);
  if (written) place_ = next;
  return written;
}

Status Log::Parts::seal(std::uint8_t flags) {
  std::array<std::byte, seal_bytes> payload;
  encode(SealRecord{written_lsn(), synced_lsn_, place_.chain}, payload);
  return put_single(RecordType::seal, flags, payload, flags == flag_clean_stop);
}

Status Log::Parts::write() {
  if (Status good = usable(); !good) return good;
  if (batch_.empty()) return Nothing{};
  const std::size_t bytes = batch_.size_bytes() + sync_room;
  if (!fits(bytes)) {
    if (Status rolled = roll(bytes); !rolled) return rolled;
  }
  Place next = place_;
  if (mutated(Mutation::sync_before_the_last_write)) static_cast<void>(file_->sync());
  if (!mutated(Mutation::sync_record_before_entries))
    batch_.close(next, staged_.last_index, synced_lsn_);
  else
    close_in_front(batch_, next, written_.last_index, synced_lsn_);
  if (Status written = put(batch_); !written) return written;
  place_ = next;
  written_ = staged_;
  witness_due_ = true;
  batch_.clear();
  ++counters_.batches;
  if (const auto failure = spares_->failure()) return latch(*failure);
  return Nothing{};
}

Status Log::Parts::sync() {
  if (Status good = usable(); !good) return good;
  if (!needs_sync()) return Nothing{};
  const Lsn lsn = written_lsn();
  Status synced = mutated(Mutation::sync_before_the_last_write) ? Nothing{} : file_->sync();
  if (!synced && mutated(Mutation::retry_after_failed_sync)) synced = file_->sync();
  if (!synced) return latch(synced.error());
  ++counters_.syncs;
  synced_lsn_ = lsn;
  durable_bytes_ = offset_bytes_;
  durable_snapshot_index_ = written_.snapshot_index;
  return Nothing{};
}

SegmentHeader Log::Parts::next_header() const {
  SegmentHeader header;
  header.identity = identity_;
  header.sequence = segments_.empty() ? 1 : segments_.back().header.sequence + 1;
  header.first_index = written_.last_index + 1;
  header.first_lsn = place_.lsn;
  header.chain = place_.chain;
  header.hard_state = written_.hard_state;
  header.snapshot_index = written_.snapshot_index;
  header.snapshot = written_.snapshot;
  header.configuration_crc = written_.configuration_crc;
  header.repair_until = written_.repair_until;
  header.repaired_term = written_.repaired_term;
  header.generation = draw_generation();
  return header;
}

/// Gives the spare its header and its name, durably, before it is used.
Status Log::Parts::begin_segment(Spare spare, const SegmentHeader& header) {
  std::vector<std::byte> block(segment_header_bytes);
  encode_segment_header(header, block);
  const std::string name = segment_name(header.sequence, header.first_index);
  const std::string path = join_path(folder_, name);
  if (Status written = write_all(*spare.file, 0, block); !written) return latch(written.error());
  if (Status synced = spare.file->sync(); !synced) return latch(synced.error());
  if (Status renamed = files_.rename(spare.file->path(), path); !renamed) return latch(renamed.error());
  spare.file->was_renamed(path);
  const bool syncs = !mutated(Mutation::no_directory_sync);
  if (Status synced = syncs ? files_.sync_directory(folder_) : Nothing{}; !synced) return latch(synced.error());
  SegmentInfo segment;
  segment.name = name;
  segment.header = header;
  segment.size_bytes = spare.size_bytes;
  segments_.push_back(segment);
  file_ = std::move(spare.file);
  offset_bytes_ = covered_bytes_ = durable_bytes_ = segment_header_bytes;
  place_.generation = header.generation;
  counters_.bytes_written += segment_header_bytes;
  return Nothing{};
}

/// The next segment. The full one is durable before there is another: so only the last one can be torn.
Status Log::Parts::roll(std::size_t batch_bytes) {
  const std::uint64_t needed = segment_header_bytes + std::uint64_t{batch_bytes} + seal_room;
  bool was_late = false;
  Result<Spare> spare = spares_->take(rounded_to_blocks(needed), was_late);
  if (was_late) ++counters_.late_segments;
  if (!spare) {
    // Nothing was written: without space the batch can wait, and the log is as good as before.
    return spare.error().problem == Problem::no_space ? spare.error() : latch(spare.error());
  }
  if (offset_bytes_ + seal_room <= segments_.back().size_bytes) {
    if (Status sealed = seal(0); !sealed) return sealed;
  }
  if (Status synced = sync(); !synced) return synced;
  return begin_segment(std::move(*spare), next_header());
}

Status Log::Parts::idle_witness() {
  if (Status good = usable(); !good) return good;
  if (!witness_due_) return Nothing{};
  if (fits(record_bytes(witness_bytes))) {
    std::array<std::byte, witness_bytes> payload;
    put64(payload.data(), synced_lsn_);
    if (Status written = put_single(RecordType::idle_witness, 0, payload, true); !written) return written;
  } else if (offset_bytes_ + seal_room <= segments_.back().size_bytes) {
    // A full segment gets its SEAL early, which witnesses as well.
    if (Status sealed = seal(0); !sealed) return sealed;
  }
  if (Status synced = sync(); !synced) return synced;
  witness_due_ = false;
  return Nothing{};
}

Result<raft::Index> Log::Parts::release(raft::Index through) {
  if (Status good = usable(); !good) return good.error();
  const bool early = mutated(Mutation::segments_deleted_before_snapshot_sync);
  const raft::Index limit = std::min(through, early ? staged_.snapshot_index : durable_snapshot_index_);
  std::size_t gone = 0;
  while (gone + 1 < segments_.size() && segments_[gone + 1].header.first_index - 1 <= limit) {
    spares_->retire(segments_[gone].name, segments_[gone].size_bytes);
    ++gone;
  }
  segments_.erase(segments_.begin(), segments_.begin() + static_cast<std::ptrdiff_t>(gone));
  if (const auto failure = spares_->failure()) return latch(*failure);
  return segments_.front().header.first_index;
}

Status Log::Parts::close() {
  if (Status written = write(); !written) return written;
  if (Status synced = sync(); !synced) return synced;
  if (!sealed_ && offset_bytes_ + seal_room <= segments_.back().size_bytes) {
    if (Status sealed = seal(flag_clean_stop); !sealed) return sealed;
    if (Status synced = sync(); !synced) return synced;
    sealed_ = true;
  }
  closed_ = true;
  return Nothing{};
}

Result<ScrubStep> Log::Parts::scrub(std::size_t max_bytes) {
  return scrubber_.step(files_, folder_, segments_, durable_bytes_, max_bytes);
}

LogStatus Log::Parts::status() const {
  LogStatus status = counters_;
  status.first_index = segments_.front().header.first_index;
  status.last_index = written_.last_index;
  status.snapshot_index = durable_snapshot_index_;
  status.written_lsn = written_lsn();
  status.synced_lsn = synced_lsn_;
  status.segments = segments_.size();
  status.segment_bytes = 0;
  for (const SegmentInfo& segment : segments_) status.segment_bytes += segment.size_bytes;
  return status;
}

}  // namespace kelek::storage
