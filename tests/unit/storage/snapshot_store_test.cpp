// Snapshots: written, received, resumed, damaged, replaced.
#include <catch2/catch.hpp>

#include <thread>

#include <kelek/storage/offline.h>

#include "script.h"

namespace kelek::storage::test {
namespace {

const std::string path = "/node";

std::vector<std::byte> bytes_of_size(std::size_t size) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>((i * 31 + i / 251) & 0xff);
  return bytes;
}

raft::SnapshotMetadata basis_at(raft::Index index) {
  raft::SnapshotMetadata basis;
  basis.index = index;
  basis.term = 2;
  basis.configuration = std::make_shared<const raft::Configuration>(three_voters());
  return basis;
}

/// As a leader would name it.
std::shared_ptr<const raft::SnapshotMetadata> metadata_of(raft::Index index, const std::vector<std::byte>& bytes) {
  auto metadata = std::make_shared<raft::SnapshotMetadata>(basis_at(index));
  metadata->size_bytes = bytes.size();
  Digest digest;
  digest.add(bytes);
  metadata->digest = digest.finish();
  metadata->id = snapshot_id_of(*metadata);
  return metadata;
}

Status send(SnapshotStore& store, const std::shared_ptr<const raft::SnapshotMetadata>& metadata,
            const std::vector<std::byte>& bytes, std::size_t from, std::size_t to) {
  const auto part = std::span<const std::byte>(bytes).subspan(from, to - from);
  return store.store_chunk({metadata, from, raft::Payload::copy_of(part)});
}

struct Node {
  Node() {
    create_or_fail(disk, path);
    open();
  }
  void open() {
    opened = DataDirectory::Opened();
    opened = open_or_fail(disk, path);
  }
  SnapshotStore& store() { return opened.directory->snapshots(); }
  /// Makes the snapshot the one that the log names.
  void enter(const raft::SnapshotMetadata& snapshot, SnapshotUse use) {
    REQUIRE_WELL(opened.directory->log().stage_snapshot(snapshot, use));
    REQUIRE_WELL(opened.directory->log().commit());
  }
  std::string file_of(const raft::SnapshotMetadata& snapshot) {
    for (const std::string& one : disk.paths()) {
      if (one.find(".snap") == std::string::npos) continue;
      auto file = disk.open(one, OpenMode::read);
      if (read_snapshot_header(**file)->metadata.id == snapshot.id) return one;
    }
    return {};
  }

  SimulatedDisk disk;
  DataDirectory::Opened opened;
};

}  // namespace

TEST_CASE("A snapshot of any size is written, listed, read in parts and verified") {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, snapshot_block_bytes - 1, snapshot_block_bytes,
                                 snapshot_block_bytes + 1, std::size_t{1'200'000}}) {
    Node node;
    const auto bytes = bytes_of_size(size);
    auto made = node.store().write(basis_at(10), bytes);
    REQUIRE_WELL(made);
    REQUIRE(made->size_bytes == size);
    REQUIRE(made->id == metadata_of(10, bytes)->id);
    REQUIRE(made->digest == metadata_of(10, bytes)->digest);
    REQUIRE(node.store().list().size() == 1);
    REQUIRE(node.store().find(made->id)->index == 10);
    REQUIRE_WELL(node.store().verify(made->id));
    REQUIRE(*node.store().read_all(made->id, size) == bytes);
    for (std::size_t at = 0; at < size; at += 100'001) {
      const std::size_t part = std::min<std::size_t>(150'000, size - at);
      auto read = node.store().read(made->id, at, part);
      REQUIRE_WELL(read);
      const auto expected = std::span<const std::byte>(bytes).subspan(at, part);
      REQUIRE(std::equal(read->bytes().begin(), read->bytes().end(), expected.begin(), expected.end()));
    }
    REQUIRE(node.store().read(made->id, size, 1).error().problem == Problem::bad_use);
    REQUIRE(node.store().read(made->id + 1, 0, 0).error().problem == Problem::not_found);
    if (size > 0) REQUIRE(node.store().read_all(made->id, size - 1).error().problem == Problem::too_large);
  }
}

