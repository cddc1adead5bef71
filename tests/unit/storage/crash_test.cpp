// Crashes at every operation of a long script, in every way a disk may be left: nothing acknowledged is ever lost,
// nothing appears that was never written, and what is acknowledged after the crash survives the next one.
#include <catch2/catch.hpp>

#include <set>

#include "recorded_disk.h"
#include "script.h"

namespace kelek::storage::test {
namespace {

constexpr int steps = 200;

struct Crash {
  Tearing tearing;
  std::uint64_t seed;
};

const Crash crashes[] = {
    {Tearing::nothing_lost, 1}, {Tearing::all_lost, 2},    {Tearing::prefix, 3},   {Tearing::prefix, 4},
    {Tearing::suffix, 5},       {Tearing::suffix, 6},      {Tearing::subset, 7},   {Tearing::versions, 8},
    {Tearing::zeros, 9},        {Tearing::garbage, 10},    {Tearing::bytes, 11},   {Tearing::bytes, 12},
    {Tearing::names_only, 13},  {Tearing::bytes_only, 14}, {Tearing::sectors, 15}, {Tearing::sectors, 16}};
static_assert(std::size(crashes) == 16);

bool is_segment(const std::string& path) {
  return path.size() > 4 && path.compare(path.size() - 4, 4, ".wal") == 0;
}

/// What happened in scripts, and how often they were crashed.
struct Tally {
  std::uint64_t crashes = 0;
  std::uint64_t segments_reused = 0;
  std::uint64_t snapshots_taken = 0;
  std::uint64_t snapshots_received = 0;
};

/// Power goes before each change, in each of the sixteen ways; after the last one too.
void crash_everywhere(std::uint64_t seed, Tally& tally) {
  SimulatedDisk disk;
  RecordedDisk recorded(disk);
  Script script(recorded, seed);
  std::uint64_t points = 0;
  std::set<std::uint64_t> retired;  // segments that nobody needed any more
  const auto crash_here = [&](const Change& change) {
    ++points;
    if (change.kind == Change::Kind::rename && is_segment(change.path)) retired.insert(change.file);
    if (change.kind == Change::Kind::rename && is_segment(change.to))
      tally.segments_reused += retired.count(change.file);
    for (const Crash& crash : crashes) {
      INFO("script " << seed << ", crash before change " << points << " (kind " << static_cast<int>(change.kind) << ", "
                     << change.path << "), tearing " << static_cast<int>(crash.tearing) << ", seed " << crash.seed);
      const std::unique_ptr<SimulatedDisk> left = disk.clone();
      left->crash(crash.tearing, crash.seed + points);
      check_recovery(*left, script);
    }
  };
  recorded.watch(crash_here);
  const bool done = script.run(steps);
  INFO(script.failure());
  REQUIRE(done);
  crash_here({});
  REQUIRE(points > 500);
  // All that may happen to a log has happened in it.
  for (const auto kind : {Change::Kind::write, Change::Kind::resize, Change::Kind::sync, Change::Kind::create,
                          Change::Kind::rename, Change::Kind::remove, Change::Kind::sync_directory}) {
    INFO("kind " << static_cast<int>(kind));
    REQUIRE(recorded.counts().count(kind) == 1);
  }
  tally.crashes += points * std::size(crashes);
  tally.snapshots_taken += script.snapshots_taken();
  tally.snapshots_received += script.snapshots_received();
}

}  // namespace

TEST_CASE("A crash before any change of a script of 200 steps, in sixteen ways, loses nothing that was acknowledged") {
  Tally tally;
  crash_everywhere(1, tally);
  REQUIRE(tally.segments_reused > 0);
  REQUIRE(tally.snapshots_taken > 0);
  REQUIRE(tally.snapshots_received > 0);
}

TEST_CASE("The process dies at any operation, the machine lives") {
  SimulatedDisk whole;
  Script uncrashed(whole, 2);
  REQUIRE(uncrashed.run(steps));
  for (std::uint64_t operation = 0; operation <= whole.operations(); operation += 3) {
    SimulatedDisk disk;
    disk.stop_at(operation);
    Script script(disk, 2);
    script.run(steps);
    disk.restart_process();
    check_recovery(disk, script);
  }
}

TEST_CASE("Twenty more scripts of 200 steps crash before any change, in sixteen ways", "[.][long]") {
  Tally tally;
  for (std::uint64_t seed = 100; seed < 120; ++seed) crash_everywhere(seed, tally);
  WARN(tally.crashes << " crashes; in the scripts " << tally.segments_reused << " segments were used again, "
                     << tally.snapshots_taken << " snapshots taken, " << tally.snapshots_received << " received");
}

}  // namespace kelek::storage::test
