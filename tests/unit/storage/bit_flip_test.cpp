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

/// `kept` is the last index if the last batch is taken for torn.
void flip_every(SimulatedDisk& disk, const std::string& segment, raft::Index kept, std::uint64_t step, Tally& tally) {
  const auto whole = recover_read_only(disk, "/node");
  REQUIRE_WELL(whole);
  const std::string expected = describe(*whole);
  const std::vector<std::byte> sound = disk.contents(segment);
  REQUIRE(sound.size() <= 12 * 1024);
  for (std::uint64_t bit = 0; bit < 8 * sound.size(); bit += step) {
    std::vector<std::byte> bytes = sound;
    bytes[static_cast<std::size_t>(bit / 8)] ^= std::byte{1} << static_cast<int>(bit % 8);
    disk.set_contents(segment, std::move(bytes));
    const auto found = recover_read_only(disk, "/node");
    if (!found) {
      if (found.error().problem != Problem::damaged) FAIL("bit " << bit << ": " << found.error().text);
      ++tally.refused;
    } else if (found->damaged) {
      ++tally.damaged;
    } else if (describe(*found) == expected) {
      ++tally.harmless;
    } else {
      if (found->report.torn_records == 0) FAIL("bit " << bit << " is not noticed: " << describe(*found));
      if (found->last_index() != kept) FAIL("bit " << bit << " loses more than the last batch");
      ++tally.torn;
    }
  }
  disk.set_contents(segment, sound);
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

}  // namespace kelek::storage::test
