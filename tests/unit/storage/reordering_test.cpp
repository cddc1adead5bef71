// Every order in which a file system may bring to the disk what no sync has settled: between two syncs each change,
// of bytes, lengths and names, is there after a crash or not, independently of all others (as ALICE has it).
#include <catch2/catch.hpp>

#include "recorded_disk.h"
#include "script.h"

namespace kelek::storage::test {
namespace {

constexpr std::size_t window = 12;

struct Tally {
  std::uint64_t syncs = 0;
  std::uint64_t states = 0;
  std::size_t most_pending = 0;
};

/// All selections of `count` changes from `first` on, with those before all there or all gone, those behind gone.
void try_window(const RecordedDisk& recorded, const Script& script, std::size_t first, std::size_t count,
                Tally& tally) {
  for (const bool before : {false, true}) {
    if (first == 0 && before) continue;
    for (std::uint64_t chosen = 0; chosen < std::uint64_t{1} << count; ++chosen) {
      std::vector<bool> reached(recorded.pending().size(), false);
      std::fill_n(reached.begin(), static_cast<std::ptrdiff_t>(first), before);
      for (std::size_t i = 0; i < count; ++i) reached[first + i] = ((chosen >> i) & 1U) != 0;
      INFO("sync " << tally.syncs << ", changes " << first << " to " << first + count << " of " << reached.size()
                   << ", selection " << chosen << (before ? ", all before" : ", none before"));
      const std::unique_ptr<SimulatedDisk> left = recorded.left_by(reached);
      check_recovery(*left, script);
      ++tally.states;
    }
  }
}

Tally reorder(std::uint64_t seed, int steps) {
  SimulatedDisk disk;
  RecordedDisk recorded(disk);
  Script script(recorded, seed);
  Tally tally;
  recorded.watch([&](const Change& change) {
    // Just before a sync most is pending; what a crash before that leaves is among the selections.
    if (change.kind != Change::Kind::sync && change.kind != Change::Kind::sync_directory) return;
    ++tally.syncs;
    const std::size_t pending = recorded.pending().size();
    tally.most_pending = std::max(tally.most_pending, pending);
    for (std::size_t first = 0; first == 0 || first + window <= pending; ++first) {
      try_window(recorded, script, first, std::min(window, pending), tally);
    }
  });
  const bool done = script.run(steps);
  INFO(script.failure());
  REQUIRE(done);
  return tally;
}

}  // namespace

TEST_CASE("What was pending at any sync reaches the disk in any selection, and nothing acknowledged is lost") {
  const Tally tally = reorder(1, 50);
  REQUIRE(tally.states > 2000);
  REQUIRE(tally.most_pending > 8);
}

TEST_CASE("Five scripts of 200 steps, in every order", "[.][long]") {
  Tally all;
  for (std::uint64_t seed = 200; seed < 205; ++seed) {
    const Tally tally = reorder(seed, 200);
    all.syncs += tally.syncs;
    all.states += tally.states;
    all.most_pending = std::max(all.most_pending, tally.most_pending);
  }
  WARN(all.syncs << " syncs, " << all.states << " states, at most " << all.most_pending << " changes pending");
}

}  // namespace kelek::storage::test
