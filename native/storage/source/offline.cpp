// Backup, restore, and the way out of a lost majority.
#include <kelek/storage/offline.h>

#include "data_directory_parts.h"
#include "errors.h"

namespace kelek::storage {
namespace {

std::string name_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

}  // namespace

Result<raft::SnapshotMetadata> write_backup(FileSystem& files, const std::string& file, const Identity& from,
                                            const raft::SnapshotMetadata& basis, std::span<const std::byte> bytes) {
  Result<std::unique_ptr<File>> present = files.open(file, OpenMode::read);
  if (present) {
    return make_error(Problem::exists, "create", file, file + " exists already; it is not overwritten.");
  }
  if (present.error().problem != Problem::not_found) return present.error();
  return write_snapshot_file(files, parent_of(file), name_of(file), from, basis, bytes);
}

Result<Backup> read_backup(FileSystem& files, const std::string& file, std::uint64_t limit_bytes) {
  Result<std::unique_ptr<File>> opened = files.open(file, OpenMode::read);
  if (!opened) return opened.error();
  Result<SnapshotHeader> header = read_snapshot_header(**opened);
  if (!header) return header.error();
  const std::uint64_t size = header->metadata.size_bytes;
  if (size > limit_bytes) {
    return make_error(Problem::too_large, "read", file,
                      file + " holds a snapshot of " + std::to_string(size) + " bytes; at most " +
                          std::to_string(limit_bytes) + " are read.");
  }
  Result<std::uint64_t> file_size = (*opened)->size();
  if (!file_size) return file_size.error();
  if (*file_size != header->file_bytes()) {
    return make_error(Problem::damaged, "read", file,
                      file + " is damaged: it has " + std::to_string(*file_size) + " bytes instead of " +
                          std::to_string(header->file_bytes()) + ".");
  }
  Backup backup;
  backup.from = header->identity;
  backup.metadata = header->metadata;
  backup.bytes.reserve(static_cast<std::size_t>(size));
  Digest digest;
  Status read = for_each_block(**opened, *header, 0, [&](std::span<const std::byte> block) {
    digest.add(block);
    backup.bytes.insert(backup.bytes.end(), block.begin(), block.end());
    return true;
  });
  if (!read) return read.error();
  if (digest.finish() != header->metadata.digest) {
    return make_error(Problem::damaged, "read", file, file + " is damaged: its digest is not the one in its header.");
  }
  return backup;
}

Result<raft::SnapshotMetadata> export_backup(FileSystem& files, const std::string& directory, const std::string& file) {
  DataDirectory::Parts parts(files, directory);
  StorageOptions options;
  options.kept_entries = 0;
  Result<Recovered> recovered = parts.open(nullptr, options, false);
  if (!recovered) return recovered.error();
  if (recovered->snapshot.index == 0) {
    return make_error(Problem::not_found, "read", directory, "There is no snapshot in " + directory + " yet.");
  }
  Result<std::vector<std::byte>> bytes = parts.snapshots().read_all(recovered->snapshot.id, UINT64_MAX);
  if (!bytes) return bytes.error();
  return write_backup(files, file, recovered->identity, recovered->snapshot, *bytes);
}

Status import_backup(FileSystem& files, const std::string& file, const std::string& directory, const Identity& identity,
                     const raft::Configuration& configuration, const StorageOptions& options) {
  if (!configuration.is_voter(identity.node_id) && !configuration.is_learner(identity.node_id)) {
    return make_error(Problem::bad_use, "import", directory,
                      "Node " + std::to_string(identity.node_id) + " is no member of the new cluster.");
  }
  Result<Backup> backup = read_backup(files, file, options.snapshots.max_bytes);
  if (!backup) return backup.error();
  if (backup->metadata.index == 0) {
    return make_error(Problem::damaged, "import", file, file + " is a backup of nothing.");
  }
  backup->metadata.configuration = std::make_shared<const raft::Configuration>(configuration);
  DataDirectory::Parts::Beginning beginning;
  beginning.identity = identity;
  beginning.first_configuration = configuration;
  beginning.snapshot = &backup->metadata;
  beginning.snapshot_bytes = backup->bytes;
  return DataDirectory::Parts(files, directory).create(beginning, options);
}

Result<raft::Index> force_configuration(FileSystem& files, const std::string& directory,
                                        const raft::Configuration& configuration) {
  Result<Identity> identity = read_identity(files, directory);
  if (!identity) return identity.error();
  if (!configuration.is_voter(identity->node_id)) {
    return make_error(Problem::bad_use, "force", directory,
                      "Node " + std::to_string(identity->node_id) + " is no voter of the new configuration.");
  }
  StorageOptions options;
  options.log.background = false;
  Result<DataDirectory::Opened> opened = DataDirectory::open(files, directory, *identity, options);
  if (!opened) return opened.error();
  const Recovered& recovered = opened->recovered;
  if (recovered.damaged) {
    return make_error(Problem::damaged, "force", directory,
                      directory + " has lost acknowledged entries; a whole node must be the one that goes on.");
  }
  raft::HardState state = recovered.hard_state;
  state.term += 1;
  state.vote = raft::no_node;
  const raft::Index index = recovered.last_index() + 1;
  raft::EntryRange::Builder builder(index, 1);
  builder.add(state.term, raft::EntryKind::configuration, configuration.encode());
  const raft::EntryRange entries[] = {builder.finish()};
  Log& log = opened->directory->log();
  Status done = log.stage(&state, entries);
  if (done) done = log.commit();
  if (done) done = log.close();
  if (!done) return done.error();
  return index;
}

}  // namespace kelek::storage
