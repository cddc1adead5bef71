// Bugs in what is durable before what leaves, as far as the core decides it (B28 … B30).
#include "story.h"

using namespace kelek::raft;
using namespace kelek::raft::testing;

TEST_CASE("B28 an acknowledgement leaves only when the entries are durable") {
  Cluster cluster(with_async_storage(voters(3)));
  elect(cluster, 1);
  cluster.propose(1, "a");
  cluster.deliver(link(1, 2, append));
  CHECK(cluster.last(2) == 2);
  CHECK(cluster.in_flight(link(2, 1, append_response)) == 0);
  for (const NodeId id : NodeIds{1, 2, 3}) cluster.crash(id);
  for (const NodeId id : NodeIds{1, 2, 3}) cluster.restart(id);
  CHECK(cluster.last(2) == 1);
  CHECK(cluster.commit(1) < 2);
}

TEST_CASE("B29 a leader counts its own entry only when it is durable") {
  Cluster cluster(with_async_storage(voters(3)));
  elect(cluster, 1);
  cluster.propose(1, "a");
  REQUIRE(cluster.in_flight(link(1, 2, append)) == 1);  // it leaves before the leader's own write
  cluster.deliver(link(1, 2, append));
  cluster.persist(2);
  cluster.deliver(link(2, 1));
  CHECK(cluster.match(1, 2) == 2);
  CHECK(cluster.commit(1) == 1);
  SECTION("its own write makes the majority") {
    cluster.persist(1);
    CHECK(cluster.commit(1) == 2);
  }
  SECTION("a majority of the others does without it") {
    cluster.deliver(link(1, 3, append));
    cluster.persist(3);
    cluster.deliver(link(3, 1));
    CHECK(cluster.commit(1) == 2);
    CHECK(cluster.data(1).empty());  // committed, and not applied before it is durable here
    cluster.persist(1);
    CHECK(cluster.data(1) == Data{"a"});
  }
}

TEST_CASE("B30 a single voter does not hand out what it has not written") {
  Options options;
  options.id = 1;
  DurableState state;
  const NodeIds alone = {1};
  state.configuration = std::make_shared<const Configuration>(Configuration::of_voters(alone));
  auto node = std::move(*Node::create(options, std::move(state)));
  Ready ready;
  const auto finish = [&] {
    node->take_ready(ready);
    node->persisted(ready.number);
  };
  REQUIRE(node->campaign().ok());
  while (node->has_ready()) finish();
  REQUIRE(node->status().role == Role::leader);
  REQUIRE(node->propose(Payload::copy_of("x")).ok());
  REQUIRE(node->has_ready());
  node->take_ready(ready);
  REQUIRE(ready.entries.size() == 1);
  CHECK(ready.committed.empty());
  CHECK(ready.must_sync);
  CHECK(node->status().commit == 1);
  node->persisted(ready.number);
  node->take_ready(ready);
  REQUIRE(ready.committed.size() == 1);
  CHECK(ready.committed[0].last_index() == 2);
}

TEST_CASE("B31 a leader whose disk stands still stops leading") {
  Setup setup = with_async_storage(voters(3));
  setup.options.disk_stall_ticks = 5;
  Cluster cluster(setup);
  elect(cluster, 1);
  cluster.propose(1, "a");
  // Only node 1's disk stands still: the others write, answer, and are heard.
  for (int i = 0; i < 10 && cluster.role(1) == Role::leader; ++i) {
    cluster.tick({1});
    cluster.deliver();
    cluster.persist(2);
    cluster.persist(3);
    cluster.deliver(to(1, append_response));
    cluster.deliver(to(1, heartbeat_response));
  }
  CHECK(cluster.role(1) == Role::follower);
}

TEST_CASE(
    "B17 B24 a follower whose disk lost what it acknowledged gets it anew, and is not counted for it "
    "meanwhile") {
  Cluster cluster(voters(3));
  elect(cluster, 1);
  cluster.propose(1, "a");
  cluster.propose(1, "b");
  cluster.run(2);
  REQUIRE(cluster.match(1, 2) == 3);
  cluster.peer_fell_back(1, 2, 3);  // nothing was lost
  CHECK(cluster.match(1, 2) == 3);
  // Its rejections below what it acknowledged are old news to the leader, who would never send again from
  // there.
  cluster.peer_fell_back(1, 2, 1);
  CHECK(cluster.match(1, 2) == 0);
  CHECK(cluster.peer(1, 2).next == 2);
  CHECK(cluster.peer(1, 2).state == ReplicationState::probe);
  CHECK(cluster.commit(1) == 3);
  cluster.run(2);
  CHECK(cluster.match(1, 2) == 3);
  CHECK(cluster.peer(1, 2).state == ReplicationState::replicate);
  cluster.node(3).peer_fell_back(2, 1);  // only the leader keeps account
  cluster.node(1).peer_fell_back(99, 1);
}

TEST_CASE("B17 B73 a node whose disk lost acknowledged entries neither votes nor stands until it is repaired") {
  Options options;
  options.id = 1;
  options.check_quorum = false;
  DurableState state;
  const NodeIds all = {1, 2, 3};
  state.configuration = std::make_shared<const Configuration>(Configuration::of_voters(all));
  state.hard_state = {2, no_node, 0};
  state.entries.push_back(entries_of(1, {1, 2}));
  state.damaged = true;
  state.repair_until = 4;
  auto node = std::move(*Node::create(options, std::move(state)));
  Ready ready;
  const auto answers = [&] {
    std::vector<Message> all_answers;
    while (node->has_ready()) {
      node->take_ready(ready);
      node->persisted(ready.number);
      for (Message& message : ready.messages_after) all_answers.push_back(std::move(message));
    }
    return all_answers;
  };
  const auto ask = [&](Term term) {
    CHECK(node->step(message_of(2, 1, term, VoteRequest{9, 9, false})).ok());
    const auto got = answers();
    REQUIRE(got.size() == 1);
    return std::get<VoteResponse>(got[0].body).granted;
  };
  CHECK_FALSE(node->campaign().ok());
  CHECK_FALSE(ask(9));
  for (int i = 0; i < 100; ++i) node->tick();
  CHECK(node->status().role == Role::follower);
  CHECK(node->status().term == 9);

  // A leader brings it past the damage; from the next term on it votes again.
  CHECK(node->step(message_of(3, 1, 9, append_of(2, 2, {9, 9}, 4))).ok());
  answers();
  REQUIRE(node->status().commit == 4);
  CHECK_FALSE(ask(9));
  CHECK(ask(10));
}
