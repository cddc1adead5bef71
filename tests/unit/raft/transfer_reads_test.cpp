// Bugs in leadership transfer, reads and the fate of proposals that other implementations had (B56 … B64,
// B70).
#include <algorithm>

#include "story.h"

using namespace kelek::raft;
using namespace kelek::raft::testing;

namespace {

Setup with_leases(Setup setup) {
  setup.options.lease_reads = true;
  return setup;
}

bool answered(const Cluster& cluster, NodeId id, Token token) {
  const ReadOutcome* outcome = cluster.read_outcome(id, token);
  return outcome != nullptr && outcome->refusal == Refusal::none;
}

}  // namespace

TEST_CASE("B56 no proposals while leadership is on its way, and again when that failed") {
  Cluster cluster(voters(3));
  elect(cluster, 1);
  cluster.isolate(2);
  cluster.propose(1, "a");
  cluster.settle();
  REQUIRE(cluster.transfer(1, 2).ok());
  const auto refused = cluster.propose(1, "b");
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().refusal == Refusal::transferring);
  cluster.run(10);
  CHECK(cluster.leader() == 1);
  CHECK(cluster.status(1).transferring_to == no_node);
  REQUIRE(cluster.transfer_outcome(1).has_value());
  CHECK_FALSE(cluster.transfer_outcome(1)->done);
  CHECK(cluster.propose(1, "c").ok());
  cluster.heal();
  cluster.run(3);
  CHECK(cluster.data(2) == Data{"a", "c"});
}

TEST_CASE("B56 a slow heir is brought up to date first, then leads at once") {
  Cluster cluster(voters(3));
  elect(cluster, 1);
  cluster.isolate(2);
  cluster.propose(1, "a", 5);
  cluster.settle();
  cluster.heal();
  REQUIRE(cluster.transfer(1, 2).ok());
  CHECK(cluster.in_flight(of(timeout_now)) == 0);
  cluster.run(3);
  CHECK(cluster.leader() == 2);
  REQUIRE(cluster.transfer_outcome(1).has_value());
  CHECK(cluster.transfer_outcome(1)->done);
  CHECK(cluster.data(2) == Data(5, "a"));
}

TEST_CASE("B57 leadership goes to voters only, and who is told looks again") {
  Setup setup = voters(3);
  setup.learners = {4};
  Cluster cluster(setup);
  elect(cluster, 1);
  const Status to_learner = cluster.transfer(1, 4);
  REQUIRE_FALSE(to_learner.ok());
  CHECK(to_learner.error().refusal == Refusal::not_voter);
  CHECK_FALSE(cluster.transfer(1, 1).ok());
  CHECK_FALSE(cluster.transfer(1, 9).ok());
  CHECK_FALSE(cluster.transfer(2, 3).ok());

  // Promoted, and it does not know: it is brought up to date before it is told.
  cluster.isolate(4);
  REQUIRE(cluster.change(1, "+4").ok());
  cluster.run(2);
  CHECK(cluster.step(message_of(1, 4, 1, TimeoutNow{})).ok());
  CHECK(cluster.role(4) == Role::follower);
  cluster.heal();
  REQUIRE(cluster.transfer(1, 4).ok());
  cluster.run(5, [&] { return cluster.leader() == 4; });
}

