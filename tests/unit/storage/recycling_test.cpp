// Segments that are used again: no zeros are written once a log is compacted as fast as it grows, and what an
// earlier life left in a file counts for nothing, wherever a crash strikes.
#include <catch2/catch.hpp>

#include <kelek/storage/offline.h>
#include <kelek/storage/simulated_disk.h>

#include "log_recovery.h"
#include "segment_walk.h"
#include "storage_support.h"

namespace kelek::storage::test {
namespace {

const std::string path = "/node";
/// Three pages behind the header: the first batch in a page fills that page with zeros, and leaves the others
/// as they are.
constexpr std::size_t segment_bytes = 16 * 1024;
/// With its prefix, header and SYNC such an entry takes 256 bytes: batches of every life lie at the same
/// places.
constexpr std::size_t text_bytes = 152;

std::string text_of(raft::Index index) {
  std::string text = std::to_string(index) + " ";
  text.resize(text_bytes, 'a' + static_cast<char>(index % 26));
  return text;
}

/// Appends entries one a batch, and takes snapshots, until the disk fails.
class Cycle {
 public:
  explicit Cycle(SimulatedDisk& disk) : disk_(disk) {}

  bool open() {
    auto opened = DataDirectory::open(disk_, path, identity_of_node(), small_options(segment_bytes));
    if (!opened) return false;
    opened_ = std::move(*opened);
    return true;
  }
  bool append(raft::Index count) {
    for (raft::Index i = 0; i < count; ++i) {
      if (!write(log(), entry(last_ + 1, 1, text_of(last_ + 1)))) return false;
      ++last_;
    }
    return true;
  }
  bool compact() {
    raft::SnapshotMetadata basis;
    basis.index = last_ - 3;
    basis.term = 1;
    basis.configuration = std::make_shared<const raft::Configuration>(three_voters());
    SnapshotStore& snapshots = opened_.directory->snapshots();
    auto made = snapshots.write(basis, {});
    if (!made || !log().stage_snapshot(*made, SnapshotUse::compacts) || !log().commit()) return false;
    if (!snapshots.verify(made->id) || !snapshots.remove_older_than(made->id)) return false;
    return log().release(last_ - 3).ok();
  }
  bool run(int rounds) {
    for (int round = 0; round < rounds; ++round) {
      if (!append(70) || !compact()) return false;
    }
    return true;
  }
  Log& log() { return opened_.directory->log(); }
  raft::Index last() const { return last_; }

