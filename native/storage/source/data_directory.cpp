// Opening a data directory: identity, lock, log, snapshots; and what was recovered.
#include <kelek/storage/data_directory.h>

#include "data_directory_parts.h"
#include "errors.h"
#include "identity_file.h"
#include "reconcile.h"
#include "segment_names.h"

namespace kelek::storage {

std::string DataDirectory::Parts::log_folder_name() {
  return log_folder;
}
std::string DataDirectory::Parts::snapshots_path() const {
  return join_path(path_, snapshot_folder);
}

raft::Index Recovered::last_index() const {
  return entries.empty() ? snapshot.index : entries.back().last_index();
}

raft::DurableState Recovered::durable_state() const {
  raft::DurableState state;
  state.hard_state = hard_state;
  state.snapshot = snapshot;
  state.configuration = first_configuration;
  state.entries = entries;
  state.restarted = hard_state.term > 0 || last_index() > 0;
  state.damaged = damaged;
  state.repair_until = repair_until;
  state.partial_snapshot = partial.metadata;
  state.partial_snapshot_bytes = partial.received_bytes;
  return state;
}

Status DataDirectory::Parts::lock() {
  Result<std::unique_ptr<FileLock>> lock = files_.lock(join_path(path_, lock_name));
  if (lock) {
    lock_ = std::move(*lock);
    return Nothing{};
  }
  Error error = lock.error();
  if (error.problem == Problem::in_use) error.text = "The data directory " + path_ + " is in use: " + error.text;
  return error;
}

Result<Recovered> DataDirectory::Parts::open(const Identity* owner, const StorageOptions& options, bool tidy,
                                             const RecoveryWatch& watch) {
  Result<Identity> identity = read_identity(files_, path_);
  if (!identity) return identity.error();
  identity_ = *identity;
  const bool is_owner =
      owner == nullptr || (owner->cluster_id == identity_.cluster_id && owner->node_id == identity_.node_id &&
                           (owner->incarnation == 0 || owner->incarnation == identity_.incarnation));
  if (!is_owner) {
    return make_error(Problem::wrong_owner, "open", path_,
                      path_ + " belongs to " + describe(identity_) + ", not to " + describe(*owner) + ".");
  }
  if (Status locked = lock(); !locked) return locked.error();
  if (tidy) {
    // A name whose directory could not be synced by an earlier life may be in the cache alone.
    for (const std::string& folder : {path_, log_path(), snapshots_path()}) {
      if (Status synced = files_.sync_directory(folder); !synced) return synced.error();
    }
  }
  Result<RecoveredLog> log = recover_log(files_, log_path(), identity_, watch);
  if (!log) return log.error();
  snapshots_.reset(new SnapshotStore(
      std::make_unique<SnapshotStore::Parts>(files_, snapshots_path(), identity_, options.snapshots)));
  SnapshotStore::Parts& snapshots = *snapshots_->parts_;
  if (Status opened = snapshots.open(tidy, log->report.notes); !opened) return opened.error();
  Result<Recovered> recovered = reconcile(*log, identity_, path_, snapshots, options.kept_entries);
  if (!recovered || !tidy) return recovered;

  auto parts = std::make_unique<Log::Parts>(files_, log_path(), identity_, options.log);
  if (Status opened = parts->open(*log); !opened) return opened.error();
  recovered->report.tail_rewritten = log->report.tail_rewritten;
  log_.reset(new Log(std::move(parts)));
  // What the log does not name was never taken into account by anybody.
  Status removed = snapshots.remove_newer_than(recovered->snapshot.index, recovered->report.notes);
  if (!removed) return removed.error();
  if (const auto partial = snapshots.partial()) {
    if (partial->metadata->index > recovered->snapshot.index) {
      recovered->partial = *partial;
    } else {
      snapshots.drop_partial();
    }
  }
  return recovered;
}

DataDirectory::DataDirectory(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
DataDirectory::~DataDirectory() = default;

Status DataDirectory::create(FileSystem& files, const std::string& path, const Identity& identity,
                             const raft::Configuration& first_configuration, const StorageOptions& options) {
  Parts::Beginning beginning;
  beginning.identity = identity;
  beginning.first_configuration = first_configuration;
  return Parts(files, path).create(beginning, options);
}

Result<DataDirectory::Opened> DataDirectory::open(FileSystem& files, const std::string& path, const Identity& owner,
                                                  const StorageOptions& options) {
  auto parts = std::make_unique<Parts>(files, path);
  Result<Recovered> recovered = parts->open(&owner, options, true);
  if (!recovered) return recovered.error();
  Opened opened;
  opened.directory.reset(new DataDirectory(std::move(parts)));
  opened.recovered = std::move(*recovered);
  return opened;
}

Log& DataDirectory::log() {
  return parts_->log();
}
SnapshotStore& DataDirectory::snapshots() {
  return parts_->snapshots();
}
const Identity& DataDirectory::identity() const {
  return parts_->identity();
}
const std::string& DataDirectory::path() const {
  return parts_->path();
}

}  // namespace kelek::storage
