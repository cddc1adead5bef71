// MemoryDisk: batches that are there or not, and what rots as durability.md says.
#include <algorithm>

#include <kelek/sim/node_disk.h>

namespace kelek::sim {

using namespace raft;

MemoryDisk::MemoryDisk(NodeId id, ConfigurationRef first_configuration) : id_(id) {
  disk_.first_configuration = std::move(first_configuration);
}

std::optional<DurableState> MemoryDisk::open(std::string&) {
  older_.clear();
  DurableState state = disk_.load();
  state.damaged = repair_until_ != 0;
  state.repair_until = repair_until_;
  if (repaired_term_ != 0 && state.hard_state.term <= repaired_term_ && state.hard_state.vote == no_node) {
    state.hard_state.vote = id_;
  }
  return state;
}

/// Once a leader has brought it past what was lost it is whole again; the damage may have hidden a vote of that term or
/// an earlier one: in these terms it votes for nobody else any more, which a vote for itself says best.
void MemoryDisk::note_repair() {
  if (repair_until_ == 0 || disk_.hard_state.commit < repair_until_) return;
  repair_until_ = 0;
  repaired_term_ = disk_.hard_state.term;
}

Disk::Written MemoryDisk::write(const Ready& ready) {
  Disk::Written written = disk_.write(ready);
  if (ready.snapshot != nullptr) older_.clear();
  note_repair();
  return written;
}

std::size_t MemoryDisk::power_cut(const std::vector<const Ready*>& unsynced, Random& random) {
  const std::size_t kept = static_cast<std::size_t>(random.below(unsynced.size() + 1));
  for (std::size_t i = 0; i < kept; ++i) {
    if (!write(*unsynced[i]).broken.empty()) return i;
  }
  return kept;
}

bool MemoryDisk::rot(Random& random) {
  const Index last = disk_.last_index();
  const Index first = std::max(disk_.base, disk_.snapshot_index()) + 1;
  if (last < first) return false;
  const Index lost = random.between(first, last);
  disk_.log.resize(static_cast<std::size_t>(lost - disk_.base - 1));
  disk_.hard_state.commit = std::min(disk_.hard_state.commit, lost - 1);
  repair_until_ = std::max(repair_until_, last);
  repaired_term_ = 0;
  return true;
}

bool MemoryDisk::store_snapshot(SnapshotMetadata& metadata, std::string_view bytes) {
  auto stored = std::make_shared<StoredSnapshot>();
  stored->bytes = bytes;
  metadata.size_bytes = bytes.size();
  metadata.digest = digest_of(stored->bytes);
  // The same state at the same index has the same name wherever it was made.
  metadata.id = metadata.index;
  for (const std::uint8_t byte : metadata.digest) metadata.id = mix(metadata.id * 257 + byte);
  stored->metadata = metadata;
  if (disk_.snapshot != nullptr) older_.push_back(std::move(disk_.snapshot));
  disk_.snapshot = std::move(stored);
  return true;
}

void MemoryDisk::remove_snapshots_older_than(SnapshotId id) {
  const auto is_kept = [id](const auto& stored) { return stored->metadata.id == id; };
  older_.erase(older_.begin(), std::find_if(older_.begin(), older_.end(), is_kept));
}

Payload MemoryDisk::read_snapshot(SnapshotId id, std::uint64_t offset_bytes, std::uint32_t size_bytes) {
  const auto has_id = [id](const auto& stored) { return stored != nullptr && stored->metadata.id == id; };
  const auto older = std::find_if(older_.begin(), older_.end(), has_id);
  const std::shared_ptr<StoredSnapshot>& stored = older != older_.end() ? *older : disk_.snapshot;
  if (!has_id(stored)) return {};
  return Payload::copy_of(std::string_view(stored->bytes).substr(static_cast<std::size_t>(offset_bytes), size_bytes));
}

std::string MemoryDisk::newest_snapshot() {
  return disk_.snapshot != nullptr ? disk_.snapshot->bytes : std::string();
}

}  // namespace kelek::sim
