// Random schedules: loss, doubling, reordering, crashes, cuts, changes of members, transfers and snapshots in any
// order, with the invariants of Raft checked after every step; then all is healed, and the group has to go on.
#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdint>
#include <string>

#include "support/cluster.h"

using namespace kelek::raft;
using namespace kelek::raft::testing;

namespace {

/// SplitMix64: the same on every machine.
class Draw {
 public:
  explicit Draw(std::uint64_t seed) : state_(seed) {}
  std::uint64_t below(std::uint64_t limit) {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15U);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return (z ^ (z >> 31)) % limit;
  }
  bool one_in(std::uint64_t n) { return below(n) == 0; }

 private:
  std::uint64_t state_;
};

constexpr NodeId nodes = 6;

/// Each seed draws which features there are at all: more distinct histories than with all of them always on.
Setup setup_of(Draw& draw) {
  Setup setup;
  setup.voters.clear();
  const NodeId voters = 1 + draw.below(5);
  for (NodeId id = 1; id <= nodes; ++id) (id <= voters ? setup.voters : setup.spares).push_back(id);
  setup.async_storage = draw.one_in(2);
  setup.options.pre_vote = !draw.one_in(4);
  setup.options.check_quorum = !draw.one_in(4);
  setup.options.max_append_entries = draw.one_in(2) ? 1 : 64;
  setup.options.max_inflight_appends = draw.one_in(3) ? 1 : 256;
  setup.options.snapshot_chunk_bytes = draw.one_in(2) ? 7 : 65536;
  setup.options.max_inflight_chunks = 1 + static_cast<std::uint32_t>(draw.below(3));
  setup.options.max_unapplied_bytes = draw.one_in(2) ? 8 : 65536;
  setup.options.seed = draw.below(1000000);
  return setup;
}

class Schedule {
 public:
  explicit Schedule(std::uint64_t seed) : draw_(seed), cluster_(setup_of(draw_)) {}

  void disturb(int steps) {
    for (int step = 0; step < steps; ++step) one_step(1 + draw_.below(nodes));
  }

  /// After healing, somebody leads, and what is proposed then is applied by every member.
  bool recovers() {
    cluster_.heal();
    cluster_.release();
    for (NodeId id = 1; id <= nodes; ++id) {
      if (!cluster_.is_up(id)) cluster_.restart(id);
    }
    for (int rounds = 0; rounds < 40; ++rounds) {
      cluster_.run(10);
      const NodeId leader = cluster_.leader();
      if (leader == no_node || !cluster_.propose(leader, "after").ok()) continue;
      cluster_.run(60);
      if (everybody_agrees()) return true;
    }
    return false;
  }

 private:
  bool everybody_agrees() {
    const NodeId leader = cluster_.leader();
    if (leader == no_node) return false;
    for (const Member& member : cluster_.node(leader).configuration()->members()) {
      if (cluster_.commit(member.id) != cluster_.last(leader)) return false;
    }
    return true;
  }

  void one_step(NodeId id) {
    const std::uint64_t what = draw_.below(100);
    const bool up = cluster_.is_up(id);
    if (what < 45) {
      move_messages();
    } else if (!up) {
      if (what < 60) cluster_.restart(id);
    } else if (what < 65) {
      cluster_.tick({id}, 1 + draw_.below(3));
    } else if (what < 78) {
      ++proposed_;
      cluster_.propose(id, "v" + std::to_string(proposed_), 1, proposed_);
    } else if (what < 82) {
      cluster_.read(id, ++proposed_);
    } else if (what < 88) {
      cluster_.persist(id, 1 + draw_.below(3));
    } else {
      rare_step(id, what);
    }
  }

  void move_messages() {
    const Which which{draw_.one_in(3) ? 1 + draw_.below(nodes) : no_node, no_node, std::nullopt};
    switch (draw_.below(16)) {
      case 0: cluster_.drop(which, 1); break;
      case 1: cluster_.duplicate(which, 1, draw_.one_in(4)); break;
      case 2: cluster_.hold(which, 1); break;
      case 3: cluster_.release({}, 1); break;
      default: cluster_.deliver(which, 1 + draw_.below(4)); break;
    }
  }

