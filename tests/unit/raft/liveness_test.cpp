// Bugs that left a group without a leader, or changed leaders for nothing (B48 … B55).
#include "story.h"

using namespace kelek::raft;
using namespace kelek::raft::testing;

TEST_CASE("B48 who asks in an old term learns the newer one") {
  Setup setup = with_logs(voters(3), {1});
  setup.terms[1] = {5, no_node};
  Cluster cluster(setup);
  cluster.crash(2);
  SECTION("both have timers") {
    cluster.run(100, [&] { return cluster.leader() != no_node; });
  }
  SECTION("only the one of the higher term asks") {
    // Node 3 answers in its own, lower term; its yes counts all the same.
    cluster.timeout(3, 1'000'000);
    cluster.run(100, [&] { return cluster.leader() == 1; });
    CHECK(cluster.term(1) >= 6);
  }
  SECTION("only the one of the lower term asks") {
    cluster.timeout(1, 1'000'000);
    cluster.run(100, [&] { return cluster.leader() == 3; });
    CHECK(cluster.term(3) >= 6);
  }
}

TEST_CASE("B49 a short log in a high term does not keep a long one from leading") {
  Setup setup = voters(3);
  setup.logs = {{1, {1}}, {2, {1, 1, 1}}};
  setup.terms = {{1, {9, no_node}}, {2, {5, no_node}}};
  setup.options_of[1] = setup.options;
  setup.options_of[1].pre_vote = false;
  Cluster cluster(setup);
  cluster.crash(3);
  cluster.run(200, [&] { return cluster.leader() == 2; });
  CHECK(cluster.term(2) >= 10);
}

TEST_CASE("B50 a pre-vote is judged by the log as a vote is") {
  Setup setup = voters(3);
  setup.logs = {{1, {1, 1, 1}}, {2, {1, 1, 1}}, {3, {1}}};
  Cluster cluster(setup);
  cluster.crash(1);
  cluster.timeout(2, 1'000'000);
  for (int i = 0; i < 100; ++i) cluster.run(1);
  CHECK(cluster.term(3) == 1);
  CHECK(cluster.term(2) == 1);
}

TEST_CASE("B50 a leader that pauses now and then is not unseated by a short log") {
  Setup setup = voters(3);
  setup.logs = {{1, {1, 1, 1}}, {2, {1, 1, 1}}, {3, {1}}};
  Cluster cluster(setup);
  cluster.cut(1, 3);  // node 3 stays behind, and hears nothing
  elect(cluster, 1);
  cluster.timeout(2, 1'000'000);
  const Term term = cluster.term(1);
  for (int pause = 0; pause < 20; ++pause) {
    cluster.run(10);
    for (int i = 0; i < 12; ++i) {
      cluster.tick({2, 3});
      cluster.settle({2, 3});
    }
  }
  CHECK(cluster.term(3) == term);
  CHECK(cluster.leader() == 1);
}

TEST_CASE("B51 a candidate answers a pre-vote by the rule of the log") {
  Setup setup = voters(3);
  setup.logs = {{1, {1}}, {2, {1, 2}}};
  setup.terms[2] = {3, no_node};
  setup.terms[1] = {2, no_node};
  Cluster cluster(setup);
  cluster.crash(3);
  cluster.campaign(1);
  cluster.drop();
  REQUIRE(cluster.role(1) == Role::candidate);
  REQUIRE(cluster.term(1) == 3);
  cluster.timeout(2, 1);
  cluster.tick({2});
  REQUIRE(cluster.role(2) == Role::pre_candidate);
  cluster.run(100, [&] { return cluster.leader() != no_node; });
  CHECK(cluster.leader() == 2);
}

TEST_CASE("B52 a partial partition changes the leader twice at the most, and writes go on") {
  Cluster cluster(voters(5));
  elect(cluster, 3);
  for (const NodeId far : NodeIds{1, 3, 5}) {
    cluster.cut(4, far);
    cluster.cut(far, 4);
  }
  for (const NodeId far : NodeIds{1, 2}) {
    cluster.cut(5, far);
    cluster.cut(far, 5);
  }
  const std::size_t before = cluster.elections();
  std::size_t written = 0;
  for (int i = 0; i < 100; ++i) {
    cluster.run(10);
    const NodeId leader = cluster.leader();
    if (leader == no_node) continue;
    const Index commit = cluster.commit(leader);
    cluster.propose(leader, "x");
    cluster.run(1);
    if (cluster.commit(leader) > commit) ++written;
  }
  CHECK(cluster.elections() - before <= 2);
  CHECK(written >= 95);
}

