// Bugs in elections and terms that other implementations had (B01 … B11), each as a story that must end well.
#include "story.h"

using namespace kelek::raft;
using namespace kelek::raft::testing;

TEST_CASE("B01 an entry of an old term is not committed by counting its copies") {
  // Raft paper, figure 8.
  Setup setup = one_entry_a_message(without_check_quorum(voters(5)));
  setup.logs = {{1, {1, 2}}, {2, {1, 2}}, {3, {1}}, {4, {1}}, {5, {1, 3}}};
  setup.terms[3] = {3, 5};
  setup.terms[4] = {3, 5};
  Cluster cluster(setup);
  cluster.crash(5);

  cluster.campaign(1);  // term 3 is taken: 3 and 4 voted in it
  cluster.settle();
  cluster.campaign(1);
  cluster.settle({1, 2, 3}, [&] { return cluster.leader() == 1; });
  CHECK(cluster.term(1) == 4);
  CHECK(cluster.log(1) == Terms{1, 2, 4});

  // The old entry reaches a majority, the new one nobody but node 2.
  cluster.settle({1, 3}, [&] { return cluster.last(3) == 2; });
  cluster.drop(link(1, 3));
  cluster.deliver(link(3, 1));
  cluster.settle({1, 2});
  cluster.drop();
  CHECK(cluster.match(1, 3) == 2);
  CHECK(cluster.match(1, 2) == 3);  // three of five are known to have it
  CHECK(cluster.commit(1) < 2);

  SECTION("so another leader may still replace it") {
    cluster.crash(1);
    cluster.crash(2);
    cluster.restart(5);
    cluster.campaign(5);
    cluster.settle();
    cluster.campaign(5);
    cluster.settle();
    REQUIRE(cluster.leader() == 5);
    CHECK(cluster.log(3) == Terms{1, 3, 5});
    CHECK(cluster.commit(5) == 3);
  }
  SECTION("and it is committed together with one of the leader's own") {
    cluster.run(3);
    CHECK(cluster.commit(1) == 3);
  }
}

TEST_CASE("B02 a vote leaves only when it is durable") {
  Cluster cluster(with_async_storage(with_logs(voters(3), {1})));
  cluster.step(message_of(1, 2, 2, VoteRequest{1, 1, false}));
  CHECK(cluster.vote(2) == 1);
  CHECK(cluster.in_flight(from(2, vote_response)) == 0);
  cluster.crash(2);
  cluster.restart(2);
  CHECK(cluster.vote(2) == no_node);
  // Node 1 never heard of the lost vote; node 3 may have it.
  cluster.step(message_of(3, 2, 2, VoteRequest{1, 1, false}));
  cluster.persist(2);
  REQUIRE(cluster.in_flight(link(2, 3, vote_response)) == 1);
  CHECK(cluster.in_flight(link(2, 1)) == 0);
}

TEST_CASE("B03 a candidate's own vote is durable before it counts") {
  Cluster cluster(with_async_storage(with_logs(voters(5), {1})));
  cluster.campaign(1);
  // Its requests wait for the disk, and so does its own vote: two votes of others are no majority yet.
  CHECK(cluster.in_flight(from(1, vote)) == 0);
  cluster.step(message_of(2, 1, 2, VoteResponse{true}));
  cluster.step(message_of(3, 1, 2, VoteResponse{true}));
  CHECK(cluster.role(1) == Role::candidate);
  // And it votes for nobody else in that term.
  cluster.step(message_of(5, 1, 2, VoteRequest{1, 1, false}));
  cluster.persist(1);
  CHECK(cluster.role(1) == Role::leader);
  const auto answers = cluster.messages(link(1, 5, vote_response));
  REQUIRE(answers.size() == 1);
  CHECK_FALSE(std::get<VoteResponse>(answers[0].body).granted);
}

TEST_CASE("B03 a candidate that crashes before its vote is durable has counted itself nowhere") {
  Cluster cluster(with_async_storage(with_logs(voters(5), {1})));
  cluster.campaign(1);
  cluster.crash(1);
  CHECK(cluster.in_flight() == 0);
  cluster.restart(1);
  CHECK(cluster.term(1) == 1);
  CHECK(cluster.vote(1) == no_node);
}

TEST_CASE("B04 a vote of an earlier term is not counted") {
  Cluster cluster(without_check_quorum(with_logs(voters(3), {1})));
  cluster.campaign(1);
  cluster.deliver(link(1, 2, vote));
  cluster.drop(link(1, 3));
  cluster.hold(link(2, 1, vote_response));
  cluster.campaign(1);
  cluster.drop(from(1, vote));
  cluster.release();
  cluster.deliver(link(2, 1, vote_response));
  CHECK(cluster.term(1) == 3);
  CHECK(cluster.role(1) == Role::candidate);
  cluster.campaign(2);
  cluster.settle({2, 3});
  CHECK(cluster.leader() == 2);
  CHECK(cluster.term(2) == 3);
}

TEST_CASE("B05 one voter counts once, however often its vote arrives") {
  Cluster cluster(with_logs(voters(5), {1}));
  cluster.campaign(1);
  cluster.deliver(link(1, 2, vote));
  cluster.duplicate(link(2, 1, vote_response));
  cluster.duplicate(link(2, 1, vote_response), 1);
  CHECK(cluster.deliver(link(2, 1, vote_response)) == 3);
  CHECK(cluster.role(1) == Role::candidate);
}

