// Recovery, rule by rule (durability.md, R1 to R5).
#include <catch2/catch.hpp>

#include <kelek/storage/offline.h>
#include <kelek/storage/simulated_disk.h>

#include "log_recovery.h"
#include "storage_support.h"

namespace kelek::storage::test {
namespace {

const std::string path = "/node";
const std::string log_path = "/node/log";

std::vector<std::string> segments_of(const SimulatedDisk& disk) {
  std::vector<std::string> found;
  for (const std::string& one : disk.paths()) {
    if (one.size() > 4 && one.substr(one.size() - 4) == ".wal") found.push_back(one);
  }
  return found;
}

/// A directory with entries 1 … `last` of term 1, one a batch, synced; neither closed nor crashed cleanly.
std::unique_ptr<SimulatedDisk> disk_with(raft::Index last, std::size_t segment_bytes = 16 * 1024,
                                         bool witness = false) {
  auto disk = std::make_unique<SimulatedDisk>();
  create_or_fail(*disk, path, small_options(segment_bytes));
  auto opened = open_or_fail(*disk, path, small_options(segment_bytes));
  Log& log = opened.directory->log();
  REQUIRE_WELL(write(log, {1, 1, 0}, {}));
  for (raft::Index index = 1; index <= last; ++index) {
    REQUIRE_WELL(write(log, entry(index, 1, "entry " + std::to_string(index))));
  }
  if (witness) REQUIRE_WELL(log.idle_witness());
  opened.directory.reset();
  return disk;
}

struct Found {
  std::string segment;
  std::uint64_t offset_bytes = 0;
  std::uint64_t size_bytes = 0;
};

/// Where a record is: the `count`-th of its type, from 0.
Found find_record(SimulatedDisk& disk, RecordType type, std::size_t count) {
  Found found;
  REQUIRE_WELL(for_each_record(disk, path, [&](const RecordSummary& record) {
    if (record.header.type != type || count-- > 0) return true;
    found = {log_path + "/" + record.segment, record.offset_bytes, record_bytes(record.header.payload_bytes)};
    return false;
  }));
  REQUIRE_FALSE(found.segment.empty());
  return found;
}

void flip_payload(SimulatedDisk& disk, const Found& record) {
  disk.flip_bit(record.segment, 8 * (record.offset_bytes + record_header_bytes + 9));
}
void flip_header(SimulatedDisk& disk, const Found& record) {
  disk.flip_bit(record.segment, 8 * (record.offset_bytes + 5));
}

Error refusal(SimulatedDisk& disk) {
  auto opened = DataDirectory::open(disk, path, identity_of_node(), small_options());
  REQUIRE_FALSE(opened.ok());
  return opened.error();
}

}  // namespace

TEST_CASE("R1: a gap between segments is refused") {
  auto disk = disk_with(300, 8192);
  const auto segments = segments_of(*disk);
  REQUIRE(segments.size() > 3);
  REQUIRE_WELL(disk->remove(segments[1]));
  REQUIRE(refusal(*disk).problem == Problem::damaged);
  REQUIRE(refusal(*disk).text.find("some are missing") != std::string::npos);
}

TEST_CASE("R1: a damaged header is refused, with the file's name") {
  auto disk = disk_with(300, 8192);
  for (const std::string& segment : {segments_of(*disk).front(), segments_of(*disk).back()}) {
    auto copy = disk->clone();
    copy->flip_bit(segment, 8 * 40);
    REQUIRE(refusal(*copy).problem == Problem::damaged);
    REQUIRE(refusal(*copy).text.find(segment) != std::string::npos);
  }
}

TEST_CASE("R1: a last segment that was never finished is removed; a log without segments is gone") {
  auto disk = disk_with(3);
  auto file = disk->open(log_path + "/0000000000000002-00000000000000000004.wal", OpenMode::create_new);
  REQUIRE_WELL(write_zeros(**file, 0, 8192));
  auto opened = open_or_fail(*disk, path);
  REQUIRE(opened.recovered.last_index() == 3);
  REQUIRE(segments_of(*disk).size() == 1);
  opened.directory.reset();
  REQUIRE_WELL(disk->remove(segments_of(*disk)[0]));
  REQUIRE(refusal(*disk).text.find("is gone") != std::string::npos);
}

TEST_CASE("R1: a segment of another incarnation is refused with both names") {
  auto disk = disk_with(3);
  const std::string segment = segments_of(*disk)[0];
  auto bytes = disk->contents(segment);
  SegmentHeader header = *decode_segment_header(bytes);
  header.identity.incarnation = 8;
  encode_segment_header(header, bytes);
  disk->set_contents(segment, bytes);
  const Error error = refusal(*disk);
  REQUIRE(error.problem == Problem::wrong_owner);
  REQUIRE(error.text.find("incarnation 8") != std::string::npos);
  REQUIRE(error.text.find("incarnation 7") != std::string::npos);
}

TEST_CASE("R2: bytes of an earlier life of a file are not taken for records") {
  // The last segment's file is given the records of another log behind its end, with their own generation.
  auto disk = disk_with(3);
  auto other = disk_with(40);
  const std::string segment = segments_of(*disk)[0];
  auto bytes = disk->contents(segment);
  const auto stale = other->contents(segments_of(*other)[0]);
  const Found last = find_record(*disk, RecordType::sync, 4);
  const auto end = static_cast<std::ptrdiff_t>(last.offset_bytes + last.size_bytes);
  std::copy(stale.begin() + end, stale.end(), bytes.begin() + end);
  disk->set_contents(segment, bytes);
  auto opened = open_or_fail(*disk, path);
  REQUIRE(opened.recovered.last_index() == 3);
  REQUIRE(opened.recovered.report.damage.empty());
  REQUIRE(opened.recovered.report.torn_records == 0);
}

TEST_CASE("R2: a record of another history is not taken, however sound it is") {
  // A copy of the directory was made and written on. Where a block of the copy stands in place of the original's, with
  // the same generation and the same LSNs, only the chain tells that what it says was never said here.
  auto disk = disk_with(3);
  auto copy = disk->clone();
  const auto write_on = [](SimulatedDisk& one, const std::string& fourth, const std::string& fifth) {
    auto opened = open_or_fail(one, path);
    REQUIRE_WELL(write(opened.directory->log(), entry(4, 1, fourth)));
    REQUIRE_WELL(write(opened.directory->log(), entry(5, 1, fifth)));
    REQUIRE_WELL(opened.directory->log().idle_witness());
  };
  write_on(*disk, "ours 4", "ours 5");
  write_on(*copy, "copy 4", "copy 5");
  const std::string segment = segments_of(*disk)[0];
  const Found fifth = find_record(*disk, RecordType::entry, 4);
  const auto from = static_cast<std::ptrdiff_t>(fifth.offset_bytes);
  auto bytes = disk->contents(segment);
  const auto others = copy->contents(segment);
  std::copy(others.begin() + from, others.end(), bytes.begin() + from);
  disk->set_contents(segment, bytes);
  auto opened = open_or_fail(*disk, path);
  REQUIRE(texts(opened.recovered.entries) == "1:entry 1 2:entry 2 3:entry 3 4:ours 4");
  REQUIRE(opened.recovered.damaged);  // the block has a SYNC of its own: something was acknowledged here
  REQUIRE(opened.recovered.repair_until == 5);
}

TEST_CASE("R3: a batch that is not complete is dropped, whichever byte of it is missing") {
  auto disk = disk_with(3);
  const std::string segment = segments_of(*disk)[0];
  auto opened = open_or_fail(*disk, path);
  const Lsn before = opened.directory->log().status().written_lsn;
  const raft::HardState state{2, 3, 3};
  REQUIRE_WELL(write(opened.directory->log(), state, entries(3, 6, 2, "replaced ")));
  const Lsn records = opened.directory->log().status().written_lsn - before;
  opened.directory.reset();
  const Found from = find_record(*disk, RecordType::truncate, 0);
  const Found to = find_record(*disk, RecordType::sync, 5);
  const auto whole = disk->contents(segment);
  for (std::uint64_t end = from.offset_bytes; end <= to.offset_bytes + to.size_bytes; ++end) {
    for (const std::byte filler : {std::byte{0}, std::byte{0x5a}}) {
      auto torn = whole;
      std::fill(torn.begin() + static_cast<std::ptrdiff_t>(end),
                torn.begin() + static_cast<std::ptrdiff_t>(to.offset_bytes + to.size_bytes), filler);
      disk->set_contents(segment, torn);
      auto again = open_or_fail(*disk, path);
      INFO("torn at byte " << end);
      REQUIRE(again.recovered.report.damage.empty());
      const bool complete = torn == whole;
      REQUIRE(again.recovered.hard_state == (complete ? state : raft::HardState{1, 1, 0}));
      REQUIRE(texts(again.recovered.entries) ==
              (complete ? "1:entry 1 2:entry 2 3:replaced 3 4:replaced 4 5:replaced 5 6:replaced 6"
                        : "1:entry 1 2:entry 2 3:entry 3"));
      REQUIRE((again.recovered.report.torn_records > 0) == (!complete && end >= from.offset_bytes + 40));
      again.directory.reset();
    }
  }
  REQUIRE(records == 7);
}

TEST_CASE("R3: a batch with a sector missing in its middle is dropped, though its SYNC is there (B71)") {
  auto disk = disk_with(3);
  const std::string segment = segments_of(*disk)[0];
  auto opened = open_or_fail(*disk, path);
  REQUIRE_WELL(write(opened.directory->log(), entries(4, 60, 1, "long ")));
  opened.directory.reset();
  auto bytes = disk->contents(segment);
  std::fill_n(bytes.begin() + 5120, 512, std::byte{0});
  disk->set_contents(segment, bytes);
  auto again = open_or_fail(*disk, path);
  REQUIRE_FALSE(again.recovered.damaged);
  REQUIRE(texts(again.recovered.entries) == "1:entry 1 2:entry 2 3:entry 3");
  REQUIRE(again.recovered.report.torn_records > 10);
}

TEST_CASE("R3, R4: damage to what was acknowledged is no torn write") {
  for (const bool in_payload : {true, false}) {
    auto disk = disk_with(10);
    const Found lost = find_record(*disk, RecordType::entry, 3);
    in_payload ? flip_payload(*disk, lost) : flip_header(*disk, lost);
    auto opened = open_or_fail(*disk, path);
    const Recovered& recovered = opened.recovered;
    REQUIRE(recovered.damaged);
    REQUIRE(recovered.repair_until == 10);
    REQUIRE(recovered.report.lost.size() == 1);
    REQUIRE(recovered.report.lost[0].first == 4);
    REQUIRE(recovered.report.lost[0].last == 4);
    REQUIRE(recovered.report.damage.size() == 1);
    REQUIRE(recovered.report.damage[0].find("byte " + std::to_string(lost.offset_bytes)) != std::string::npos);
    REQUIRE(texts(recovered.entries) == "1:entry 1 2:entry 2 3:entry 3");
    REQUIRE(recovered.durable_state().damaged);
  }
}

TEST_CASE("R3: damage to the last batch looks like a torn write, unless an IDLE-WITNESS or a SEAL speaks for it") {
  auto unwitnessed = disk_with(5);
  flip_payload(*unwitnessed, find_record(*unwitnessed, RecordType::entry, 4));
  REQUIRE_FALSE(open_or_fail(*unwitnessed, path).recovered.damaged);

  auto witnessed = disk_with(5, 16 * 1024, true);
  flip_payload(*witnessed, find_record(*witnessed, RecordType::entry, 4));
  auto opened = open_or_fail(*witnessed, path);
  REQUIRE(opened.recovered.damaged);
  REQUIRE(opened.recovered.repair_until == 5);
  REQUIRE(opened.recovered.last_index() == 4);

  auto sealed = disk_with(5);
  REQUIRE_WELL(open_or_fail(*sealed, path).directory->log().close());
  flip_payload(*sealed, find_record(*sealed, RecordType::entry, 4));
  REQUIRE(open_or_fail(*sealed, path).recovered.damaged);
}

TEST_CASE("R3: damage in any segment but the last is damage to what was acknowledged") {
  auto disk = disk_with(300, 8192);
  // The last entry of the first segment, with nothing but SYNC and SEAL behind it.
  const auto second = decode_segment_header(disk->contents(segments_of(*disk)[1]));
  const raft::Index last = second->first_index - 1;
  flip_payload(*disk, find_record(*disk, RecordType::entry, static_cast<std::size_t>(last - 1)));
  auto opened = open_or_fail(*disk, path, small_options(8192));
  REQUIRE(opened.recovered.damaged);
  REQUIRE(opened.recovered.last_index() == last - 1);
  REQUIRE(opened.recovered.repair_until == 300);
}

TEST_CASE("R4: terms only grow: the newest hard state counts, wherever it is; the commit index does not") {
  auto disk = disk_with(4);
  {
    auto opened = open_or_fail(*disk, path);
    REQUIRE_WELL(write(opened.directory->log(), {6, 2, 4}, entries(5, 8, 6)));
    REQUIRE_WELL(opened.directory->log().idle_witness());
  }
  flip_payload(*disk, find_record(*disk, RecordType::entry, 2));
  auto opened = open_or_fail(*disk, path);
  REQUIRE(opened.recovered.damaged);
  REQUIRE(opened.recovered.hard_state.term == 6);
  REQUIRE(opened.recovered.hard_state.vote == 2);
  REQUIRE(opened.recovered.hard_state.commit == 0);
  REQUIRE(opened.recovered.last_index() == 2);
}

TEST_CASE("R4: nothing is truncated, the repair is remembered, and ends when the commit index gets there") {
  auto disk = disk_with(10);
  const std::string damaged_segment = segments_of(*disk)[0];
  flip_payload(*disk, find_record(*disk, RecordType::entry, 3));
  const auto evidence = disk->contents(damaged_segment);
  {
    auto opened = open_or_fail(*disk, path);
    REQUIRE(disk->contents(damaged_segment) == evidence);
    REQUIRE(opened.recovered.damaged);
    // A leader of term 2 sends the lost ones and more, but commits only some of them before the power goes.
    REQUIRE_WELL(write(opened.directory->log(), {2, 0, 6}, entries(4, 12, 2, "again ")));
  }
  disk->crash(Tearing::all_lost, 1);
  {
    auto opened = open_or_fail(*disk, path);
    REQUIRE(opened.recovered.damaged);
    REQUIRE(opened.recovered.repair_until == 10);
    REQUIRE(opened.recovered.last_index() == 12);
    REQUIRE(opened.recovered.hard_state.commit == 6);
    REQUIRE_WELL(write(opened.directory->log(), {2, 0, 10}, {}));
  }
  {
    auto opened = open_or_fail(*disk, path);
    REQUIRE_FALSE(opened.recovered.damaged);
    // In term 2 a vote may have been given that the damage hides: it counts as given to oneself.
    REQUIRE(opened.recovered.hard_state.term == 2);
    REQUIRE(opened.recovered.hard_state.vote == 1);
    REQUIRE_WELL(write(opened.directory->log(), {3, 0, 12}, entries(13, 13, 3, "new ")));
  }
  auto opened = open_or_fail(*disk, path);
  REQUIRE(opened.recovered.hard_state.vote == raft::no_node);
  REQUIRE(texts(opened.recovered.entries).find("3:entry 3 4:again 4") != std::string::npos);
  REQUIRE(opened.recovered.last_index() == 13);
}

TEST_CASE("R4: a commit index beyond the end of the log is a lost log (B17)") {
  auto disk = disk_with(5);
  const std::string segment = segments_of(*disk)[0];
  auto bytes = disk->contents(segment);
  SegmentHeader header = *decode_segment_header(bytes);
  header.hard_state.commit = 9;
  encode_segment_header(header, bytes);
  std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(find_record(*disk, RecordType::hard_state, 0).offset_bytes),
            bytes.end(), std::byte{0});
  disk->set_contents(segment, bytes);
  auto opened = open_or_fail(*disk, path);
  REQUIRE(opened.recovered.damaged);
  REQUIRE(opened.recovered.repair_until == 9);
  REQUIRE(opened.recovered.hard_state.commit == 0);
}