 private:
  SimulatedDisk& disk_;
  DataDirectory::Opened opened_;
  raft::Index last_ = 0;
};

/// Counts what is done to files whose path holds `part`.
struct Counter {
  std::uint64_t writes = 0;
  std::uint64_t syncs = 0;
  std::uint64_t reads = 0;
  std::uint64_t creations = 0;
  void watch(SimulatedDisk& disk, const std::string& part) {
    disk.set_faults([this, part](std::uint64_t, DiskOperation operation, const std::string& where) {
      if (where.find(part) == std::string::npos) return Fault::none;
      if (operation == DiskOperation::write) ++writes;
      if (operation == DiskOperation::sync) ++syncs;
      if (operation == DiskOperation::read) ++reads;
      if (operation == DiskOperation::create) ++creations;
      return Fault::none;
    });
  }
};

std::string last_segment(const SimulatedDisk& disk) {
  std::string last;
  for (const std::string& one : disk.paths()) {
    if (one.size() > 4 && one.substr(one.size() - 4) == ".wal") last = one;
  }
  return last;
}

/// Whether records of more than one generation stand in these bytes.
bool holds_an_earlier_life(const std::vector<std::byte>& bytes) {
  const auto header = decode_segment_header(bytes);
  const std::span<const std::byte> all(bytes);
  for (std::size_t at = segment_header_bytes; at + record_header_bytes <= all.size(); at += 8) {
    const auto record = decode_record_header(all.subspan(at, record_header_bytes));
    if (record && record->generation != header->generation) return true;
  }
  return false;
}

void check_texts(const Recovered& recovered) {
  for (const raft::EntryRange& range : recovered.entries) {
    range.for_each([](raft::Index index, const raft::Entry& one) {
      if (one.payload.text() != text_of(index)) FAIL("entry " << index << " is not what was written");
    });
  }
}

/// A log that has gone round, with its end in a segment that was used before and holds old records behind it.
std::unique_ptr<SimulatedDisk> recycled_disk(raft::Index& last) {
  auto disk = std::make_unique<SimulatedDisk>();
  create_or_fail(*disk, path, small_options(segment_bytes));
  Cycle cycle(*disk);
  REQUIRE(cycle.open());
  REQUIRE(cycle.run(4));
  const std::size_t segments = cycle.log().status().segments;
  while (cycle.log().status().segments == segments) REQUIRE(cycle.append(1));
  REQUIRE(cycle.append(6));
  REQUIRE(holds_an_earlier_life(disk->contents(last_segment(*disk))));
  last = cycle.last();
  return disk;
}

}  // namespace

TEST_CASE("A log that is compacted as fast as it grows writes no zeros any more") {
  SimulatedDisk disk;
  create_or_fail(disk, path, small_options(segment_bytes));
  Cycle cycle(disk);
  REQUIRE(cycle.open());
  REQUIRE(cycle.run(6));
  const std::uint64_t late = cycle.log().status().late_segments;
  Counter spares;
  spares.watch(disk, "spare-");
  const std::uint64_t used = disk.capacity_used();
  REQUIRE(cycle.run(20));
  REQUIRE(spares.creations == 0);
  REQUIRE(cycle.log().status().late_segments == late);
  REQUIRE(disk.capacity_used() < used + 4 * segment_bytes);
  // Each of the segments taken got its header, and nothing else was written to it before it was used.
  REQUIRE(spares.writes == spares.syncs);
  REQUIRE(spares.writes >= 20);
}

TEST_CASE(
    "A batch into a segment that is used again is one write and one sync, reads nothing, and fills its "
    "page") {
  SimulatedDisk fresh;
  create_or_fail(fresh, path, small_options(segment_bytes));
  Cycle round(fresh);
  REQUIRE(round.open());
  REQUIRE(round.run(4));
  const std::uint64_t segments = round.log().status().segments;
  while (round.log().status().segments == segments) REQUIRE(round.append(1));
  const std::string segment = last_segment(fresh);
  REQUIRE(holds_an_earlier_life(fresh.contents(segment)));
  Counter counter;
  counter.watch(fresh, "/");
  for (std::uint64_t batch = 1; batch <= 5; ++batch) {
    REQUIRE(round.append(1));
    REQUIRE(counter.writes == batch);
    REQUIRE(counter.syncs == batch);
    REQUIRE(counter.reads == 0);
  }
  const auto bytes = fresh.contents(segment);
  const std::size_t end = segment_header_bytes + 6 * 256;
  REQUIRE(std::all_of(bytes.begin() + end, bytes.begin() + 2 * segment_header_bytes,
                      [](std::byte b) { return b == std::byte{0}; }));
}

TEST_CASE("Records of an earlier life are the end of the log: no damage, nothing torn") {
  raft::Index last = 0;
  auto disk = recycled_disk(last);
  const auto recovered = recover_read_only(*disk, path);
  REQUIRE_WELL(recovered);
  REQUIRE(recovered->last_index() == last);
  REQUIRE(recovered->report.damage.empty());
  REQUIRE(recovered->report.torn_records == 0);
  REQUIRE(recovered->report.torn_bytes == 0);
  check_texts(*recovered);
}

TEST_CASE("Old records that stand exactly where the next one would are the end of the log, too") {
  // As if no page had been filled with zeros: the bytes behind the end are those of the life before.
  raft::Index last = 0;
  auto disk = recycled_disk(last);
  const std::string segment = last_segment(*disk);
  auto bytes = disk->contents(segment);
  std::uint64_t end = 0;
  REQUIRE_WELL(for_each_record(*disk, path, [&](const RecordSummary& record) {
    end = record.offset_bytes + record_bytes(record.header.payload_bytes);
    return true;
  }));
  SegmentHeader old = *decode_segment_header(bytes);
  old.generation += 1;
  Lsn lsn = old.first_lsn - 100;  // smaller than all of this life
  std::uint32_t chain = 77;
  for (std::uint64_t at = end; at + 256 <= bytes.size(); at += 256) {
    std::vector<std::byte> payload(216, std::byte{1});
    RecordHeader header{216, RecordType::entry, 0, old.generation, lsn++, 5, 0, payload_crc_of(payload)};
    chain = encode_record_header(header, chain, std::span<std::byte>(bytes).subspan(at, record_header_bytes));
    std::copy(payload.begin(), payload.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at) + record_header_bytes);
  }
  disk->set_contents(segment, bytes);
  auto opened = open_or_fail(*disk, path, small_options(segment_bytes));
  REQUIRE(opened.recovered.last_index() == last);
  REQUIRE_FALSE(opened.recovered.damaged);
  REQUIRE(opened.recovered.report.torn_records == 0);
}