namespace {

using Graph = std::uint32_t;  // of five nodes: a bit for each pair, set where its link is whole

std::vector<std::pair<NodeId, NodeId>> pairs_of_five() {
  std::vector<std::pair<NodeId, NodeId>> pairs;
  for (NodeId a = 1; a <= 5; ++a) {
    for (NodeId b = a + 1; b <= 5; ++b) pairs.push_back({a, b});
  }
  return pairs;
}

/// Whether anybody reaches two others: with itself that is a majority.
bool somebody_reaches_a_majority(Graph whole) {
  const auto pairs = pairs_of_five();
  std::array<int, 6> reached{};
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    if ((whole >> i & 1) == 0) continue;
    ++reached[static_cast<std::size_t>(pairs[i].first)];
    ++reached[static_cast<std::size_t>(pairs[i].second)];
  }
  return std::any_of(reached.begin(), reached.end(), [](int count) { return count >= 2; });
}

/// Rounds until something new is committed, asked for at whoever thinks that it leads; 0: not within `most`.
std::size_t rounds_to_commit(Cluster& cluster, std::size_t most) {
  Index before = 0;
  for (const NodeId id : cluster.all_nodes()) before = std::max(before, cluster.commit(id));
  for (std::size_t round = 1; round <= most; ++round) {
    for (const NodeId id : cluster.all_nodes()) {
      if (cluster.role(id) == Role::leader) cluster.propose(id, "x");
    }
    cluster.run(1);
    for (const NodeId id : cluster.all_nodes()) {
      if (cluster.commit(id) > before) return round;
    }
  }
  return 0;
}

}  // namespace

TEST_CASE("B52 in each partial partition of five nodes in which anybody reaches a majority writes go on") {
  const auto pairs = pairs_of_five();
  const std::size_t timeout = 2 * Options().election_ticks;
  std::size_t partitions = 0;
  std::size_t longest = 0;
  for (Graph whole = 0; whole < 1U << pairs.size(); ++whole) {
    if (!somebody_reaches_a_majority(whole)) continue;
    ++partitions;
    Cluster cluster(voters(5));
    elect(cluster, 1);
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      if ((whole >> i & 1) != 0) continue;
      cluster.cut(pairs[i].first, pairs[i].second);
      cluster.cut(pairs[i].second, pairs[i].first);
    }
    // What a leader that nobody hears appends is not committed; the old one may think for a while that it still leads.
    const std::size_t rounds = rounds_to_commit(cluster, 20 * timeout);
    INFO("links " << whole);
    CHECK(rounds != 0);
    CHECK_FALSE(cluster.fault());
    longest = std::max(longest, rounds);
  }
  CHECK(partitions > 900);
  INFO("the longest took " << longest << " rounds of " << timeout << " to an election timeout");
  CHECK(longest <= 3 * timeout);
}

TEST_CASE("B53 a leader that sends and hears nothing gives up") {
  Cluster cluster(voters(3));
  elect(cluster, 1);
  cluster.cut(2, 1);
  cluster.cut(3, 1);
  cluster.run(20, [&] { return cluster.role(1) != Role::leader; });
  cluster.run(40, [&] { return cluster.leader() == 2 || cluster.leader() == 3; });
}

TEST_CASE("B54 a heartbeat that is no faster than an election is refused") {
  Options options;
  options.id = 1;
  options.heartbeat_ticks = options.election_ticks;
  const auto created = Node::create(options, DurableState());
  REQUIRE_FALSE(created.ok());
  CHECK(created.error().text.find("heartbeat_ticks") != std::string::npos);
}

TEST_CASE("B54 a leader grants no pre-vote, and survives one") {
  Cluster cluster(voters(3));
  elect(cluster, 1);
  CHECK(cluster.step(message_of(2, 1, 1, PreVoteRequest{2, 9, 9})).ok());
  const auto answers = cluster.messages(link(1, 2, pre_vote_response));
  REQUIRE(answers.size() == 1);
  CHECK_FALSE(std::get<PreVoteResponse>(answers[0].body).granted);
  CHECK(cluster.role(1) == Role::leader);
}

TEST_CASE("B55 a burst of ticks brings one campaign a timeout, and no lease") {
  Setup setup = voters(3);
  setup.options.lease_reads = true;
  Cluster cluster(setup);
  elect(cluster, 1);
  cluster.run(3);
  SECTION("at a follower") {
    cluster.isolate(2);
    const Term before = cluster.term(2);
    std::size_t asked = 0;
    for (int i = 0; i < 10'000; ++i) {
      cluster.tick({2});
      if (cluster.role(2) == Role::pre_candidate && cluster.status(2).leader == no_node) ++asked;
    }
    CHECK(asked > 0);
    CHECK(cluster.term(2) == before);
  }
  SECTION("at a candidate without pre-vote, terms grow by one in at least one election timeout") {
    Setup bold = voters(3);
    bold.options.pre_vote = false;
    Cluster other(bold);
    other.isolate(2);
    other.tick({2}, 10'000);
    CHECK(other.term(2) <= 1'000);
    CHECK(other.term(2) >= 500);
  }
  SECTION("at the leader") {
    cluster.isolate(1);
    cluster.tick({1}, 10'000);
    cluster.read(1, 1);
    CHECK((cluster.read_outcome(1, 1) == nullptr || cluster.read_outcome(1, 1)->refusal != Refusal::none));
  }
}
