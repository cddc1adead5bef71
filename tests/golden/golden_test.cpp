// The stories of the Raft paper and thesis as sentences: each test plays one, and compares the whole
// transcript with its file. KELEK_UPDATE_GOLDEN=1 writes the files anew; read the difference before it is
// committed.
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "story.h"

using namespace kelek::raft;
using namespace kelek::raft::testing;

namespace {

/// Collects sentences. The receipt of a message is left out where its sending was told: a transcript is read
/// by people.
class Transcript final : public Observer {
 public:
  explicit Transcript(const std::string& title) : text_(title + "\n") {}

  void observe(const TraceEvent& event) override {
    if (muted || std::holds_alternative<ReceiveEvent>(event.what) ||
        std::holds_alternative<PersistedEvent>(event.what)) {
      return;
    }
    text_ += "  " + format_sentence(event) + "\n";
  }

  /// A heading of the test's own.
  void say(const std::string& words) { text_ += "\n" + words + "\n"; }

  void compare(const std::string& name) const {
    const std::string path = std::string(KELEK_GOLDEN_FOLDER) + "/" + name + ".txt";
    if (std::getenv("KELEK_UPDATE_GOLDEN") != nullptr) {
      std::ofstream(path, std::ios::binary) << text_;
      return;
    }
    std::ifstream file(path, std::ios::binary);
    REQUIRE(file.good());
    std::ostringstream expected;
    expected << file.rdbuf();
    INFO("transcript " << name << ".txt; KELEK_UPDATE_GOLDEN=1 writes it anew");
    CHECK(text_ == expected.str());
  }

  bool muted = false;

 private:
  std::string text_;
};

Setup watched(Setup setup, Transcript& transcript) {
  setup.observer = &transcript;
  return setup;
}

/// What is needed before the story begins is not told.
void quietly_elect(Cluster& cluster, Transcript& transcript, NodeId id) {
  transcript.muted = true;
  elect(cluster, id);
  transcript.muted = false;
}

}  // namespace

TEST_CASE("first election") {
  Transcript told("The first election: a node hears no leader, asks whether it may, asks for votes, and leads.");
  Cluster cluster(watched(voters(3), told));
  cluster.timeout(1, 3);
  cluster.tick({1}, 3);
  cluster.settle();
  told.say("A heartbeat later everybody knows.");
  cluster.tick({1});
  cluster.settle();
  CHECK(cluster.leader() == 1);
  told.compare("first-election");
}

TEST_CASE("split vote") {
  Transcript told("A split vote: two candidates get two votes each, and another term decides.");
  Setup setup = watched(voters(4), told);
  setup.options.pre_vote = false;
  Cluster cluster(setup);
  told.say("Nodes 1 and 2 begin at the same time.");
  cluster.campaign(1);
  cluster.campaign(2);
  cluster.deliver(link(1, 3));
  cluster.deliver(link(2, 4));
  cluster.settle();
  CHECK(cluster.leader() == no_node);
  told.say("Node 1 loses patience first.");
  cluster.timeout(1, 2);
  cluster.tick({1}, 2);
  cluster.settle();
  CHECK(cluster.leader() == 1);
  told.compare("split-vote");
}

TEST_CASE("log repair") {
  Transcript told("Seven logs become one (Raft paper, figure 7): the leader of term 8 repairs its followers.");
  Setup setup = watched(without_check_quorum(voters(7)), told);
  setup.logs = {
      {1, {1, 1, 1, 4, 4, 5, 5, 6, 6, 6}},    {2, {1, 1, 1, 4, 4, 5, 5, 6, 6}},          {3, {1, 1, 1, 4}},
      {4, {1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6}}, {5, {1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7}}, {6, {1, 1, 1, 4, 4, 4, 4}},
      {7, {1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3}}};
  setup.terms[1] = {7, no_node};
  Cluster cluster(setup);
  told.say("Node 1 stands for election.");
  cluster.campaign(1);
  cluster.settle();
  cluster.tick({1});
  cluster.settle();
  CHECK(cluster.same_logs());
  CHECK(cluster.commit(7) == 11);
  told.compare("log-repair");
}

