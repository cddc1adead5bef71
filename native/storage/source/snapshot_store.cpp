// The folder of the snapshots: listing, reading, verifying, removing.
#include <kelek/storage/snapshot_store.h>

#include <algorithm>
#include <cstring>

#include "bytes.h"
#include "errors.h"
#include "segment_names.h"
#include "snapshot_parts.h"

namespace kelek::storage {
namespace {

constexpr const char* complete_ending = ".snap";
constexpr const char* partial_ending = ".partial";

bool ends_with(const std::string& name, const std::string& ending) {
  return name.size() > ending.size() && name.compare(name.size() - ending.size(), ending.size(), ending) == 0;
}

std::string complete_name(const raft::SnapshotMetadata& metadata) {
  return decimal20(metadata.index) + "-" + hex16(metadata.id) + complete_ending;
}

/// Keeps what was read for a payload.
class ReadBytes final : public raft::PayloadOwner {
 public:
  std::vector<std::byte> bytes;
};

}  // namespace

SnapshotStore::Parts::Parts(FileSystem& files, std::string folder, Identity identity, const SnapshotOptions& options)
    : files_(files), folder_(std::move(folder)), identity_(std::move(identity)), options_(options) {}

Status SnapshotStore::Parts::add_complete(const std::string& name, std::vector<std::string>& notes) {
  const std::string path = join_path(folder_, name);
  Result<std::unique_ptr<File>> file = files_.open(path, OpenMode::read);
  if (!file) return file.error();
  Result<SnapshotHeader> header = read_snapshot_header(**file);
  Result<std::uint64_t> size = (*file)->size();
  if (!size) return size.error();
  if (!header && header.error().problem != Problem::damaged) return header.error();
  if (!header) {
    notes.push_back(header.error().text);
  } else if (header->identity.cluster_id != identity_.cluster_id) {
    notes.push_back(path + " is of another cluster; it is left alone.");
  } else if (complete_name(header->metadata) != name || header->file_bytes() != *size) {
    notes.push_back(path + " does not have the name or the size that its header gives it; it is left alone.");
  } else {
    complete_.push_back({*header, path});
  }
  return Nothing{};
}

Status SnapshotStore::Parts::open(bool tidy, std::vector<std::string>& notes) {
  Result<std::vector<std::string>> names = files_.list(folder_);
  if (!names) return names.error();
  for (const std::string& name : *names) {
    Status done = Nothing{};
    if (ends_with(name, complete_ending)) {
      done = add_complete(name, notes);
    } else if (tidy && is_temporary(name)) {
      done = files_.remove(join_path(folder_, name));
    } else if (tidy && ends_with(name, partial_ending)) {
      done = take_up_partial(name, notes);
    }
    if (!done) return done;
  }
  std::sort(complete_.begin(), complete_.end(),
            [](const Known& a, const Known& b) { return a.header.metadata.index < b.header.metadata.index; });
  return Nothing{};
}

std::optional<SnapshotStore::Parts::Known> SnapshotStore::Parts::known(raft::SnapshotId id) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  for (const Known& one : complete_) {
    if (one.header.metadata.id == id) return one;
  }
  return std::nullopt;
}

Result<SnapshotStore::Parts::Known> SnapshotStore::Parts::required(raft::SnapshotId id) const {
  if (std::optional<Known> found = known(id)) return std::move(*found);
  return make_error(Problem::not_found, "read", folder_, "There is no snapshot " + hex16(id) + " in " + folder_ + ".");
}

std::vector<raft::SnapshotMetadata> SnapshotStore::Parts::list() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::vector<raft::SnapshotMetadata> all;
  for (const Known& one : complete_) all.push_back(one.header.metadata);
  return all;
}

std::optional<raft::SnapshotMetadata> SnapshotStore::Parts::find(raft::SnapshotId id) const {
  if (std::optional<Known> found = known(id)) return found->header.metadata;
  return std::nullopt;
}