TEST_CASE("A writer that is dropped leaves nothing behind") {
  Node node;
  const std::size_t files = node.disk.paths().size();
  {
    auto writer = node.store().begin(basis_at(3));
    REQUIRE_WELL((*writer)->append(bytes_of_size(100'000)));
  }
  REQUIRE(node.disk.paths().size() == files);
  REQUIRE(node.store().list().empty());
}

TEST_CASE("Snapshots above the limit are refused, written or received") {
  SimulatedDisk disk;
  create_or_fail(disk, path);
  StorageOptions options = small_options();
  options.snapshots.max_bytes = 1000;
  auto opened = open_or_fail(disk, path, options);
  const auto bytes = bytes_of_size(1001);
  REQUIRE(opened.directory->snapshots().write(basis_at(3), bytes).error().problem == Problem::too_large);
  const auto sent = send(opened.directory->snapshots(), metadata_of(3, bytes), bytes, 0, 10);
  REQUIRE(sent.error().problem == Problem::too_large);
}

TEST_CASE("Every damaged byte of a snapshot is found before it is used (B69)") {
  Node node;
  auto made = node.store().write(basis_at(10), bytes_of_size(200'000));
  REQUIRE_WELL(made);
  const std::string file = node.file_of(*made);
  const std::uint64_t bits = 8 * node.disk.contents(file).size();
  for (std::uint64_t bit = 8 * 4096; bit < bits; bit += 8 * 1999 + 1) {
    node.disk.flip_bit(file, bit);
    const Status found = node.store().verify(made->id);
    REQUIRE_FALSE(found.ok());
    REQUIRE(found.error().problem == Problem::damaged);
    REQUIRE(found.error().text.find(file) != std::string::npos);
    REQUIRE_FALSE(node.store().read_all(made->id, 1 << 20).ok());
    node.disk.flip_bit(file, bit);
  }
  REQUIRE_WELL(node.store().verify(made->id));
}

TEST_CASE("Older snapshots stay until the new one was read again and verified (R7)") {
  Node node;
  REQUIRE_WELL(write(node.opened.directory->log(), {2, 0, 0}, entries(1, 30, 2)));
  auto older = node.store().write(basis_at(10), bytes_of_size(1000));
  node.enter(*older, SnapshotUse::compacts);
  auto newer = node.store().write(basis_at(20), bytes_of_size(2000));
  node.enter(*newer, SnapshotUse::compacts);
  REQUIRE(node.store().remove_older_than(newer->id).error().problem == Problem::bad_use);
  REQUIRE(node.store().list().size() == 2);
  REQUIRE_WELL(node.store().verify(newer->id));
  REQUIRE_WELL(node.store().remove_older_than(newer->id));
  REQUIRE(node.store().list().size() == 1);
}

TEST_CASE("A damaged snapshot: the one before it and the log since then do as well") {
  Node node;
  REQUIRE_WELL(write(node.opened.directory->log(), {2, 0, 0}, entries(1, 30, 2)));
  auto older = node.store().write(basis_at(10), bytes_of_size(1000));
  node.enter(*older, SnapshotUse::compacts);
  auto newer = node.store().write(basis_at(20), bytes_of_size(2000));
  node.enter(*newer, SnapshotUse::compacts);
  node.disk.flip_bit(node.file_of(*newer), 8 * 5000);
  node.open();
  REQUIRE(node.opened.recovered.snapshot.id == older->id);
  REQUIRE_FALSE(node.opened.recovered.damaged);
  REQUIRE(node.opened.recovered.report.damage.size() == 2);
  REQUIRE(node.opened.recovered.last_index() == 30);
  REQUIRE(*node.opened.directory->log().release(30) == 1);  // nothing above the older one may go
}

TEST_CASE("A damaged snapshot, and nothing that could take its place: a leader has to help (R4)") {
  Node node;
  const auto bytes = bytes_of_size(1000);
  const auto metadata = metadata_of(50, bytes);
  REQUIRE_WELL(send(node.store(), metadata, bytes, 0, bytes.size()));
  REQUIRE_WELL(node.store().promote(metadata->id));
  node.enter(*metadata, SnapshotUse::replaces);
  REQUIRE_WELL(write(node.opened.directory->log(), {3, 1, 52}, entries(51, 55, 3)));
  node.disk.flip_bit(node.file_of(*metadata), 8 * 4200);
  node.open();
  REQUIRE(node.opened.recovered.damaged);
  REQUIRE(node.opened.recovered.repair_until == 55);
  REQUIRE(node.opened.recovered.snapshot.index == 0);
  REQUIRE(node.opened.recovered.last_index() == 0);
  REQUIRE(node.opened.recovered.hard_state == raft::HardState{3, 1, 0});
  // The leader sends one, and the node is whole again, also after another start.
  const auto again = metadata_of(60, bytes);
  REQUIRE_WELL(send(node.store(), again, bytes, 0, bytes.size()));
  REQUIRE_WELL(node.store().promote(again->id));
  raft::Ready ready;
  ready.snapshot = again;
  ready.hard_state = raft::HardState{3, 1, 60};
  REQUIRE_WELL(node.opened.directory->log().stage(ready));
  REQUIRE_WELL(node.opened.directory->log().commit());
  node.open();
  REQUIRE_FALSE(node.opened.recovered.damaged);
  REQUIRE(node.opened.recovered.snapshot.index == 60);
}

TEST_CASE("Blocks of a snapshot that stand in each other's place are found before it is used (B69)") {
  Node node;
  REQUIRE_WELL(write(node.opened.directory->log(), {2, 0, 0}, entries(1, 30, 2)));
  auto older = node.store().write(basis_at(10), bytes_of_size(1000));
  node.enter(*older, SnapshotUse::compacts);
  auto newer = node.store().write(basis_at(20), bytes_of_size(200'000));
  node.enter(*newer, SnapshotUse::compacts);
  const std::string file = node.file_of(*newer);
  auto contents = node.disk.contents(file);
  const auto first = contents.begin() + 4096;
  const auto second = first + static_cast<std::ptrdiff_t>(snapshot_stored_block_bytes);
  std::swap_ranges(first, second, second);
  node.disk.set_contents(file, contents);
  node.open();
  REQUIRE(node.opened.recovered.snapshot.id == older->id);
  REQUIRE(node.opened.recovered.report.damage[0].find(file) != std::string::npos);
}

TEST_CASE("A size in a snapshot's header that no disk could hold is refused before anything is added to it") {
  Node node;
  raft::SnapshotMetadata huge = basis_at(10);
  huge.size_bytes = UINT64_MAX - 1000;
  auto file = node.disk.open("/node/huge", OpenMode::create_new);
  REQUIRE_WELL(write_all(**file, 0, encode_snapshot_header(identity_of_node(), huge)));
  REQUIRE(read_snapshot_header(**file).error().problem == Problem::damaged);
}

TEST_CASE("A damaged log goes on from the newest sound snapshot, though its record is among what was lost") {
  Node node;
  Log& log = node.opened.directory->log();
  REQUIRE_WELL(write(log, {2, 0, 0}, entries(1, 10, 2)));
  auto older = node.store().write(basis_at(10), bytes_of_size(1000));
  node.enter(*older, SnapshotUse::compacts);
  REQUIRE_WELL(write(log, entries(11, 30, 2)));
  auto newer = node.store().write(basis_at(20), bytes_of_size(2000));
  node.enter(*newer, SnapshotUse::compacts);
  REQUIRE_WELL(node.store().verify(newer->id));
  REQUIRE_WELL(node.store().remove_older_than(newer->id));
  REQUIRE_WELL(write(log, entries(31, 31, 2)));
  REQUIRE_WELL(log.idle_witness());
  node.opened = DataDirectory::Opened();
  std::string segment;
  std::uint64_t offset = 0;
  REQUIRE_WELL(for_each_record(node.disk, path, [&](const RecordSummary& record) {
    segment = path + "/log/" + record.segment;
    offset = record.offset_bytes;
    return record.header.type != RecordType::entry || record.header.index != 15;
  }));
  node.disk.flip_bit(segment, 8 * (offset + record_header_bytes + 8));
  for (int life = 0; life < 2; ++life) {
    node.open();
    REQUIRE(node.opened.recovered.damaged);
    REQUIRE(node.opened.recovered.snapshot.id == newer->id);
    REQUIRE(node.opened.recovered.last_index() == 20);
    REQUIRE(node.opened.recovered.hard_state == raft::HardState{2, 0, 20});
    REQUIRE(node.opened.recovered.repair_until == 31);
    REQUIRE(node.store().list().size() == 1);
  }
}

TEST_CASE("A snapshot that the log does not know of yet is not used, and goes (B33)") {
  Node node;
  REQUIRE_WELL(write(node.opened.directory->log(), {2, 0, 8}, entries(1, 8, 2)));
  REQUIRE_WELL(node.store().write(basis_at(8), bytes_of_size(100)));
  node.disk.crash(Tearing::nothing_lost, 1);
  node.open();
  REQUIRE(node.opened.recovered.snapshot.index == 0);
  REQUIRE(node.opened.recovered.last_index() == 8);
  REQUIRE(node.store().list().empty());
}

TEST_CASE("A snapshot arrives in parts, with repeats, and not with gaps (B67)") {
  Node node;
  const auto bytes = bytes_of_size(300'000);
  const auto metadata = metadata_of(40, bytes);
  REQUIRE(send(node.store(), metadata, bytes, 100, 200).error().problem == Problem::bad_use);
  REQUIRE_WELL(send(node.store(), metadata, bytes, 0, 120'000));
  REQUIRE(send(node.store(), metadata, bytes, 120'001, 130'000).error().problem == Problem::bad_use);
  REQUIRE_WELL(send(node.store(), metadata, bytes, 0, 120'000));
  REQUIRE_WELL(send(node.store(), metadata, bytes, 100'000, 200'000));
  REQUIRE_WELL(node.store().sync_chunks());
  REQUIRE(node.store().partial()->received_bytes == 200'000);
  REQUIRE(node.store().promote(metadata->id).error().problem == Problem::bad_use);
  REQUIRE_WELL(send(node.store(), metadata, bytes, 200'000, 300'000));
  REQUIRE_WELL(node.store().sync_chunks());
  REQUIRE_WELL(node.store().promote(metadata->id));
  REQUIRE_FALSE(node.store().partial().has_value());
  REQUIRE(*node.store().read_all(metadata->id, 1 << 20) == bytes);
  const auto beyond = send(node.store(), metadata, bytes_of_size(400'000), 0, 300'001);
  REQUIRE(beyond.error().problem == Problem::bad_use);
}

TEST_CASE("A snapshot that does not have the digest it should have is thrown away") {
  Node node;
  auto bytes = bytes_of_size(100'000);
  const auto metadata = metadata_of(40, bytes);
  bytes[77'777] ^= std::byte{1};
  REQUIRE_WELL(send(node.store(), metadata, bytes, 0, bytes.size()));
  const Status refused = node.store().promote(metadata->id);
  REQUIRE(refused.error().problem == Problem::damaged);
  REQUIRE_FALSE(node.store().partial().has_value());
  REQUIRE(node.store().list().empty());
  bytes[77'777] ^= std::byte{1};
  REQUIRE_WELL(send(node.store(), metadata, bytes, 0, bytes.size()));
  REQUIRE_WELL(node.store().promote(metadata->id));
}

TEST_CASE("Another snapshot drops the one that was arriving") {
  Node node;
  const auto bytes = bytes_of_size(100'000);
  REQUIRE_WELL(send(node.store(), metadata_of(40, bytes), bytes, 0, 70'000));
  REQUIRE_WELL(send(node.store(), metadata_of(41, bytes), bytes, 0, 70'000));
  REQUIRE(node.store().partial()->metadata->index == 41);
}

TEST_CASE("A snapshot that was arriving is gone on with after a crash, whatever the crash left of it") {
  const auto bytes = bytes_of_size(500'000);
  const auto metadata = metadata_of(40, bytes);
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    Node node;
    REQUIRE_WELL(send(node.store(), metadata, bytes, 0, 150'000));
    REQUIRE_WELL(node.store().sync_chunks());
    REQUIRE_WELL(send(node.store(), metadata, bytes, 150'000, seed % 3 == 0 ? bytes.size() : 400'000));
    node.disk.crash(seed == 0 ? Tearing::nothing_lost : Tearing::sectors, seed);
    node.open();
    const PartialSnapshot& partial = node.opened.recovered.partial;
    REQUIRE(partial.metadata != nullptr);
    REQUIRE(partial.metadata->id == metadata->id);
    REQUIRE(partial.metadata->configuration->members().size() == 3);
    REQUIRE(partial.received_bytes % snapshot_block_bytes == 0);
    REQUIRE(partial.received_bytes >= 2 * snapshot_block_bytes);
    REQUIRE(partial.received_bytes < bytes.size());
    if (seed == 0) REQUIRE(partial.received_bytes == 7 * snapshot_block_bytes);
    const auto from = static_cast<std::size_t>(partial.received_bytes);
    REQUIRE_WELL(send(node.store(), metadata, bytes, from, bytes.size()));
    REQUIRE_WELL(node.store().sync_chunks());
    REQUIRE_WELL(node.store().promote(metadata->id));
    node.enter(*metadata, SnapshotUse::replaces);
    node.open();
    REQUIRE(*node.store().read_all(metadata->id, 1 << 20) == bytes);
  }
}

TEST_CASE("A snapshot may be written on a thread of its own while others are read and received") {
  Node node;
  const auto bytes = bytes_of_size(3'000'000);
  auto first = node.store().write(basis_at(10), bytes_of_size(200'000));
  REQUIRE_WELL(first);
  auto writer = node.store().begin(basis_at(20));
  std::thread writing([&] {
    for (std::size_t at = 0; at < bytes.size(); at += 100'000) {
      static_cast<void>((*writer)->append(std::span<const std::byte>(bytes).subspan(at, 100'000)));
    }
    static_cast<void>((*writer)->finish());
  });
  for (int i = 0; i < 50; ++i) REQUIRE(node.store().read(first->id, 1000, 1000).ok());
  const auto arriving = bytes_of_size(100'000);
  REQUIRE_WELL(send(node.store(), metadata_of(30, arriving), arriving, 0, 100'000));
  writing.join();
  REQUIRE(node.store().list().size() == 2);
  REQUIRE_WELL(node.store().verify(node.store().list().back().id));
}

}  // namespace kelek::storage::test
