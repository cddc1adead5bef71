// shrink: a long run that breaks an invariant becomes a short scenario that breaks the same one.
#include <kelek/sim/player.h>
#include <kelek/sim/seed.h>
#include <kelek/sim/shrink.h>

#include <algorithm>

#include <catch2/catch.hpp>

#include "replayer.h"

using namespace kelek;
using namespace kelek::sim;

namespace {

/// What no lease survives: clocks of which one runs several times as fast as another.
Swarm with_wild_clocks() {
  Swarm swarm;
  swarm.options.lease_reads = true;
  swarm.reads = 600;
  swarm.weights.isolate_leader = 4;
  swarm.weights.clock = 4;
  swarm.clock_spread = tick_time * 3 / 4;
  swarm.fault_interval = 150'000;
  swarm.deliveries = 3'000;
  return swarm;
}

struct Broken {
  std::uint64_t seed = 0;
  Acts acts;
  std::string violation;
};

Broken find_broken(const Swarm& swarm) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    Acts acts;
    SeedOptions options;
    options.liveness = false;
    options.acts = &acts;
    const Report report = run_swarm(seed, swarm, options);
    if (!report.violation.empty()) return {seed, std::move(acts), report.violation};
  }
  return {};
}

}  // namespace

TEST_CASE("a run that breaks an invariant becomes a short scenario that breaks the same one") {
  const Swarm swarm = with_wild_clocks();
  Broken broken = find_broken(swarm);
  REQUIRE(broken.seed != 0);
  INFO(broken.violation);
  CHECK(invariant_of(broken.violation) == "I15 ReadLinearizable");
  REQUIRE(broken.acts.size() > 200);

  const Shrunk shrunk = shrink(swarm, std::move(broken.acts), broken.violation, "a stale read", [] { return false; });
  REQUIRE(shrunk.reproduced);
  INFO(shrunk.scenario);
  CHECK(shrunk.acts.size() <= 60);

  const auto scenario = parse_scenario(shrunk.scenario);
  REQUIRE(scenario.ok());
  CHECK(scenario->title == "a stale read");
  Player player(*scenario);
  const Verdict& verdict = player.play();
  CHECK(verdict.exit_status() == 1);
  CHECK(verdict.text == "expected every invariant of Raft to hold, but " + shrunk.violation);
}

TEST_CASE("what the scenario language has no words for is played along, and is left out in the end") {
  Swarm swarm = with_wild_clocks();
  swarm.priorities = true;
  swarm.election_delay_ticks = {0, 5, 0};
  swarm.options.max_append_bytes = 200;
  swarm.async_storage = true;
  swarm.deliveries = 1'200;
  Broken broken = find_broken(swarm);
  REQUIRE(broken.seed != 0);
  INFO(broken.violation);

  const Shrunk shrunk = shrink(swarm, std::move(broken.acts), broken.violation, "a stale read", [] { return false; });
  REQUIRE(shrunk.reproduced);
  INFO(shrunk.scenario);
  CHECK(shrunk.acts.size() <= 60);
  // Nor does it take writes that take their time.
  CHECK(shrunk.scenario.find("storage=async") == std::string::npos);

  const auto scenario = parse_scenario(shrunk.scenario);
  REQUIRE(scenario.ok());
  CHECK(Player(*scenario).play().exit_status() == 1);
}

TEST_CASE("runs are played on a cluster as they were, message by message") {
  std::size_t delivered = 0;
  std::size_t exact = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    Swarm swarm = draw_swarm(seed);
    // What acts do not tell: what a disk forgets, which ticks came as one, how large the application is.
    swarm.weights.damage = swarm.weights.crash = swarm.weights.crash_leader = swarm.weights.crash_all = 0;
    swarm.weights.wipe = swarm.weights.disk_failure = swarm.weights.pause = swarm.strike = 0;
    swarm.snapshot_distance = 0;
    Acts acts;
    SeedOptions options;
    options.liveness = false;
    options.acts = &acts;
    const Report report = run_swarm(seed, swarm, options);
    INFO("seed " << seed << ": " << swarm.describe() << report.violation);
    REQUIRE(report.violation.empty());
    const Replayer::Played played = Replayer(setup_of(swarm)).play(acts, false);
    CHECK(played.violation.empty());
    if (played.stand_ins == 0) ++exact;
    delivered += report.deliveries;
  }
  CHECK(delivered > 50'000);
  // In three of them an append is cut at another place: 32, 53 and 56.
  CHECK(exact >= 57);
}

TEST_CASE("what a run leaves behind recovers on a cluster, as it did in the run") {
  std::size_t recovered = 0;
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    const Swarm swarm = draw_swarm(seed);
    Acts acts;
    SeedOptions options;
    options.acts = &acts;
    const Report report = run_swarm(seed, swarm, options);
    INFO("seed " << seed << ": " << swarm.describe() << report.violation);
    REQUIRE(report.violation.empty());
    const auto healed =
        std::find_if(acts.begin(), acts.end(), [](const Act& act) { return act.kind == Act::Kind::recover; });
    if (healed == acts.end()) continue;
    acts.erase(healed + 1, acts.end());
    const Replayer::Played played = Replayer(setup_of(swarm)).play(acts, false);
    CHECK(played.violation == "");
    if (played.done.back() == acts.size() - 1) ++recovered;
  }
  // In the others what was played differs, so that the quorum is none, or they have few ticks for many nodes.
  CHECK(recovered >= 100);
}

TEST_CASE("what breaks nothing on a cluster is not made a scenario of") {
  Acts acts;
  SeedOptions options;
  options.acts = &acts;
  const Swarm swarm;
  REQUIRE(run_swarm(3, swarm, options).violation.empty());
  const Shrunk shrunk = shrink(swarm, acts, "I1 ElectionSafety: two leaders", "none", [] { return false; });
  CHECK_FALSE(shrunk.reproduced);
  CHECK(shrunk.plays == 1);
  CHECK(shrunk.scenario.empty());
}

TEST_CASE("shrinking ends when it is told to, with what it has reached") {
  const Swarm swarm = with_wild_clocks();
  Broken broken = find_broken(swarm);
  REQUIRE(broken.seed != 0);
  const std::size_t before = broken.acts.size();
  std::size_t asked = 0;
  const Shrunk shrunk =
      shrink(swarm, std::move(broken.acts), broken.violation, "halfway", [&asked] { return ++asked > 12; });
  REQUIRE(shrunk.reproduced);
  CHECK(shrunk.acts.size() < before);
  CHECK(shrunk.plays <= 12);
}
