// LogDisk: the storage of a simulated node over the real log and the real snapshots, on a disk that forgets, tears and
// rots.
#pragma once

#include <memory>
#include <string>

#include <kelek/sim/node_disk.h>
#include <kelek/storage/data_directory.h>
#include <kelek/storage/simulated_disk.h>

namespace kelek::cli {

class LogDisk final : public sim::NodeDisk {
 public:
  LogDisk(raft::NodeId id, raft::Incarnation incarnation, const raft::Configuration& first, std::uint64_t seed);

  std::optional<raft::DurableState> open(std::string& why) override;
  sim::Disk::Written write(const raft::Ready& ready) override;
  std::size_t power_cut(const std::vector<const raft::Ready*>& unsynced, sim::Random& random) override;
  Rotten rot(sim::Random& random) override;
  bool store_snapshot(raft::SnapshotMetadata& metadata, std::string_view bytes) override;
  void remove_snapshots_older_than(raft::SnapshotId id) override;
  raft::Payload read_snapshot(raft::SnapshotId id, std::uint64_t offset_bytes, std::uint32_t size_bytes) override;
  std::string newest_snapshot() override;
  void drop_through(raft::Index index) override;

 private:
  bool open_directory(std::string& why);
  storage::Status stage(const raft::Ready& ready, sim::Disk::Written& written);

  storage::SimulatedDisk disk_;
  storage::Identity identity_;
  std::unique_ptr<storage::DataDirectory> directory_;
  raft::DurableState found_;
};

/// "memory": none, which the simulator takes for its own; "log": LogDisk.
sim::DiskMaker disk_maker_of(const std::string& name);

}  // namespace kelek::cli
