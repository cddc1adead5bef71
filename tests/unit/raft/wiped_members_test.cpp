// Members whose disk was wiped, and that were taken in again.
#include "story.h"

using namespace kelek::raft;
using namespace kelek::raft::testing;

// Found by the simulator (seeds 5964 and 11740 of its first version).
TEST_CASE("a member that was away while another one was wiped and taken in again votes for it, and follows it") {
  Cluster cluster(voters(5));
  elect(cluster, 1);
  cluster.isolate(3);
  cluster.crash(2);
  cluster.wipe(2);
  cluster.restart(2);
  REQUIRE(cluster.change(1, "-2").ok());
  cluster.run(2);
  REQUIRE(cluster.change(1, "+2").ok());
  cluster.run(2);
  REQUIRE(cluster.change(1, "-4").ok());
  cluster.run(2);
  REQUIRE(cluster.change(1, "-5").ok());
  cluster.run(2);
  REQUIRE(cluster.config(2) == "voters 1 2 3");
  REQUIRE(cluster.config(3) == "voters 1 2 3 4 5");
  // What is left are the new disk of node 2, and node 3, which goes by the configuration that means the old one.
  cluster.crash(1);
  cluster.heal();
  cluster.run(60, [&] { return cluster.leader() == 2; });
  cluster.propose(2, "a");
  cluster.run(20);
  CHECK(cluster.config(3) == "voters 1 2 3");
  CHECK(cluster.data(3).back() == "a");
}

TEST_CASE("a member on its way through an old log is no voter by what its old disk was") {
  // Taken in again as another disk, it has read of the log no more than the configuration that means the old one: its
  // own vote, and that of a node as far behind, would elect it without what the old disk had acknowledged.
  Options options;
  options.id = 2;
  options.incarnation = 7;
  DurableState state;
  state.configuration = std::make_shared<const Configuration>();
  auto made = Node::create(options, std::move(state));
  REQUIRE(made.ok());
  Node& node = **made;
  EntryRange::Builder entries(1, 1);
  const NodeIds all = {1, 2, 3};
  entries.add(1, EntryKind::configuration, Configuration::of_voters(all).encode());
  AppendRequest append;
  append.entries = entries.finish();
  Message message = message_of(1, 2, 1, append);
  message.to_incarnation = 7;
  REQUIRE(node.step(message).ok());
  REQUIRE(node.configuration()->is_voter(2));
  const Status begun = node.campaign();
  REQUIRE_FALSE(begun.ok());
  CHECK(begun.error().refusal == Refusal::not_voter);
  for (int i = 0; i < 100; ++i) node.tick();
  CHECK(node.status().role == Role::follower);
  CHECK(node.status().term == 1);
}
