// Bugs in changes of the membership that other implementations had (B34 … B47).
#include "story.h"

using namespace kelek::raft;
using namespace kelek::raft::testing;

namespace {

Setup with_spares(Setup setup, NodeIds spares) {
  setup.spares = std::move(spares);
  return setup;
}

Refusal refusal_of(const Result<Index>& result) {
  return result.ok() ? Refusal::none : result.error().refusal;
}

/// A cluster that starts in this configuration, without an entry for it.
Setup starting_in(std::vector<Member> members) {
  Setup setup;
  setup.configuration = *Configuration::make(std::move(members), false);
  return setup;
}

Member member(NodeId id, bool voter, bool outgoing, bool learner) {
  Member made;
  made.id = id;
  made.voter = voter;
  made.outgoing = outgoing;
  made.learner = learner;
  return made;
}

}  // namespace

TEST_CASE("B34 no change of the membership before the leader has committed an entry of its term") {
  Cluster cluster(with_spares(voters(4), {5}));
  elect(cluster, 1);
  const char* first_change = GENERATE("+5", "-4");
  const char* second_change = GENERATE("-1", "+5");
  // Node 1's change reaches nobody but, where it is added, node 5.
  REQUIRE(cluster.change(1, first_change).ok());
  cluster.settle({1, 5});
  cluster.drop();
  cluster.isolate(1);
  cluster.isolate(5);
  cluster.tick({2, 3, 4}, 10);
  cluster.campaign(2);
  cluster.settle({2, 3, 4}, [&] { return cluster.role(2) == Role::leader; });
  REQUIRE(cluster.commit(2) < cluster.last(2));
  CHECK(refusal_of(cluster.change(2, second_change)) == Refusal::not_ready);
  cluster.settle({2, 3, 4});
  REQUIRE(cluster.commit(2) == cluster.last(2));
  CHECK(cluster.change(2, second_change).ok());
  cluster.settle({2, 3, 4});

  // Whatever node 1 does now, its log lacks what is committed: it never leads with it.
  cluster.tick({1}, 25);
  cluster.drop();
  REQUIRE(cluster.role(1) != Role::leader);
  cluster.heal();
  cluster.isolate(2);
  for (int i = 0; i < 5; ++i) {
    cluster.tick({3, 4}, 10);
    cluster.campaign(1);
    cluster.settle({1, 3, 4, 5});
    REQUIRE(cluster.role(1) != Role::leader);
  }
}

TEST_CASE("B35 one change at a time, also for the next leader") {
  Cluster cluster(with_spares(voters(3), {4, 5}));
  elect(cluster, 1);
  REQUIRE(cluster.change(1, "+4").ok());
  const Index last = cluster.last(1);
  CHECK(refusal_of(cluster.change(1, "-2")) == Refusal::change_pending);
  CHECK(cluster.last(1) == last);

  cluster.settle({1, 2}, [&] { return cluster.last(2) == last; });
  cluster.drop();
  cluster.crash(1);
  cluster.tick({2, 3, 4}, 10);
  cluster.drop();
  cluster.campaign(2);
  cluster.settle({2, 3, 4}, [&] { return cluster.role(2) == Role::leader; });
  CHECK_FALSE(cluster.change(2, "+5").ok());
  cluster.settle();
  CHECK(cluster.commit(2) == cluster.last(2));
  CHECK(cluster.change(2, "+5").ok());
}

TEST_CASE("B36 a node campaigns with the configuration in its log, applied or not") {
  Cluster cluster(with_spares(voters(3), {4, 5}));
  elect(cluster, 1);
  cluster.pause_applying(3);
  REQUIRE(cluster.change(1, "+4 +5").ok());
  cluster.run(3);
  REQUIRE(cluster.config(3) == "voters 1 2 3 4 5");
  REQUIRE(cluster.status(3).applied < cluster.commit(3));
  cluster.tick({1, 2, 4, 5}, 20);
  cluster.drop();
  cluster.isolate(1);
  cluster.campaign(2);
  cluster.campaign(3);
  cluster.heal();
  cluster.partition({{1, 3}, {2, 4, 5}});
  cluster.settle();
  // Two of three would have been enough for node 3 in the old configuration.
  CHECK(cluster.role(3) != Role::leader);
  CHECK(cluster.role(2) == Role::leader);
}

