// Files, names and faults of the simulated disk. simulated_inode.cpp has what happens to bytes, simulated_damage.cpp
// what a crash and a fake of damage do.
#include <kelek/storage/simulated_disk.h>

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <utility>

#include "errors.h"
#include "simulated_disk_parts.h"

namespace kelek::storage {

namespace {

using Parts = SimulatedDisk::Parts;

Error fault_error(Fault fault, const char* operation, const std::string& path) {
  return system_error(operation, "", path, fault == Fault::no_space ? ENOSPC : EIO);
}

/// Faults that make an operation fail; the others change what it does.
bool fails(Fault fault) {
  return fault == Fault::fail || fault == Fault::no_space || fault == Fault::drop_pages;
}

}  // namespace

/// An open file of the simulated disk.
class SimulatedFile final : public File {
 public:
  SimulatedFile(std::string path, std::shared_ptr<SimulatedDisk::Parts> disk, std::shared_ptr<SimulatedInode> inode)
      : File(std::move(path)), disk_(std::move(disk)), inode_(std::move(inode)), life_(disk_->lives) {}

  Result<std::size_t> write(std::uint64_t offset_bytes, std::span<const std::byte> bytes) override {
    const std::lock_guard<std::mutex> lock(disk_->mutex);
    const Fault fault = disk_->begin(DiskOperation::write, path(), life_, bytes.size());
    if (fails(fault)) return fault_error(fault, "pwrite", path());
    const std::uint64_t end_bytes = offset_bytes + bytes.size();
    const std::uint64_t growth = end_bytes > inode_->size() ? end_bytes - inode_->size() : 0;
    if (disk_->capacity != UINT64_MAX && disk_->used_bytes() + growth > disk_->capacity) {
      return fault_error(Fault::no_space, "pwrite", path());
    }
    if (fault == Fault::short_write) bytes = bytes.first((bytes.size() + 1) / 2);
    const std::size_t told = bytes.size();
    if (fault == Fault::misdirected) offset_bytes += SimulatedInode::page_bytes;
    if (fault == Fault::torn_write) {
      const std::uint64_t sectors = told / SimulatedInode::sector_bytes;
      bytes = bytes.first(static_cast<std::size_t>(disk_->random.below(std::max<std::uint64_t>(sectors, 1))) *
                          SimulatedInode::sector_bytes);
    }
    std::vector<std::byte> wrong;
    if (fault == Fault::flip_bit) {
      wrong.assign(bytes.begin(), bytes.end());
      flip_any_bit(wrong);
      bytes = wrong;
    }
    if (fault != Fault::lost_write) inode_->write(offset_bytes, bytes, disk_->time);
    return told;
  }

  Result<std::size_t> read(std::uint64_t offset_bytes, std::span<std::byte> bytes) override {
    const std::lock_guard<std::mutex> lock(disk_->mutex);
    const Fault fault = disk_->begin(DiskOperation::read, path(), life_, bytes.size());
    if (fails(fault) || !inode_->is_readable(offset_bytes, bytes.size())) return fault_error(fault, "pread", path());
    std::uint64_t from_bytes = offset_bytes;
    if (fault == Fault::misdirected && offset_bytes + SimulatedInode::page_bytes + bytes.size() <= inode_->size()) {
      from_bytes += SimulatedInode::page_bytes;
    }
    const std::size_t size = inode_->read(from_bytes, bytes);
    if (fault == Fault::flip_bit) flip_any_bit(bytes.first(size));
    return size;
  }

  Status sync() override {
    const std::lock_guard<std::mutex> lock(disk_->mutex);
    const Fault fault = disk_->begin(DiskOperation::sync, path(), life_);
    if (fault == Fault::drop_pages) inode_->drop_pages();
    if (fails(fault)) return fault_error(fault, "fdatasync", path());
    inode_->sync();
    return Nothing{};
  }

  Result<std::uint64_t> size() override {
    const std::lock_guard<std::mutex> lock(disk_->mutex);
    return inode_->size();
  }

  Status resize(std::uint64_t size_bytes) override {
    const std::lock_guard<std::mutex> lock(disk_->mutex);
    const Fault fault = disk_->begin(DiskOperation::resize, path(), life_);
    if (fails(fault)) return fault_error(fault, "ftruncate", path());
    inode_->resize(size_bytes);
    return Nothing{};
  }

 private:
  void flip_any_bit(std::span<std::byte> bytes) {
    if (bytes.empty()) return;
    const std::uint64_t bit = disk_->random.below(8 * std::uint64_t{bytes.size()});
    bytes[static_cast<std::size_t>(bit / 8)] ^= std::byte{1} << static_cast<int>(bit % 8);
  }