TEST_CASE("Damage below the newest snapshot hurts nobody") {
  auto disk = disk_with(10);
  {
    auto opened = open_or_fail(*disk, path);
    raft::SnapshotMetadata basis;
    basis.index = 8;
    basis.term = 1;
    basis.configuration = std::make_shared<const raft::Configuration>(three_voters());
    auto made = opened.directory->snapshots().write(basis, {});
    REQUIRE_WELL(made);
    Log& log = opened.directory->log();
    REQUIRE_WELL(write(log, {1, 1, 10}, {}));
    REQUIRE_WELL(log.stage_snapshot(*made, SnapshotUse::compacts));
    REQUIRE_WELL(log.commit());
    REQUIRE_WELL(write(log, entry(11, 1, "entry 11")));
  }
  flip_payload(*disk, find_record(*disk, RecordType::entry, 3));
  // Snapshot, hard state and every entry above the snapshot stand behind the damage: all that counts is there.
  auto opened = open_or_fail(*disk, path);
  REQUIRE(texts(opened.recovered.entries).find("11:entry 11") != std::string::npos);
  REQUIRE_FALSE(opened.recovered.damaged);
  REQUIRE(opened.recovered.report.damage.size() == 1);
}

TEST_CASE(
    "R5: what only the cache holds after a failed sync becomes durable at the next start, or is not acknowledged") {
  auto disk = disk_with(3);
  {
    auto opened = open_or_fail(*disk, path);
    disk->set_faults([](std::uint64_t, DiskOperation operation, const std::string&) {
      return operation == DiskOperation::sync ? Fault::drop_pages : Fault::none;
    });
    REQUIRE_FALSE(write(opened.directory->log(), entry(4, 1, "in the cache alone")).ok());
    disk->set_faults({});
    disk->restart_process();
  }
  {
    auto opened = open_or_fail(*disk, path);
    REQUIRE(opened.recovered.last_index() == 4);  // readable, and from here on it may be acknowledged
    REQUIRE(opened.recovered.report.tail_rewritten);
  }
  disk->crash(Tearing::all_lost, 1);
  REQUIRE(open_or_fail(*disk, path).recovered.last_index() == 4);
}

