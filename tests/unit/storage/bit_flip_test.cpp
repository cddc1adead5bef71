// Every bit of a log is wrong once: the damage is found, or it changes nothing.
#include <catch2/catch.hpp>

#include <kelek/storage/offline.h>

#include "script.h"

namespace kelek::storage::test {
namespace {

/// A log of one segment of 8 KiB, with votes, replaced entries, a witness; closed, or just left.
std::unique_ptr<SimulatedDisk> small_log(bool sealed) {
  auto disk = std::make_unique<SimulatedDisk>();
  create_or_fail(*disk, "/node", small_options(8192));
  auto opened = open_or_fail(*disk, "/node", small_options(8192));
  Log& log = opened.directory->log();
  REQUIRE_WELL(write(log, {1, 1, 0}, {}));
  REQUIRE_WELL(write(log, entries(1, 12, 1, "an entry of some length ")));
  REQUIRE_WELL(log.idle_witness());
  REQUIRE_WELL(write(log, {2, 0, 8}, entries(10, 20, 2, "another one ")));
  REQUIRE_WELL(write(log, entries(21, 25, 2)));
  if (sealed) REQUIRE_WELL(log.close());
  return disk;
}

struct Tally {
  std::uint64_t refused = 0;
  std::uint64_t damaged = 0;
  std::uint64_t harmless = 0;
  std::uint64_t torn = 0;
};

const std::string first_segment = "/node/log/0000000000000001-00000000000000000001.wal";

/// A log that went round: its last segment was used before, and holds the records of that life behind its
/// end.
std::unique_ptr<SimulatedDisk> recycled_log(std::string& segment, raft::Index& last) {
  auto disk = std::make_unique<SimulatedDisk>();
  create_or_fail(*disk, "/node", small_options(12 * 1024));
  auto opened = open_or_fail(*disk, "/node", small_options(12 * 1024));
  Log& log = opened.directory->log();
  last = 0;
  const auto append = [&] {
    ++last;
    REQUIRE_WELL(write(log, {1, 1, last - 1}, entry(last, 1, "entry number " + std::to_string(last))));
  };
  for (int round = 0; round < 4; ++round) {
    for (int i = 0; i < 60; ++i) append();
    raft::SnapshotMetadata basis;
    basis.index = last - 1;
    basis.term = 1;
    basis.configuration = std::make_shared<const raft::Configuration>(three_voters());
    auto made = opened.directory->snapshots().write(basis, {});
    REQUIRE_WELL(made);
    REQUIRE_WELL(log.stage_snapshot(*made, SnapshotUse::compacts));
    REQUIRE_WELL(log.commit());
    REQUIRE_WELL(log.release(basis.index));
  }
  for (const std::size_t segments = log.status().segments; log.status().segments == segments;) append();
  for (int i = 0; i < 5; ++i) append();
  for (const std::string& one : disk->paths()) {
    if (one.find(".wal") != std::string::npos) segment = one;
  }
  const auto bytes = disk->contents(segment);
  REQUIRE(std::any_of(bytes.begin() + 8192, bytes.end(), [](std::byte b) { return b != std::byte{0}; }));
  return disk;
}

/// What a reader makes of a damaged log. `kept` is the last index if the last batch is taken for torn.
void judge(SimulatedDisk& disk, const std::string& expected, raft::Index kept, const std::string& what, Tally& tally) {
  const auto found = recover_read_only(disk, "/node");
  if (!found) {
    if (found.error().problem != Problem::damaged) FAIL(what << ": " << found.error().text);
    ++tally.refused;
  } else if (found->damaged) {
    ++tally.damaged;
  } else if (describe(*found) == expected) {
    ++tally.harmless;
  } else {
    if (found->report.torn_records == 0) FAIL_CHECK(what << " is not noticed, the log ends at " << found->last_index());
    if (found->last_index() != kept)
      FAIL_CHECK(what << " loses more than the last batch: it ends at " << found->last_index());
    ++tally.torn;
  }
}

std::string sound_state(SimulatedDisk& disk) {
  const auto whole = recover_read_only(disk, "/node");
  REQUIRE_WELL(whole);
  return describe(*whole);
}

void flip_every(SimulatedDisk& disk, const std::string& segment, raft::Index kept, std::uint64_t step, Tally& tally) {
  const std::string expected = sound_state(disk);
  const std::vector<std::byte> sound = disk.contents(segment);
  REQUIRE(sound.size() <= 64 * 1024);
  for (std::uint64_t bit = 0; bit < 8 * sound.size(); bit += step) {
    std::vector<std::byte> bytes = sound;
    bytes[static_cast<std::size_t>(bit / 8)] ^= std::byte{1} << static_cast<int>(bit % 8);
    disk.set_contents(segment, std::move(bytes));
    judge(disk, expected, kept, "bit " + std::to_string(bit) + " of " + segment, tally);
  }
  disk.set_contents(segment, sound);
}

/// A log of 64 KiB in several segments, with votes, replaced entries, snapshots, and a witness or a clean stop.
std::unique_ptr<SimulatedDisk> large_log(bool sealed, raft::Index& last) {
  auto disk = std::make_unique<SimulatedDisk>();
  const StorageOptions options = small_options(24 * 1024);
  create_or_fail(*disk, "/node", options);
  auto opened = open_or_fail(*disk, "/node", options);
  Log& log = opened.directory->log();
  last = 0;
  for (raft::Term term = 1; log.status().segment_bytes < 64 * 1024; ++term) {
    REQUIRE_WELL(write(log, {term, 1, last > 2 ? last - 2 : 0}, {}));
    for (int batch = 0; batch < 10; ++batch) {
      const raft::Index first = batch == 0 && last > 0 ? last : last + 1;  // a new leader replaces the last one
      REQUIRE_WELL(write(log, entries(first, first + 4, term, "an entry of some length ")));
      last = first + 4;
    }
  }
  REQUIRE_WELL(log.idle_witness());
  if (sealed) REQUIRE_WELL(log.close());
  return disk;
}

std::vector<std::string> segments_of(const SimulatedDisk& disk) {
  std::vector<std::string> segments;
  for (const std::string& one : disk.paths()) {
    if (one.find(".wal") != std::string::npos) segments.push_back(one);
  }
  return segments;
}

Tally flip_all_of_a_large_log(bool sealed, std::uint64_t step) {
  raft::Index last = 0;
  auto disk = large_log(sealed, last);
  Tally tally;
  std::size_t size = 0;
  for (const std::string& segment : segments_of(*disk)) {
    size += disk->contents(segment).size();
    flip_every(*disk, segment, last, step, tally);
  }
  REQUIRE(size >= 64 * 1024);
  REQUIRE(tally.torn == 0);  // the witness, or the SEAL, speaks for the last batch
  REQUIRE(tally.damaged > tally.refused / 8);
  return tally;
}

void print(const Tally& tally) {
  WARN(tally.refused << " refused, " << tally.damaged << " damaged, " << tally.harmless << " harmless, " << tally.torn
                     << " torn");
}

/// Each sector zeroed, doubled into the next one, and swapped with every other one.
Tally spoil_sectors(bool sealed, std::uint64_t step) {
  raft::Index last = 0;
  auto disk = large_log(sealed, last);
  const std::string expected = sound_state(*disk);
  Tally tally;
  for (const std::string& segment : segments_of(*disk)) {
    const std::vector<std::byte> sound = disk->contents(segment);
    const std::uint64_t sectors = sound.size() / 512;
    const auto judge_it = [&](const std::string& what) {
      judge(*disk, expected, last, what + " of " + segment, tally);
      disk->set_contents(segment, sound);
    };
    for (std::uint64_t sector = 0; sector < sectors; ++sector) {
      disk->zero_sector(segment, sector);
      judge_it("zeroed sector " + std::to_string(sector));
      disk->copy_sector(segment, sector, sector + 1);
      judge_it("doubled sector " + std::to_string(sector));
      for (std::uint64_t other = sector + 1; other < sectors; other += step) {
        disk->swap_sectors(segment, sector, other);
        judge_it("swapped sectors " + std::to_string(sector) + " and " + std::to_string(other));
      }
    }
  }
  return tally;
}

}  // namespace

TEST_CASE("Any bit of a log that was closed: found or harmless") {
  auto disk = small_log(true);
  Tally tally;
  flip_every(*disk, first_segment, 20, 1, tally);
  REQUIRE(tally.refused >= 8 * 4096);
  REQUIRE(tally.damaged > 8 * 2000);
  REQUIRE(tally.torn == 0);
}

TEST_CASE("Any bit of a log that was left open: found, harmless, or the very last batch, as if torn") {
  auto disk = small_log(false);
  Tally tally;
  flip_every(*disk, first_segment, 20, 3, tally);
  REQUIRE(tally.torn > 100);
  REQUIRE(tally.torn < 8 * 400);
  REQUIRE(tally.damaged > 2000);
}

TEST_CASE(
    "Any bit of a segment that was used before: found, harmless, or the very last batch; old records never "
    "count") {
  std::string segment;
  raft::Index last = 0;
  auto disk = recycled_log(segment, last);
  Tally tally;
  flip_every(*disk, segment, last - 1, 5, tally);
  REQUIRE(tally.torn > 50);
  REQUIRE(tally.torn < 8 * 300);
  REQUIRE(tally.damaged > 300);
  REQUIRE(tally.harmless > 8 * 1000 / 5);
}

TEST_CASE("Bits of a log of 64 KiB, every 61st: found or harmless") {
  flip_all_of_a_large_log(true, 61);
  flip_all_of_a_large_log(false, 61);
}

TEST_CASE("Every bit of a log of 64 KiB: found or harmless", "[.][long]") {
  print(flip_all_of_a_large_log(true, 1));
  print(flip_all_of_a_large_log(false, 1));
}

TEST_CASE("Sectors of a log of 64 KiB that are zeroed, doubled or swapped: found or harmless") {
  spoil_sectors(true, 7);
  spoil_sectors(false, 7);
}

TEST_CASE("Every two sectors of a log of 64 KiB swapped: found or harmless", "[.][long]") {
  print(spoil_sectors(true, 1));
  print(spoil_sectors(false, 1));
}

}  // namespace kelek::storage::test
