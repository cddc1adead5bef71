// SnapshotStore::Parts: the folder of the snapshots, what is complete in it, and what arrives.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <kelek/storage/snapshot_store.h>

#include "snapshot_file.h"

namespace kelek::storage {

/// A snapshot on its way in.
struct Incoming {
  SnapshotHeader header;
  std::shared_ptr<const raft::SnapshotMetadata> metadata;
  std::string path;
  std::unique_ptr<File> file;
  std::unique_ptr<BlockWriter> writer;
  bool needs_sync = false;
  bool name_needs_sync = false;

  std::uint64_t received_bytes() const { return writer->size_bytes(); }
};

class SnapshotStore::Parts {
 public:
  Parts(FileSystem& files, std::string folder, Identity identity, const SnapshotOptions& options);

  /// Lists what is there. With `tidy`, removes leftovers and takes up a partial snapshot.
  Status open(bool tidy, std::vector<std::string>& notes);
  /// Checks the blocks and the digest of one; what open() leaves out. With `from_disk`, not what the cache
  /// has of it.
  Status check(raft::SnapshotId id, bool from_disk) const;
  /// Removes complete ones that the log does not know of: newer than `index`.
  Status remove_newer_than(raft::Index index, std::vector<std::string>& notes);

  std::vector<raft::SnapshotMetadata> list() const;
  std::optional<raft::SnapshotMetadata> find(raft::SnapshotId id) const;
  Result<raft::Payload> read(raft::SnapshotId id, std::uint64_t offset_bytes, std::size_t size_bytes) const;
  Result<std::vector<std::byte>> read_all(raft::SnapshotId id, std::uint64_t limit_bytes) const;
  Status verify(raft::SnapshotId id) const;
  Status remove_older_than(raft::SnapshotId id);

  Status store_chunk(const raft::ChunkToStore& chunk);
  Status sync_chunks();
  Status promote(raft::SnapshotId id);
  std::optional<PartialSnapshot> partial() const;
  void drop_partial();

  Status check_size(std::uint64_t size_bytes) const;
  /// A file of its own for a snapshot that is being written.
  Result<std::unique_ptr<File>> begin_file();
  /// Under its own name, durably.
  Status publish(File& file, const SnapshotHeader& header);

  FileSystem& files() const { return files_; }
  const Identity& identity() const { return identity_; }

 private:
  struct Known {
    SnapshotHeader header;
    std::string path;
  };
  std::optional<Known> known(raft::SnapshotId id) const;
  Result<Known> required(raft::SnapshotId id) const;
  Status add_complete(const std::string& name, std::vector<std::string>& notes);
  Status take_up_partial(const std::string& name, std::vector<std::string>& notes);
  Status begin_partial(const raft::ChunkToStore& chunk);

  FileSystem& files_;
  const std::string folder_;
  const Identity identity_;
  const SnapshotOptions options_;
  mutable std::mutex mutex_;  // guards what follows, up to incoming_
  std::vector<Known> complete_;
  mutable std::set<raft::SnapshotId> verified_;
  std::uint64_t begun_ = 0;
  std::unique_ptr<Incoming> incoming_;  // of the caller's thread alone
};

class SnapshotWriter::Parts {
 public:
  Parts(SnapshotStore::Parts& store, std::unique_ptr<File> file, const raft::SnapshotMetadata& basis);
  ~Parts();
  Status append(std::span<const std::byte> bytes);
  Result<raft::SnapshotMetadata> finish();

 private:
  SnapshotStore::Parts& store_;
  std::unique_ptr<File> file_;
  SnapshotHeader header_;
  BlockWriter writer_;
  std::optional<Error> failure_;
  bool finished_ = false;
};

/// The same for a file anywhere: a backup.
Result<raft::SnapshotMetadata> write_snapshot_file(FileSystem& files, const std::string& directory,
                                                   const std::string& name, const Identity& identity,
                                                   const raft::SnapshotMetadata& basis,
                                                   std::span<const std::byte> bytes);

}  // namespace kelek::storage
