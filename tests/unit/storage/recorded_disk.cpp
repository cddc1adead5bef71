// The recorder: what is durable, what is pending, and any selection of the latter upon the former.
#include "recorded_disk.h"

#include <algorithm>

#include "storage_support.h"

namespace kelek::storage::test {
namespace {

using Kind = Change::Kind;

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}

constexpr std::uint64_t sector_bytes = 512;
constexpr std::uint64_t most_parts = 6;

/// Small writes fall apart into sectors, large ones into some runs of sectors.
std::uint64_t sectors_a_part(std::size_t size_bytes) {
  return 1 + size_bytes / sector_bytes / most_parts;
}

class RecordedFile final : public File {
 public:
  RecordedFile(RecordedDisk& disk, std::uint64_t number, std::unique_ptr<File> below)
      : File(below->path()), disk_(disk), number_(number), below_(std::move(below)) {}

  Result<std::size_t> write(std::uint64_t offset_bytes, std::span<const std::byte> bytes) override {
    const std::uint64_t end_bytes = offset_bytes + bytes.size();
    const Change change = of(Kind::write, offset_bytes, {bytes.begin(), bytes.end()});
    disk_.before(change);
    auto written = below_->write(offset_bytes, bytes);
    if (!written) return written;
    if (end_bytes > disk_.size_of(number_)) disk_.done(of(Kind::resize, end_bytes));
    for (std::uint64_t from = offset_bytes; from < end_bytes;) {
      const std::uint64_t to = std::min(end_bytes, (from / sector_bytes + sectors_a_part(bytes.size())) * sector_bytes);
      const auto part =
          bytes.subspan(static_cast<std::size_t>(from - offset_bytes), static_cast<std::size_t>(to - from));
      disk_.done(of(Kind::write, from, {part.begin(), part.end()}));
      from = to;
    }
    return written;
  }
  Result<std::size_t> read(std::uint64_t offset_bytes, std::span<std::byte> bytes) override {
    return below_->read(offset_bytes, bytes);
  }
  Status sync() override {
    const Change change = of(Kind::sync, 0);
    disk_.before(change);
    Status synced = below_->sync();
    if (synced) disk_.done(change);
    return synced;
  }
  Result<std::uint64_t> size() override { return below_->size(); }
  Status resize(std::uint64_t size_bytes) override {
    const Change change = of(Kind::resize, size_bytes);
    disk_.before(change);
    Status resized = below_->resize(size_bytes);
    if (resized) disk_.done(change);
    return resized;
  }

 private:
  Change of(Kind kind, std::uint64_t number, std::vector<std::byte> bytes = {}) const {
    return {kind, path(), {}, number_, number, std::move(bytes)};
  }

  RecordedDisk& disk_;
  const std::uint64_t number_;
  std::unique_ptr<File> below_;
};

}  // namespace

void RecordedDisk::before(Change change) {
  if (watch_) watch_(change);
}

void RecordedDisk::done(Change change) {
  ++counts_[change.kind];
  switch (change.kind) {
    case Kind::sync:
      settle([&](const Change& one) {
        return one.file == change.file && (one.kind == Kind::write || one.kind == Kind::resize);
      });
      return;
    case Kind::sync_directory:
      settle([&](const Change& one) {
        return one.kind != Kind::write && one.kind != Kind::resize && directory_of(one.path) == change.path;
      });
      return;
    case Kind::create:
    case Kind::make_directory: names_[change.path] = change.file; break;
    case Kind::remove: names_.erase(change.path); break;
    case Kind::rename:
      names_[change.to] = change.file;
      names_.erase(change.path);
      break;
    case Kind::resize: sizes_[change.file] = change.number; break;
    case Kind::write: break;
  }
  pending_.push_back(std::move(change));
}

void RecordedDisk::settle(const std::function<bool(const Change&)>& is_covered) {
  std::vector<Change> left;
  for (Change& change : pending_) {
    if (is_covered(change)) {
      apply(change, durable_);
    } else {
      left.push_back(std::move(change));
    }
  }
  pending_ = std::move(left);
}

void RecordedDisk::apply(const Change& change, Image& image) {
  std::vector<std::byte>& bytes = image.files[change.file];
  switch (change.kind) {
    case Kind::create:
    case Kind::make_directory: image.names[change.path] = change.file; break;
    case Kind::remove: image.names.erase(change.path); break;
    case Kind::rename:
      image.names[change.to] = change.file;
      if (const auto old = image.names.find(change.path); old != image.names.end() && old->second == change.file) {
        image.names.erase(old);
      }
      break;
    case Kind::resize: bytes.resize(static_cast<std::size_t>(change.number)); break;
    case Kind::write: {
      const auto start = static_cast<std::size_t>(change.number);
      if (bytes.size() < start + change.bytes.size()) bytes.resize(start + change.bytes.size());
      std::copy(change.bytes.begin(), change.bytes.end(), bytes.begin() + static_cast<std::ptrdiff_t>(start));
      break;
    }
    case Kind::sync:
    case Kind::sync_directory: break;
  }
}

std::uint64_t RecordedDisk::size_of(std::uint64_t file) const {
  const auto found = sizes_.find(file);
  return found == sizes_.end() ? 0 : found->second;
}

std::unique_ptr<SimulatedDisk> RecordedDisk::left_by(const std::vector<bool>& reached) const {
  Image image = durable_;
  for (std::size_t i = 0; i < pending_.size(); ++i) {
    if (reached[i]) apply(pending_[i], image);
  }
  auto disk = std::make_unique<SimulatedDisk>();
  for (const auto& [path, file] : image.names) {  // parents before what is in them
    if (file == no_file) {
      static_cast<void>(disk->make_directory(path));
    } else if (disk->open(path, OpenMode::create_new).ok()) {  // not if its directory is not there
      disk->set_contents(path, image.files[file]);
    }
  }
  disk->crash(Tearing::nothing_lost, 0);
  return disk;
}

Result<std::unique_ptr<File>> RecordedDisk::open(const std::string& path, OpenMode mode) {
  const Change change{Kind::create, path, {}, next_file_, 0, {}};
  if (mode == OpenMode::create_new) before(change);
  auto opened = below_.open(path, mode);
  if (!opened) return opened;
  if (mode == OpenMode::create_new) {
    ++next_file_;
    done(change);
  }
  return std::unique_ptr<File>(std::make_unique<RecordedFile>(*this, names_.at(path), std::move(*opened)));
}

Status RecordedDisk::rename(const std::string& from, const std::string& to) {
  const auto named = names_.find(from);
  const Change change{Kind::rename, from, to, named == names_.end() ? no_file : named->second, 0, {}};
  before(change);
  Status renamed = below_.rename(from, to);
  if (renamed) done(change);
  return renamed;
}

Status RecordedDisk::remove(const std::string& path) {
  const Change change{Kind::remove, path, {}, no_file, 0, {}};
  before(change);
  Status removed = below_.remove(path);
  if (removed) done(change);
  return removed;
}

Status RecordedDisk::make_directory(const std::string& path) {
  const Change change{Kind::make_directory, path, {}, no_file, 0, {}};
  before(change);
  const bool is_new = names_.count(path) == 0;
  Status made = below_.make_directory(path);
  if (made && is_new) done(change);
  return made;
}

Status RecordedDisk::sync_directory(const std::string& path) {
  const Change change{Kind::sync_directory, path, {}, no_file, 0, {}};
  before(change);
  Status synced = below_.sync_directory(path);
  if (synced) done(change);
  return synced;
}

}  // namespace kelek::storage::test
