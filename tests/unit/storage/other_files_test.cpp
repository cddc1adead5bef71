// Files beside the log, every bit of them wrong once: found, or made good from what is sound; never taken for truth.
#include <catch2/catch.hpp>

#include <kelek/storage/checked_file.h>
#include <kelek/storage/offline.h>
#include <kelek/storage/simulated_disk.h>

#include "storage_support.h"

namespace kelek::storage::test {
namespace {

const std::string path = "/node";

/// Six entries in one segment and more in the next; a snapshot of the fourth, and where `older` is set one of the
/// second.
std::unique_ptr<SimulatedDisk> disk_with_snapshot(bool older) {
  auto disk = std::make_unique<SimulatedDisk>();
  create_or_fail(*disk, path);
  auto opened = open_or_fail(*disk, path);
  Log& log = opened.directory->log();
  REQUIRE_WELL(write(log, {1, 1, 5}, entries(1, 6, 1)));
  for (const raft::Index index : {raft::Index{2}, raft::Index{4}}) {
    if (index == 2 && !older) continue;
    raft::SnapshotMetadata basis;
    basis.index = index;
    basis.term = 1;
    basis.configuration = std::make_shared<const raft::Configuration>(three_voters());
    const std::vector<std::byte> state(700, static_cast<std::byte>(index));
    const auto made = opened.directory->snapshots().write(basis, state);
    REQUIRE_WELL(made);
    REQUIRE_WELL(log.stage_snapshot(*made, SnapshotUse::compacts));
    REQUIRE_WELL(log.commit());
  }
  REQUIRE_WELL(log.idle_witness());
  return disk;
}

std::string path_with(const SimulatedDisk& disk, const std::string& part) {
  std::string found;
  for (const std::string& one : disk.paths()) {
    if (one.find(part) != std::string::npos) found = one;  // the last one: the newest snapshot
  }
  REQUIRE_FALSE(found.empty());
  return found;
}

/// Calls `judge` with a disk on which one bit is wrong, for each bit of the file.
template <typename Judge>
std::uint64_t flip_each_bit(SimulatedDisk& disk, const std::string& file, Judge&& judge) {
  const std::vector<std::byte> sound = disk.contents(file);
  for (std::uint64_t bit = 0; bit < 8 * sound.size(); ++bit) {
    INFO("bit " << bit << " of " << file);
    disk.flip_bit(file, bit);
    judge();
    disk.set_contents(file, sound);
  }
  return 8 * sound.size();
}

}  // namespace

TEST_CASE("Any bit of an identity: refused, with the file's name") {
  auto disk = disk_with_snapshot(false);
  const std::string file = path + "/identity";
  const std::uint64_t bits = flip_each_bit(*disk, file, [&] {
    const auto opened = DataDirectory::open(*disk, path, identity_of_node(), small_options());
    REQUIRE_FALSE(opened.ok());
    REQUIRE(opened.error().problem == Problem::damaged);
    REQUIRE(opened.error().text.find(file) != std::string::npos);
  });
  REQUIRE(bits > 800);
}

TEST_CASE("Any bit of a snapshot: the one before it and the log do as well, or a leader has to help") {
  for (const bool older : {true, false}) {
    auto disk = disk_with_snapshot(older);
    const auto sound = recover_read_only(*disk, path);
    REQUIRE_WELL(sound);
    const std::uint64_t bits = flip_each_bit(*disk, path_with(*disk, ".snap"), [&] {
      const auto found = recover_read_only(*disk, path);
      REQUIRE_WELL(found);
      REQUIRE_FALSE(found->report.damage.empty());
      REQUIRE(found->hard_state.term == sound->hard_state.term);
      REQUIRE(found->hard_state.vote == sound->hard_state.vote);
      REQUIRE(found->snapshot.index == (older ? 2U : 0U));
      REQUIRE_FALSE(found->damaged);
      REQUIRE(texts(found->entries) == (older ? "3:e3 4:e4 5:e5 6:e6" : "1:e1 2:e2 3:e3 4:e4 5:e5 6:e6"));
    });
    REQUIRE(bits > 8 * 700);
  }
}

TEST_CASE("Any bit of a small file with a CRC is found, and so is any end of it") {
  SimulatedDisk disk;
  REQUIRE_WELL(disk.make_directory("/d"));
  const std::string text = "0123456789abcdef\n";
  const std::span<const std::byte> bytes = std::as_bytes(std::span(text));
  REQUIRE_WELL(write_checked_file(disk, "/d", "mark", bytes));
  const auto is_damaged = [&] {
    const auto read = read_checked_file(disk, "/d/mark", 100);
    REQUIRE_FALSE(read.ok());
    REQUIRE(read.error().problem == Problem::damaged);
  };
  flip_each_bit(disk, "/d/mark", is_damaged);
  const auto read = read_checked_file(disk, "/d/mark", 100);
  REQUIRE_WELL(read);
  REQUIRE(std::equal(read->begin(), read->end(), bytes.begin(), bytes.end()));
  REQUIRE(read_checked_file(disk, "/d/mark", text.size() - 1).error().problem == Problem::too_large);
  REQUIRE(read_checked_file(disk, "/d/none", 100).error().problem == Problem::not_found);
  const std::vector<std::byte> whole = disk.contents("/d/mark");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    disk.set_contents("/d/mark", {whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)});
    is_damaged();
  }
}

}  // namespace kelek::storage::test
