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

const Crash crashes[] = {{Tearing::nothing_lost, 1}, {Tearing::all_lost, 2}, {Tearing::prefix, 3}, {Tearing::prefix, 4},
                         {Tearing::sectors, 5},      {Tearing::sectors, 6},  {Tearing::sectors, 7}};

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
      check_recovery(*left, script);
    }
  }
}

}  // namespace

TEST_CASE("A crash at any operation loses nothing that was acknowledged") {
  crash_everywhere(1);
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

TEST_CASE("Longer scripts crash at random operations", "[.][long]") {
  for (std::uint64_t seed = 100; seed < 110; ++seed) crash_everywhere(seed);
}

}  // namespace kelek::storage::test