TEST_CASE("old-term commit") {
  Transcript told("An entry of an old term is not committed by counting its copies (Raft paper, figure 8).");
  Setup setup = watched(one_entry_a_message(without_check_quorum(voters(5))), told);
  setup.logs = {{1, {1, 2}}, {2, {1, 2}}, {3, {1}}, {4, {1}}, {5, {1, 3}}};
  setup.terms[1] = {3, no_node};
  setup.terms[2] = {3, no_node};
  setup.terms[3] = {3, 5};
  setup.terms[4] = {3, 5};
  Cluster cluster(setup);
  cluster.crash(5);
  told.say("Node 1 leads term 4 and copies its entry of term 2 to node 3: three of five have it.");
  cluster.campaign(1);
  cluster.settle({1, 2, 3}, [&] { return cluster.leader() == 1; });
  cluster.settle({1, 3}, [&] { return cluster.last(3) == 2; });
  cluster.drop(link(1, 3));
  cluster.deliver(link(3, 1));
  cluster.settle({1, 2});
  cluster.drop();
  CHECK(cluster.match(1, 3) == 2);
  CHECK(cluster.match(1, 2) == 3);
  CHECK(cluster.commit(1) == 0);
  told.say("It crashes; node 5 comes back, and may still replace that entry.");
  cluster.crash(1);
  cluster.crash(2);
  cluster.restart(5);
  cluster.campaign(5);
  cluster.settle();
  told.say("Now in a term that nobody has voted in.");
  cluster.campaign(5);
  cluster.settle();
  CHECK(cluster.log(3) == Terms{1, 3, 5});
  told.compare("old-term-commit");
}

TEST_CASE("leader crash") {
  Transcript told("The leader crashes: what was acknowledged is kept, what nobody else had is replaced.");
  Cluster cluster(watched(voters(3), told));
  quietly_elect(cluster, told, 1);
  told.say("An entry reaches everybody, the next one nobody.");
  cluster.propose(1, "a");
  cluster.settle();
  cluster.propose(1, "b");
  cluster.drop();
  cluster.crash(1);
  told.say("Node 2 takes over.");
  cluster.timeout(2, 11);
  cluster.timeout(3, 1000);
  cluster.tick({3}, 10);
  cluster.tick({2}, 11);
  cluster.settle();
  CHECK(cluster.leader() == 2);
  cluster.propose(2, "c");
  cluster.settle();
  cluster.drop({no_node, 1, std::nullopt});
  told.say("Node 1 comes back.");
  cluster.restart(1);
  cluster.tick({2});
  cluster.settle();
  cluster.tick({2});
  cluster.settle();
  CHECK(cluster.data(1) == Data{"a", "c"});
  told.compare("leader-crash");
}

TEST_CASE("joint consensus") {
  Transcript told("Two of three voters are replaced at once, through a joint configuration.");
  Setup setup = watched(voters(3), told);
  setup.spares = {4, 5};
  Cluster cluster(setup);
  quietly_elect(cluster, told, 1);
  told.say("Nodes 4 and 5 come, nodes 2 and 3 go.");
  REQUIRE(cluster.change(1, "+4 +5 -2 -3").ok());
  cluster.settle({1, 2, 3});
  told.say("The old voters all have it, and that is not enough; now the new ones hear of it too.");
  CHECK(cluster.commit(1) == 1);
  cluster.settle();
  cluster.tick({1});
  cluster.settle();
  CHECK(cluster.config(4) == "voters 1 4 5");
  told.compare("joint-consensus");
}

