// Every state of small clusters: none breaks an invariant, and neither symmetry nor the order of steps hides any.
#include <catch2/catch.hpp>

#include <kelek/sim/explore.h>

using namespace kelek::sim;

namespace {

ExploreOptions bounds(std::uint32_t nodes, std::uint32_t terms, std::uint32_t entries) {
  ExploreOptions options;
  options.nodes = nodes;
  options.terms = terms;
  options.entries = entries;
  return options;
}

Explored all_of(const ExploreOptions& options) {
  REQUIRE(check(options).empty());
  const Explored explored = explore(options);
  CHECK(explored.violation.empty());
  CHECK(explored.complete);
  return explored;
}

}  // namespace

TEST_CASE("no state of three nodes in one term breaks an invariant") {
  const Explored explored = all_of(bounds(3, 1, 1));
  CHECK(explored.reached.states == 13'984);
  CHECK(explored.reached.node_states < 200);
}

TEST_CASE("no state of three nodes in one term breaks an invariant, whichever message arrives whenever") {
  ExploreOptions options = bounds(3, 1, 0);
  options.messages_kept = 0;
  const Explored all = all_of(options);
  options.messages_kept = 1;
  CHECK(all.reached.states > all_of(options).reached.states);
}

TEST_CASE("no state of three nodes that crash breaks an invariant") {
  ExploreOptions options = bounds(3, 1, 0);
  options.crashes = 1;
  const Explored synced = all_of(options);
  options.asynchronous = true;
  CHECK(all_of(options).reached.states > synced.reached.states);
}

TEST_CASE("no state of two nodes in three terms breaks an invariant") {
  ExploreOptions options = bounds(2, 3, 1);
  options.heartbeats = 1;
  all_of(options);
}

TEST_CASE("one node alone is explored, too") {
  ExploreOptions options = bounds(1, 3, 2);
  options.crashes = 1;
  options.asynchronous = true;
  all_of(options);
}

TEST_CASE("steps that commute are left out, and no state with them") {
  for (const bool symmetry : {true, false}) {
    ExploreOptions options = bounds(3, 1, 1);
    options.symmetry = symmetry;
    const Explored all = all_of(options);
    options.reduction = true;
    const Explored fewer = all_of(options);
    CHECK(fewer.reached.states == all.reached.states);
    CHECK(fewer.reached.steps < all.reached.steps * 4 / 5);
  }
  ExploreOptions crashing = bounds(2, 2, 1);
  crashing.crashes = 1;
  crashing.asynchronous = true;
  const Explored all = all_of(crashing);
  crashing.reduction = true;
  CHECK(all_of(crashing).reached.states == all.reached.states);
}

TEST_CASE("of states that differ in names alone one is looked at") {
  ExploreOptions options = bounds(3, 1, 1);
  const std::uint64_t once = all_of(options).reached.states;
  options.symmetry = false;
  const std::uint64_t each = all_of(options).reached.states;
  CHECK(each > once * 5);
  CHECK(each <= once * 6);
}

TEST_CASE("the same exploration comes out the same") {
  const Explored first = explore(bounds(2, 2, 1));
  const Explored second = explore(bounds(2, 2, 1));
  CHECK(first.reached.states == second.reached.states);
  CHECK(first.reached.steps == second.reached.steps);
  CHECK(first.reached.deepest == second.reached.deepest);
}

TEST_CASE("an exploration ends where its memory does, or where it is told to, and says so") {
  ExploreOptions options = bounds(3, 2, 1);
  options.most_bytes = std::size_t{8} << 20;
  const Explored full = explore(options);
  CHECK(full.out_of_memory);
  CHECK_FALSE(full.complete);
  CHECK(full.reached.bytes <= options.most_bytes + (std::size_t{4} << 20));
  const Explored stopped = explore(options, [](const ExploreProgress& progress) { return progress.states < 1'000; });
  CHECK_FALSE(stopped.out_of_memory);
  CHECK_FALSE(stopped.complete);
  CHECK(stopped.reached.states >= 1'000);
}

TEST_CASE("bounds that make no sense are refused by name") {
  CHECK(check(bounds(0, 1, 1)) == "the number of nodes must be 1 to 5, not 0");
  CHECK(check(bounds(3, 7, 1)) == "the number of terms must be 1 to 6, not 7");
  CHECK(check(bounds(3, 1, 9)) == "the number of entries must be 1 to 6, not 9");
  CHECK(check(bounds(5, 1, 0)).empty());
}
