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

/// What a crash does to what was not synced. A name that no directory sync covered reached the disk or did not, each
/// by itself, unless another word is said of it.
enum class Tearing : std::uint8_t {
  nothing_lost,  ///< all of it reached the disk, names and bytes
  all_lost,      ///< none of it did
  prefix,        ///< the oldest part of it did, of names and bytes alike
  sectors,       ///< each sector of 512 bytes as it likes: old, in between, new, zeros or garbage
  suffix,        ///< only the youngest part of it did, of names and bytes alike
  subset,        ///< each sector is old or new
  versions,      ///< each sector is old, or as one of the writes since left it
  zeros,         ///< each sector is new or zeros
  garbage,       ///< each sector is new or garbage
  bytes,         ///< each sector is new up to some byte of it, and old from there on
  names_only,    ///< every name did, and not a byte
  bytes_only,    ///< every byte did, and not a name
};
inline constexpr Tearing last_tearing = Tearing::bytes_only;

/// What goes wrong with one operation.
enum class Fault : std::uint8_t {
  none = 0,
  fail,         ///< EIO, nothing done
  no_space,     ///< ENOSPC, nothing done
  short_write,  ///< a part is written and told so
  drop_pages,   ///< sync fails; what was to be synced is marked clean and stays in the cache only
  lost_write,   ///< acknowledged, never done
  misdirected,  ///< write: 4,096 bytes beside; read: what stands 4,096 bytes beside, if the file reaches so far
  flip_bit,     ///< one bit is wrong, of what is read or of what is written
  torn_write,   ///< acknowledged, and done up to some sector only
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
///
/// There is no clock in it. A simulator that has one gives a plan of delays and asks after each call how long it took
/// (take_delay_us); a disk that stands still is a very long delay. To have what a crash leaves be right while an
/// operation is under way, it does write() when the write begins, waits, does sync() when the sync would end, and
/// lets persisted() follow: what lies between the two is what a crash may tear.
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

  /// Asked after every operation, with the bytes that it moved: how long it took, in microseconds. Empty: no time.
  using DelayPlan = std::function<std::uint64_t(std::uint64_t number, DiskOperation operation, const std::string& path,
                                                std::uint64_t bytes)>;
  void set_delays(DelayPlan plan);
  /// The sum since the last call.
  std::uint64_t take_delay_us();

  /// From this operation on the disk does nothing and fails everything: where a crash is to be.
  void stop_at(std::uint64_t operation);

  void set_capacity(std::uint64_t bytes);
  /// Of all files together.
  std::uint64_t capacity_used() const;
  /// Only as fakes of damage: change the durable image and the cache alike. What lies beyond the file's end stays.
  void flip_bit(const std::string& path, std::uint64_t bit);
  void zero_sector(const std::string& path, std::uint64_t sector);
  /// Sector `to` gets what sector `from` of the same file holds.
  void copy_sector(const std::string& path, std::uint64_t from, std::uint64_t to);
  void swap_sectors(const std::string& path, std::uint64_t one, std::uint64_t other);
  /// Every read of this sector fails with EIO until it is written again.
  void break_sector(const std::string& path, std::uint64_t sector);
  std::vector<std::byte> contents(const std::string& path) const;
  void set_contents(const std::string& path, std::vector<std::byte> bytes);
  std::vector<std::string> paths() const;
  /// The same, with all that is not durable yet; without faults, locks and open files.
  std::unique_ptr<SimulatedDisk> clone() const;

 private:
  std::shared_ptr<Parts> parts_;
};

}  // namespace kelek::storage