  void rare_step(NodeId id, std::uint64_t what) {
    const NodeId other = 1 + draw_.below(nodes);
    switch (what) {
      case 88: if (draw_.one_in(4)) cluster_.crash(id); break;
      case 89: if (other != id) cluster_.cut(id, other); break;
      case 90: cluster_.heal(); break;
      case 91: cluster_.transfer(id, other); break;
      case 92: if (draw_.one_in(4)) cluster_.campaign(id); break;
      case 93:
      case 94: change(id, other); break;
      case 95:
      case 96: snapshot(id); break;
      default: cluster_.tick({id}); break;
    }
  }

  void change(NodeId id, NodeId other) {
    const char* kinds[] = {"+", "~", "-"};
    std::string operations = kinds[draw_.below(3)] + std::to_string(other);
    if (draw_.one_in(3)) operations += " " + std::string(kinds[draw_.below(3)]) + std::to_string(1 + draw_.below(nodes));
    if (draw_.one_in(8)) operations = "leave";
    cluster_.change(id, operations, draw_.one_in(8));
  }

  void snapshot(NodeId id) {
    const Index applied = cluster_.status(id).applied;
    if (applied <= cluster_.snapshot_index(id) || cluster_.status(id).stable_index < applied) return;
    if (!cluster_.node(id).snapshot_basis(applied).ok()) return;
    cluster_.snapshot(id);
    cluster_.compact(id, applied - draw_.below(std::min<Index>(applied, 4)));
  }

  Draw draw_;
  Cluster cluster_;
  Token proposed_ = 0;
};

}  // namespace

TEST_CASE("no schedule breaks an invariant, and every one of them can be healed") {
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    INFO("seed " << seed);
    Schedule schedule(seed);
    schedule.disturb(800);
    REQUIRE(schedule.recovers());
  }
}

TEST_CASE("a pre-vote granted from an older term counts: the granter has no reason to raise it") {
  Setup setup;
  setup.options.pre_vote = true;
  setup.terms[1] = {4, no_node};
  Cluster cluster(setup);
  cluster.timeout(1, 5);
  cluster.tick({1}, 5);
  REQUIRE(cluster.role(1) == Role::pre_candidate);
  cluster.settle();
  CHECK(cluster.leader() == 1);
  CHECK(cluster.term(1) == 5);
}

TEST_CASE("a leader that removed itself and was cut off may be the only one whose log can lead") {
  Setup setup;
  setup.voters = {1, 3};
  Cluster cluster(setup);
  cluster.campaign(1);
  cluster.settle();
  REQUIRE(cluster.change(1, "-1").ok());
  cluster.drop();
  cluster.isolate(1);
  cluster.run(40);  // check-quorum ends its leadership; its log is longer than that of node 3
  REQUIRE(cluster.role(1) != Role::leader);
  CHECK_FALSE(cluster.campaign(1).ok());  // asked to, it refuses: by its own configuration it is no voter
  cluster.heal();
  cluster.run(100);
  CHECK(cluster.leader() == 3);
  CHECK(cluster.config(3) == cluster.config(1));
}

TEST_CASE("who joined cannot say who the members were before the first change that it knows") {
  Setup setup;
  setup.spares = {4};
  Cluster cluster(setup);
  cluster.campaign(1);
  cluster.settle();
  REQUIRE(cluster.change(1, "~4").ok());
  cluster.settle();
  cluster.run(3);
  REQUIRE(cluster.status(4).applied == 2);
  CHECK_FALSE(cluster.node(4).snapshot_basis(1).ok());
  CHECK(cluster.node(4).snapshot_basis(2).ok());
  CHECK(cluster.node(1).snapshot_basis(1).ok());
}
