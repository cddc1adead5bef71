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
  return disk_.load(id_);
}

Disk::Written MemoryDisk::write(const Ready& ready) {
  Disk::Written written = disk_.write(ready);
  if (ready.snapshot != nullptr) older_.clear();
  return written;
}

std::size_t MemoryDisk::power_cut(const std::vector<const Ready*>& unsynced, Random& random) {
  const std::size_t kept = static_cast<std::size_t>(random.below(unsynced.size() + 1));
  for (std::size_t i = 0; i < kept; ++i) {
    if (!write(*unsynced[i]).broken.empty()) return i;
  }
  return kept;
}

NodeDisk::Rotten MemoryDisk::rot(Random& random) {
  const Index last = disk_.last_index();
  const Index first = std::max(disk_.base, disk_.snapshot_index()) + 1;
  if (last < first) return {};
  const Index lost = random.between(first, last);
  return {disk_.lose_from(lost), lost};
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