Result<raft::Payload> SnapshotStore::Parts::read(raft::SnapshotId id, std::uint64_t offset_bytes,
                                                 std::size_t size_bytes) const {
  Result<Known> found = required(id);
  if (!found) return found.error();
  const std::uint64_t total = found->header.metadata.size_bytes;
  if (offset_bytes > total || size_bytes > total - offset_bytes || size_bytes > raft::max_payload_bytes) {
    return make_error(Problem::bad_use, "read", found->path, "A part of " + found->path + " that it does not have.");
  }
  if (size_bytes == 0) return raft::Payload();
  Result<std::unique_ptr<File>> file = files_.open(found->path, OpenMode::read);
  if (!file) return file.error();
  auto* owner = new ReadBytes;
  raft::Payload whole = raft::Payload::owned_by(*owner, {});  // from here on the payload cares for it
  const std::uint64_t first_block = offset_bytes / snapshot_block_bytes;
  std::uint64_t at = first_block * snapshot_block_bytes;
  owner->bytes.reserve(size_bytes);
  Status read = for_each_block(**file, found->header, first_block, [&](std::span<const std::byte> block) {
    const std::uint64_t from = std::max(at, offset_bytes) - at;
    const std::uint64_t to = std::min<std::uint64_t>(block.size(), offset_bytes + size_bytes - at);
    owner->bytes.insert(owner->bytes.end(), block.begin() + static_cast<std::ptrdiff_t>(from),
                        block.begin() + static_cast<std::ptrdiff_t>(to));
    at += block.size();
    return at < offset_bytes + size_bytes;
  });
  if (!read) return read.error();
  return raft::Payload::owned_by(*owner, owner->bytes);
}

Result<std::vector<std::byte>> SnapshotStore::Parts::read_all(raft::SnapshotId id, std::uint64_t limit_bytes) const {
  Result<Known> found = required(id);
  if (!found) return found.error();
  const std::uint64_t size = found->header.metadata.size_bytes;
  if (size > limit_bytes) {
    return make_error(Problem::too_large, "read", found->path,
                      found->path + " holds " + std::to_string(size) + " bytes; at most " +
                          std::to_string(limit_bytes) + " are read.");
  }
  Result<std::unique_ptr<File>> file = files_.open(found->path, OpenMode::read);
  if (!file) return file.error();
  std::vector<std::byte> bytes;
  bytes.reserve(static_cast<std::size_t>(size));
  Status read = for_each_block(**file, found->header, 0, [&](std::span<const std::byte> block) {
    bytes.insert(bytes.end(), block.begin(), block.end());
    return true;
  });
  if (!read) return read.error();
  return bytes;
}

Status SnapshotStore::Parts::check(raft::SnapshotId id, bool from_disk) const {
  Result<Known> found = required(id);
  if (!found) return found.error();
  Result<std::unique_ptr<File>> file = files_.open(found->path, OpenMode::read);
  if (!file) return file.error();
  if (from_disk) (*file)->forget_cached();
  return check_snapshot(**file, found->header, true);
}

Status SnapshotStore::Parts::verify(raft::SnapshotId id) const {
  Status good = check(id, true);
  const std::lock_guard<std::mutex> lock(mutex_);
  if (good) {
    verified_.insert(id);
  } else {
    verified_.erase(id);
  }
  return good;
}

Status SnapshotStore::Parts::remove_newer_than(raft::Index index, std::vector<std::string>& notes) {
  const std::lock_guard<std::mutex> lock(mutex_);
  bool removed_any = false;
  while (!complete_.empty() && complete_.back().header.metadata.index > index) {
    notes.push_back(complete_.back().path + " is not what the log goes on from; it is removed.");
    Status removed = files_.remove(complete_.back().path);
    if (!removed) return removed;
    complete_.pop_back();
    removed_any = true;
  }
  return removed_any ? files_.sync_directory(folder_) : Status(Nothing{});
}

Status SnapshotStore::Parts::remove_older_than(raft::SnapshotId id) {
  Result<Known> kept = required(id);
  if (!kept) return kept.error();
  const std::lock_guard<std::mutex> lock(mutex_);
  if (verified_.count(id) == 0) {
    return make_error(Problem::bad_use, "remove", folder_,
                      "Older snapshots go only once " + kept->path + " was read again and verified.");
  }
  bool removed_any = false;
  while (!complete_.empty() && complete_.front().header.metadata.index < kept->header.metadata.index) {
    Status removed = files_.remove(complete_.front().path);
    if (!removed && removed.error().problem != Problem::not_found) return removed;
    verified_.erase(complete_.front().header.metadata.id);
    complete_.erase(complete_.begin());
    removed_any = true;
  }
  return removed_any ? files_.sync_directory(folder_) : Status(Nothing{});
}

