// What is done to a data directory while no coordinator runs on it: backup, restore, and the way out of a lost
// majority. `kelek snapshot export`, `kelek snapshot restore` and `kelek members force` call these.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <kelek/raft/membership.h>
#include <kelek/raft/types.h>
#include <kelek/runtime/coordinator_options.h>
#include <kelek/runtime/failure.h>

namespace kelek::runtime {

/// What a data directory holds, read without changing it.
struct DirectoryReport {
  raft::NodeId node_id = raft::no_node;
  raft::Incarnation incarnation = 0;
  raft::HardState hard_state;
  raft::Index snapshot_index = 0;
  raft::Index last_index = 0;
  raft::Term last_term = 0;
  std::string configuration;
  /// The members of that configuration with their addresses, so that they can be asked whether they live.
  /// Those whose context makes no sense are left out.
  std::vector<InitialMember> members;
  /// Empty: sound. Otherwise what was found damaged.
  std::string damage;
};
/// Refused while a live process uses the directory.
Result<DirectoryReport> inspect_directory(const std::string& data_directory);

/// Writes everything that is committed in the directory, as one checked snapshot file, to `file` (which must not
/// exist). The directory stays as it is. A backup of a running cluster is taken with the client instead.
Result<Done> export_backup(const std::string& data_directory, const std::string& file);

struct RestoreOptions {
  std::string backup_file;
  /// Must be blank or missing.
  std::string data_directory;
  std::string cluster = "kelek";
  raft::NodeId node_id = raft::no_node;
  /// The members of the new cluster. Every one of them is restored from the same file, with the same list: their
  /// incarnations are a hash of both, so that all of them make the same configuration without talking. A member that
  /// is restored once more, after the others went on, is refused by the leader as rolled back.
  std::vector<InitialMember> members;
};
/// Makes a data directory that starts from the backup: a new cluster with the old one's state.
Result<Done> restore_backup(const RestoreOptions& options);

/// The lost majority: the directory's newest configuration is replaced by one whose only voters are `survivors`.
/// Unsafe by nature: what only the lost ones had acknowledged is gone, and if they still live there are two clusters.
/// Refused (data_directory) while a live process uses the directory, or (bad_options) while a majority of the present
/// voters answers
/// (`reachable_voters` counts those that do, this one not among them; the caller asks them first).
struct ForceOptions {
  std::string data_directory;
  std::vector<raft::NodeId> survivors;
  std::size_t reachable_voters = 0;
};
Result<Done> force_configuration(const ForceOptions& options);

}  // namespace kelek::runtime