TEST_CASE("B37 a configuration goes with the entry that held it") {
  Cluster cluster(with_spares(voters(3), {4}));
  elect(cluster, 1);
  cluster.isolate(1);
  REQUIRE(cluster.change(1, "+4").ok());
  REQUIRE(cluster.config(1) == "voters 1 2 3 4");
  cluster.tick({2, 3}, 20);
  cluster.drop();
  cluster.campaign(2);
  cluster.settle({2, 3});
  cluster.heal();
  cluster.run(2);
  CHECK(cluster.leader() == 2);
  CHECK(cluster.config(1) == "voters 1 2 3");
}

TEST_CASE("B38 a snapshot carries the configuration of its index") {
  Cluster cluster(with_spares(voters(3), {4}));
  elect(cluster, 1);
  cluster.propose(1, "a");
  cluster.settle();
  const Index before = cluster.status(1).applied;
  REQUIRE(cluster.change(1, "+4").ok());
  cluster.propose(1, "b");
  cluster.run(3);
  REQUIRE(cluster.status(1).applied > before);
  const SnapshotMetadata metadata = cluster.snapshot(1, before);
  CHECK(metadata.configuration->describe() == "voters 1 2 3");
  cluster.compact(1, before);
  cluster.crash(1);
  cluster.restart(1);
  CHECK(cluster.config(1) == "voters 1 2 3 4");
}

TEST_CASE("B39 a joint configuration is not left before it is committed") {
  Cluster cluster(voters(2));
  elect(cluster, 1);
  cluster.propose(1, "a");
  cluster.settle();
  // {1, 2} becomes {1} through a joint configuration that nobody but node 1 has.
  REQUIRE(cluster.change(1, "-2", true).ok());
  REQUIRE(cluster.config(1) == "voters 1, outgoing 1 2");
  const Index joint = cluster.last(1);
  cluster.drop();
  cluster.crash(1);
  cluster.restart(1);
  REQUIRE(cluster.config(1) == "voters 1, outgoing 1 2");
  cluster.tick({2}, 20);
  cluster.drop();
  cluster.campaign(1);
  cluster.settle({}, [&] { return cluster.role(1) == Role::leader; });
  cluster.drop();
  cluster.isolate(2);
  CHECK_FALSE(cluster.change(1, "leave").ok());
  cluster.propose(1, "b");
  cluster.settle();
  CHECK(cluster.commit(1) < joint);
}

TEST_CASE("B40 the next leader leaves an abandoned joint configuration") {
  Cluster cluster(with_spares(voters(3), {4, 5}));
  elect(cluster, 1);
  REQUIRE(cluster.change(1, "+4 +5 -2 -3").ok());
  const Index joint = cluster.last(1);
  // All have the joint entry; the leader is gone before anything says that it is committed.
  cluster.settle({}, [&] {
    for (const NodeId id : NodeIds{2, 3, 4, 5}) {
      if (cluster.last(id) < joint) return false;
    }
    return true;
  });
  cluster.drop();
  cluster.crash(1);
  cluster.tick({2, 3, 4, 5}, 20);
  cluster.drop();
  for (const NodeId id : NodeIds{2, 3, 5}) cluster.timeout(id, 1'000'000);
  cluster.run(100, [&] { return cluster.leader() == 4; });
  cluster.run(1, [&] { return cluster.config(4) == "voters 1 4 5"; });
  cluster.run(2);
  CHECK(cluster.commit(4) == cluster.last(4));
}

TEST_CASE("B41 a leader that demotes itself votes for itself while joint") {
  Cluster cluster(starting_in({member(1, false, true, true), member(2, true, false, false)}));
  REQUIRE(cluster.config(1) == "voters 2, outgoing 1, learners 1");
  REQUIRE(cluster.campaign(1).ok());
  cluster.settle();
  CHECK(cluster.leader() == 1);
}

TEST_CASE("B42 a leader outside the new configuration does not count itself") {
  Cluster cluster(voters(3));
  elect(cluster, 1);
  REQUIRE(cluster.change(1, "-1").ok());
  const Index change = cluster.last(1);
  cluster.isolate(3);
  cluster.settle({1, 2});
  CHECK(cluster.match(1, 2) == change);
  CHECK(cluster.commit(1) < change);
  cluster.heal();
  cluster.run(1);
  CHECK(cluster.commit(1) == change);
  CHECK(cluster.role(1) == Role::follower);
  cluster.run(30, [&] { return cluster.leader() == 2 || cluster.leader() == 3; });
}

