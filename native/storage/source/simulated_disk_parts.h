// What a simulated disk consists of: names as the process sees them and as the disk has them, and what is planned.
#pragma once

#include <kelek/storage/simulated_disk.h>

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "simulated_inode.h"

namespace kelek::storage {

class SimulatedDisk::Parts {
 public:
  /// A name, and what it refers to: a file or, where that is null, a directory.
  struct Name {
    std::shared_ptr<SimulatedInode> inode;
    friend bool operator==(const Name& a, const Name& b) { return a.inode == b.inode; }
  };
  using Names = std::map<std::string, Name>;

  /// Counts the operation and says what goes wrong with it. `life`: of the handle that asks.
  Fault begin(DiskOperation operation, const std::string& path, std::uint64_t life, std::uint64_t bytes = 0) {
    const std::uint64_t number = operations++;
    ++time;
    if (life != lives || number >= stop_at) return Fault::fail;
    if (delays) delay_us += delays(number, operation, path, bytes);
    return plan ? plan(number, operation, path) : Fault::none;
  }

  const Name* find(const std::string& path) const {
    const auto found = names.find(path);
    return found == names.end() ? nullptr : &found->second;
  }
  std::shared_ptr<SimulatedInode> file(const std::string& path) const {
    const Name* name = find(path);
    return name == nullptr ? nullptr : name->inode;
  }
  bool is_directory(const std::string& path) const {
    const Name* name = find(path);
    return path.empty() || path == "/" || path == "." || (name != nullptr && name->inode == nullptr);
  }
  static std::string directory_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
  }
  void changed(const std::string& path) { changes[path] = time; }

  std::uint64_t used_bytes() const {
    std::uint64_t used = 0;
    for (const auto& [path, name] : names) used += name.inode != nullptr ? name.inode->size() : 0;
    return used;
  }

  mutable std::mutex mutex;
  Names names;                                   // as the process sees them
  Names durable_names;                           // as the disk has them
  std::map<std::string, std::uint64_t> changes;  // when a name that is not durable was changed
  std::set<std::string> locks;
  std::uint64_t lives = 0;  // of processes: handles of an earlier one are dead
  std::uint64_t operations = 0;
  std::uint64_t time = 0;
  std::uint64_t stop_at = UINT64_MAX;
  std::uint64_t capacity = UINT64_MAX;
  FaultPlan plan;
  DelayPlan delays;
  std::uint64_t delay_us = 0;
  SimulatedRandom random{1};
};

}  // namespace kelek::storage
