// Bugs in replication and in the commit rule that other implementations had (B12 … B27).
#include "story.h"

using namespace kelek::raft;
using namespace kelek::raft::testing;

namespace {

AppendResponse only_answer(const Cluster& cluster, NodeId sender, NodeId receiver) {
  const auto answers = cluster.messages(link(sender, receiver, append_response));
  REQUIRE(answers.size() == 1);
  return std::get<AppendResponse>(answers[0].body);
}

}  // namespace

TEST_CASE("B12 a stale append without entries does not truncate") {
  Cluster cluster(with_logs(voters(3), {1}));
  cluster.step(message_of(1, 2, 2, append_of(1, 1, {2}, 1)));
  cluster.step(message_of(1, 2, 2, append_of(1, 1, {}, 1)));
  CHECK(cluster.log(2) == Terms{1, 2});
  cluster.step(message_of(1, 2, 2, append_of(0, 0, {1}, 1)));
  CHECK(cluster.log(2) == Terms{1, 2});
  // Nor one that ends behind what is committed and before what is held.
  cluster.step(message_of(1, 2, 2, append_of(2, 2, {2, 2}, 1)));
  cluster.step(message_of(1, 2, 2, append_of(1, 1, {2}, 1)));
  cluster.step(message_of(1, 2, 2, append_of(2, 2, {}, 1)));
  CHECK(cluster.log(2) == Terms{1, 2, 2, 2});
}

TEST_CASE("B13 conflicting entries are removed") {
  Setup setup = voters(3);
  setup.logs[2] = {1, 2, 2};
  Cluster cluster(setup);
  cluster.step(message_of(1, 2, 3, append_of(1, 1, {3}, 0)));
  CHECK(cluster.log(2) == Terms{1, 3});
}

TEST_CASE("B14 the previous entry must match in index and in term") {
  Setup setup = voters(3);
  setup.logs[2] = {1, 2};
  Cluster cluster(setup);
  cluster.step(message_of(1, 2, 3, append_of(2, 3, {3}, 0)));
  CHECK(cluster.log(2) == Terms{1, 2});
  CHECK_FALSE(only_answer(cluster, 2, 1).accepted);
}

TEST_CASE("B15 a follower commits no more than the append has verified") {
  Setup setup = voters(3);
  setup.logs[2] = {1, 1, 2, 2};
  Cluster cluster(setup);
  cluster.step(message_of(1, 2, 3, append_of(2, 1, {}, 4)));
  CHECK(cluster.commit(2) == 2);
  CHECK(cluster.data(2) == Data{"1", "2"});
  cluster.step(message_of(1, 2, 3, append_of(2, 1, {3, 3}, 4)));
  CHECK(cluster.commit(2) == 4);
}

TEST_CASE("a follower acknowledges no more than the append has verified") {
  // A leader that goes back further than it must: what stands behind its one entry was never compared.
  Setup setup = voters(3);
  setup.logs[2] = {1, 1, 2, 2};
  Cluster cluster(setup);
  cluster.step(message_of(1, 2, 3, append_of(1, 1, {1}, 0)));
  CHECK(cluster.log(2) == Terms{1, 1, 2, 2});
  const AppendResponse answer = only_answer(cluster, 2, 1);
  CHECK(answer.accepted);
  CHECK(answer.match_index == 2);
}

TEST_CASE("B16 a heartbeat does not commit what was never matched") {
  Setup setup = voters(3);
  setup.logs = {{1, {1, 2, 2, 2, 2}}, {2, {1, 2}}, {3, {1, 2}}};
  setup.terms[2] = {3, no_node};
  setup.terms[3] = {3, no_node};
  Cluster cluster(setup);
  cluster.isolate(1);
  cluster.campaign(2);
  cluster.settle();
  cluster.propose(2, "x", 3);
  cluster.settle();
  REQUIRE(cluster.commit(2) == 6);
  cluster.heal();
  cluster.tick({2});
  for (const Message& message : cluster.messages(link(2, 1, heartbeat))) {
    CHECK(std::get<HeartbeatRequest>(message.body).commit == 0);
  }
  cluster.deliver(link(2, 1, heartbeat));
  CHECK(cluster.commit(1) == 0);
  SECTION("not even where the heartbeat says more than it should") {
    cluster.step(message_of(2, 1, 4, HeartbeatRequest{5, 1}));
    CHECK(cluster.commit(1) == 0);
  }
  cluster.run(5);
  CHECK(cluster.log(1) == cluster.log(2));
  CHECK(cluster.commit(1) == 6);
}

