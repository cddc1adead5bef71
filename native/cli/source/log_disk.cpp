// The real log under the simulator.
#include "log_disk.h"

#include <algorithm>

namespace kelek::cli {
namespace {

constexpr const char* path = "/node";
constexpr std::uint64_t most_snapshot_bytes = std::uint64_t{64} << 20;

storage::StorageOptions small_options() {
  storage::StorageOptions options;
  options.log.segment_bytes = 64 * 1024;
  options.log.background = false;
  options.kept_entries = 16;
  return options;
}

storage::Identity identity_of(raft::NodeId id, raft::Incarnation incarnation) {
  storage::Identity identity;
  identity.cluster_id.fill(7);
  identity.cluster_name = "simulated";
  identity.node_id = id;
  identity.incarnation = incarnation + 1;
  return identity;
}

bool is_segment(const std::string& file) {
  return file.size() > 4 && file.compare(file.size() - 4, 4, ".wal") == 0;
}

}  // namespace

LogDisk::LogDisk(raft::NodeId id, raft::Incarnation incarnation, const raft::Configuration& first, std::uint64_t seed)
    : disk_(seed), identity_(identity_of(id, incarnation)) {
  // A disk that cannot be used is told by open().
  (void)storage::DataDirectory::create(disk_, path, identity_, first, small_options());
}

bool LogDisk::open_directory(std::string& why) {
  directory_.reset();
  auto opened = storage::DataDirectory::open(disk_, path, identity_, small_options());
  if (!opened) {
    why = opened.error().text;
    return false;
  }
  found_ = opened->recovered.durable_state();
  directory_ = std::move(opened->directory);
  return true;
}

std::optional<raft::DurableState> LogDisk::open(std::string& why) {
  if (!open_directory(why)) return std::nullopt;
  return found_;
}

storage::Status LogDisk::stage(const raft::Ready& ready, sim::Disk::Written& written) {
  storage::SnapshotStore& snapshots = directory_->snapshots();
  for (const raft::ChunkToStore& chunk : ready.chunks) {
    storage::Status stored = snapshots.store_chunk(chunk);
    if (stored && chunk.is_last()) stored = snapshots.promote(chunk.metadata->id);
    if (!stored) written.damaged.push_back(chunk.metadata->id);
  }
  if (!ready.chunks.empty() && !snapshots.sync_chunks()) written.damaged.push_back(ready.chunks.back().metadata->id);
  return ready.has_writes() ? directory_->log().stage(ready) : storage::Status(storage::Nothing{});
}

sim::Disk::Written LogDisk::write(const raft::Ready& ready) {
  sim::Disk::Written written;
  storage::Status done = stage(ready, written);
  if (done) done = directory_->log().commit();
  if (!done) written.broken = done.error().text;
  if (done && ready.snapshot != nullptr) (void)directory_->snapshots().remove_older_than(ready.snapshot->id);
  return written;
}

/// Some of what was on its way is written, and torn in one of the ways that disks have.
std::size_t LogDisk::power_cut(const std::vector<const raft::Ready*>& unsynced, sim::Random& random) {
  const std::uint64_t begun = random.below(unsynced.size() + 1);
  for (std::uint64_t i = 0; i < begun; ++i) {
    sim::Disk::Written written;
    if (!stage(*unsynced[static_cast<std::size_t>(i)], written) || !directory_->log().write()) break;
  }
  const auto tearing = static_cast<storage::Tearing>(random.below(4));
  disk_.crash(tearing, random.next());
  directory_.reset();
  return 0;
}

/// One bit, somewhere in what the log has written. It is witnessed first: damage to a last batch that is not looks like
/// a torn write, as the storage says of itself.
sim::NodeDisk::Rotten LogDisk::rot(sim::Random& random) {
  std::string why;
  if (!open_directory(why)) return {};
  const bool witnessed = directory_->log().idle_witness().ok();
  directory_.reset();
  disk_.restart_process();
  if (!witnessed) return {};
  std::vector<std::string> segments;
  for (const std::string& file : disk_.paths()) {
    if (is_segment(file)) segments.push_back(file);
  }
  if (segments.empty()) return {};
  const std::string& segment = segments[static_cast<std::size_t>(random.below(segments.size()))];
  const std::vector<std::byte> bytes = disk_.contents(segment);
  const auto used = std::find_if(bytes.rbegin(), bytes.rend(), [](std::byte byte) { return byte != std::byte{0}; });
  const auto length = static_cast<std::uint64_t>(bytes.rend() - used);
  if (length == 0) return {};
  disk_.flip_bit(segment, random.below(length * 8));
  return {true, 0};
}

bool LogDisk::store_snapshot(raft::SnapshotMetadata& metadata, std::string_view bytes) {
  storage::SnapshotStore& snapshots = directory_->snapshots();
  auto stored = snapshots.write(metadata, std::as_bytes(std::span(bytes)));
  if (!stored) return false;
  metadata = *stored;
  if (!directory_->log().stage_snapshot(metadata, storage::SnapshotUse::compacts)) return false;
  return directory_->log().commit() && snapshots.verify(metadata.id);
}

void LogDisk::remove_snapshots_older_than(raft::SnapshotId id) {
  // What was not removed now is removed behind the next one.
  (void)directory_->snapshots().remove_older_than(id);
}

raft::Payload LogDisk::read_snapshot(raft::SnapshotId id, std::uint64_t offset_bytes, std::uint32_t size_bytes) {
  auto read = directory_->snapshots().read(id, offset_bytes, size_bytes);
  return read ? std::move(*read) : raft::Payload();
}

std::string LogDisk::newest_snapshot() {
  const std::vector<raft::SnapshotMetadata> all = directory_->snapshots().list();
  if (all.empty()) return {};
  const auto bytes = directory_->snapshots().read_all(all.back().id, most_snapshot_bytes);
  if (!bytes) return {};
  return std::string(reinterpret_cast<const char*>(bytes->data()), bytes->size());
}

void LogDisk::drop_through(raft::Index index) {
  (void)directory_->log().release(index);
}

sim::DiskMaker disk_maker_of(const std::string& name) {
  if (name != "log") return {};
  return [](raft::NodeId id, raft::Incarnation incarnation, const raft::ConfigurationRef& first, std::uint64_t seed) {
    return std::make_unique<LogDisk>(id, incarnation, *first, seed);
  };
}

}  // namespace kelek::cli
