// Receiving a snapshot in parts. Whole blocks go into the partial file as they fill, so that what is there can be
// told after a restart by their CRCs alone.
#include <algorithm>

#include "bytes.h"
#include "errors.h"
#include "snapshot_parts.h"

namespace kelek::storage {
namespace {

std::string partial_name(raft::SnapshotId id) {
  return hex16(id) + ".partial";
}

}  // namespace

/// The partial file that an earlier life left: what of it is sound is kept, but never all of it, so that a last
/// chunk is still to come and brings the check of the whole.
Status SnapshotStore::Parts::take_up_partial(const std::string& name, std::vector<std::string>& notes) {
  auto incoming = std::make_unique<Incoming>();
  incoming->path = join_path(folder_, name);
  Result<std::unique_ptr<File>> file = files_.open(incoming->path, OpenMode::read_write);
  if (!file) return file.error();
  Result<SnapshotHeader> header = read_snapshot_header(**file);
  if (!header && header.error().problem != Problem::damaged) return header.error();
  const bool usable = header.ok() && partial_name(header->metadata.id) == name &&
                      header->metadata.size_bytes <= options_.max_bytes && incoming_ == nullptr;
  if (!usable) {
    notes.push_back(incoming->path + " is of no use; it is removed.");
    return files_.remove(incoming->path);
  }
  const std::uint64_t size = header->metadata.size_bytes;
  const std::uint64_t most_blocks = size == 0 ? 0 : (size - 1) / snapshot_block_bytes;
  std::uint64_t blocks = 0;
  Digest digest;
  Status read = Nothing{};
  if (most_blocks > 0) {
    read = for_each_block(**file, *header, 0, [&](std::span<const std::byte> bytes) {
      digest.add(bytes);
      return ++blocks < most_blocks;
    });
  }
  if (!read && read.error().problem != Problem::damaged) return read;  // damaged: the rest was not written
  incoming->header = *header;
  incoming->metadata = std::make_shared<const raft::SnapshotMetadata>(header->metadata);
  incoming->file = std::move(*file);
  incoming->writer = std::make_unique<BlockWriter>(*incoming->file, header->header_bytes);
  incoming->writer->resume(blocks, digest);
  // What was read may be in the cache alone: it is synced with the first chunk that comes.
  incoming->needs_sync = incoming->name_needs_sync = true;
  incoming_ = std::move(incoming);
  return Nothing{};
}

Status SnapshotStore::Parts::begin_partial(const raft::ChunkToStore& chunk) {
  if (Status fits = check_size(chunk.metadata->size_bytes); !fits) return fits;
  drop_partial();
  auto incoming = std::make_unique<Incoming>();
  incoming->path = join_path(folder_, partial_name(chunk.metadata->id));
  incoming->metadata = chunk.metadata;
  incoming->header.identity = identity_;
  incoming->header.metadata = *chunk.metadata;
  incoming->header.header_bytes = snapshot_header_bytes(identity_, *chunk.metadata);
  Status removed = files_.remove(incoming->path);
  if (!removed && removed.error().problem != Problem::not_found) return removed;
  Result<std::unique_ptr<File>> file = files_.open(incoming->path, OpenMode::create_new);
  if (!file) return file.error();
  Status written = write_all(**file, 0, encode_snapshot_header(identity_, *chunk.metadata));
  if (!written) return written;
  incoming->file = std::move(*file);
  incoming->writer = std::make_unique<BlockWriter>(*incoming->file, incoming->header.header_bytes);
  incoming->needs_sync = incoming->name_needs_sync = true;
  incoming_ = std::move(incoming);
  return Nothing{};
}

Status SnapshotStore::Parts::store_chunk(const raft::ChunkToStore& chunk) {
  const auto refuse = [&](const std::string& text) { return make_error(Problem::bad_use, "store", folder_, text); };
  if (chunk.metadata == nullptr) return refuse("A chunk of no snapshot.");
  const std::uint64_t size = chunk.metadata->size_bytes;
  if (chunk.offset_bytes > size || chunk.data.size() > size - chunk.offset_bytes) {
    return refuse("A chunk reaches beyond the end of its snapshot.");
  }
  if (incoming_ == nullptr || incoming_->metadata->id != chunk.metadata->id) {
    if (chunk.offset_bytes != 0) {
      return refuse("A snapshot begins with byte " + std::to_string(chunk.offset_bytes) + ".");
    }
    if (Status begun = begin_partial(chunk); !begun) return begun;
  }
  const std::uint64_t received = incoming_->received_bytes();
  if (chunk.offset_bytes > received) {
    return refuse("A chunk begins at byte " + std::to_string(chunk.offset_bytes) + ", but only " +
                  std::to_string(received) + " bytes are here.");
  }
  const std::uint64_t end = chunk.offset_bytes + chunk.data.size();
  if (end > received) {
    const auto skipped = static_cast<std::size_t>(received - chunk.offset_bytes);
    Status written = incoming_->writer->append(chunk.data.bytes().subspan(skipped));
    if (written && end == size) written = incoming_->writer->flush();
    if (!written) {
      drop_partial();  // nobody knows what of it is there
      return written;
    }
    incoming_->needs_sync = true;
  }
  return Nothing{};
}

Status SnapshotStore::Parts::sync_chunks() {
  if (incoming_ == nullptr || !incoming_->needs_sync) return Nothing{};
  Status synced = incoming_->file->sync();
  if (synced && incoming_->name_needs_sync) synced = files_.sync_directory(folder_);
  if (!synced) {
    drop_partial();
    return synced;
  }
  incoming_->needs_sync = incoming_->name_needs_sync = false;
  return Nothing{};
}

Status SnapshotStore::Parts::promote(raft::SnapshotId id) {
  if (incoming_ == nullptr || incoming_->metadata->id != id ||
      incoming_->received_bytes() != incoming_->metadata->size_bytes) {
    return make_error(Problem::bad_use, "promote", folder_,
                      "The snapshot " + hex16(id) + " has not arrived completely.");
  }
  // The digest of what arrived, and the blocks as they are read back, together speak for the file.
  Status good = Nothing{};
  if (incoming_->writer->digest().finish() != incoming_->metadata->digest) {
    good = make_error(Problem::damaged, "promote", incoming_->path,
                      "The snapshot that arrived in " + incoming_->path + " does not have the digest it should have.");
  }
  if (good) good = incoming_->file->sync();
  if (good) good = check_snapshot(*incoming_->file, incoming_->header, false);
  if (good) good = publish(*incoming_->file, incoming_->header);
  if (!good) {
    drop_partial();
    return good;
  }
  incoming_.reset();
  return Nothing{};
}

std::optional<PartialSnapshot> SnapshotStore::Parts::partial() const {
  if (incoming_ == nullptr) return std::nullopt;
  return PartialSnapshot{incoming_->metadata, incoming_->received_bytes()};
}

void SnapshotStore::Parts::drop_partial() {
  if (incoming_ == nullptr) return;
  const std::string path = incoming_->path;
  incoming_.reset();
  static_cast<void>(files_.remove(path));  // otherwise the next open finds it, and it is as good as it was
}

}  // namespace kelek::storage
