// What is done to a data directory while nobody runs on it: look, back up, restore, and the lost majority.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <kelek/raft/membership.h>
#include <kelek/storage/data_directory.h>
#include <kelek/storage/record.h>

namespace kelek::storage {

struct SegmentReport {
  std::string name;
  std::uint64_t size_bytes = 0;
  std::uint64_t used_bytes = 0;
  std::uint64_t sequence = 0;
  raft::Index first_index = 0;
  Lsn first_lsn = 0;
  std::uint64_t records = 0;
  std::uint64_t entries = 0;
  /// Empty: sound.
  std::string damage;
};

struct DirectoryReport {
  /// As open() would give it, with the report of what it would do.
  Recovered recovered;
  std::vector<SegmentReport> segments;
  /// Complete ones, each verified; damaged ones are named in `damage`.
  std::vector<raft::SnapshotMetadata> snapshots;
  /// In force at the end of the log.
  raft::Configuration configuration;
  raft::Index last_index = 0;
  raft::Term last_term = 0;
  /// Everything that is wrong, a sentence each.
  std::vector<std::string> damage;
};

/// Reads everything, changes nothing. Refused: not_found, in_use, and what files give; a directory that open()
/// would refuse as damaged gives a report that says so.
Result<DirectoryReport> inspect(FileSystem& files, const std::string& directory);

/// One record as `kelek doctor --records` shows it.
struct RecordSummary {
  std::string segment;
  std::uint64_t offset_bytes = 0;
  RecordHeader header;
  /// "entry 12 of term 3, 256 bytes" and the like.
  std::string text;
};
/// Calls `each` for every sound record in order, until it gives false.
Status for_each_record(FileSystem& files, const std::string& directory,
                       const std::function<bool(const RecordSummary&)>& each);

/// A snapshot as a file of its own, anywhere: what a backup is. `file` must not exist; its directory does.
Result<raft::SnapshotMetadata> write_backup(FileSystem& files, const std::string& file, const Identity& from,
                                            const raft::SnapshotMetadata& basis, std::span<const std::byte> bytes);
struct Backup {
  Identity from;
  raft::SnapshotMetadata metadata;
  std::vector<std::byte> bytes;
};
/// Checks everything. Refused: not_found, damaged, too_large.
Result<Backup> read_backup(FileSystem& files, const std::string& file, std::uint64_t limit_bytes);

/// The newest snapshot of a directory as a backup. What was committed after it is not in it: who knows how to apply
/// entries (the runtime) makes a newer one from recover_read_only() and write_backup(). Refused (not_found): none.
Result<raft::SnapshotMetadata> export_backup(FileSystem& files, const std::string& directory, const std::string& file);
/// What open() would give; takes the lock while it reads, changes nothing.
Result<Recovered> recover_read_only(FileSystem& files, const std::string& directory);

/// Makes a new node's directory (as create() does) that starts from the backup: index and term stay, the members
/// are those of `configuration` (not empty), cluster, node and incarnation those of `identity`.
Status import_backup(FileSystem& files, const std::string& file, const std::string& directory, const Identity& identity,
                     const raft::Configuration& configuration, const StorageOptions& options = {});

/// The lost majority (thesis, section 4.1 tells why this is unsafe): adds to the log a configuration that stands
/// alone, and raises the term by one. Whoever calls has made sure that no quorum of the old one lives. Gives the
/// index of the entry. Refused: bad_use (the node itself is no voter of it), damaged, in_use, and the like.
Result<raft::Index> force_configuration(FileSystem& files, const std::string& directory,
                                        const raft::Configuration& configuration);

}  // namespace kelek::storage
