// What DataDirectory and the offline tools share.
#pragma once

#include <memory>
#include <string>

#include <kelek/storage/data_directory.h>

#include "log_parts.h"
#include "log_recovery.h"
#include "snapshot_parts.h"

namespace kelek::storage {

class DataDirectory::Parts {
 public:
  Parts(FileSystem& files, std::string path) : files_(files), path_(std::move(path)) {}

  /// Makes folders, log and identity. `snapshot` may be none; otherwise its bytes are stored first.
  struct Beginning {
    Identity identity;
    raft::Configuration first_configuration;
    const raft::SnapshotMetadata* snapshot = nullptr;
    std::span<const std::byte> snapshot_bytes;
  };
  Status create(const Beginning& beginning, const StorageOptions& options);
  /// With `tidy`, acts on what it finds, and the log can be written; otherwise nothing is changed but the lock.
  Result<Recovered> open(const Identity* owner, const StorageOptions& options, bool tidy,
                         const RecoveryWatch& watch = {});

  std::string log_path() const { return join_path(path_, log_folder_name()); }
  std::string snapshots_path() const;
  Log& log() { return *log_; }
  SnapshotStore& snapshots() { return *snapshots_; }
  const SnapshotStore::Parts& snapshot_parts() const { return *snapshots_->parts_; }
  const Identity& identity() const { return identity_; }
  const std::string& path() const { return path_; }
  FileSystem& files() { return files_; }

 private:
  static std::string log_folder_name();
  Status lock();
  Status refuse_existing() const;
  Status remove_unfinished();
  Status make_folders();
  Status begin_log(const Beginning& beginning, const raft::SnapshotMetadata* stored, const StorageOptions& options);

  FileSystem& files_;
  const std::string path_;
  Identity identity_;
  std::unique_ptr<FileLock> lock_;
  std::unique_ptr<SnapshotStore> snapshots_;
  std::unique_ptr<Log> log_;
};

/// "." for a bare name.
std::string parent_of(const std::string& path);

}  // namespace kelek::storage
