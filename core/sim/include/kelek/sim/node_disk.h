// NodeDisk: what the simulator asks of one node's storage. MemoryDisk is the fast one; another one, over the real log
// format, lives with the storage.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <kelek/raft/node.h>
#include <kelek/sim/disk.h>
#include <kelek/sim/random.h>

namespace kelek::sim {

class NodeDisk {
 public:
  NodeDisk() = default;
  virtual ~NodeDisk() = default;
  NodeDisk(const NodeDisk&) = delete;
  NodeDisk& operator=(const NodeDisk&) = delete;

  /// What the node starts from. None: it does not open any more, `why` says why; the disk has to be wiped.
  virtual std::optional<raft::DurableState> open(std::string& why) = 0;
  /// Everything in `ready` is durable when this returns. See Disk::Written.
  virtual Disk::Written write(const raft::Ready& ready) = 0;
  /// The power goes while these, the oldest first, are on their way to the disk: any prefix of them may have come
  /// through, whole batches only. Gives how many did, where that is known; 0 otherwise.
  virtual std::size_t power_cut(const std::vector<const raft::Ready*>& unsynced, Random& random) = 0;
  struct Rotten {
    /// False: there was nothing that could.
    bool anything = false;
    /// The first entry that is lost; 0: only the next start will tell.
    raft::Index first_lost = 0;
  };
  /// While it is down: something that was durable rots.
  virtual Rotten rot(Random& random) = 0;

  /// A snapshot taken here: durable when this returns. `metadata` has index, term and configuration; the rest is
  /// filled in. False: it could not be written.
  virtual bool store_snapshot(raft::SnapshotMetadata& metadata, std::string_view bytes) = 0;
  /// Complete ones go, but for `id` and what is newer. What is on its way to a slow follower must stay, as a
  /// coordinator keeps it: otherwise a transfer that takes longer than the time between two snapshots never ends.
  virtual void remove_snapshots_older_than(raft::SnapshotId id) = 0;
  /// A part of a snapshot that is on the disk; empty where it is not.
  virtual raft::Payload read_snapshot(raft::SnapshotId id, std::uint64_t offset_bytes, std::uint32_t size_bytes) = 0;
  /// The whole of the newest one; empty if there is none.
  virtual std::string newest_snapshot() = 0;
  /// The log is needed no more up to here.
  virtual void drop_through(raft::Index index) = 0;
};

/// Makes the disk of a node: its id, its incarnation, the first configuration, and a seed for what goes wrong.
using DiskMaker = std::function<std::unique_ptr<NodeDisk>(raft::NodeId, raft::Incarnation,
                                                          const raft::ConfigurationRef&, std::uint64_t seed)>;

/// In memory: whole batches are there or not.
class MemoryDisk final : public NodeDisk {
 public:
  MemoryDisk(raft::NodeId id, raft::ConfigurationRef first_configuration);

  std::optional<raft::DurableState> open(std::string& why) override;
  Disk::Written write(const raft::Ready& ready) override;
  std::size_t power_cut(const std::vector<const raft::Ready*>& unsynced, Random& random) override;
  Rotten rot(Random& random) override;
  bool store_snapshot(raft::SnapshotMetadata& metadata, std::string_view bytes) override;
  void remove_snapshots_older_than(raft::SnapshotId id) override;
  raft::Payload read_snapshot(raft::SnapshotId id, std::uint64_t offset_bytes, std::uint32_t size_bytes) override;
  std::string newest_snapshot() override;
  void drop_through(raft::Index index) override { disk_.drop_through(index); }

 private:
  raft::NodeId id_;
  Disk disk_;
  /// Kept for transfers that run, the oldest first.
  std::vector<std::shared_ptr<StoredSnapshot>> older_;
};

}  // namespace kelek::sim