TEST_CASE("R5: a SEAL whose sync failed is confirmed before anything builds upon it") {
  auto disk = disk_with(3);
  {
    auto opened = open_or_fail(*disk, path);
    disk->set_faults([](std::uint64_t, DiskOperation operation, const std::string&) {
      return operation == DiskOperation::sync ? Fault::drop_pages : Fault::none;
    });
    REQUIRE_FALSE(opened.directory->log().close().ok());
    disk->set_faults({});
    disk->restart_process();
  }
  {
    auto opened = open_or_fail(*disk, path);
    REQUIRE(opened.recovered.report.clean_stop);
    REQUIRE_WELL(write(opened.directory->log(), entries(4, 80, 1, "more")));
  }
  disk->crash(Tearing::all_lost, 1);
  auto opened = open_or_fail(*disk, path);
  REQUIRE(opened.recovered.report.damage.empty());
  REQUIRE(opened.recovered.last_index() == 80);
}

TEST_CASE("A clean stop needs no rewriting") {
  auto disk = disk_with(3);
  REQUIRE_WELL(open_or_fail(*disk, path).directory->log().close());
  auto opened = open_or_fail(*disk, path);
  REQUIRE(opened.recovered.report.clean_stop);
  REQUIRE_FALSE(opened.recovered.report.tail_rewritten);
}

}  // namespace kelek::storage::test