TEST_CASE("learner and snapshot") {
  Transcript told("A learner joins a group whose log is gone: it gets a snapshot in parts, catches up, and votes.");
  Setup setup = watched(voters(3), told);
  setup.spares = {4};
  setup.options.snapshot_chunk_bytes = 4;
  Cluster cluster(setup);
  quietly_elect(cluster, told, 1);
  told.muted = true;
  cluster.propose(1, "alpha");
  cluster.run(2);
  cluster.snapshot(1);
  cluster.compact(1, UINT64_MAX);
  told.muted = false;
  told.say("Node 4 becomes a learner.");
  REQUIRE(cluster.change(1, "~4").ok());
  cluster.settle({1, 4});
  told.say("It is promoted.");
  cluster.settle();
  cluster.tick({1});
  cluster.settle();
  REQUIRE(cluster.change(1, "+4").ok());
  cluster.settle();
  CHECK(cluster.data(4) == Data{"alpha"});
  told.compare("learner-and-snapshot");
}

TEST_CASE("leader removes itself") {
  Transcript told("A leader removes itself: it leads until that is committed, without counting itself.");
  Cluster cluster(watched(voters(3), told));
  quietly_elect(cluster, told, 1);
  REQUIRE(cluster.change(1, "-1").ok());
  told.say("Node 2 has it: one of two.");
  cluster.settle({1, 2});
  CHECK(cluster.role(1) == Role::leader);
  told.say("Node 3 too: it is committed, and node 1 goes.");
  cluster.settle();
  CHECK(cluster.role(1) == Role::follower);
  told.compare("leader-removes-itself");
}

TEST_CASE("leadership transfer") {
  Transcript told("Leadership is handed over: no proposals, the heir is brought up to date, then told to go.");
  Cluster cluster(watched(voters(3), told));
  quietly_elect(cluster, told, 1);
  told.muted = true;
  cluster.isolate(2);
  cluster.propose(1, "a");
  cluster.settle();
  cluster.heal();
  told.muted = false;
  REQUIRE(cluster.transfer(1, 2).ok());
  CHECK_FALSE(cluster.propose(1, "b").ok());
  told.say("What node 2 lacks is found out by the next heartbeat.");
  cluster.tick({1});
  cluster.settle();
  CHECK(cluster.leader() == 2);
  told.compare("leadership-transfer");
}

TEST_CASE("read index") {
  Transcript told("Linearizable reads: one round for all that wait; a follower asks the leader for an index.");
  Cluster cluster(watched(voters(3), told));
  quietly_elect(cluster, told, 1);
  told.say("One at the leader, one at a follower.");
  cluster.read(1, 1);
  cluster.read(2, 2);
  cluster.settle();
  REQUIRE(cluster.read_outcome(2, 2) != nullptr);
  told.say("A leader that is alone does not answer, and gives up.");
  cluster.isolate(1);
  cluster.read(1, 3);
  told.muted = true;
  cluster.tick({1}, 9);
  told.muted = false;
  told.say("Nine heartbeats later.");
  cluster.tick({1}, 11);
  REQUIRE(cluster.read_outcome(1, 3) != nullptr);
  CHECK(cluster.read_outcome(1, 3)->refusal != Refusal::none);
  told.compare("read-index");
}

TEST_CASE("disruptive server") {
  Transcript told("A server that was cut off comes back: with pre-vote it disturbs nobody (thesis, section 9.6).");
  Cluster cluster(watched(voters(3), told));
  quietly_elect(cluster, told, 1);
  told.muted = true;
  cluster.isolate(3);
  cluster.propose(1, "a");
  cluster.run(1);
  told.muted = false;
  told.say("Node 3 hears nothing.");
  cluster.timeout(3, 5);
  cluster.tick({3}, 5);
  told.say("It is heard again.");
  cluster.heal();
  cluster.tick({3}, 5);
  cluster.settle();
  told.say("The leader's next heartbeats.");
  cluster.tick({1});
  cluster.settle();
  cluster.tick({1});
  cluster.settle();
  CHECK(cluster.leader() == 1);
  CHECK(cluster.term(3) == 1);
  CHECK(cluster.data(3) == Data{"a"});
  told.compare("disruptive-server");
}
