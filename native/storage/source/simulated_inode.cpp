// What a cache and a disk do to the sectors of one file.
#include "simulated_inode.h"

#include <algorithm>

namespace kelek::storage {
namespace {

constexpr std::size_t kept_versions = 6;

}  // namespace

std::vector<std::byte> SimulatedInode::sector_of(const std::vector<std::byte>& image, std::uint64_t sector) const {
  std::vector<std::byte> bytes(sector_bytes);
  const std::size_t start = std::min<std::size_t>(image.size(), static_cast<std::size_t>(sector) * sector_bytes);
  const std::size_t size = std::min(image.size() - start, sector_bytes);
  std::copy_n(image.begin() + static_cast<std::ptrdiff_t>(start), size, bytes.begin());
  return bytes;
}

/// A page that is written takes along what an earlier failed sync left in the cache alone.
void SimulatedInode::dirty_page(std::uint64_t page) {
  constexpr std::uint64_t sectors_a_page = page_bytes / sector_bytes;
  for (std::uint64_t sector = page * sectors_a_page; sector < (page + 1) * sectors_a_page; ++sector) {
    if (unsynced_.count(sector) != 0 || sector * sector_bytes >= cache_.size()) continue;
    std::vector<std::byte> cached = sector_of(cache_, sector);
    if (cached == sector_of(disk_, sector)) continue;
    unsynced_[sector] = {0, sector_bytes, {{0, std::move(cached)}}};
  }
}

void SimulatedInode::write(std::uint64_t offset_bytes, std::span<const std::byte> bytes, std::uint64_t time) {
  if (bytes.empty()) return;
  const std::uint64_t end_bytes = offset_bytes + bytes.size();
  for (std::uint64_t page = offset_bytes / page_bytes; page * page_bytes < end_bytes; ++page) dirty_page(page);
  if (cache_.size() < end_bytes) cache_.resize(static_cast<std::size_t>(end_bytes));
  std::copy(bytes.begin(), bytes.end(), cache_.begin() + static_cast<std::ptrdiff_t>(offset_bytes));
  for (std::uint64_t sector = offset_bytes / sector_bytes; sector * sector_bytes < end_bytes; ++sector) {
    const std::uint64_t start = sector * sector_bytes;
    Unsynced& unsynced = unsynced_[sector];
    const std::uint64_t begin = std::max(offset_bytes, start) - start;
    unsynced.begin = std::min(unsynced.begin, static_cast<std::size_t>(begin));
    unsynced.end = std::max(unsynced.end, static_cast<std::size_t>(std::min(end_bytes - start, sector_bytes + 0UL)));
    if (unsynced.versions.size() == kept_versions) unsynced.versions.erase(unsynced.versions.begin());
    unsynced.versions.push_back({time, sector_of(cache_, sector)});
    broken_.erase(sector);
  }
}

std::size_t SimulatedInode::read(std::uint64_t offset_bytes, std::span<std::byte> bytes) const {
  if (offset_bytes >= cache_.size()) return 0;
  const std::size_t start = static_cast<std::size_t>(offset_bytes);
  const std::size_t size = std::min(bytes.size(), cache_.size() - start);
  std::copy_n(cache_.begin() + static_cast<std::ptrdiff_t>(start), size, bytes.begin());
  return size;
}

void SimulatedInode::resize(std::uint64_t size_bytes) {
  cache_.resize(static_cast<std::size_t>(size_bytes));
  unsynced_.erase(unsynced_.lower_bound((size_bytes + sector_bytes - 1) / sector_bytes), unsynced_.end());
}

void SimulatedInode::sync() {
  disk_.resize(cache_.size());
  for (const auto& [sector, unsynced] : unsynced_) {
    const std::vector<std::byte> bytes = sector_of(cache_, sector);
    const std::size_t start = static_cast<std::size_t>(sector) * sector_bytes;
    const std::size_t size = std::min(sector_bytes, disk_.size() - std::min(disk_.size(), start));
    std::copy_n(bytes.begin(), size, disk_.begin() + static_cast<std::ptrdiff_t>(start));
  }
  unsynced_.clear();
}

/// One sector, as each kind of tearing may leave it.
std::vector<std::byte> SimulatedInode::torn(const std::vector<std::byte>& old, const std::vector<Version>& versions,
                                            Tearing tearing, SimulatedRandom& random) {
  const std::vector<std::byte>& fresh = versions.back().bytes;
  const bool heads = random.below(2) == 0;
  switch (tearing) {
    case Tearing::subset: return heads ? old : fresh;
    case Tearing::versions: {
      const auto one = static_cast<std::size_t>(random.below(versions.size() + 1));
      return one == 0 ? old : versions[one - 1].bytes;
    }
    case Tearing::zeros: return heads ? std::vector<std::byte>(sector_bytes) : fresh;
    case Tearing::garbage: {
      if (!heads) return fresh;
      std::vector<std::byte> bytes(sector_bytes);
      for (std::byte& byte : bytes) byte = static_cast<std::byte>(random.below(256));
      return bytes;
    }
    case Tearing::bytes: {
      std::vector<std::byte> bytes = old;
      std::copy_n(fresh.begin(), random.below(sector_bytes + 1), bytes.begin());
      return bytes;
    }
    case Tearing::sectors: {
      static constexpr Tearing kinds[] = {Tearing::subset, Tearing::subset, Tearing::versions, Tearing::zeros,
                                          Tearing::garbage};
      return torn(old, versions, kinds[random.below(std::size(kinds))], random);
    }
    case Tearing::nothing_lost:
    case Tearing::bytes_only: return fresh;
    case Tearing::all_lost:
    case Tearing::names_only:
    case Tearing::prefix:
    case Tearing::suffix: break;
  }
  return old;
}

/// The bytes outside of what was written stay as they are on the disk, whatever happens to the rest.
std::vector<std::byte> SimulatedInode::after_crash(std::uint64_t sector, const Unsynced& unsynced, Tearing tearing,
                                                   std::uint64_t time, SimulatedRandom& random) const {
  const std::vector<std::byte> old = sector_of(disk_, sector);
  const std::vector<Version>& versions = unsynced.versions;
  std::vector<std::byte> chosen = torn(old, versions, tearing, random);
  if (tearing == Tearing::prefix) {
    for (const Version& version : versions) {
      if (version.time <= time) chosen = version.bytes;
    }
  }
  if (tearing == Tearing::suffix && versions.back().time >= time) chosen = versions.back().bytes;
  std::vector<std::byte> result = old;
  for (std::size_t i = unsynced.begin; i < unsynced.end; ++i) result[i] = chosen[i];
  return result;
}

void SimulatedInode::crash(Tearing tearing, std::uint64_t time, SimulatedRandom& random) {
  const bool none = tearing == Tearing::all_lost || tearing == Tearing::names_only;
  const bool all = tearing == Tearing::nothing_lost || tearing == Tearing::bytes_only;
  const bool grows = all || (!none && random.below(2) == 0);
  std::vector<std::byte> image = disk_;
  if (grows) image.resize(cache_.size());
  for (const auto& [sector, unsynced] : unsynced_) {
    const std::vector<std::byte> bytes = after_crash(sector, unsynced, tearing, time, random);
    const std::size_t start = static_cast<std::size_t>(sector) * sector_bytes;
    if (start >= image.size()) continue;
    std::copy_n(bytes.begin(), std::min(sector_bytes, image.size() - start),
                image.begin() + static_cast<std::ptrdiff_t>(start));
  }
  set_contents(std::move(image));
}

void SimulatedInode::set_contents(std::vector<std::byte> bytes) {
  cache_ = std::move(bytes);
  disk_ = cache_;
  unsynced_.clear();
}

bool SimulatedInode::is_readable(std::uint64_t offset_bytes, std::uint64_t size_bytes) const {
  const auto first = broken_.lower_bound(offset_bytes / sector_bytes);
  return first == broken_.end() || *first * sector_bytes >= offset_bytes + size_bytes;
}

}  // namespace kelek::storage