TEST_CASE("B43 the one that is left can lead after the leader removed itself") {
  Cluster cluster(voters(2));
  elect(cluster, 1);
  REQUIRE(cluster.change(1, "-1").ok());
  const Index change = cluster.last(1);
  cluster.deliver(link(1, 2));
  cluster.deliver(link(2, 1));
  cluster.drop();  // also the word that it is committed
  REQUIRE(cluster.commit(2) < change);
  cluster.run(100, [&] { return cluster.leader() == 2; });
  cluster.run(3);
  CHECK(cluster.commit(2) > change);
}

TEST_CASE("B43 nor is anything lost if the change never reached the one that is left") {
  Cluster cluster(voters(2));
  elect(cluster, 1);
  REQUIRE(cluster.change(1, "-1").ok());
  const Index change = cluster.last(1);
  cluster.drop();
  cluster.isolate(1);
  cluster.tick({1, 2}, 40);  // the leader gives up; node 2 cannot win without its vote
  CHECK(cluster.role(1) != Role::leader);
  cluster.heal();
  cluster.drop();
  cluster.run(200, [&] { return cluster.leader() != no_node; });
  cluster.run(100, [&] { return cluster.leader() == 2 && cluster.commit(2) >= change; });
}

TEST_CASE("B44 who thinks itself a learner votes when it is asked") {
  Setup setup = voters(3);
  setup.learners = {4};
  Cluster cluster(setup);
  elect(cluster, 1);
  cluster.isolate(4);
  REQUIRE(cluster.change(1, "+4").ok());
  cluster.settle();
  cluster.run(2);
  REQUIRE(cluster.config(2) == "voters 1 2 3 4");
  REQUIRE(cluster.config(4) == "voters 1 2 3, learners 4");
  cluster.crash(1);
  cluster.heal();
  SECTION("in the term it knows") {}
  SECTION("also in a lower term than the asker's") {
    cluster.isolate(4);
    for (int i = 0; i < 3; ++i) {
      cluster.campaign(2);
      cluster.drop();
    }
    cluster.heal();
    REQUIRE(cluster.term(2) > cluster.term(4));
    cluster.crash(3);
    cluster.restart(3);
  }
  cluster.timeout(3, 1'000'000);
  cluster.run(100, [&] { return cluster.leader() == 2; });
}

TEST_CASE("B44 a promoted learner in an old term gives the vote that a majority needs") {
  // Of voters 2 and 4, node 4 thinks itself a learner, never asks, and answers in a lower term than is asked
  // in.
  Setup setup;
  setup.configuration = *Configuration::make({member(1, true, false, false), member(4, false, false, true)});
  setup.spares = {2};
  setup.logs = {{4, {1}}};
  setup.terms[4] = {1, no_node};
  Cluster cluster(setup);
  cluster.crash(1);
  cluster.crash(2);
  cluster.disk(2).log.push_back(Entry{Payload::copy_of("1"), EntryKind::command, 1});
  Entry entry;
  entry.payload = Configuration::of_voters(NodeIds{2, 4}).encode();
  entry.kind = EntryKind::configuration;
  entry.term = 1;
  cluster.disk(2).log.push_back(entry);
  cluster.disk(2).hard_state.term = 7;
  cluster.restart(2);
  cluster.run(100, [&] { return cluster.leader() == 2; });
  CHECK(cluster.term(2) >= 8);
}