  std::shared_ptr<SimulatedDisk::Parts> disk_;
  std::shared_ptr<SimulatedInode> inode_;
  const std::uint64_t life_;
};

class SimulatedLock final : public FileLock {
 public:
  SimulatedLock(std::string path, std::shared_ptr<SimulatedDisk::Parts> disk)
      : path_(std::move(path)), disk_(std::move(disk)), life_(disk_->lives) {}
  ~SimulatedLock() override {
    const std::lock_guard<std::mutex> lock(disk_->mutex);
    if (life_ == disk_->lives) disk_->locks.erase(path_);
  }

 private:
  const std::string path_;
  std::shared_ptr<SimulatedDisk::Parts> disk_;
  const std::uint64_t life_;
};

SimulatedDisk::SimulatedDisk(std::uint64_t seed) : parts_(std::make_shared<Parts>()) {
  parts_->random = SimulatedRandom(seed);
}
SimulatedDisk::~SimulatedDisk() = default;

Result<std::unique_ptr<File>> SimulatedDisk::open(const std::string& path, OpenMode mode) {
  const std::lock_guard<std::mutex> lock(parts_->mutex);
  const bool creates = mode == OpenMode::create_new;
  const Fault fault = parts_->begin(creates ? DiskOperation::create : DiskOperation::open, path, parts_->lives);
  const char* operation = creates ? "create" : "open";
  if (fails(fault)) return fault_error(fault, operation, path);
  std::shared_ptr<SimulatedInode> inode = parts_->file(path);
  if (creates) {
    if (parts_->find(path) != nullptr) return system_error(operation, "", path, EEXIST);
    if (!parts_->is_directory(Parts::directory_of(path))) return system_error(operation, "", path, ENOENT);
    inode = std::make_shared<SimulatedInode>();
    parts_->names[path] = {inode};
    parts_->changed(path);
  }
  if (inode == nullptr) return system_error(operation, "", path, ENOENT);
  return std::unique_ptr<File>(std::make_unique<SimulatedFile>(path, parts_, std::move(inode)));
}

Status SimulatedDisk::rename(const std::string& from, const std::string& to) {
  const std::lock_guard<std::mutex> lock(parts_->mutex);
  const Fault fault = parts_->begin(DiskOperation::rename, to, parts_->lives);
  if (fails(fault)) return fault_error(fault, "rename", to);
  const auto found = parts_->names.find(from);
  if (found == parts_->names.end()) return system_error("rename", from + " to ", to, ENOENT);
  parts_->names[to] = found->second;
  parts_->names.erase(from);
  parts_->changed(from);
  parts_->changed(to);
  return Nothing{};
}

Status SimulatedDisk::remove(const std::string& path) {
  const std::lock_guard<std::mutex> lock(parts_->mutex);
  const Fault fault = parts_->begin(DiskOperation::remove, path, parts_->lives);
  if (fails(fault)) return fault_error(fault, "unlink", path);
  if (parts_->file(path) == nullptr) return system_error("unlink", "", path, ENOENT);
  parts_->names.erase(path);
  parts_->changed(path);
  return Nothing{};
}

Status SimulatedDisk::make_directory(const std::string& path) {
  const std::lock_guard<std::mutex> lock(parts_->mutex);
  const Fault fault = parts_->begin(DiskOperation::make_directory, path, parts_->lives);
  if (fails(fault)) return fault_error(fault, "mkdir", path);
  if (parts_->is_directory(path)) return Nothing{};
  if (parts_->find(path) != nullptr) return system_error("mkdir", "", path, EEXIST);
  if (!parts_->is_directory(Parts::directory_of(path))) return system_error("mkdir", "", path, ENOENT);
  parts_->names[path] = {nullptr};
  parts_->changed(path);
  return Nothing{};
}

Status SimulatedDisk::sync_directory(const std::string& path) {
  const std::lock_guard<std::mutex> lock(parts_->mutex);
  const Fault fault = parts_->begin(DiskOperation::sync_directory, path, parts_->lives);
  if (fails(fault)) return fault_error(fault, "fsync", path);
  if (!parts_->is_directory(path)) return system_error("open", "", path, ENOENT);
  for (auto change = parts_->changes.begin(); change != parts_->changes.end();) {
    if (Parts::directory_of(change->first) != path) {
      ++change;
      continue;
    }
    const Parts::Name* now = parts_->find(change->first);
    if (now != nullptr) {
      parts_->durable_names[change->first] = *now;
    } else {
      parts_->durable_names.erase(change->first);
    }
    change = parts_->changes.erase(change);
  }
  return Nothing{};
}

Result<std::vector<std::string>> SimulatedDisk::list(const std::string& directory) {
  const std::lock_guard<std::mutex> lock(parts_->mutex);
  const Fault fault = parts_->begin(DiskOperation::list, directory, parts_->lives);
  if (fails(fault)) return fault_error(fault, "opendir", directory);
  if (!parts_->is_directory(directory)) return system_error("opendir", "", directory, ENOENT);
  std::vector<std::string> found;
  for (const auto& [path, name] : parts_->names) {
    if (Parts::directory_of(path) == directory) found.push_back(path.substr(path.rfind('/') + 1));
  }
  return found;
}

Result<std::unique_ptr<FileLock>> SimulatedDisk::lock(const std::string& path) {
  const std::lock_guard<std::mutex> lock(parts_->mutex);
  const Fault fault = parts_->begin(DiskOperation::lock, path, parts_->lives);
  if (fails(fault)) return fault_error(fault, "open", path);
  if (!parts_->is_directory(Parts::directory_of(path))) return system_error("open", "", path, ENOENT);
  if (!parts_->locks.insert(path).second) {
    return make_error(Problem::in_use, "lock", path, path + " is held by another process.");
  }
  return std::unique_ptr<FileLock>(std::make_unique<SimulatedLock>(path, parts_));
}

Result<std::uint64_t> SimulatedDisk::free_bytes(const std::string& directory) {
  const std::lock_guard<std::mutex> lock(parts_->mutex);
  const Fault fault = parts_->begin(DiskOperation::free_bytes, directory, parts_->lives);
  if (fails(fault)) return fault_error(fault, "statvfs", directory);
  return parts_->capacity - std::min(parts_->capacity, parts_->used_bytes());
}

void SimulatedDisk::restart_process() {
  const std::lock_guard<std::mutex> lock(parts_->mutex);
  parts_->locks.clear();
  ++parts_->lives;
  parts_->stop_at = UINT64_MAX;
}

void SimulatedDisk::set_faults(FaultPlan plan) {
  const std::lock_guard<std::mutex> lock(parts_->mutex);
  parts_->plan = std::move(plan);
}

void SimulatedDisk::set_delays(DelayPlan plan) {
  const std::lock_guard<std::mutex> lock(parts_->mutex);
  parts_->delays = std::move(plan);
}

std::uint64_t SimulatedDisk::take_delay_us() {
  const std::lock_guard<std::mutex> lock(parts_->mutex);
  return std::exchange(parts_->delay_us, 0);
}

std::uint64_t SimulatedDisk::operations() const {
  const std::lock_guard<std::mutex> lock(parts_->mutex);
  return parts_->operations;
}

void SimulatedDisk::stop_at(std::uint64_t operation) {
  const std::lock_guard<std::mutex> lock(parts_->mutex);
  parts_->stop_at = operation;
}

void SimulatedDisk::set_capacity(std::uint64_t bytes) {
  const std::lock_guard<std::mutex> lock(parts_->mutex);
  parts_->capacity = bytes;
}

std::uint64_t SimulatedDisk::capacity_used() const {
  const std::lock_guard<std::mutex> lock(parts_->mutex);
  return parts_->used_bytes();
}

std::vector<std::string> SimulatedDisk::paths() const {
  const std::lock_guard<std::mutex> lock(parts_->mutex);
  std::vector<std::string> paths;
  for (const auto& [path, name] : parts_->names) {
    if (name.inode != nullptr) paths.push_back(path);
  }
  return paths;
}

std::unique_ptr<SimulatedDisk> SimulatedDisk::clone() const {
  const std::lock_guard<std::mutex> lock(parts_->mutex);
  auto copy = std::make_unique<SimulatedDisk>();
  std::map<const SimulatedInode*, std::shared_ptr<SimulatedInode>> copies;
  const auto copy_names = [&copies](const Parts::Names& names) {
    Parts::Names result;
    for (const auto& [path, name] : names) {
      std::shared_ptr<SimulatedInode>& inode = copies[name.inode.get()];
      if (inode == nullptr && name.inode != nullptr) inode = std::make_shared<SimulatedInode>(*name.inode);
      result[path] = {inode};
    }
    return result;
  };
  copy->parts_->names = copy_names(parts_->names);
  copy->parts_->durable_names = copy_names(parts_->durable_names);
  copy->parts_->changes = parts_->changes;
  copy->parts_->time = parts_->time;
  return copy;
}

}  // namespace kelek::storage
