// Crashes at every operation of a long script, in every way a disk may be left: nothing acknowledged is ever lost,
// nothing appears that was never written, and what is acknowledged after the crash survives the next one.
#include <catch2/catch.hpp>

#include "script.h"

namespace kelek::storage::test {
namespace {

constexpr int steps = 200;

struct Crash {
  Tearing tearing;
  std::uint64_t seed;
};

const Crash crashes[] = {{Tearing::nothing_lost, 1}, {Tearing::all_lost, 2}, {Tearing::prefix, 3},
                         {Tearing::prefix, 4},       {Tearing::sectors, 5},  {Tearing::sectors, 6},
                         {Tearing::sectors, 7}};

/// Opens what the crash left and holds it against what the script knows.
void check(SimulatedDisk& disk, const Script& script) {
  Result<DataDirectory::Opened> opened =
      DataDirectory::open(disk, Script::path, identity_of_node(), small_options(8192));
  if (!opened && opened.error().problem == Problem::not_found && !script.created()) return;
  INFO((opened.ok() ? "" : opened.error().text));
  REQUIRE(opened.ok());
  const Recovered& recovered = opened->recovered;
  for (const std::string& damage : recovered.report.damage) UNSCOPED_INFO(damage);
  REQUIRE_FALSE(recovered.damaged);
  REQUIRE(recovered.report.damage.empty());
  const std::vector<std::string>& states = script.attempted();
  const std::string found = describe(recovered);
  const auto first = states.begin() + static_cast<std::ptrdiff_t>(script.durable());
  INFO("found   " << found << "\nat least " << *first);
  REQUIRE(std::find(first, states.end(), found) != states.end());
  if (recovered.snapshot.index > 0) {
    const auto bytes = opened->directory->snapshots().read_all(recovered.snapshot.id, 1 << 20);
    REQUIRE(bytes.ok());
    REQUIRE(*bytes == state_at(recovered.snapshot.index));
  }

  // What is acknowledged now is there after the power is lost once more.
  const raft::Index next = std::max(recovered.last_index(), recovered.snapshot.index) + 1;
  REQUIRE_WELL(write(opened->directory->log(), entry(next, recovered.hard_state.term + 1, "after")));
  disk.crash(Tearing::all_lost, 1);
  Result<DataDirectory::Opened> again =
      DataDirectory::open(disk, Script::path, identity_of_node(), small_options(8192));
  INFO((again.ok() ? "" : again.error().text));
  REQUIRE(again.ok());
  REQUIRE(again->recovered.report.damage.empty());
  REQUIRE(again->recovered.last_index() == next);
  const std::string kept = found.substr(found.find('|') + 1);
  REQUIRE(describe(again->recovered).find(kept) != std::string::npos);
}

void crash_everywhere(std::uint64_t seed) {
  SimulatedDisk whole;
  Script uncrashed(whole, seed);
  const bool done = uncrashed.run(steps);
  INFO(uncrashed.failure());
  REQUIRE(done);
  const std::uint64_t operations = whole.operations();
  REQUIRE(operations > 600);
  for (std::uint64_t operation = 0; operation <= operations; ++operation) {
    SimulatedDisk disk;
    disk.stop_at(operation);
    Script script(disk, seed);
    script.run(steps);
    for (const Crash& crash : crashes) {
      INFO("crash before operation " << operation << " of " << operations << ", tearing "
                                     << static_cast<int>(crash.tearing) << ", seed " << crash.seed);
      const std::unique_ptr<SimulatedDisk> left = disk.clone();
      left->crash(crash.tearing, crash.seed + operation);
      check(*left, script);
    }
  }
}

}  // namespace

TEST_CASE("A crash at any operation loses nothing that was acknowledged") { crash_everywhere(1); }

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
    check(disk, script);
  }
}

TEST_CASE("Longer scripts crash at random operations", "[.][long]") {
  for (std::uint64_t seed = 100; seed < 110; ++seed) crash_everywhere(seed);
}

}  // namespace kelek::storage::test