TEST_CASE("a learner far away is promoted under steady load, within an election timeout of the first request") {
  Cluster cluster(with_spares(voters(3), {4}));
  elect(cluster, 1);
  REQUIRE(cluster.change(1, "~4").ok());
  cluster.run(3);
  // What is proposed reaches the others at once and the learner later: it is never at the commit index.
  const auto propose_without_4 = [&cluster] {
    cluster.propose(1, "a");
    for (int i = 0; i < 4; ++i) {
      for (const NodeId other : NodeIds{2, 3}) {
        cluster.deliver(link(1, other));
        cluster.deliver(link(other, 1));
      }
    }
  };
  const auto hear_from_4 = [&cluster](std::size_t appends) {
    cluster.deliver(link(1, 4), appends);
    cluster.deliver(link(4, 1));
  };
  propose_without_4();
  propose_without_4();
  const Index goal = cluster.commit(1);
  CHECK(refusal_of(cluster.change(1, "+4")) == Refusal::not_caught_up);
  propose_without_4();
  hear_from_4(1);
  REQUIRE(cluster.match(1, 4) < goal);
  CHECK(refusal_of(cluster.change(1, "+4")) == Refusal::not_caught_up);

  SECTION("it has what was committed then, though more is committed now") {
    hear_from_4(1);
    REQUIRE(cluster.match(1, 4) == goal);
    REQUIRE(cluster.commit(1) > goal);
    CHECK(cluster.change(1, "+4").ok());
  }
  SECTION("it has it too late, and is measured anew") {
    for (std::uint32_t ticks = 0; ticks <= Options().election_ticks; ++ticks) {
      cluster.tick_all();
      for (const NodeId other : NodeIds{2, 3}) {
        cluster.deliver(link(1, other));
        cluster.deliver(link(other, 1));
      }
    }
    hear_from_4(1);
    REQUIRE(cluster.match(1, 4) == goal);
    REQUIRE(cluster.leader() == 1);
    CHECK(refusal_of(cluster.change(1, "+4")) == Refusal::not_caught_up);
  }
}

TEST_CASE("B45 a learner counts nowhere, and is promoted only when it has caught up") {
  Cluster cluster(with_spares(voters(3), {4}));
  elect(cluster, 1);
  cluster.crash(3);
  cluster.isolate(4);
  REQUIRE(cluster.change(1, "~4").ok());
  cluster.run(2);
  cluster.propose(1, "a");
  cluster.settle();
  CHECK(cluster.commit(1) == cluster.last(1));
  CHECK(refusal_of(cluster.change(1, "+4")) == Refusal::not_caught_up);
  cluster.heal();
  cluster.run(3);
  CHECK(cluster.match(1, 4) == cluster.last(1));
  CHECK_FALSE(cluster.campaign(4).ok());
  CHECK(cluster.change(1, "+4").ok());

  SECTION("its acknowledgement is no part of a majority of voters") {
    Setup setup = voters(3);
    setup.learners = {4, 5};
    Cluster other(setup);
    elect(other, 1);
    other.crash(2);
    other.crash(3);
    other.propose(1, "a");
    other.run(3);
    CHECK(other.match(1, 4) == 2);
    CHECK(other.commit(1) == 1);
  }
}

TEST_CASE("B46 a removed node does not disturb those that stay") {
  Cluster cluster(voters(3));
  elect(cluster, 1);
  cluster.isolate(3);
  REQUIRE(cluster.change(1, "-3").ok());
  cluster.run(3);
  REQUIRE(cluster.config(2) == "voters 1 2");
  cluster.tick({3}, 100);
  cluster.heal();
  const Term term = cluster.term(1);
  for (int i = 0; i < 500; ++i) {
    if (i % 50 == 0) cluster.campaign(3);
    cluster.run(1);
    REQUIRE(cluster.leader() == (cluster.term(3) > term ? no_node : NodeId{1}));
    REQUIRE(cluster.role(1) == Role::leader);
  }
  CHECK(cluster.term(1) == term);
}

TEST_CASE("B47 a node that lost its disk is another one, until it is added again") {
  Cluster cluster(voters(3));
  elect(cluster, 1);
  cluster.propose(1, "a");
  cluster.run(2);
  cluster.crash(2);
  cluster.wipe(2);
  cluster.restart(2);
  cluster.isolate(3);
  cluster.propose(1, "b");
  cluster.run(5);
  CHECK(cluster.last(2) == 0);
  CHECK(cluster.commit(1) == 2);  // node 2 acknowledges nothing
  cluster.tick({1}, 30);
  CHECK(cluster.role(1) != Role::leader);
  cluster.drop();
  cluster.campaign(1);
  cluster.settle();
  CHECK(cluster.role(1) == Role::candidate);  // and it has no vote
  CHECK_FALSE(cluster.campaign(2).ok());

  cluster.heal();
  cluster.run(60, [&] { return cluster.leader() == 1 || cluster.leader() == 3; });
  cluster.run(2);
  const NodeId leader = cluster.leader();
  REQUIRE(cluster.change(leader, "-2").ok());
  cluster.run(2);
  REQUIRE(cluster.change(leader, "+2").ok());
  cluster.run(5);
  CHECK(cluster.config(2) == "voters 1 2 3");
  CHECK(cluster.data(2) == Data{"a", "b"});
}
