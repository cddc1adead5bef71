// Applying records to the state of a log. After a loss a second state is built from what follows it: if a
// snapshot and the hard state of that part stand on their own, nothing is missing; otherwise the state before
// the loss counts.
#include "replay.h"

#include <algorithm>

#include "bytes.h"
#include "crc32c.h"

namespace kelek::storage {

void LogState::truncate(raft::Index from) {
  if (from > last_index) return;
  if (from <= first_index) {
    entries.clear();
    first_index = from;
  } else {
    entries.resize(static_cast<std::size_t>(from - first_index));
  }
  last_index = from - 1;
}

void LogState::continue_from(raft::Index index) {
  entries.clear();
  first_index = index + 1;
  last_index = index;
}

bool LogState::leads_to(raft::Index index, raft::Term term) const {
  if (index + 1 == first_index) return snapshot_index == index && (index == 0 || snapshot.term == term);
  return index >= first_index && index <= last_index &&
         entries[static_cast<std::size_t>(index - first_index)].term == term;
}

void Replay::set_hard_state(const raft::HardState& state) {
  now_.hard_state = state;
  hard_state_is_known_ = true;
  newest_ = state;
  greatest_term_ = std::max(greatest_term_, state.term);
  greatest_commit_ = std::max(greatest_commit_, state.commit);
  if (repair_until_ != 0 && repaired_term_ == 0 && state.commit >= repair_until_) repaired_term_ = state.term;
}

void Replay::begin_segment(const SegmentHeader& header) {
  drop_open_batch();
  kept_bytes_ = segment_header_bytes;
  if (first_segment_) {
    now_.first_index = header.first_index;
    now_.last_index = header.first_index - 1;
  } else if (header.begins_repair) {
    begin_repair(header);
  }
  note_lost_until(header.first_index - 1);
  if (first_segment_ || header.begins_repair || !last_is_known_ || !hard_state_is_known_) {
    set_hard_state(header.hard_state);
  }
  if (first_segment_ || header.begins_repair || !snapshot_is_known_) {
    now_.snapshot_index = header.snapshot_index;
    now_.snapshot = header.snapshot;
    now_.configuration_crc = header.configuration_crc;
    snapshot_is_known_ = header.snapshot_index > 0 || !before_;
  }
  if (first_segment_) {
    repair_until_ = header.repair_until;
    repaired_term_ = header.repaired_term;
  }
  open_last_ = now_.last_index;
  first_segment_ = false;
}

/// What an earlier recovery decided: the state that it kept, which is the one that finish() would have chosen
/// here.
void Replay::begin_repair(const SegmentHeader& header) {
  if (before_ && !healed_by_snapshot()) now_ = std::move(*before_);
  before_.reset();
  lost_from_ = 0;
  last_is_known_ = hard_state_is_known_ = snapshot_is_known_ = true;
  now_.truncate(header.first_index);
  repair_until_ = header.repair_until;
  repaired_term_ = 0;
  if (header.first_index == header.snapshot_index + 1 && !now_.leads_to(header.snapshot_index, header.snapshot.term)) {
    // It went on from a snapshot that has no more to do with the entries before: they may have been replaced.
    now_.continue_from(header.snapshot_index);
  }
  if (now_.last_index + 1 < header.first_index) lose();  // less is left than when the repair began
}

bool Replay::is_short_of(const SegmentHeader& repair) const {
  if (repair.first_index == repair.snapshot_index + 1) return false;  // it stands on a snapshot alone
  const bool goes_back = before_ && !healed_by_snapshot();
  return !goes_back && last_is_known_ && now_.last_index + 1 < repair.first_index;
}

/// The first thing known about the last index after a loss ends it.
void Replay::note_lost_until(raft::Index last) {
  if (lost_from_ != 0 && last >= lost_from_) lost_.push_back({lost_from_, last});
  lost_from_ = 0;
  if (last_is_known_) return;
  last_is_known_ = true;
  now_.first_index = last + 1;
  now_.last_index = open_last_ = last;
}

void Replay::lose() {
  // The rest of the batch was acknowledged with what is missing: what was found of it counts.
  for (const Record& record : open_) apply(record);
  open_.clear();
  const raft::Index last = now_.last_index;
  const bool last_was_known = last_is_known_;
  // What a snapshot has healed since an earlier loss is as good as if that had never been.
  const bool whole = !before_ || healed_by_snapshot();
  auto first_configuration = now_.first_configuration;
  if (whole) before_ = std::move(now_);
  now_ = LogState();
  now_.last_index = last;
  now_.first_configuration = std::move(first_configuration);
  last_is_known_ = hard_state_is_known_ = snapshot_is_known_ = false;
  if (lost_from_ == 0 && last_was_known) lost_from_ = last + 1;
  open_has_gap_ = true;
}

void Replay::drop_open_batch() {
  open_.clear();
  open_last_ = now_.last_index;
  open_has_gap_ = false;
}

/// Whether the record makes sense where it stands.
bool Replay::follows(const Record& record) const {
  const raft::Index index = record.header.index;
  switch (record.header.type) {
    case RecordType::entry:
      return index >= 1 && record.header.flags <= static_cast<std::uint8_t>(raft::EntryKind::configuration) &&
             (!last_is_known_ || index == open_last_ + 1);
    case RecordType::truncate: return index >= 1 && (!last_is_known_ || index <= open_last_);
    case RecordType::snapshot:
      return record.header.flags == flag_replaces_log || !last_is_known_ || index <= open_last_;
    case RecordType::hard_state: return true;
    case RecordType::sync:
    case RecordType::seal:
    case RecordType::idle_witness: return !last_is_known_ || index == open_last_;
    case RecordType::unwritten: break;
  }
  return false;
}

/// Whether a SYNC closes exactly the batch that is open; SEAL and IDLE-WITNESS stand between batches.
bool Replay::closes(const Record& record) const {
  if (open_has_gap_) return true;
  if (record.header.type != RecordType::sync) return open_.empty();
  const SyncRecord sync = decode_sync(record.payload);
  std::uint32_t crc = 0;
  for (const Record& one : open_) crc = crc32c(crc, one.header_bytes.first(4));
  return sync.count == open_.size() && sync.batch_crc == crc;
}

bool Replay::take(const Record& record) {
  if (!follows(record)) return false;
  const RecordType type = record.header.type;
  const bool between = type == RecordType::sync || type == RecordType::seal || type == RecordType::idle_witness;
  if (between && !closes(record)) return false;
  switch (type) {
    case RecordType::entry:
      note_lost_until(record.header.index - 1);
      open_last_ = record.header.index;
      break;
    case RecordType::truncate:
      note_lost_until(record.header.index - 1);
      open_last_ = record.header.index - 1;
      break;
    case RecordType::snapshot:
      if (record.header.flags == flag_replaces_log) {
        note_lost_until(record.header.index);
        open_last_ = record.header.index;
      }
      break;
    default: note_lost_until(record.header.index); break;
  }
  if (!between) {
    open_.push_back(record);
    return true;
  }
  for (const Record& one : open_) apply(one);
  open_.clear();
  open_has_gap_ = false;
  kept_bytes_ = record.end_bytes();
  return true;
}

void Replay::apply(const Record& record) {
  switch (record.header.type) {
    case RecordType::hard_state: set_hard_state(decode_hard_state(record.payload)); break;
    case RecordType::entry: {
      raft::Entry entry;
      entry.term = get64(record.payload.data());
      entry.kind = static_cast<raft::EntryKind>(record.header.flags);
      entry.payload = raft::Payload::copy_of(record.payload.subspan(entry_prefix_bytes));
      greatest_term_ = std::max(greatest_term_, entry.term);
      now_.entries.push_back(std::move(entry));
      now_.last_index = record.header.index;
      break;
    }
    case RecordType::truncate: now_.truncate(record.header.index); break;
    case RecordType::snapshot: apply_snapshot(record); break;
    default: break;
  }
}

void Replay::apply_snapshot(const Record& record) {
  const auto configuration = record.payload.subspan(snapshot_prefix_bytes);
  if (record.header.index == 0) {
    now_.first_configuration = std::vector<std::byte>(configuration.begin(), configuration.end());
    return;
  }
  now_.snapshot_index = record.header.index;
  now_.snapshot = decode_snapshot(record.payload);
  now_.configuration_crc = crc32c(configuration);
  snapshot_is_known_ = true;
  if (record.header.flags != flag_replaces_log) return;
  now_.continue_from(record.header.index);
}

/// What follows the last loss stands on its own: a snapshot, the entries after it without a gap, a hard
/// state.
bool Replay::healed_by_snapshot() const {
  return hard_state_is_known_ && snapshot_is_known_ && last_is_known_ && now_.snapshot_index > 0 &&
         now_.first_index <= now_.snapshot_index + 1 && now_.last_index >= now_.snapshot_index;
}

Replayed Replay::finish_damaged(RecoveryReport& report) {
  Replayed result;
  result.damaged = result.newly_damaged = true;
  const raft::Index last_then = last_is_known_ ? now_.last_index : before_->last_index + 1;
  result.state = std::move(*before_);
  LogState& state = result.state;
  // Terms only grow, so the newest hard state is good wherever it was found. The commit index is not: an
  // entry kept from before the loss may have been replaced in it, and must not be applied because a later one
  // was committed.
  const raft::Index commit = std::min(state.hard_state.commit, state.last_index);
  state.hard_state = newest_;
  if (greatest_term_ > newest_.term) state.hard_state = {greatest_term_, raft::no_node, 0};
  state.hard_state.commit = commit;
  result.repair_until = std::max({last_then, greatest_commit_, repair_until_, raft::Index{1}});
  report.lost = std::move(lost_);
  return result;
}

Replayed Replay::finish(RecoveryReport& report) {
  drop_open_batch();
  if (before_ && !healed_by_snapshot()) return finish_damaged(report);
  if (before_) report.notes.push_back("The damage lies before the newest snapshot: nothing that counts is lost.");
  Replayed result;
  result.state = std::move(now_);
  result.repair_until = repair_until_;
  result.repaired_term = repaired_term_;
  result.damaged = repair_until_ != 0 && repaired_term_ == 0;
  const raft::Index last = std::max(result.state.last_index, result.state.snapshot_index);
  if (result.state.hard_state.commit > last) {
    // Known to be committed, and not here: the end of the log was lost (B17).
    report.damage.push_back("The log ends at entry " + std::to_string(last) + ", but entry " +
                            std::to_string(result.state.hard_state.commit) + " was known to be committed.");
    report.lost.push_back({last + 1, result.state.hard_state.commit});
    result.damaged = result.newly_damaged = true;
    result.repair_until = std::max(result.repair_until, result.state.hard_state.commit);
    result.repaired_term = 0;
    result.state.hard_state.commit = last;
  }
  return result;
}

}  // namespace kelek::storage
