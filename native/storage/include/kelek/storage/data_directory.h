// DataDirectory: the directory of one node: its identity, its lock, its log and its snapshots, recovered together.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <kelek/raft/membership.h>
#include <kelek/raft/node.h>
#include <kelek/storage/identity.h>
#include <kelek/storage/log.h>
#include <kelek/storage/snapshot_store.h>

namespace kelek::storage {

struct StorageOptions {
  LogOptions log;
  SnapshotOptions snapshots;
  /// Entries that a snapshot covers and that are handed out all the same, for followers that are a little slow.
  std::uint64_t kept_entries = 16'384;
};

/// Indexes first … last.
struct IndexRange {
  raft::Index first = 0;
  raft::Index last = 0;
};

/// What recovery met, for logs and for people.
struct RecoveryReport {
  /// Sealed by Log::close.
  bool clean_stop = false;
  /// Records of a batch that was never acknowledged, cut off at a torn write (R3).
  std::uint64_t torn_records = 0;
  std::uint64_t torn_bytes = 0;
  /// The kept tail was written anew before anything else (R5).
  bool tail_rewritten = false;
  std::uint64_t segments = 0;
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
  /// Damage to what was acknowledged: the lost entries, and a sentence a place with file, byte and index.
  std::vector<IndexRange> lost;
  std::vector<std::string> damage;
  /// What was noticed and needs nobody: a leftover removed, a snapshot that nobody refers to.
  std::vector<std::string> notes;
};

struct Recovered {
  Identity identity;
  raft::HardState hard_state;
  /// Its index is 0 if there is none.
  raft::SnapshotMetadata snapshot;
  /// What create() was given; empty where a snapshot has taken its place.
  raft::ConfigurationRef first_configuration;
  /// Consecutive, from snapshot.index + 1 or below.
  std::vector<raft::EntryRange> entries;
  PartialSnapshot partial;
  /// R4: acknowledged entries are lost. The node neither votes nor campaigns until a leader has brought its commit
  /// index to repair_until; the log remembers that across restarts.
  bool damaged = false;
  raft::Index repair_until = 0;
  RecoveryReport report;

  raft::Index last_index() const;
  /// As Node::create takes it; `applied` is left 0 (the application loads the snapshot and says).
  raft::DurableState durable_state() const;
};

class DataDirectory {
 public:
  class Parts;  // inside
  ~DataDirectory();
  DataDirectory(const DataDirectory&) = delete;
  DataDirectory& operator=(const DataDirectory&) = delete;

  /// Makes `path` (its parent exists) into a blank node's directory. `first_configuration`: the same at all first
  /// members, empty for who joins. Refused: exists (with the owner), denied, no_space.
  static Status create(FileSystem& files, const std::string& path, const Identity& identity,
                       const raft::Configuration& first_configuration, const StorageOptions& options = {});

  struct Opened;
  /// Takes the lock, recovers (R1 … R5), and gives what it found. Refused: not_found (blank), wrong_owner (cluster
  /// or node other than in `owner`; its incarnation counts unless it is 0), in_use, damaged (R1: what identifies the
  /// log is gone; wipe the directory, and add the node again under a new incarnation), and what files give.
  static Result<Opened> open(FileSystem& files, const std::string& path, const Identity& owner,
                             const StorageOptions& options = {});

  Log& log();
  SnapshotStore& snapshots();
  const Identity& identity() const;
  const std::string& path() const;

 private:
  explicit DataDirectory(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

struct DataDirectory::Opened {
  std::unique_ptr<DataDirectory> directory;
  Recovered recovered;
};

}  // namespace kelek::storage
