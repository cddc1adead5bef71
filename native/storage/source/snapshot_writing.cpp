// Writing a snapshot: a temporary file of blocks, its header last, then its name (R7).
#include "errors.h"
#include "snapshot_parts.h"

namespace kelek::storage {
namespace {

/// Closes the blocks and writes the header, which says what they amount to.
Status complete(File& file, BlockWriter& writer, SnapshotHeader& header) {
  if (Status flushed = writer.flush(); !flushed) return flushed;
  header.metadata.size_bytes = writer.size_bytes();
  header.metadata.digest = writer.digest().finish();
  header.metadata.id = snapshot_id_of(header.metadata);
  if (Status written = write_all(file, 0, encode_snapshot_header(header.identity, header.metadata)); !written) {
    return written;
  }
  return file.sync();
}

SnapshotHeader header_for(const Identity& identity, const raft::SnapshotMetadata& basis) {
  SnapshotHeader header;
  header.identity = identity;
  header.metadata.index = basis.index;
  header.metadata.term = basis.term;
  header.metadata.configuration = basis.configuration;
  header.header_bytes = snapshot_header_bytes(identity, basis);
  return header;
}

}  // namespace

SnapshotWriter::Parts::Parts(SnapshotStore::Parts& store, std::unique_ptr<File> file,
                             const raft::SnapshotMetadata& basis)
    : store_(store),
      file_(std::move(file)),
      header_(header_for(store.identity(), basis)),
      writer_(*file_, header_.header_bytes) {}

SnapshotWriter::Parts::~Parts() {
  if (finished_) return;
  const std::string path = file_->path();
  file_.reset();
  static_cast<void>(store_.files().remove(path));  // otherwise the next open removes it
}

Status SnapshotWriter::Parts::append(std::span<const std::byte> bytes) {
  if (failure_) return *failure_;
  if (finished_) return make_error(Problem::bad_use, "append", file_->path(), "The snapshot is finished.");
  Status done = store_.check_size(writer_.size_bytes() + bytes.size());
  if (done) done = writer_.append(bytes);
  if (!done) failure_ = done.error();
  return done;
}

Result<raft::SnapshotMetadata> SnapshotWriter::Parts::finish() {
  if (failure_) return *failure_;
  if (finished_) return make_error(Problem::bad_use, "finish", file_->path(), "The snapshot is finished.");
  Status done = complete(*file_, writer_, header_);
  if (done) done = store_.publish(*file_, header_);
  if (!done) {
    failure_ = done.error();
    return done.error();
  }
  finished_ = true;
  return header_.metadata;
}

SnapshotWriter::SnapshotWriter(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
SnapshotWriter::~SnapshotWriter() = default;
Status SnapshotWriter::append(std::span<const std::byte> bytes) {
  return parts_->append(bytes);
}
Result<raft::SnapshotMetadata> SnapshotWriter::finish() {
  return parts_->finish();
}

Result<raft::SnapshotMetadata> write_snapshot_file(FileSystem& files, const std::string& directory,
                                                   const std::string& name, const Identity& identity,
                                                   const raft::SnapshotMetadata& basis,
                                                   std::span<const std::byte> bytes) {
  const std::string temporary = join_path(directory, name + ".tmp");
  if (Status removed = files.remove(temporary); !removed && removed.error().problem != Problem::not_found) {
    return removed.error();
  }
  Result<std::unique_ptr<File>> file = files.open(temporary, OpenMode::create_new);
  if (!file) return file.error();
  SnapshotHeader header = header_for(identity, basis);
  BlockWriter writer(**file, header.header_bytes);
  Status done = writer.append(bytes);
  if (done) done = complete(**file, writer, header);
  if (done) done = files.rename(temporary, join_path(directory, name));
  if (done) done = files.sync_directory(directory);
  if (done) return header.metadata;
  static_cast<void>(files.remove(temporary));
  return done.error();
}

}  // namespace kelek::storage