Status SnapshotStore::Parts::check_size(std::uint64_t size_bytes) const {
  if (size_bytes <= options_.max_bytes) return Nothing{};
  return make_error(Problem::too_large, "write", folder_,
                    "A snapshot of " + std::to_string(size_bytes) + " bytes is larger than the " +
                        std::to_string(options_.max_bytes) + " bytes that are allowed.");
}

Result<std::unique_ptr<File>> SnapshotStore::Parts::begin_file() {
  std::string name;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    name = "writing-" + std::to_string(++begun_) + temporary_ending;
  }
  return files_.open(join_path(folder_, name), OpenMode::create_new);
}

Status SnapshotStore::Parts::publish(File& file, const SnapshotHeader& header) {
  const std::string path = join_path(folder_, complete_name(header.metadata));
  if (Status renamed = files_.rename(file.path(), path); !renamed) return renamed;
  file.was_renamed(path);
  if (Status synced = files_.sync_directory(folder_); !synced) return synced;
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto same = [&](const Known& one) { return one.header.metadata.id == header.metadata.id; };
  complete_.erase(std::remove_if(complete_.begin(), complete_.end(), same), complete_.end());
  const auto place =
      std::upper_bound(complete_.begin(), complete_.end(), header.metadata.index,
                       [](raft::Index index, const Known& one) { return index < one.header.metadata.index; });
  complete_.insert(place, {header, path});
  return Nothing{};
}

SnapshotStore::SnapshotStore(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
SnapshotStore::~SnapshotStore() = default;

Result<std::unique_ptr<SnapshotWriter>> SnapshotStore::begin(const raft::SnapshotMetadata& basis) {
  Result<std::unique_ptr<File>> file = parts_->begin_file();
  if (!file) return file.error();
  return std::unique_ptr<SnapshotWriter>(
      new SnapshotWriter(std::make_unique<SnapshotWriter::Parts>(*parts_, std::move(*file), basis)));
}

Result<raft::SnapshotMetadata> SnapshotStore::write(const raft::SnapshotMetadata& basis,
                                                    std::span<const std::byte> bytes) {
  Result<std::unique_ptr<SnapshotWriter>> writer = begin(basis);
  if (!writer) return writer.error();
  if (Status appended = (*writer)->append(bytes); !appended) return appended.error();
  return (*writer)->finish();
}

std::vector<raft::SnapshotMetadata> SnapshotStore::list() const {
  return parts_->list();
}
std::optional<raft::SnapshotMetadata> SnapshotStore::find(raft::SnapshotId id) const {
  return parts_->find(id);
}
Result<raft::Payload> SnapshotStore::read(raft::SnapshotId id, std::uint64_t offset_bytes,
                                          std::size_t size_bytes) const {
  return parts_->read(id, offset_bytes, size_bytes);
}
Result<std::vector<std::byte>> SnapshotStore::read_all(raft::SnapshotId id, std::uint64_t limit_bytes) const {
  return parts_->read_all(id, limit_bytes);
}
Status SnapshotStore::verify(raft::SnapshotId id) const {
  return parts_->verify(id);
}
Status SnapshotStore::store_chunk(const raft::ChunkToStore& chunk) {
  return parts_->store_chunk(chunk);
}
Status SnapshotStore::sync_chunks() {
  return parts_->sync_chunks();
}
Status SnapshotStore::promote(raft::SnapshotId id) {
  return parts_->promote(id);
}
std::optional<PartialSnapshot> SnapshotStore::partial() const {
  return parts_->partial();
}
void SnapshotStore::drop_partial() {
  parts_->drop_partial();
}
Status SnapshotStore::remove_older_than(raft::SnapshotId id) {
  return parts_->remove_older_than(id);
}

}  // namespace kelek::storage