TEST_CASE("B06 a newer term that was seen is not a vote") {
  Setup setup = without_check_quorum(voters(3));
  setup.logs = {{1, {1, 1, 1, 1, 1}}, {2, {1, 1, 1, 1, 1}}, {3, {1, 1}}};
  Cluster cluster(setup);
  elect(cluster, 1);
  cluster.isolate(3);
  cluster.step(message_of(3, 1, 5, VoteRequest{2, 1, false}));
  CHECK(cluster.term(1) == 5);
  CHECK(cluster.vote(1) == no_node);
  const NodeStatus best = cluster.status(2);
  cluster.step(message_of(2, 1, 5, VoteRequest{best.last_index, best.last_term, false}));
  CHECK(cluster.vote(1) == 2);
}

TEST_CASE("B07 the later last term wins, then the longer log") {
  Setup setup = voters(3);
  setup.logs = {{1, {1, 3}}, {2, {1, 2, 2, 2}}, {3, {1, 2, 2}}};
  setup.terms[2] = {3, no_node};
  setup.terms[3] = {3, no_node};
  Cluster cluster(setup);
  SECTION("a longer log of an earlier term is refused") {
    cluster.campaign(2);
    cluster.deliver(link(2, 1));
    CHECK(cluster.term(1) == 4);
    CHECK(cluster.vote(1) == no_node);
  }
  SECTION("a shorter log of a later term is chosen") {
    cluster.campaign(1);
    cluster.deliver(link(1, 2));
    CHECK(cluster.vote(2) == 1);
  }
  SECTION("of two logs with the same last term, the longer one is chosen") {
    cluster.campaign(3);
    cluster.deliver(link(3, 2));
    CHECK(cluster.vote(2) == no_node);
    cluster.campaign(2);
    cluster.campaign(2);
    cluster.deliver(link(2, 3));
    CHECK(cluster.vote(3) == 2);
  }
}

TEST_CASE("B08 a snapshot of an old term does not move the term back") {
  Setup setup = voters(3);
  setup.logs[1] = {1};
  setup.terms[1] = {4, 3};
  Cluster cluster(setup);
  auto metadata = std::make_shared<SnapshotMetadata>();
  metadata->index = 5;
  metadata->term = 2;
  metadata->configuration = cluster.node(1).configuration();
  metadata->id = 9;
  const std::string bytes = "a\nb\n";
  metadata->size_bytes = bytes.size();
  metadata->digest = digest_of(bytes);
  SnapshotChunk chunk;
  chunk.metadata = metadata;
  chunk.data = Payload::copy_of(bytes);
  CHECK(cluster.step(message_of(3, 1, 4, chunk)).ok());
  CHECK(cluster.last(1) == 5);
  CHECK(cluster.term(1) == 4);
  CHECK(cluster.vote(1) == 3);
  CHECK(cluster.data(1) == Data{"a", "b"});
}

TEST_CASE("B09 one term for votes and for appends") {
  Setup setup = with_logs(voters(3), {4});
  Cluster cluster(setup);
  cluster.step(message_of(2, 1, 6, VoteRequest{1, 4, false}));
  CHECK(cluster.vote(1) == 2);
  cluster.drop();
  cluster.step(message_of(3, 1, 4, append_of(1, 4, {4}, 1)));
  const auto answers = cluster.messages(link(1, 3, append_response));
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].term == 6);
  CHECK_FALSE(std::get<AppendResponse>(answers[0].body).accepted);
  CHECK(cluster.last(1) == 1);
  cluster.step(message_of(3, 1, 6, VoteRequest{1, 4, false}));
  CHECK(cluster.vote(1) == 2);
}

TEST_CASE("B10 a newer term in any answer ends a leadership, and the one who has it comes back in") {
  Setup setup = with_logs(voters(3), {1});
  setup.terms[3] = {5, no_node};
  Cluster cluster(setup);
  cluster.isolate(3);
  cluster.campaign(1);
  cluster.settle();
  REQUIRE(cluster.leader() == no_node);  // node 3 has a higher term than the leader
  REQUIRE(cluster.role(1) == Role::leader);
  cluster.heal();
  cluster.tick({1});
  cluster.deliver(from(1, heartbeat));
  cluster.deliver(link(3, 1));
  CHECK(cluster.role(1) == Role::follower);
  CHECK(cluster.term(1) >= 5);
  cluster.run(100, [&] { return cluster.leader() != no_node; });
  CHECK(cluster.term(cluster.leader()) >= 6);
}

TEST_CASE("B11 after a restart the term is no lower than in any message sent") {
  Cluster cluster(with_async_storage(with_logs(voters(3), {3})));
  cluster.step(message_of(2, 1, 4, VoteRequest{1, 3, false}));
  SECTION("the answer was sent") {
    cluster.persist(1);
    REQUIRE(cluster.in_flight(link(1, 2, vote_response)) == 1);
    cluster.crash(1);
    cluster.restart(1);
    CHECK(cluster.term(1) == 4);
    CHECK(cluster.vote(1) == 2);
  }
  SECTION("the answer was not sent") {
    CHECK(cluster.in_flight(from(1, vote_response)) == 0);
    cluster.crash(1);
    cluster.restart(1);
    CHECK(cluster.term(1) == 3);
  }
}
