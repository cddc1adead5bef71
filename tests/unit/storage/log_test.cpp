// The log as its owner uses it: batches, segments, releases, scrubs, and what it refuses.
#include <catch2/catch.hpp>

#include <atomic>
#include <thread>

#include <kelek/storage/offline.h>
#include <kelek/storage/simulated_disk.h>

#include "storage_support.h"

namespace kelek::storage::test {
namespace {

const std::string path = "/node";

struct Node {
  explicit Node(std::size_t segment_bytes = 16 * 1024) : options(small_options(segment_bytes)) {
    create_or_fail(disk, path, options);
    open();
  }
  void open() {
    opened = DataDirectory::Opened();
    opened = open_or_fail(disk, path, options);
  }
  Log& log() { return opened.directory->log(); }
  std::uint64_t operations_of(const std::function<void()>& work) {
    const std::uint64_t before = disk.operations();
    work();
    return disk.operations() - before;
  }
  raft::SnapshotMetadata snapshot_at(raft::Index index, raft::Term term = 1) {
    raft::SnapshotMetadata basis;
    basis.index = index;
    basis.term = term;
    basis.configuration = std::make_shared<const raft::Configuration>(three_voters());
    auto made = opened.directory->snapshots().write(basis, {});
    REQUIRE(made.ok());
    return *made;
  }

