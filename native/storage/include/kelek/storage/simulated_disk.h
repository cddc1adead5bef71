// SimulatedDisk: a file system in memory that forgets, tears, lies and fails as disks do, from a seed.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <kelek/storage/file.h>

namespace kelek::storage {

/// What a crash does to what was not synced.
enum class Tearing : std::uint8_t {
  nothing_lost,  ///< all of it reached the disk
  all_lost,      ///< none of it did
  prefix,        ///< the oldest part of it did
  sectors,       ///< each sector of 512 bytes as it likes: old, in between, new, zeros or garbage
};

/// What goes wrong with one operation.
enum class Fault : std::uint8_t {
  none = 0,
  fail,         ///< EIO, nothing done
  no_space,     ///< ENOSPC, nothing done
  short_write,  ///< a part is written and told so
  drop_pages,   ///< sync fails; what was to be synced is marked clean and stays in the cache only
  lost_write,   ///< acknowledged, never done
  misdirected,  ///< written 4,096 bytes beside
  flip_bit,     ///< read: one bit is wrong
};

enum class DiskOperation : std::uint8_t {
  open,
  create,
  write,
  read,
  sync,
  resize,
  rename,
  remove,
  make_directory,
  sync_directory,
  list,
  lock,
  free_bytes,
};

/// The assumption about overwriting is SQLite's ("power-safe overwrite"): a write changes no byte outside its range,
/// whatever happens meanwhile. Safe to call from several threads; deterministic if called from one.
class SimulatedDisk final : public FileSystem {
 public:
  class Parts;  // inside
  explicit SimulatedDisk(std::uint64_t seed = 1);
  ~SimulatedDisk() override;

  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status remove(const std::string& path) override;
  Status make_directory(const std::string& path) override;
  Status sync_directory(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& directory) override;
  Result<std::unique_ptr<FileLock>> lock(const std::string& path) override;
  Result<std::uint64_t> free_bytes(const std::string& directory) override;

  /// Power is lost: open files and locks are dead (their operations fail), what was not synced is torn, and names
  /// that no directory sync covered are there or not, each by itself.
  void crash(Tearing tearing, std::uint64_t seed);
  /// The process dies, the machine lives: locks are gone, everything written is there to be read, synced or not.
  void restart_process();

  /// Asked before every operation, from 0 on; what it gives happens. Empty: no faults.
  using FaultPlan = std::function<Fault(std::uint64_t number, DiskOperation operation, const std::string& path)>;
  void set_faults(FaultPlan plan);
  std::uint64_t operations() const;
  /// From this operation on the disk does nothing and fails everything: where a crash is to be.
  void stop_at(std::uint64_t operation);

  void set_capacity(std::uint64_t bytes);
  /// Of all files together.
  std::uint64_t capacity_used() const;
  /// Only as fakes of damage: changes the durable image and the cache alike.
  void flip_bit(const std::string& path, std::uint64_t bit);
  std::vector<std::byte> contents(const std::string& path) const;
  void set_contents(const std::string& path, std::vector<std::byte> bytes);
  std::vector<std::string> paths() const;
  /// The same, with all that is not durable yet; without faults, locks and open files.
  std::unique_ptr<SimulatedDisk> clone() const;

 private:
  std::shared_ptr<Parts> parts_;
};

}  // namespace kelek::storage