TEST_CASE("B58 the lease ends for good when the heir is told to go") {
  Cluster cluster(with_leases(voters(3)));
  elect(cluster, 1);
  cluster.run(3);
  cluster.read(1, 1);
  REQUIRE(answered(cluster, 1, 1));
  REQUIRE(cluster.transfer(1, 2).ok());
  cluster.isolate(1);
  cluster.settle({2, 3});
  cluster.read(1, 2);
  CHECK_FALSE(answered(cluster, 1, 2));

  SECTION("the heir leads and commits meanwhile") {
    Cluster other(with_leases(voters(3)));
    elect(other, 1);
    other.run(3);
    REQUIRE(other.transfer(1, 2).ok());
    REQUIRE(other.in_flight(link(1, 2, timeout_now)) == 1);
    other.deliver(link(1, 2, timeout_now));
    other.drop(link(2, 1));
    other.isolate(1);
    other.settle({2, 3});
    REQUIRE(other.role(2) == Role::leader);
    other.propose(2, "x");
    other.settle({2, 3});
    other.read(1, 3);  // the ledger complains if it is answered below what is committed
    CHECK_FALSE(answered(other, 1, 3));
  }
  SECTION("also after the transfer was given up") {
    cluster.heal();
    for (const NodeId id : NodeIds{2, 3}) cluster.timeout(id, 1'000);
    cluster.run(12);
    if (cluster.role(1) == Role::leader && cluster.term(1) == 1) {
      cluster.isolate(1);
      cluster.read(1, 4);
      CHECK_FALSE(answered(cluster, 1, 4));
    }
  }
}

TEST_CASE("B59 no read is answered before the leader has committed in its term") {
  Cluster cluster(voters(3));
  elect(cluster, 1);
  // Entry 2 is committed, and node 2, which has it, does not know.
  cluster.propose(1, "a");
  cluster.deliver(from(1, append));
  cluster.deliver(to(1, append_response));
  REQUIRE(cluster.commit(1) == 2);
  cluster.drop();
  REQUIRE(cluster.commit(2) == 1);
  cluster.crash(1);
  cluster.tick({2, 3}, 10);
  cluster.drop();
  cluster.campaign(2);
  cluster.settle({2, 3}, [&] { return cluster.role(2) == Role::leader; });
  cluster.read(2, 1);
  // An answer to the round of the read comes back, but nothing is committed yet.
  cluster.drop(from(2, append));
  cluster.settle({2, 3});
  CHECK((cluster.read_outcome(2, 1) == nullptr || cluster.commit(2) == 3));
  cluster.run(3);
  REQUIRE(answered(cluster, 2, 1));
  CHECK(cluster.read_outcome(2, 1)->index >= 3);
}

TEST_CASE("B60 a leader that is alone answers no linearizable read") {
  Cluster cluster(voters(3));
  elect(cluster, 1);
  cluster.isolate(1);
  cluster.read(1, 1);
  cluster.settle();
  CHECK(cluster.read_outcome(1, 1) == nullptr);
  SECTION("an answer to an earlier round does not help") {
    cluster.step(message_of(2, 1, 1, HeartbeatResponse{1, 1}));
    CHECK(cluster.read_outcome(1, 1) == nullptr);
  }
  SECTION("when it steps down the read fails") {
    cluster.tick({1}, 20);
    REQUIRE(cluster.read_outcome(1, 1) != nullptr);
    CHECK(cluster.read_outcome(1, 1)->refusal != Refusal::none);
  }
  SECTION("when the links heal it is answered") {
    cluster.heal();
    cluster.run(2);
    CHECK(answered(cluster, 1, 1));
  }
}

TEST_CASE("B61 a lease counts from the sending of the round that a majority answered") {
  Cluster cluster(with_leases(voters(3)));
  elect(cluster, 1);
  cluster.run(3);
  cluster.tick({1});
  cluster.hold(from(1, heartbeat));
  cluster.tick({1}, 3);
  cluster.drop();
  cluster.release();
  cluster.settle();  // the answers arrive four ticks after the round began
  cluster.isolate(1);
  std::size_t held = 0;
  for (Token token = 1; token <= 20; ++token) {
    cluster.read(1, token);
    if (!answered(cluster, 1, token)) break;
    ++held;
    cluster.tick({1});
  }
  CHECK(held > 0);
  CHECK(held + 3 < 10);
}

TEST_CASE("B61 leases overlap no other leader's commits, whatever the timing") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Setup setup = with_leases(voters(3));
    setup.options.seed = seed;
    Cluster cluster(setup);
    elect(cluster, 1);
    cluster.run(seed % 5);
    cluster.isolate(1);
    Token token = 1;
    for (int i = 0; i < 60; ++i) {
      cluster.run(1);
      const NodeId leader = cluster.leader();
      if (leader != no_node && leader != 1) cluster.propose(leader, "x");
      cluster.read(1, token++);  // the ledger judges
    }
    CHECK(cluster.leader() != 1);
  }
}

TEST_CASE("a voter keeps to the leader whose lease it made, whatever term it learns of meanwhile") {
  Cluster cluster(with_leases(voters(3)));
  elect(cluster, 1);
  cluster.isolate(3);
  cluster.run(12);  // node 3 has lost patience, node 2 has just heard
  cluster.isolate(1);
  REQUIRE(cluster.node(1).status().role == Role::leader);
  // A late answer of node 3, which is far ahead, takes node 2 out of its term; then node 3 asks for its vote.
  REQUIRE(cluster.step(message_of(3, 2, 5, VoteResponse{false})).ok());
  REQUIRE(cluster.term(2) == 5);
  REQUIRE(cluster.step(message_of(3, 2, 5, VoteRequest{9, 5, false})).ok());
  CHECK(cluster.vote(2) == no_node);
  cluster.read(1, 1);
  CHECK(answered(cluster, 1, 1));

  SECTION("who was told to go by the leader is voted for: that ended the lease") {
    REQUIRE(cluster.step(message_of(3, 2, 5, VoteRequest{9, 5, true})).ok());
    CHECK(cluster.vote(2) == 3);
  }
  SECTION("once the lease is over the vote is free") {
    cluster.tick({2}, 10);
    REQUIRE(cluster.step(message_of(3, 2, 9, VoteRequest{9, 5, false})).ok());
    CHECK(cluster.vote(2) == 3);
  }
}