  SimulatedDisk disk;
  StorageOptions options;
  DataDirectory::Opened opened;
};

}  // namespace

TEST_CASE("A batch is one write and one sync, however many Readys it holds") {
  Node node;
  raft::Ready first;
  first.hard_state = raft::HardState{1, 1, 0};
  first.entries = {entries(1, 20, 1)};
  raft::Ready second;
  second.hard_state = raft::HardState{1, 1, 5};
  second.entries = {entries(21, 25, 1), entries(26, 30, 1)};
  REQUIRE(node.operations_of([&] {
    REQUIRE_WELL(node.log().stage(first));
    REQUIRE_WELL(node.log().stage(second));
    REQUIRE(node.log().has_staged());
  }) == 0);
  REQUIRE(node.operations_of([&] { REQUIRE_WELL(node.log().write()); }) == 1);
  REQUIRE(node.log().needs_sync());
  REQUIRE(node.operations_of([&] { REQUIRE_WELL(node.log().sync()); }) == 1);
  REQUIRE(node.operations_of([&] { REQUIRE_WELL(node.log().commit()); }) == 0);
  REQUIRE(node.log().status().last_index == 30);
  REQUIRE(node.log().status().batches == 1);
  node.disk.crash(Tearing::all_lost, 1);
  node.open();
  REQUIRE(node.opened.recovered.last_index() == 30);
  REQUIRE(node.opened.recovered.hard_state == raft::HardState{1, 1, 5});
}

TEST_CASE("Entries of every kind come back as they were") {
  Node node;
  raft::EntryRange::Builder builder(1, 3);
  builder.add(1, raft::EntryKind::empty, {});
  builder.add(1, raft::EntryKind::configuration, three_voters().encode());
  builder.add(2, raft::EntryKind::command, raft::Payload::copy_of(std::string(100'000, 'x')));
  REQUIRE_WELL(write(node.log(), {2, 0, 1}, builder.finish()));
  node.open();
  REQUIRE(node.opened.recovered.entries.size() == 1);
  const raft::EntryRange& range = node.opened.recovered.entries[0];
  REQUIRE(range.at(1).kind == raft::EntryKind::empty);
  REQUIRE(range.at(1).payload.empty());
  REQUIRE(range.at(2).kind == raft::EntryKind::configuration);
  REQUIRE(range.at(3).term == 2);
  REQUIRE(range.at(3).payload.size() == 100'000);
  REQUIRE(raft::Configuration::decode(range.at(2).payload.bytes())->members().size() == 3);
}

TEST_CASE("A batch that no segment holds gets a larger one") {
  Node node;
  REQUIRE_WELL(write(node.log(), entry(1, 1, std::string(200'000, 'y'))));
  REQUIRE_WELL(write(node.log(), entry(2, 1, "small")));
  REQUIRE(node.log().status().segments == 2);
  node.open();
  REQUIRE(node.opened.recovered.last_index() == 2);
  REQUIRE(node.opened.recovered.entries[0].at(1).payload.size() == 200'000);
}

TEST_CASE("What makes no sense is refused, and changes nothing") {
  Node node;
  REQUIRE_WELL(write(node.log(), entries(1, 3, 1)));
  const raft::EntryRange gap = entry(5, 1, "gap");
  REQUIRE(node.log().stage(nullptr, {&gap, 1}).error().problem == Problem::bad_use);
  const raft::EntryRange apart[] = {entry(4, 1, "a"), entry(6, 1, "b")};
  REQUIRE(node.log().stage(nullptr, apart).error().problem == Problem::bad_use);
  raft::Ready ready;
  ready.snapshot = std::make_shared<raft::SnapshotMetadata>(node.snapshot_at(9));
  ready.entries = {entry(20, 1, "gap")};
  REQUIRE(node.log().stage(ready).error().problem == Problem::bad_use);
  raft::SnapshotMetadata ahead = node.snapshot_at(4);
  REQUIRE(node.log().stage_snapshot(ahead, SnapshotUse::compacts).error().problem == Problem::bad_use);
  REQUIRE_FALSE(node.log().has_staged());
  REQUIRE_WELL(write(node.log(), entry(4, 1, "four")));
  REQUIRE_WELL(node.log().close());
  REQUIRE(node.log().commit().error().problem == Problem::bad_use);
}

TEST_CASE("Batches above the limit are refused before anything is encoded") {
  Node node;
  const raft::Payload large = raft::Payload::copy_of(std::string(raft::max_payload_bytes, 'z'));
  raft::EntryRange::Builder builder(1, 9);
  for (int i = 0; i < 9; ++i) builder.add(1, raft::EntryKind::command, large);
  const raft::EntryRange range = builder.finish();
  REQUIRE(node.log().stage(nullptr, {&range, 1}).error().problem == Problem::too_large);
  REQUIRE(node.log().staged_bytes() == 0);
}

TEST_CASE("R7: segments go only once a snapshot is entered and durable, and only those below it") {
  Node node(8192);
  REQUIRE_WELL(write(node.log(), {1, 1, 0}, {}));
  for (raft::Index index = 1; index <= 200; ++index) REQUIRE_WELL(write(node.log(), entry(index, 1, "e")));
  const std::size_t segments = node.log().status().segments;
  REQUIRE(segments > 4);
  REQUIRE(*node.log().release(200) == 1);  // no snapshot yet
  const raft::SnapshotMetadata snapshot = node.snapshot_at(150);
  REQUIRE_WELL(node.log().stage_snapshot(snapshot, SnapshotUse::compacts));
  REQUIRE_WELL(node.log().write());
  REQUIRE(*node.log().release(200) == 1);  // written, not durable
  REQUIRE_WELL(node.log().sync());
  REQUIRE(*node.log().release(20) <= 21);
  const raft::Index first = *node.log().release(200);
  REQUIRE(first > 100);
  REQUIRE(first <= 151);
  REQUIRE(node.log().status().segments < segments);
  REQUIRE_WELL(write(node.log(), {2, 0, 180}, entry(201, 2, "after")));
  node.disk.crash(Tearing::all_lost, 1);
  node.open();
  REQUIRE(node.opened.recovered.snapshot.index == 150);
  REQUIRE(node.opened.recovered.snapshot.id == snapshot.id);
  REQUIRE(node.opened.recovered.last_index() == 201);
  REQUIRE(node.opened.recovered.hard_state == raft::HardState{2, 0, 180});
  REQUIRE(node.opened.recovered.first_configuration == nullptr);
  REQUIRE(node.opened.recovered.snapshot.configuration->members().size() == 3);
}

TEST_CASE("A crash in the middle of a release leaves a log without gaps, and segments are used again") {
  for (std::uint64_t stop = 0; stop < 12; ++stop) {
    Node node(8192);
    for (raft::Index index = 1; index <= 200; ++index) REQUIRE_WELL(write(node.log(), entry(index, 1, "e")));
    REQUIRE_WELL(node.log().stage_snapshot(node.snapshot_at(190), SnapshotUse::compacts));
    REQUIRE_WELL(node.log().commit());
    node.disk.stop_at(node.disk.operations() + stop);
    static_cast<void>(node.log().release(190));
    node.disk.crash(Tearing::sectors, stop);
    node.open();
    REQUIRE(node.opened.recovered.report.damage.empty());
    REQUIRE(node.opened.recovered.last_index() == 200);
    // What is written now goes into recycled segments in time; none of their old records comes back.
    for (raft::Index index = 201; index <= 400; ++index) REQUIRE_WELL(write(node.log(), entry(index, 1, "n")));
    node.open();
    REQUIRE(node.opened.recovered.last_index() == 400);
  }
}

TEST_CASE("A received snapshot takes the place of a log that contradicts it (B66)") {
  Node node;
  REQUIRE_WELL(write(node.log(), {2, 0, 0}, entries(1, 8, 2, "old ")));
  raft::Ready ready;
  ready.snapshot = std::make_shared<raft::SnapshotMetadata>(node.snapshot_at(6, 3));
  ready.hard_state = raft::HardState{3, 0, 6};
  REQUIRE_WELL(node.log().stage(ready));
  REQUIRE_WELL(node.log().commit());
  node.open();
  REQUIRE(node.opened.recovered.last_index() == 6);
  REQUIRE(node.opened.recovered.entries.empty());
  REQUIRE_WELL(write(node.log(), entry(7, 3, "new")));
  node.open();
  REQUIRE(texts(node.opened.recovered.entries) == "7:new");
}

TEST_CASE("The scrub reads everything in small steps, again and again, and names what is damaged (R8)") {
  Node node(8192);
  for (raft::Index index = 1; index <= 200; ++index) REQUIRE_WELL(write(node.log(), entry(index, 1, "e")));
  const auto scrub = [&] {
    std::string damage;
    std::uint64_t bytes = 0;
    for (int i = 0; i < 10'000; ++i) {
      auto step = node.log().scrub(1000);
      REQUIRE_WELL(step);
      REQUIRE(step->bytes_read < 10'000);
      bytes += step->bytes_read;
      damage = step->damage;
      if (step->finished) break;
    }
    REQUIRE(bytes > 10'000);
    return damage;
  };
  REQUIRE(scrub().empty());
  REQUIRE(scrub().empty());
  std::string segment;
  std::uint64_t offset = 0;
  node.opened.directory.reset();
  REQUIRE_WELL(for_each_record(node.disk, path, [&](const RecordSummary& record) {
    segment = path + "/log/" + record.segment;
    offset = record.offset_bytes;
    return record.header.type != RecordType::entry || record.header.index != 120;
  }));
  node.open();
  node.disk.flip_bit(segment, 8 * (offset + record_header_bytes + 8));
  const std::string damage = scrub();
  REQUIRE(damage.find(segment) != std::string::npos);
  REQUIRE(damage.find("index 120") != std::string::npos);
}

TEST_CASE("An idle log is witnessed once") {
  Node node;
  REQUIRE_WELL(write(node.log(), entry(1, 1, "e")));
  REQUIRE(node.operations_of([&] { REQUIRE_WELL(node.log().idle_witness()); }) == 2);
  REQUIRE(node.operations_of([&] { REQUIRE_WELL(node.log().idle_witness()); }) == 0);
  node.open();
  REQUIRE(node.opened.recovered.last_index() == 1);
}

TEST_CASE("A segment without room for an IDLE-WITNESS is witnessed by its SEAL") {
  // Entries of growing size, so that some log ends just before the room that is kept for the SEAL.
  bool sealed = false;
  for (std::size_t size = 3300; size < 3900; size += 8) {
    Node node(8192);
    REQUIRE_WELL(write(node.log(), {1, 1, 0}, entry(1, 1, std::string(size, 'f'))));
    if (node.log().status().segments != 1) break;
    REQUIRE_WELL(node.log().idle_witness());
    node.opened.directory.reset();
    std::string last;
    std::string segment;
    std::uint64_t entry_bytes = 0;
    REQUIRE_WELL(for_each_record(node.disk, path, [&](const RecordSummary& record) {
      last = record.text;
      segment = path + "/log/" + record.segment;
      if (record.header.type == RecordType::entry) entry_bytes = record.offset_bytes;
      return true;
    }));
    sealed = sealed || last == "seal";
    // Damage to the batch is damage, and not a torn write.
    node.disk.flip_bit(segment, 8 * (entry_bytes + record_header_bytes + 8));
    node.open();
    INFO("size " << size << ": " << last);
    REQUIRE(node.opened.recovered.damaged);
  }
  REQUIRE(sealed);
}

TEST_CASE("A hard state that goes back is refused: terms only grow, and a term has one vote") {
  Node node;
  REQUIRE_WELL(write(node.log(), {4, 2, 0}, entries(1, 3, 4)));
  const auto refused = [&](const raft::HardState& state) {
    const Status staged = node.log().stage(&state, {});
    REQUIRE(staged.error().problem == Problem::bad_use);
    REQUIRE(staged.error().text.find("it does not go back to") != std::string::npos);
    REQUIRE_FALSE(node.log().has_staged());
  };
  refused({3, 0, 0});
  refused({4, 3, 0});
  refused({4, 0, 0});
  REQUIRE_WELL(write(node.log(), {4, 2, 2}, {}));
  node.open();
  refused({4, 1, 2});
  REQUIRE_WELL(write(node.log(), {5, 0, 2}, {}));
  REQUIRE_WELL(write(node.log(), {5, 1, 2}, {}));
  refused({5, 3, 2});
}

TEST_CASE("Without space ahead of need segments come late; with prepare() they do not") {
  Node node(8192);
  for (raft::Index index = 1; index <= 60; ++index) REQUIRE_WELL(write(node.log(), entry(index, 1, "e")));
  REQUIRE(node.log().status().late_segments > 0);
  const std::uint64_t late = node.log().status().late_segments;
  for (raft::Index index = 61; index <= 200; ++index) {
    REQUIRE_WELL(node.log().prepare());
    REQUIRE_WELL(write(node.log(), entry(index, 1, "e")));
  }
  REQUIRE(node.log().status().late_segments == late);
}

TEST_CASE("With its own thread, and used by another one while a third asks how it is") {
  SimulatedDisk disk;
  StorageOptions options = small_options(8192);
  options.log.background = true;
  create_or_fail(disk, path, options);
  auto opened = open_or_fail(disk, path, options);
  Log& log = opened.directory->log();
  std::atomic<bool> done{false};
  std::atomic<int> asked{0};
  std::thread asking([&] {
    while (!done) {
      if (log.failed() || log.space_low()) break;
      ++asked;
    }
  });
  std::string failure;
  std::thread writing([&] {
    for (raft::Index index = 1; index <= 500 && failure.empty(); ++index) {
      const Status written = write(log, entry(index, 1, "from a thread"));
      if (!written) failure = written.error().text;
    }
  });
  writing.join();
  done = true;
  asking.join();
  REQUIRE(failure.empty());
  REQUIRE_WELL(log.stage_snapshot(
      [&] {
        raft::SnapshotMetadata basis;
        basis.index = 450;
        basis.term = 1;
        basis.configuration = std::make_shared<const raft::Configuration>(three_voters());
        return *opened.directory->snapshots().write(basis, {});
      }(),
      SnapshotUse::compacts));
  REQUIRE_WELL(log.commit());
  REQUIRE(log.release(450).ok());
  REQUIRE_WELL(log.close());
  opened.directory.reset();
  REQUIRE(open_or_fail(disk, path, options).recovered.last_index() == 500);
}

}  // namespace kelek::storage::test
