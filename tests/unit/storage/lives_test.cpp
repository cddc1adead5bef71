// What a first open kept after damage, and what was written and synced since then, every later open keeps
// (R4, R5).
#include <catch2/catch.hpp>

#include <functional>

#include <kelek/storage/offline.h>
#include <kelek/storage/simulated_disk.h>

#include "storage_support.h"

namespace kelek::storage::test {
namespace {

const std::string path = "/node";
const std::string log_path = "/node/log";

struct Place {
  std::string segment;
  std::uint64_t offset_bytes = 0;
  RecordHeader header;
};

/// Eight entries in one batch, a snapshot of the fourth, a vote and three entries more, a witness or a clean
/// stop.
/// After the snapshot alone, only one SYNC speaks for the eight entries.
enum class Ending { after_snapshot, witness, clean_stop };
std::unique_ptr<SimulatedDisk> script_disk(Ending ending) {
  auto disk = std::make_unique<SimulatedDisk>();
  create_or_fail(*disk, path);
  auto opened = open_or_fail(*disk, path);
  Log& log = opened.directory->log();
  REQUIRE_WELL(write(log, {1, 1, 6}, entries(1, 8, 1)));
  raft::SnapshotMetadata basis;
  basis.index = 4;
  basis.term = 1;
  basis.configuration = std::make_shared<const raft::Configuration>(three_voters());
  const auto made = opened.directory->snapshots().write(basis, {});
  REQUIRE_WELL(made);
  REQUIRE_WELL(log.stage_snapshot(*made, SnapshotUse::compacts));
  REQUIRE_WELL(log.commit());
  if (ending == Ending::after_snapshot) return disk;
  REQUIRE_WELL(write(log, {2, 3, 7}, {}));
  REQUIRE_WELL(write(log, entries(9, 11, 2)));
  REQUIRE_WELL(ending == Ending::clean_stop ? log.close() : log.idle_witness());
  return disk;
}

std::vector<Place> records_of(SimulatedDisk& disk) {
  std::vector<Place> places;
  REQUIRE_WELL(for_each_record(disk, path, [&](const RecordSummary& record) {
    places.push_back({log_path + "/" + record.segment, record.offset_bytes, record.header});
    return true;
  }));
  return places;
}

/// The header, or (where there is one) the payload.
void damage(SimulatedDisk& disk, const Place& place, bool in_header) {
  const std::uint64_t at =
      place.offset_bytes + (in_header || place.header.payload_bytes == 0 ? 5 : record_header_bytes);
  disk.flip_bit(place.segment, 8 * at);
}

std::size_t snapshots_on(const SimulatedDisk& disk) {
  std::size_t count = 0;
  for (const std::string& one : disk.paths()) count += one.find(".snap") != std::string::npos ? 1u : 0u;
  return count;
}

/// What is above the snapshot.
std::map<raft::Index, std::string> kept_by(const Recovered& found) {
  std::map<raft::Index, std::string> kept;
  for (const raft::EntryRange& range : found.entries) {
    range.for_each([&](raft::Index index, const raft::Entry& one) {
      if (index > found.snapshot.index) kept[index] = std::to_string(one.term) + "/" + std::string(one.payload.text());
    });
  }
  return kept;
}

void require_nothing_lost(const Recovered& before, const Recovered& after) {
  REQUIRE(after.hard_state.term >= before.hard_state.term);
  if (after.hard_state.term == before.hard_state.term && before.hard_state.vote != raft::no_node) {
    REQUIRE(after.hard_state.vote == before.hard_state.vote);
  }
  REQUIRE(after.hard_state.commit >= before.hard_state.commit);
  REQUIRE(after.snapshot.index >= before.snapshot.index);
  REQUIRE(after.last_index() >= before.last_index());
  REQUIRE(after.damaged == before.damaged);
  REQUIRE(after.repair_until == before.repair_until);
  const auto kept = kept_by(after);
  for (const auto& [index, text] : kept_by(before)) {
    if (index > after.snapshot.index) REQUIRE((kept.count(index) == 1 && kept.at(index) == text));
  }
}

/// Opens three times. Between two of them something more is written and synced, or nothing at all; then power
/// goes.
void live_three_times(SimulatedDisk& disk, bool writes) {
  Result<DataDirectory::Opened> opened = DataDirectory::open(disk, path, identity_of_node(), small_options());
  INFO((opened.ok() ? "" : opened.error().text));
  if (!opened) {  // the first configuration is gone, and nothing stands in for it
    REQUIRE(opened.error().problem == Problem::damaged);
    return;
  }
  Recovered before = opened->recovered;
  for (int life = 0; life < 2; ++life) {
    const std::size_t snapshots = snapshots_on(disk);
    if (writes) {
      const raft::Index next = before.last_index() + 1;
      const raft::EntryRange more = entries(next, next + 1, before.hard_state.term + 1, "more ");
      before.hard_state.term += 1;
      before.hard_state.vote = 0;
      REQUIRE_WELL(write(opened->directory->log(), before.hard_state, more));
      before.entries.push_back(more);
    }
    opened->directory.reset();
    disk.crash(Tearing::all_lost, static_cast<std::uint64_t>(life));
    opened = DataDirectory::open(disk, path, identity_of_node(), small_options());
    INFO((opened.ok() ? "" : opened.error().text));
    REQUIRE(opened.ok());
    // A commit index that reaches repair_until would end the damage; none does here.
    require_nothing_lost(before, opened->recovered);
    REQUIRE(snapshots_on(disk) == snapshots);
    before = opened->recovered;
  }
}

void damage_every(Ending ending, bool twice) {
  const auto sound = script_disk(ending);
  const std::vector<Place> places = records_of(*sound);
  REQUIRE(places.size() > (ending == Ending::after_snapshot ? 12u : 18u));
  for (std::size_t first = 0; first < places.size(); ++first) {
    for (std::size_t second = first; second < (twice ? places.size() : first + 1); ++second) {
      for (const bool in_header : {true, false}) {
        for (const bool writes : {true, false}) {
          auto disk = sound->clone();
          damage(*disk, places[first], in_header);
          if (second != first) damage(*disk, places[second], in_header);
          INFO("records " << first << " and " << second << (in_header ? ", headers" : ", payloads")
                          << (writes ? ", more is written" : ""));
          live_three_times(*disk, writes);
        }
      }
    }
  }
}

}  // namespace

TEST_CASE("Damage to any record: what the first open kept and what came since is there in every later life") {
  damage_every(Ending::after_snapshot, false);
  damage_every(Ending::witness, false);
  damage_every(Ending::clean_stop, false);
}

TEST_CASE("Damage to any two records, so that what speaks for the first may be lost with the second") {
  damage_every(Ending::after_snapshot, true);
  damage_every(Ending::witness, true);
  damage_every(Ending::clean_stop, true);
}

TEST_CASE("What a repair stands on stays, though the records that spoke for it are damaged later") {
  auto disk = script_disk(Ending::witness);
  const std::vector<Place> places = records_of(*disk);
  const auto sync = std::find_if(places.begin(), places.end(), [](const Place& place) {
    return place.header.type == RecordType::sync && place.header.index == 8;
  });
  REQUIRE(sync != places.end());
  damage(*disk, *sync, false);
  Recovered before;
  {
    auto opened = open_or_fail(*disk, path);
    REQUIRE(opened.recovered.damaged);
    REQUIRE(opened.recovered.last_index() == 8);
    REQUIRE(opened.recovered.snapshot.index == 4);
    before = opened.recovered;
    const raft::EntryRange more = entries(9, 12, 3, "more ");
    before.hard_state = {3, 2, before.hard_state.commit};
    REQUIRE_WELL(write(opened.directory->log(), before.hard_state, more));
    before.entries.push_back(more);
  }
  for (auto place = sync + 1; place != places.end(); ++place) damage(*disk, *place, true);
  for (int life = 0; life < 2; ++life) {
    auto opened = open_or_fail(*disk, path);
    require_nothing_lost(before, opened.recovered);
    REQUIRE(opened.recovered.last_index() == 12);
  }
  // Repaired: a leader has brought the commit index to the end of what was lost.
  {
    auto opened = open_or_fail(*disk, path);
    REQUIRE_WELL(write(opened.directory->log(), {3, 2, opened.recovered.repair_until}, {}));
  }
  auto opened = open_or_fail(*disk, path);
  REQUIRE_FALSE(opened.recovered.damaged);
  REQUIRE(opened.recovered.last_index() == 12);
}

}  // namespace kelek::storage::test
