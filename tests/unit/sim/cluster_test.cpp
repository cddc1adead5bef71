// The network by itself, the order of deliveries, and faults: the first broken invariant stops everything.
#include <catch2/catch.hpp>

#include "playing.h"

using namespace kelek;
using namespace kelek::sim;
using namespace kelek::sim::testing;

namespace {

constexpr const char* automatic = "cluster voters=1,2,3 check-quorum=off network=auto ";

/// Which node hears first of what node 2 sends to both others and node 1 to node 2.
std::string order_under(const Schedule& schedule) {
  std::string order;
  const auto scenario = parse_scenario("cluster voters=1,2,3 pre-vote=off\ncampaign 2\ncampaign 1\n");
  REQUIRE(scenario.ok());
  struct Watch final : raft::Observer {
    std::string order;
    void observe(const raft::TraceEvent& event) override {
      if (const auto* receive = std::get_if<raft::ReceiveEvent>(&event.what)) {
        const raft::Message& message = *receive->message;
        if (message.kind() != raft::MessageKind::vote_request) return;
        order += std::to_string(message.from) + ">" + std::to_string(message.to) + " ";
      }
    }
  } watch;
  Setup setup = scenario->setup;
  setup.schedule = schedule;
  setup.observer = &watch;
  Cluster cluster(setup);
  REQUIRE(cluster.campaign(2).ok());
  REQUIRE(cluster.campaign(1).ok());
  REQUIRE(cluster.settle() == Outcome::done);
  return watch.order;
}

}  // namespace

TEST_CASE("an automatic network brings a message after its latency, and settle brings everything") {
  CHECK(said_of(std::string(automatic) + "latency=3\ncampaign 1\nrun 2\nexpect term 2 0\nrun 1\nexpect term 2 1\n"
                                         "expect role 1 candidate\nrun 3\nexpect leader 1\n") == passes);
  CHECK(said_of(std::string(automatic) + "latency=0\ncampaign 1\nrun 1\nexpect leader 1\nexpect commit 1 1\n") ==
        passes);
  CHECK(said_of(std::string(automatic) + "latency=9\ncampaign 1\nsettle\nexpect leader 1\n") == passes);
}

TEST_CASE("an automatic network loses and doubles what its seed says") {
  CHECK(said_of(std::string(automatic) + "loss=100\ncampaign 1\nexpect in-flight vote 0\n") == passes);
  CHECK(said_of(std::string(automatic) + "duplicate=100\ncampaign 1\nexpect in-flight vote 4\n") == passes);
  CHECK(said_of(std::string(automatic) + "loss=30 duplicate=20 seed=5\nrun 200 until leader *\npropose leader a\n"
                                         "run 50\nexpect data 1 a\nexpect data 2 a\nexpect data 3 a\n") == passes);
}

TEST_CASE("a schedule decides between links") {
  using Order = Schedule::Order;
  CHECK(order_under({Order::sent, 1}).rfind("2>1 2>3 1>2 1>3", 0) == 0);
  CHECK(order_under({Order::by_id, 1}).rfind("1>2 1>3", 0) == 0);
  CHECK(order_under({Order::reverse, 1}).rfind("2>3", 0) == 0);
  CHECK(order_under({Order::random, 4}) == order_under({Order::random, 4}));
  std::set<std::string> orders;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) orders.insert(order_under({Order::random, seed}));
  CHECK(orders.size() > 2);
}

TEST_CASE("a link keeps its order under every schedule") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    INFO("seed " << seed);
    CHECK(said_of("cluster voters=1,2,3 max-append-entries=1\ncampaign 1\nsettle\npropose 1 a x9\n"
                  "settle 1,2 until last 2 10\n",
                  {Schedule::Order::random, seed}) == passes);
  }
}

TEST_CASE("a broken invariant stops everything, and is told in a sentence") {
  Cluster cluster;
  REQUIRE(cluster.campaign(1).ok());
  REQUIRE(cluster.settle() == Outcome::done);
  REQUIRE_FALSE(cluster.fault().has_value());
  cluster.disk(2).hard_state.term = 0;
  CHECK(cluster.tick({2}) == Outcome::fault);
  REQUIRE(cluster.fault().has_value());
  CHECK(cluster.fault()->kind == Fault::Kind::invariant);
  CHECK(cluster.fault()->text == "I7 TermDurable: node 2: its durable term goes back");
  CHECK(cluster.run(5) == Outcome::fault);
  CHECK(cluster.settle() == Outcome::fault);
}

TEST_CASE("an entry that a disk forgot is missed") {
  Cluster cluster;
  REQUIRE(cluster.campaign(1).ok());
  REQUIRE(cluster.settle() == Outcome::done);
  cluster.disk(2).log.clear();
  CHECK(cluster.tick({1}) == Outcome::fault);
  REQUIRE(cluster.fault().has_value());
  CHECK(cluster.fault()->text == "I8 DurableQuorum: the disk of node 2 ends at entry 0, but was given entry 1");
}

TEST_CASE("a message that no correct node sends is a fault of the sender") {
  Cluster cluster;
  REQUIRE(cluster.campaign(1).ok());
  REQUIRE(cluster.settle() == Outcome::done);
  raft::Message message = message_of(2, 1, 1, append_of(0, 0, {}, 0));
  CHECK_FALSE(cluster.step(message).ok());
}

TEST_CASE("logs that could not have come about break log matching from the start") {
  CHECK(said_of("cluster voters=1,2\nseed-log 1 1 2 3\nseed-log 2 1 1 3\ntick 1\n") ==
        "f:1: expected every invariant of Raft to hold, but I3 LogMatching: the disk of node 2 holds entry 3 of term 3 "
        "after another log, or with other data, than another node did");
}

TEST_CASE("too many messages are a limit, not a broken invariant") {
  std::string text = "cluster voters=1,2,3 check-quorum=off\ncampaign 1\nsettle\ntick 1 100\n";
  for (int i = 0; i < 12; ++i) text += "duplicate\n";
  CHECK(said_of(text) == "f:13:1: more than 100000 messages are in flight");
}

TEST_CASE("data survives a snapshot, whatever is in it") {
  Cluster cluster;
  REQUIRE(cluster.campaign(1).ok());
  REQUIRE(cluster.settle() == Outcome::done);
  const std::vector<std::string> data = {"", "a\nb", "c\\n", "\\", "end"};
  for (const std::string& one : data) REQUIRE(cluster.propose(1, one).ok());
  REQUIRE(cluster.settle() == Outcome::done);
  REQUIRE(cluster.snapshot(1).ok());
  cluster.crash(1);
  CHECK(cluster.data(1) == data);
}
