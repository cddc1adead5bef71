// Opening: from options to a member that runs: keys, sockets, the data directory with its incarnation, recovery, and
// the first configuration of a new cluster.
#pragma once

#include <memory>
#include <string>

#include <kelek/runtime/failure.h>
#include <kelek/storage/file.h>

#include "engine.h"

namespace kelek::runtime {

class Opening {
 public:
  /// `wake` is called by threads that have something for the loop.
  Opening(Engine& engine, std::function<void()> wake) : engine_(engine), wake_(std::move(wake)) {}

  /// Everything up to where the loop can run: sockets bound, directory open. The node is there too, unless the first
  /// configuration has still to be agreed upon.
  Failure open();

  /// The initial members agree: the first configuration becomes durable, and the node begins.
  Failure establish(const raft::ConfigurationRef& genesis);

  /// The applier's listener; to be set before open().
  Applier::Listener listener;

 private:
  Failure check_options();
  Failure open_sockets();
  Failure bind_sockets();
  Failure open_directory();
  Failure begin_blank();
  Failure read_or_make_incarnation();
  Failure recover();
  Failure make_node(storage::Recovered& recovered);
  void begin_trace(const raft::Options& core, const raft::DurableState& state);
  void report(const storage::Recovered& recovered);

  Engine& engine_;
  std::function<void()> wake_;
  std::unique_ptr<storage::FileLock> lock_;
};

/// A hash of the cluster's name.
wire::ClusterId cluster_id_of(const std::string& name);
/// Not 0, from the system's randomness.
std::uint64_t random_number();

/// The machine at the end of what is recovered up to `through`: the snapshot, and the entries behind it.
Result<machine::Machine> replay(const storage::SnapshotStore& store, const storage::Recovered& recovered);

}  // namespace kelek::runtime