TEST_CASE("Even with the same generation old records do not count: their LSNs are smaller") {
  raft::Index last = 0;
  auto disk = recycled_disk(last);
  const auto bytes = disk->contents(last_segment(*disk));
  SegmentHeader header = *decode_segment_header(bytes);
  SegmentWalk same(bytes, header);
  REQUIRE(same.next().has_value());
  header.first_lsn += 1000;
  SegmentWalk walk(bytes, header);
  REQUIRE_FALSE(walk.next().has_value());
  REQUIRE(walk.behind().count == 0);
  REQUIRE_FALSE(walk.was_acknowledged());
}

TEST_CASE("A write that never reached a recycled segment is damage once later ones were acknowledged") {
  for (const Fault fault : {Fault::lost_write, Fault::misdirected}) {
    SimulatedDisk disk;
    create_or_fail(disk, path, small_options(segment_bytes));
    Cycle cycle(disk);
    REQUIRE(cycle.open());
    REQUIRE(cycle.run(4));
    const std::uint64_t segments = cycle.log().status().segments;
    while (cycle.log().status().segments == segments) REQUIRE(cycle.append(1));
    REQUIRE(cycle.append(1));
    const raft::Index whole = cycle.last();
    disk.set_faults([fault](std::uint64_t, DiskOperation operation, const std::string&) {
      return operation == DiskOperation::write ? fault : Fault::none;
    });
    REQUIRE(cycle.append(1));
    disk.set_faults({});
    REQUIRE(cycle.append(2));
    disk.restart_process();
    auto opened = open_or_fail(disk, path, small_options(segment_bytes));
    REQUIRE(opened.recovered.damaged);
    REQUIRE(opened.recovered.last_index() == whole);
    REQUIRE(opened.recovered.repair_until == whole + 3);
  }
}

TEST_CASE("A crash at any operation while segments go round loses nothing that was acknowledged") {
  constexpr int rounds = 5;
  SimulatedDisk whole;
  create_or_fail(whole, path, small_options(segment_bytes));
  Cycle uncrashed(whole);
  REQUIRE(uncrashed.open());
  REQUIRE(uncrashed.run(rounds));
  std::uint64_t in_recycled = 0;
  for (std::uint64_t operation = 600; operation < whole.operations(); ++operation) {
    SimulatedDisk disk;
    create_or_fail(disk, path, small_options(segment_bytes));
    Cycle cycle(disk);
    disk.stop_at(operation);
    if (!cycle.open()) continue;
    REQUIRE_FALSE(cycle.run(rounds));
    in_recycled += holds_an_earlier_life(disk.contents(last_segment(disk))) ? 1U : 0U;
    for (int how = 0; how < 5; ++how) {
      const auto left = disk.clone();
      left->crash(how == 0   ? Tearing::all_lost
                  : how == 1 ? Tearing::prefix
                             : Tearing::sectors,
                  operation * 8 + static_cast<std::uint64_t>(how));
      INFO("operation " << operation << ", tearing " << how);
      auto opened = open_or_fail(*left, path, small_options(segment_bytes));
      REQUIRE(opened.recovered.report.damage.empty());
      REQUIRE(opened.recovered.last_index() >= cycle.last());
      REQUIRE(opened.recovered.last_index() <= cycle.last() + 1);
      check_texts(opened.recovered);
    }
  }
  REQUIRE(in_recycled > 100);
}

