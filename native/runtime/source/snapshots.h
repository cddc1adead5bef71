// Snapshots: when they are taken, how they are written without holding up the loop, and how they are read back.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include <kelek/machine/machine.h>
#include <kelek/raft/node.h>
#include <kelek/runtime/coordinator_options.h>
#include <kelek/runtime/failure.h>
#include <kelek/storage/snapshot_store.h>

namespace kelek::runtime {

/// Reads a snapshot back and checks it all: the file, its form, and that the machine takes it.
Result<machine::Machine> load_machine(const storage::SnapshotStore& store, const raft::SnapshotMetadata& snapshot);

/// Writes a snapshot of `state` to `writer`, as every member would: the same state gives the same file.
Result<raft::SnapshotMetadata> write_state(storage::SnapshotWriter& writer, const machine::State& state);

/// Takes snapshots one at a time. The state is copied on the loop's thread (memory at memory's speed); encoding,
/// writing and the check of what was written happen on a thread that lives only that long.
class Snapshots {
 public:
  /// What came of one: its metadata, or why there is none.
  using Finished = Result<raft::SnapshotMetadata>;

  Snapshots(storage::SnapshotStore& store, std::mutex& store_mutex, const SnapshotPolicy& policy,
            std::function<void()> wake);
  /// Waits for the one under way.
  ~Snapshots();
  Snapshots(const Snapshots&) = delete;
  Snapshots& operator=(const Snapshots&) = delete;

  /// The policy asks for one now.
  bool is_due(const raft::NodeStatus& status) const;

  /// Begins one of what is applied. Nothing happens while one is under way.
  /// Failure (internal, data_directory): it could not begin.
  Failure begin(const raft::Node& node, const machine::Machine& machine);
  bool running() const { return running_; }

  /// What finished since the last call. A failure leaves everything as it was; the policy asks again.
  std::optional<Finished> take_finished();

  /// Log entries up to here may be dropped behind a snapshot of this index.
  raft::Index compact_through(raft::Index snapshot_index, const raft::NodeStatus& status) const;

  /// Complete ones.
  std::optional<raft::SnapshotMetadata> newest() const;
  std::optional<raft::SnapshotMetadata> find(raft::SnapshotId id) const;

  /// Fills in the data of a chunk that leaves. False: it cannot be read.
  bool fill(raft::SnapshotChunk& chunk) const;

  std::uint64_t taken() const { return taken_; }
  std::uint64_t failed() const { return failed_; }

 private:
  void write(const raft::SnapshotMetadata& basis, const machine::State& state);

  storage::SnapshotStore& store_;
  std::mutex& store_mutex_;
  const SnapshotPolicy policy_;
  const std::function<void()> wake_;
  std::mutex mutex_;
  std::optional<Finished> finished_;
  std::thread thread_;
  bool running_ = false;
  std::uint64_t taken_ = 0;
  std::uint64_t failed_ = 0;
  std::uint64_t not_before_ms_ = 0;
};

}  // namespace kelek::runtime
