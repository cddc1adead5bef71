// run_seed: a run is decided by its seed, breaks nothing, and gets somewhere.
#include <kelek/sim/seed.h>

#include <catch2/catch.hpp>
#include <set>

using namespace kelek;
using namespace kelek::sim;

TEST_CASE("a seed gives the same run twice") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    INFO("seed " << seed);
    const Report once = run_seed(seed);
    const Report again = run_seed(seed);
    CHECK(once.digest == again.digest);
    CHECK(once.events == again.events);
    CHECK(once.shapes == again.shapes);
    CHECK(once.violation == again.violation);
  }
}

TEST_CASE("runs of different seeds differ, break no invariant, and get somewhere") {
  std::set<std::uint64_t> digests;
  Report all;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed << ": " << draw_swarm(seed).describe());
    const Report report = run_seed(seed);
    CHECK(report.violation.empty());
    digests.insert(report.digest);
    all.elections += report.elections;
    all.commits += report.commits;
    all.crashes += report.crashes;
    all.answers += report.answers;
  }
  CHECK(digests.size() == 60);
  CHECK(all.elections > 600);
  CHECK(all.commits > 6'000);
  CHECK(all.crashes > 600);
  CHECK(all.answers > 3'000);
}

TEST_CASE("a swarm of one's own has what it says and nothing else") {
  Swarm swarm;
  swarm.voters = 5;
  swarm.deliveries = 3'000;
  const Report report = run_swarm(7, swarm);
  CHECK(report.violation.empty());
  CHECK(report.crashes == 0);
  CHECK(report.elections <= 2);
  CHECK(report.answers > 50);
}

TEST_CASE("long runs recover, however much a quorum has to get first") {
  SeedOptions options;
  options.deliveries = 55'000;
  // A snapshot that takes longer to send than the next two take to come; logs of 3,400 and of 71 entries.
  for (const std::uint64_t seed : {std::uint64_t{14}, std::uint64_t{301}}) {
    const Report report = run_seed(seed, options);
    INFO("seed " << seed << ": " << report.violation);
    CHECK(report.violation.empty());
    CHECK_FALSE(report.unrecoverable);
  }
}
