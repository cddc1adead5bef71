// Making a data directory. The identity is written last: without it the directory counts as blank, and whatever a
// crash left behind is made anew.
#include "data_directory_parts.h"
#include "errors.h"
#include "identity_file.h"
#include "segment_names.h"

namespace kelek::storage {

std::string parent_of(const std::string& path) {
  std::size_t end = path.size();
  while (end > 1 && path[end - 1] == '/') --end;
  const std::size_t slash = path.rfind('/', end - 1);
  if (end == 0 || slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Status DataDirectory::Parts::refuse_existing() const {
  Result<Identity> present = read_identity(files_, path_);
  if (!present && present.error().problem == Problem::not_found) return Nothing{};
  if (!present && present.error().problem != Problem::damaged) return present.error();
  return make_error(Problem::exists, "create", path_,
                    present ? path_ + " belongs to " + describe(*present) + " already."
                            : path_ + " holds a data directory already. " + present.error().text);
}

/// What an interrupted create() left: at most a log without entries. Anything else somebody may miss.
Status DataDirectory::Parts::remove_unfinished() {
  Result<std::vector<std::string>> names = files_.list(log_path());
  if (!names) return names.error();
  for (const std::string& name : *names) {
    const std::string path = join_path(log_path(), name);
    if (parse_segment_name(name)) {
      Result<std::unique_ptr<File>> file = files_.open(path, OpenMode::read);
      if (!file) return file.error();
      std::vector<std::byte> first(segment_header_bytes);
      Result<std::size_t> read = read_up_to(**file, 0, first);
      if (!read) return read.error();
      const auto header = decode_segment_header(std::span<const std::byte>(first).first(*read));
      if (header) {
        Result<RecoveredLog> log = recover_log(files_, log_path(), header->identity);
        const bool blank = log && log->segments.size() == 1 && log->replayed.state.entries.empty() &&
                           log->replayed.state.hard_state == raft::HardState{};
        if (!blank) {
          return make_error(Problem::exists, "create", path_,
                            path_ + " holds a log, though no file " + identity_name +
                                "; it is not overwritten. Remove the directory if nobody needs it.");
        }
      }
    } else if (!is_temporary(name)) {
      continue;
    }
    if (Status removed = files_.remove(path); !removed) return removed;
  }
  return files_.sync_directory(log_path());
}

Status DataDirectory::Parts::make_folders() {
  if (Status made = files_.make_directory(path_); !made) return made;
  // Where the parent may not be read its sync is somebody else's business.
  Status synced = files_.sync_directory(parent_of(path_));
  if (!synced && synced.error().problem != Problem::denied) return synced;
  if (Status refused = refuse_existing(); !refused) return refused;
  if (Status locked = lock(); !locked) return locked;
  if (Status refused = refuse_existing(); !refused) return refused;  // somebody may have been quicker
  if (Status made = files_.make_directory(log_path()); !made) return made;
  if (Status made = files_.make_directory(snapshots_path()); !made) return made;
  if (Status again = files_.sync_directory(path_); !again) return again;
  return remove_unfinished();
}

Status DataDirectory::Parts::begin_log(const Beginning& beginning, const raft::SnapshotMetadata* stored,
                                       const StorageOptions& options) {
  LogOptions log_options = options.log;
  log_options.background = false;
  Log::Parts log(files_, log_path(), identity_, log_options);
  if (Status begun = log.begin(); !begun) return begun;
  raft::SnapshotMetadata first;
  first.configuration = std::make_shared<const raft::Configuration>(beginning.first_configuration);
  Status done = log.stage_snapshot(first, SnapshotUse::compacts);
  if (done && stored != nullptr) {
    done = log.stage_snapshot(*stored, SnapshotUse::replaces);
    const raft::HardState state{stored->term, raft::no_node, stored->index};
    if (done) done = log.stage_entries(&state, {});
  }
  return done ? log.close() : done;
}

Status DataDirectory::Parts::create(const Beginning& beginning, const StorageOptions& options) {
  identity_ = beginning.identity;
  if (const std::string problem = check_identity(identity_); !problem.empty()) {
    return make_error(Problem::bad_use, "create", path_, problem);
  }
  if (Status made = make_folders(); !made) return made;
  raft::SnapshotMetadata stored;
  if (beginning.snapshot != nullptr) {
    SnapshotStore store(std::make_unique<SnapshotStore::Parts>(files_, snapshots_path(), identity_, options.snapshots));
    std::vector<std::string> notes;
    if (Status opened = store.parts_->open(true, notes); !opened) return opened;
    Result<raft::SnapshotMetadata> written = store.write(*beginning.snapshot, beginning.snapshot_bytes);
    if (!written) return written.error();
    stored = *written;
  }
  Status begun = begin_log(beginning, beginning.snapshot != nullptr ? &stored : nullptr, options);
  if (!begun) return begun;
  const std::string text = encode_identity(identity_);
  return write_file_durably(files_, path_, identity_name, std::as_bytes(std::span<const char>(text)));
}

}  // namespace kelek::storage