TEST_CASE("Segments grow with the log: zeros are written for what it needs") {
  SimulatedDisk disk;
  constexpr std::size_t full = std::size_t{8} << 20;
  create_or_fail(disk, path, small_options(full));
  auto opened = open_or_fail(disk, path, small_options(full));
  Log& log = opened.directory->log();
  REQUIRE(log.status().segment_bytes == std::size_t{1} << 20);
  std::vector<std::uint64_t> sizes{log.status().segment_bytes};
  const std::string text(100'000, 'g');
  std::uint64_t before = sizes[0];
  for (raft::Index index = 1; sizes.size() < 6; ++index) {
    REQUIRE_WELL(log.prepare());
    REQUIRE_WELL(write(log, entry(index, 1, text)));
    if (log.status().segment_bytes == before) continue;
    sizes.push_back(log.status().segment_bytes - before);
    before = log.status().segment_bytes;
  }
  for (std::uint64_t& size : sizes) size >>= 20;
  REQUIRE(sizes == std::vector<std::uint64_t>{1, 2, 4, 8, 8, 8});
}

TEST_CASE("A disk without room for a segment is not filled in vain, and space that somebody frees is used") {
  SimulatedDisk disk;
  create_or_fail(disk, path, small_options(64 * 1024));
  auto opened = open_or_fail(disk, path, small_options(64 * 1024));
  Log& log = opened.directory->log();
  const std::uint64_t used = disk.capacity_used();
  disk.set_capacity(used + 100'000);  // a segment, but not the 64 KiB that are left to others
  Counter counter;
  counter.watch(disk, "/log");
  const Status refused = log.prepare();
  REQUIRE(refused.error().problem == Problem::no_space);
  REQUIRE(refused.error().text.find("100000 bytes are free") != std::string::npos);
  REQUIRE(refused.error().text.find(path + "/log") != std::string::npos);
  REQUIRE(log.space_low());
  REQUIRE(counter.writes == 0);
  REQUIRE(disk.capacity_used() == used);
  disk.set_capacity(used + 200'000);
  REQUIRE_WELL(log.prepare());
  REQUIRE_FALSE(log.space_low());
}

TEST_CASE("On a disk that gets full, one segment is kept for its next life, not four") {
  for (const bool scarce : {false, true}) {
    SimulatedDisk disk;
    create_or_fail(disk, path, small_options(segment_bytes));
    Cycle cycle(disk);
    REQUIRE(cycle.open());
    REQUIRE(cycle.append(400));
    if (scarce) disk.set_capacity(disk.capacity_used() + 24'000);
    REQUIRE(cycle.compact());
    std::size_t spares = 0;
    for (const std::string& one : disk.paths()) spares += one.find("spare-") != std::string::npos ? 1U : 0U;
    REQUIRE(spares == (scarce ? 1U : 4U));
  }
}

TEST_CASE("A writer that outruns the thread that makes segments gets shorter ones, and loses nothing") {
  SimulatedDisk disk;
  StorageOptions options = small_options(std::size_t{8} << 20);
  options.log.background = true;
  create_or_fail(disk, path, options);
  const std::string text(60'000, 'w');
  {
    auto opened = open_or_fail(disk, path, options);
    Log& log = opened.directory->log();
    for (raft::Index index = 1; index <= 400; ++index) REQUIRE_WELL(write(log, entry(index, 1, text)));
    REQUIRE(log.status().segments >= 3);
    disk.crash(Tearing::all_lost, 1);
  }
  auto opened = open_or_fail(disk, path, options);
  REQUIRE(opened.recovered.last_index() == 400);
  REQUIRE(opened.recovered.report.damage.empty());
}

}  // namespace kelek::storage::test