TEST_CASE("a node that lease reads bind to its leader does not campaign on request") {
  Cluster cluster(with_leases(voters(3)));
  elect(cluster, 1);
  cluster.run(2);
  const Status begun = cluster.campaign(2);
  REQUIRE_FALSE(begun.ok());
  CHECK(begun.error().refusal == Refusal::already);
  CHECK(begun.error().leader == 1);
  cluster.timeout(2, 1);  // nor when somebody sets its timer shorter than a lease
  cluster.tick({2}, 3);
  CHECK(cluster.role(2) == Role::follower);
  cluster.isolate(2);
  cluster.timeout(2, 1'000);
  cluster.tick({2}, 10);
  CHECK(cluster.campaign(2).ok());
}

TEST_CASE("a read that must not go by the lease does not, also where a follower asked") {
  Cluster cluster(with_leases(voters(3)));
  elect(cluster, 1);
  cluster.run(3);
  cluster.read(2, 1);
  cluster.read(2, 2, ReadMode::quorum);
  cluster.settle({1, 2}, [&] { return cluster.read_outcome(2, 1) != nullptr; });
  cluster.drop(link(1, 2, heartbeat));
  cluster.drop(link(1, 3, heartbeat));
  cluster.settle();
  CHECK(answered(cluster, 2, 1));
  CHECK(cluster.read_outcome(2, 2) == nullptr);  // its round was lost
  cluster.run(1);
  CHECK(answered(cluster, 2, 2));
}

TEST_CASE("B63 a forwarded proposal is forwarded once, and lands once") {
  Cluster cluster(voters(3));
  elect(cluster, 1);
  REQUIRE(cluster.propose(2, "a", 1, 7).ok());
  cluster.duplicate(of(MessageKind::propose_response));
  cluster.settle();
  cluster.duplicate(of(MessageKind::propose_response));
  cluster.run(2);
  CHECK(cluster.data(1) == Data{"a"});
  REQUIRE(cluster.proposal_outcome(2, 7) != nullptr);
  CHECK(cluster.proposal_outcome(2, 7)->kind == ProposalOutcome::Kind::committed);
  CHECK(cluster.proposal_outcome(2, 7)->index == 2);

  // Whoever gets it and does not lead refuses it: nobody passes it on.
  CHECK(cluster.step(message_of(3, 2, 0, ProposeRequest{99, {Payload::copy_of("b")}})).ok());
  CHECK(cluster.in_flight(of(MessageKind::propose_request)) == 0);
  const auto answers = cluster.messages(link(2, 3, MessageKind::propose_response));
  REQUIRE(answers.size() == 1);
  CHECK(std::get<ProposeResponse>(answers[0].body).refusal == Refusal::not_leader);
}

TEST_CASE("B64 a proposal of a leader that was replaced is unknown, refused or committed, and never a guess") {
  Cluster cluster(voters(3));
  elect(cluster, 1);
  cluster.isolate(1);
  REQUIRE(cluster.propose(1, "a", 1, 5).ok());
  cluster.tick({1}, 25);
  REQUIRE(cluster.role(1) != Role::leader);
  const ProposalOutcome* early = cluster.proposal_outcome(1, 5);
  CHECK((early == nullptr || early->kind == ProposalOutcome::Kind::unknown));

  SECTION("another term is committed in its place") {
    cluster.tick({2, 3}, 10);
    cluster.drop();
    cluster.campaign(2);
    cluster.settle({2, 3});
    cluster.propose(2, "b");
    cluster.settle({2, 3});
    cluster.heal();
    cluster.run(60, [&] { return cluster.proposal_outcome(1, 5) != nullptr && cluster.same_logs(); });
    CHECK(cluster.proposal_outcome(1, 5)->kind != ProposalOutcome::Kind::committed);
    CHECK(cluster.data(1) == Data{"b"});
  }
  SECTION("it is committed after all") {
    cluster.heal();
    for (const NodeId id : NodeIds{2, 3}) cluster.timeout(id, 1'000);
    cluster.run(100, [&] { return cluster.leader() == 1 && cluster.data(1) == Data{"a"}; });
    const ProposalOutcome* late = cluster.proposal_outcome(1, 5);
    REQUIRE(late != nullptr);
    CHECK(late->kind != ProposalOutcome::Kind::refused);
  }
}

TEST_CASE("B70 what was acknowledged before a failover is there after it") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Setup setup = voters(5);
    setup.options.seed = seed;
    Cluster cluster(setup);
    Data acknowledged;
    for (int round = 0; round < 6; ++round) {
      cluster.run(200, [&] { return cluster.leader() != no_node; });
      cluster.run(2);
      const NodeId leader = cluster.leader();
      for (Token i = 1; i <= 5; ++i) {
        const Token token = static_cast<Token>(round) * 10 + i;
        const std::string data = std::to_string(token);
        REQUIRE(cluster.propose(leader, data, 1, token).ok());
        cluster.deliver({}, seed * i % 9);
        const ProposalOutcome* outcome = cluster.proposal_outcome(leader, token);
        if (outcome != nullptr && outcome->kind == ProposalOutcome::Kind::committed) acknowledged.push_back(data);
      }
      cluster.crash(leader);
      cluster.run(200, [&] { return cluster.leader() != no_node; });
      cluster.run(2);
      cluster.restart(leader);
    }
    cluster.run(20);
    const Data all = cluster.data(cluster.leader());
    for (const std::string& data : acknowledged) CHECK(std::count(all.begin(), all.end(), data) == 1);
  }
}