TEST_CASE("B17 a commit index beyond the log commits nothing that is not there") {
  // Node 2 acknowledged entry 10 and its disk lost it.
  Setup setup = with_logs(voters(3), Terms(10, 1));
  Cluster cluster(setup);
  elect(cluster, 1);
  for (const NodeId id : NodeIds{1, 2, 3}) cluster.crash(id);
  cluster.disk(2).hard_state.commit = 11;
  cluster.disk(2).log.pop_back();
  cluster.disk(2).log.pop_back();
  cluster.restart(2);
  CHECK(cluster.commit(2) <= 9);
  CHECK(cluster.step(message_of(1, 2, 2, HeartbeatRequest{11, 1})).ok());
  CHECK(cluster.commit(2) <= 9);
  CHECK(cluster.step(message_of(1, 2, 2, append_of(9, 1, {}, 11))).ok());
  CHECK(cluster.commit(2) == 9);
}

TEST_CASE("B18 a commit index never moves back") {
  Cluster cluster(with_logs(voters(3), {1, 1}));
  cluster.step(message_of(2, 1, 2, append_of(2, 1, {}, 2)));
  REQUIRE(cluster.commit(1) == 2);
  cluster.step(message_of(3, 1, 3, append_of(2, 1, {}, 1)));
  CHECK(cluster.commit(1) == 2);
  cluster.step(message_of(3, 1, 3, HeartbeatRequest{1, 1}));
  CHECK(cluster.commit(1) == 2);
}

TEST_CASE("B19 B20 acknowledgements and refusals that come late move neither match nor next back") {
  Cluster cluster(one_entry_a_message(voters(3)));
  elect(cluster, 1);
  cluster.propose(1, "a", 2);
  cluster.deliver(link(1, 2, append));
  REQUIRE(cluster.in_flight(link(2, 1, append_response)) == 2);
  cluster.hold(link(2, 1, append_response), 1);
  cluster.deliver(link(2, 1));
  REQUIRE(cluster.match(1, 2) == 3);
  cluster.release();
  cluster.deliver(link(2, 1));
  CHECK(cluster.match(1, 2) == 3);
  CHECK(cluster.peer(1, 2).next == 4);

  AppendResponse refusal;
  refusal.previous_index = 2;
  refusal.hint_index = 1;
  refusal.hint_term = 1;
  cluster.step(message_of(2, 1, 1, refusal));
  CHECK(cluster.peer(1, 2).next >= 4);
  refusal.previous_index = 3;
  refusal.hint_index = 0;
  refusal.hint_term = 0;
  cluster.step(message_of(2, 1, 1, refusal));
  CHECK(cluster.peer(1, 2).next >= 4);
  CHECK(cluster.match(1, 2) == 3);
}

TEST_CASE("B21 an old entry in between does not stop the count") {
  Setup setup = voters(3);
  setup.logs = {{1, {1}}, {2, {1, 1}}, {3, {1, 1}}};
  Cluster cluster(setup);
  cluster.isolate(1);
  cluster.campaign(2);
  cluster.settle({2, 3}, [&] { return cluster.leader() == 2; });
  CHECK(cluster.commit(2) == 0);
  cluster.settle({2, 3}, [&] { return cluster.match(2, 3) == 3; });
  CHECK(cluster.commit(2) == 3);
}

TEST_CASE("B22 entries below the compacted part are not appended again") {
  Setup setup = voters(3);
  Cluster cluster(setup);
  elect(cluster, 1);
  cluster.propose(1, "a");
  cluster.propose(1, "b");
  cluster.settle();
  cluster.tick({1});
  cluster.settle();
  cluster.snapshot(2);
  REQUIRE(cluster.compact(2, 2) == 2);
  cluster.step(message_of(1, 2, 1, append_of(0, 0, {1, 1}, 2)));
  CHECK(cluster.last(2) == 3);
  const AppendResponse answer = only_answer(cluster, 2, 1);
  CHECK(answer.accepted);
  CHECK(answer.match_index >= 2);
}

TEST_CASE("B23 where the log is gone a snapshot is sent, and no append without a known term") {
  Cluster cluster(voters(3));
  cluster.isolate(3);
  elect(cluster, 1);
  for (const char* data : {"a", "b", "c", "d"}) cluster.propose(1, data);
  cluster.settle();
  cluster.snapshot(1);
  cluster.compact(1, 5);
  cluster.heal();
  bool sent = false;
  cluster.tick({1});
  for (int turn = 0; turn < 10 && !sent; ++turn) {
    for (const Message& message : cluster.messages(link(1, 3, append))) {
      CHECK(std::get<AppendRequest>(message.body).previous_index >= 5);
    }
    sent = cluster.in_flight(link(1, 3, snapshot_chunk)) > 0;
    if (!sent) cluster.deliver();
  }
  CHECK(sent);
  cluster.run(3);
  CHECK(cluster.data(3) == Data{"a", "b", "c", "d"});
  CHECK(cluster.snapshot_index(3) == 5);
}

