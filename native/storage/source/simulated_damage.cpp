// What a crash leaves of a simulated disk, and fakes of damage.
#include <algorithm>
#include <utility>

#include "simulated_disk_parts.h"

namespace kelek::storage {
namespace {

using Parts = SimulatedDisk::Parts;

bool name_reached(Tearing tearing, std::uint64_t when, std::uint64_t time, SimulatedRandom& random) {
  switch (tearing) {
    case Tearing::nothing_lost:
    case Tearing::names_only: return true;
    case Tearing::all_lost:
    case Tearing::bytes_only: return false;
    case Tearing::prefix: return when <= time;
    case Tearing::suffix: return when >= time;
    default: return random.below(2) == 0;
  }
}

struct Range {
  std::vector<std::byte>::iterator begin;
  std::vector<std::byte>::iterator end;
  std::ptrdiff_t size() const { return end - begin; }
};

/// The part of a file that is one sector; empty beyond its end, short at its end.
Range sector_of(std::vector<std::byte>& bytes, std::uint64_t sector) {
  const std::uint64_t size = bytes.size();
  const std::uint64_t start = std::min(size, sector * SimulatedInode::sector_bytes);
  const std::uint64_t end = std::min(size, start + SimulatedInode::sector_bytes);
  return {bytes.begin() + static_cast<std::ptrdiff_t>(start), bytes.begin() + static_cast<std::ptrdiff_t>(end)};
}

}  // namespace

void SimulatedDisk::crash(Tearing tearing, std::uint64_t seed) {
  const std::lock_guard<std::mutex> lock(parts_->mutex);
  SimulatedRandom random(seed);
  const std::uint64_t time = random.below(parts_->time + 1);
  Parts::Names names = parts_->durable_names;
  for (const auto& [path, when] : parts_->changes) {
    if (!name_reached(tearing, when, time, random)) continue;
    const Parts::Name* now = parts_->find(path);
    if (now != nullptr) {
      names[path] = *now;
    } else {
      names.erase(path);
    }
  }
  parts_->names = names;
  // What lies in a directory that is not there is not there either; parents sort before what is in them.
  for (auto name = parts_->names.begin(); name != parts_->names.end();) {
    name = parts_->is_directory(Parts::directory_of(name->first)) ? std::next(name) : parts_->names.erase(name);
  }
  std::set<SimulatedInode*> seen;
  for (const auto& [path, name] : parts_->names) {
    if (name.inode != nullptr && seen.insert(name.inode.get()).second) name.inode->crash(tearing, time, random);
  }
  parts_->durable_names = parts_->names;
  parts_->changes.clear();
  parts_->locks.clear();
  ++parts_->lives;
  parts_->stop_at = UINT64_MAX;
}

void SimulatedDisk::flip_bit(const std::string& path, std::uint64_t bit) {
  std::vector<std::byte> bytes = contents(path);
  if (bit / 8 >= bytes.size()) return;
  bytes[static_cast<std::size_t>(bit / 8)] ^= std::byte{1} << static_cast<int>(bit % 8);
  set_contents(path, std::move(bytes));
}

void SimulatedDisk::zero_sector(const std::string& path, std::uint64_t sector) {
  std::vector<std::byte> bytes = contents(path);
  const Range range = sector_of(bytes, sector);
  std::fill(range.begin, range.end, std::byte{0});
  set_contents(path, std::move(bytes));
}

void SimulatedDisk::copy_sector(const std::string& path, std::uint64_t from, std::uint64_t to) {
  std::vector<std::byte> bytes = contents(path);
  const Range source = sector_of(bytes, from);
  const Range target = sector_of(bytes, to);
  std::copy_n(source.begin, std::min(source.size(), target.size()), target.begin);
  set_contents(path, std::move(bytes));
}

void SimulatedDisk::swap_sectors(const std::string& path, std::uint64_t one, std::uint64_t other) {
  std::vector<std::byte> bytes = contents(path);
  const Range first = sector_of(bytes, one);
  const Range second = sector_of(bytes, other);
  if (one != other) std::swap_ranges(first.begin, first.begin + std::min(first.size(), second.size()), second.begin);
  set_contents(path, std::move(bytes));
}

void SimulatedDisk::break_sector(const std::string& path, std::uint64_t sector) {
  const std::lock_guard<std::mutex> lock(parts_->mutex);
  const std::shared_ptr<SimulatedInode> inode = parts_->file(path);
  if (inode != nullptr) inode->break_sector(sector);
}

std::vector<std::byte> SimulatedDisk::contents(const std::string& path) const {
  const std::lock_guard<std::mutex> lock(parts_->mutex);
  const std::shared_ptr<SimulatedInode> inode = parts_->file(path);
  return inode != nullptr ? inode->contents() : std::vector<std::byte>();
}

void SimulatedDisk::set_contents(const std::string& path, std::vector<std::byte> bytes) {
  const std::lock_guard<std::mutex> lock(parts_->mutex);
  const std::shared_ptr<SimulatedInode> inode = parts_->file(path);
  if (inode != nullptr) inode->set_contents(std::move(bytes));
}

}  // namespace kelek::storage
