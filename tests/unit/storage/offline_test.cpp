// Looking, backing up, restoring, and the lost majority.
#include <catch2/catch.hpp>

#include <kelek/storage/offline.h>

#include "script.h"

namespace kelek::storage::test {
namespace {

const std::string path = "/node";

/// Entries 1 … 30, a snapshot of 20, left open.
std::unique_ptr<SimulatedDisk> some_disk() {
  auto disk = std::make_unique<SimulatedDisk>();
  create_or_fail(*disk, path);
  auto opened = open_or_fail(*disk, path);
  REQUIRE_WELL(write(opened.directory->log(), {2, 0, 25}, entries(1, 30, 2)));
  raft::SnapshotMetadata basis;
  basis.index = 20;
  basis.term = 2;
  basis.configuration = std::make_shared<const raft::Configuration>(three_voters());
  auto made = opened.directory->snapshots().write(basis, state_at(20));
  REQUIRE_WELL(made);
  REQUIRE_WELL(opened.directory->log().stage_snapshot(*made, SnapshotUse::compacts));
  REQUIRE_WELL(opened.directory->log().commit());
  return disk;
}

std::map<std::string, std::vector<std::byte>> all_bytes(const SimulatedDisk& disk) {
  std::map<std::string, std::vector<std::byte>> all;
  for (const std::string& one : disk.paths()) all[one] = disk.contents(one);
  return all;
}

raft::Configuration voters(std::initializer_list<raft::NodeId> ids) {
  const std::vector<raft::NodeId> list(ids);
  return raft::Configuration::of_voters(list);
}

}  // namespace

TEST_CASE("Inspecting says what is there and changes nothing") {
  auto disk = some_disk();
  const auto before = all_bytes(*disk);
  auto report = inspect(*disk, path);
  REQUIRE_WELL(report);
  REQUIRE(all_bytes(*disk) == before);
  REQUIRE(report->segments.size() == 1);
  REQUIRE(report->segments[0].entries == 30);
  REQUIRE(report->segments[0].records == 37);
  REQUIRE(report->snapshots.size() == 1);
  REQUIRE(report->last_index == 30);
  REQUIRE(report->last_term == 2);
  REQUIRE(report->configuration == three_voters());
  REQUIRE(report->damage.empty());
  REQUIRE(report->recovered.identity == identity_of_node());
  std::vector<std::string> lines;
  REQUIRE_WELL(for_each_record(*disk, path, [&](const RecordSummary& record) {
    lines.push_back(record.text);
    return lines.size() < 5;
  }));
  REQUIRE(lines == std::vector<std::string>{"first configuration", "sync of 1 records; durable before: record 0",
                                            "seal: a clean stop", "hard state: term 2, vote for 0, commit 25",
                                            "entry 1 of term 2: command, 2 bytes"});
  REQUIRE(inspect(*disk, "/nowhere").error().problem == Problem::not_found);
  auto opened = open_or_fail(*disk, path);
  REQUIRE(inspect(*disk, path).error().problem == Problem::in_use);
}

TEST_CASE("Inspecting names damage, also where opening is refused") {
  auto disk = some_disk();
  const std::string segment = "/node/log/0000000000000001-00000000000000000001.wal";
  disk->flip_bit(segment, 8 * 4700);
  auto report = inspect(*disk, path);
  REQUIRE_WELL(report);
  REQUIRE(report->damage.size() == 1);
  REQUIRE(report->segments[0].damage == report->damage[0]);
  disk->flip_bit(segment, 8 * 40);
  report = inspect(*disk, path);
  REQUIRE_WELL(report);
  REQUIRE(report->damage[0].find("The header of " + segment) != std::string::npos);
}

TEST_CASE("A backup is the newest snapshot, and makes a node of a new cluster") {
  auto disk = some_disk();
  auto exported = export_backup(*disk, path, "/backup");
  REQUIRE_WELL(exported);
  REQUIRE(export_backup(*disk, path, "/backup").error().problem == Problem::exists);
  auto backup = read_backup(*disk, "/backup", 1 << 20);
  REQUIRE_WELL(backup);
  REQUIRE(backup->from == identity_of_node());
  REQUIRE(backup->from.cluster_name == "reviews");
  REQUIRE(backup->metadata.index == 20);
  REQUIRE(backup->bytes == state_at(20));
  REQUIRE(read_backup(*disk, "/backup", 1).error().problem == Problem::too_large);

  Identity identity = identity_of_node(4);
  identity.cluster_id[0] = 0x99;
  identity.cluster_name = "restored";
  identity.incarnation = 1;
  REQUIRE(import_backup(*disk, "/backup", "/new", identity, voters({1, 2})).error().problem == Problem::bad_use);
  REQUIRE_WELL(import_backup(*disk, "/backup", "/new", identity, voters({4, 5, 6}), small_options()));
  REQUIRE(import_backup(*disk, "/backup", "/new", identity, voters({4})).error().problem == Problem::exists);
  auto opened = DataDirectory::open(*disk, "/new", identity, small_options());
  REQUIRE_WELL(opened);
  REQUIRE(opened->recovered.snapshot.index == 20);
  REQUIRE(*opened->recovered.snapshot.configuration == voters({4, 5, 6}));
  REQUIRE(opened->recovered.hard_state == raft::HardState{2, 0, 20});
  REQUIRE(*opened->directory->snapshots().read_all(opened->recovered.snapshot.id, 1 << 20) == state_at(20));
  raft::Options options;
  options.id = 4;
  options.incarnation = 1;
  REQUIRE(raft::Node::create(options, opened->recovered.durable_state()).ok());
}

TEST_CASE("A backup is durable once it is made, and so is what was restored from it") {
  auto disk = some_disk();
  REQUIRE_WELL(export_backup(*disk, path, "/backup"));
  disk->crash(Tearing::all_lost, 1);
  REQUIRE_WELL(import_backup(*disk, "/backup", "/new", identity_of_node(), three_voters(), small_options()));
  disk->crash(Tearing::all_lost, 2);
  REQUIRE(open_or_fail(*disk, "/new").recovered.snapshot.index == 20);
}

TEST_CASE("A damaged backup is refused, and nothing is made") {
  auto disk = some_disk();
  REQUIRE_WELL(export_backup(*disk, path, "/backup"));
  for (const std::uint64_t byte : {10u, 60u, 4000u, 4100u, 5000u}) {
    disk->flip_bit("/backup", 8 * byte);
    const Status made = import_backup(*disk, "/backup", "/new", identity_of_node(), three_voters());
    REQUIRE(made.error().problem == Problem::damaged);
    REQUIRE(made.error().text.find("/backup") != std::string::npos);
    disk->flip_bit("/backup", 8 * byte);
  }
  REQUIRE(read_identity(*disk, "/new").error().problem == Problem::not_found);
  REQUIRE(import_backup(*disk, "/none", "/new", identity_of_node(), three_voters()).error().problem ==
          Problem::not_found);
}

TEST_CASE("Without a snapshot there is nothing to export") {
  SimulatedDisk disk;
  create_or_fail(disk, path);
  REQUIRE(export_backup(disk, path, "/backup").error().problem == Problem::not_found);
}

TEST_CASE("The lost majority: a configuration of the survivors, in a term of its own") {
  auto disk = some_disk();
  REQUIRE(force_configuration(*disk, path, voters({2, 3})).error().problem == Problem::bad_use);
  auto forced = force_configuration(*disk, path, voters({1}));
  REQUIRE_WELL(forced);
  REQUIRE(*forced == 31);
  auto report = inspect(*disk, path);
  REQUIRE(report->configuration == voters({1}));
  REQUIRE(report->recovered.hard_state == raft::HardState{3, 0, 25});
  auto opened = open_or_fail(*disk, path);
  REQUIRE(opened.recovered.report.clean_stop);
  raft::Options options;
  options.id = 1;
  options.incarnation = 7;
  raft::DurableState state = opened.recovered.durable_state();
  state.applied = 20;
  auto node = raft::Node::create(options, std::move(state));
  REQUIRE(node.ok());
  REQUIRE((*node)->configuration()->members().size() == 1);
  REQUIRE(force_configuration(*disk, path, voters({1})).error().problem == Problem::in_use);
}

TEST_CASE("A node that lost acknowledged entries is not the one to go on alone") {
  auto disk = some_disk();
  REQUIRE_WELL(open_or_fail(*disk, path).directory->log().close());
  disk->flip_bit("/node/log/0000000000000001-00000000000000000001.wal", 8 * (4096 + 56 * 30));
  REQUIRE(force_configuration(*disk, path, voters({1})).error().problem == Problem::damaged);
}

}  // namespace kelek::storage::test