TEST_CASE("B24 a refusal that comes after the success is old news") {
  Setup setup = voters(3);
  setup.logs = {{1, Terms(9, 1)}, {2, {1}}, {3, Terms(9, 1)}};
  Cluster cluster(setup);
  cluster.campaign(1);
  cluster.settle({1, 3}, [&] { return cluster.leader() == 1; });
  cluster.deliver(link(1, 2));
  REQUIRE(cluster.in_flight(link(2, 1, append_response)) >= 1);
  cluster.duplicate(link(2, 1, append_response), 1, true);
  cluster.settle();
  REQUIRE(cluster.match(1, 2) == 10);
  cluster.release();
  cluster.deliver(link(2, 1));
  CHECK(cluster.match(1, 2) == 10);
  CHECK(cluster.peer(1, 2).next == 11);
  CHECK(cluster.peer(1, 2).state == ReplicationState::replicate);
}

TEST_CASE("B25 a batch that is there already is acknowledged to its end") {
  Setup setup = voters(3);
  setup.logs = {{1, Terms(5, 1)}, {2, Terms(5, 1)}, {3, {1}}};
  Cluster cluster(setup);
  cluster.step(message_of(1, 2, 2, append_of(1, 1, {1, 1, 1, 1}, 0)));
  const AppendResponse answer = only_answer(cluster, 2, 1);
  CHECK(answer.accepted);
  CHECK(answer.match_index == 5);
}

TEST_CASE("B26 the answer to a heartbeat makes up for a lost acknowledgement") {
  Cluster cluster(voters(3));
  elect(cluster, 1);
  cluster.propose(1, "a");
  cluster.deliver(from(1, append));
  CHECK(cluster.drop(to(1, append_response)) == 2);
  CHECK(cluster.commit(1) == 1);
  cluster.run(2);
  CHECK(cluster.commit(1) == 2);
}

TEST_CASE("B27 a full window opens again when its acknowledgements are lost") {
  Setup setup = one_entry_a_message(voters(3));
  setup.options.max_inflight_appends = 3;
  Cluster cluster(setup);
  elect(cluster, 1);
  cluster.cut(2, 1);
  cluster.cut(3, 1);
  cluster.propose(1, "a", 10);
  CHECK(cluster.in_flight(link(1, 2, append)) == 3);
  cluster.settle();
  CHECK(cluster.match(1, 2) == 1);
  SECTION("acknowledgements lost") {}
  SECTION("appends lost") {
    cluster.drop();
  }
  cluster.heal();
  cluster.run(2, [&] { return cluster.match(1, 2) > 1; });
  cluster.run(10, [&] { return cluster.match(1, 2) == 11 && cluster.match(1, 3) == 11; });
}

TEST_CASE("a follower that restarted learns the commit index though nothing new is proposed") {
  Cluster cluster(voters(3));
  elect(cluster, 1);
  cluster.propose(1, "a");
  cluster.deliver(from(1, append));
  cluster.deliver(to(1, append_response));
  REQUIRE(cluster.commit(1) == 2);
  cluster.drop();
  cluster.crash(2);
  cluster.restart(2);
  REQUIRE(cluster.commit(2) == 1);
  cluster.run(2);
  CHECK(cluster.commit(2) == 2);
  CHECK(cluster.data(2) == Data{"a"});
}

TEST_CASE("a lost append is found out where answers take longer than the time between heartbeats") {
  Setup setup = without_check_quorum(voters(3));
  setup.network.automatic = true;
  setup.network.latency_rounds = 3;  // an answer takes six rounds, and each round has its heartbeat
  Cluster cluster(setup);
  elect(cluster, 1);
  cluster.propose(1, "a");
  CHECK(cluster.drop(link(1, 2, append)) == 1);
  cluster.run(40, [&] { return cluster.last(2) == 2; });
}

TEST_CASE("a lost part of a snapshot is found out where answers take longer than the time between heartbeats") {
  Setup setup = without_check_quorum(voters(3));
  setup.spares = {4};
  setup.network.automatic = true;
  setup.network.latency_rounds = 3;
  Cluster cluster(setup);
  elect(cluster, 1);
  SECTION("of many bytes") {
    cluster.propose(1, "a");
    cluster.settle();
  }
  SECTION("of none") {}
  cluster.snapshot(1);
  cluster.compact(1, cluster.last(1));
  REQUIRE(cluster.change(1, "+4").ok());
  cluster.run(60, [&] { return cluster.in_flight(link(1, 4, snapshot_chunk)) > 0; });
  cluster.drop(link(1, 4, snapshot_chunk));
  cluster.run(60, [&] { return cluster.last(4) == cluster.last(1); });
  CHECK(cluster.data(4) == cluster.data(1));
}
