// SimulatedInode: the bytes of one simulated file, as the cache shows them and as the disk has them, and what lies
// between the two, sector by sector.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <vector>

#include <kelek/storage/simulated_disk.h>

namespace kelek::storage {

/// SplitMix64: small, and the same everywhere.
class SimulatedRandom {
 public:
  explicit SimulatedRandom(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15U;
    std::uint64_t value = state_;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9U;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebU;
    return value ^ (value >> 31);
  }
  /// 0 … bound − 1.
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }

 private:
  std::uint64_t state_;
};

class SimulatedInode {
 public:
  static constexpr std::size_t sector_bytes = 512;
  static constexpr std::size_t page_bytes = 4096;

  void write(std::uint64_t offset_bytes, std::span<const std::byte> bytes, std::uint64_t time);
  std::size_t read(std::uint64_t offset_bytes, std::span<std::byte> bytes) const;
  void resize(std::uint64_t size_bytes);
  /// All that is not on the disk yet is now.
  void sync();
  /// The sync failed, and the pages count as clean: what they hold is in the cache alone.
  void drop_pages() { unsynced_.clear(); }
  /// Power is lost. `time`: for Tearing::prefix and ::suffix, until or since when writes reached the disk.
  void crash(Tearing tearing, std::uint64_t time, SimulatedRandom& random);

  std::uint64_t size() const { return cache_.size(); }
  const std::vector<std::byte>& contents() const { return cache_; }
  void set_contents(std::vector<std::byte> bytes);
  void break_sector(std::uint64_t sector) { broken_.insert(sector); }
  bool is_readable(std::uint64_t offset_bytes, std::uint64_t size_bytes) const;

 private:
  struct Version {
    std::uint64_t time = 0;
    std::vector<std::byte> bytes;  // the sector after this write
  };
  /// One sector that was written since the last sync, from byte `begin` to byte `end` of it.
  struct Unsynced {
    std::size_t begin = sector_bytes;
    std::size_t end = 0;
    std::vector<Version> versions;
  };
  std::vector<std::byte> sector_of(const std::vector<std::byte>& image, std::uint64_t sector) const;
  static std::vector<std::byte> torn(const std::vector<std::byte>& old, const std::vector<Version>& versions,
                                     Tearing tearing, SimulatedRandom& random);
  std::vector<std::byte> after_crash(std::uint64_t sector, const Unsynced& unsynced, Tearing tearing,
                                     std::uint64_t time, SimulatedRandom& random) const;
  void dirty_page(std::uint64_t page);

  std::vector<std::byte> cache_;
  std::vector<std::byte> disk_;
  std::map<std::uint64_t, Unsynced> unsynced_;
  std::set<std::uint64_t> broken_;
};

}  // namespace kelek::storage
