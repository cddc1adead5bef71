// What is no scenario, and where: FILE:LINE:COLUMN.
#include <catch2/catch.hpp>

#include "playing.h"

using namespace kelek::sim;
using namespace kelek::sim::testing;

namespace {

struct Wrong {
  const char* line;
  const char* said;
};

}  // namespace

TEST_CASE("a cluster line is told what is wrong with it") {
  const Wrong lines[] = {
      {"cluster", "f:1:8: voters= is missing"},
      {"cluster voters=", "f:1:1: a cluster needs a voter"},
      {"cluster learners=1", "f:1:19: voters= is missing"},
      {"cluster voters=1,x", "f:1:18: a node must be a number, not 'x'"},
      {"cluster voters=1,,2", "f:1:18: a node is missing"},
      {"cluster voters=1,", "f:1:18: a node is missing"},
      {"cluster voters=0", "f:1:16: a node is 0 but must be at least 1"},
      {"cluster voters=1,2,1", "f:1:20: node 1 comes twice"},
      {"cluster voters=1 learners=1", "f:1:27: node 1 comes twice"},
      {"cluster voters=1 voters=2", "f:1:18: voters= comes twice"},
      {"cluster voters=1 colour=red", "f:1:18: there is no option 'colour'"},
      {"cluster voters=1 auto", "f:1:18: 'auto' is no option: they are written name=value"},
      {"cluster voters=1 election=1", "f:1:27: election is 1 but must be at least 2"},
      {"cluster voters=1 heartbeat=0", "f:1:28: heartbeat is 0 but must be at least 1"},
      {"cluster voters=1 heartbeat=10", "f:1:28: heartbeat is 10 but must be below election, which is 10"},
      {"cluster voters=1 heartbeat=3 election=3", "f:1:28: heartbeat is 3 but must be below election, which is 3"},
      {"cluster voters=1 pre-vote=yes", "f:1:27: pre-vote is on or off, not 'yes'"},
      {"cluster voters=1 network=fast", "f:1:26: network is auto or manual, not 'fast'"},
      {"cluster voters=1 storage=disk", "f:1:26: storage is async or sync, not 'disk'"},
      {"cluster voters=1 loss=101 network=auto", "f:1:23: loss is 101 but may be at most 100"},
      {"cluster voters=1 loss=5", "f:1:1: loss and duplicate need network=auto"},
      {"cluster voters=1 max-append-entries=0", "f:1:37: max-append-entries is 0 but must be at least 1"},
      {"cluster voters=1 max-inflight=99999999999999999999999",
       "f:1:31: max-inflight is 99999999999999999999999 but may be at most 65536"},
      {"cluster voters=1\ncluster voters=2", "f:2:1: there is a cluster already"},
  };
  for (const Wrong& wrong : lines) CHECK(said_of(wrong.line) == wrong.said);
}

TEST_CASE("the rest of the set-up is told what is wrong with it") {
  const Wrong lines[] = {
      {"", "f:1:1: there is no line 'cluster'"},
      {"title \"x\"\n# no more", "f:2:1: there is no line 'cluster'"},
      {"title", "f:1:6: a text in quotes is missing"},
      {"title a b", "f:1:9: 'b' is one word too many"},
      {"title a\ntitle b", "f:2:1: there is a title already"},
      {"spare 4", "f:1:1: the line 'cluster' has to come before 'spare'"},
      {"tick 1", "f:1:1: the line 'cluster' has to come before 'tick'"},
      {"cluster voters=1\nspare 1", "f:2:7: node 1 comes twice"},
      {"cluster voters=1\nspare", "f:2:6: a list of nodes is missing"},
      {"cluster voters=1\nseed-log 2 1", "f:2:10: there is no node 2"},
      {"cluster voters=1\nseed-log 1", "f:2:11: a term is missing"},
      {"cluster voters=1\nseed-log 1 2 1", "f:2:14: a term is 1 but must be at least 2"},
      {"cluster voters=1\nseed-log 1 0", "f:2:12: a term is 0 but must be at least 1"},
      {"cluster voters=1\nseed-log 1 1\nseed-log 1 1", "f:3:10: node 1 has a log already"},
      {"cluster voters=1\nseed-log 1 3\nseed-term 1 2", "f:3:13: a term is 2 but must be at least 3"},
      {"cluster voters=1\nseed-term 1 2\nseed-log 1 1",
       "f:3:10: the seed-log of node 1 has to come before its seed-term"},
      {"cluster voters=1\nseed-term 1 2 vote=4", "f:2:20: there is no node 4"},
      {"cluster voters=1\nseed-term 1 2 4", "f:2:15: '4' is not vote=NODE"},
      {"cluster voters=1\ntick 1\nspare 4", "f:3:1: 'spare' comes too late: something has moved already"},
  };
  for (const Wrong& wrong : lines) CHECK(said_of(wrong.line) == wrong.said);
}

TEST_CASE("an action is told what is wrong with it") {
  const Wrong lines[] = {
      {"jump 1", "f:2:1: there is no command 'jump'"},
      {"tick", "f:2:5: a list of nodes is missing"},
      {"tick 1 2 3", "f:2:10: '3' is one word too many"},
      {"tick 1 x", "f:2:8: 'x' is one word too many"},
      {"tick 1 0", "f:2:8: how many ticks is 0 but must be at least 1"},
      {"tick 1 1000000", "f:2:8: how many ticks is 1000000 but may be at most 100000"},
      {"tick 1,9", "f:2:8: there is no node 9"},
      {"tick leader", "f:2:6: nodes are numbers joined by commas, or *; 'leader' is no list"},
      {"run", "f:2:4: how many rounds is missing"},
      {"run 5 untill leader 1", "f:2:7: 'untill' is one word too many"},
      {"run 5 until", "f:2:12: a fact is missing"},
      {"timeout 1", "f:2:10: how many ticks is missing"},
      {"campaign 1 now", "f:2:12: 'now' is one word too many"},
      {"propose 1", "f:2:10: data is missing"},
      {"propose 1 a 3", "f:2:13: '3' is one word too many"},
      {"propose 1 a \"\"", "f:2:13: '' is one word too many"},
      {"propose 1 a xy", "f:2:14: how many entries must be a number, not 'y'"},
      {"propose 1 a x10001", "f:2:14: how many entries is 10001 but may be at most 10000"},
      {"read 1 r\nread 1 r", "f:3:8: a read 'r' was asked before"},
      {"change 1", "f:2:9: a change is missing"},
      {"change 1 4", "f:2:10: '4' is no change: +N adds a voter, ~N a learner, -N removes"},
      {"change 1 +9", "f:2:11: there is no node 9"},
      {"change 1 leave +2", "f:2:16: '+2' is one word too many"},
      {"transfer 1", "f:2:11: to whom is missing"},
      {"deliver 1>2 votes", "f:2:13: 'votes' is neither a link FROM>TO nor a kind of message nor a number"},
      {"deliver 1>9", "f:2:11: there is no node 9"},
      {"hold 1>2 append 2 held", "f:2:19: 'held' is one word too many"},
      {"settle 1,9", "f:2:10: there is no node 9"},
      {"restart *", "f:2:9: * is every node that is up, and those need no restart: name the nodes"},
      {"cut 1", "f:2:5: '1' is no link: A>B is one direction, A-B both"},
      {"cut 1>1", "f:2:5: a node has no link to itself"},
      {"partition 1 2", "f:2:13: a bar is missing between the groups"},
      {"partition 1 |", "f:2:14: a group of nodes is missing"},
      {"partition | 1", "f:2:11: a group of nodes is missing before the bar"},
      {"partition 1 | 1", "f:2:15: node 1 is in two groups"},
      {"heal 1", "f:2:6: '1' is one word too many"},
      {"compact 1", "f:2:10: an index is missing"},
  };
  for (const Wrong& wrong : lines) CHECK(said_of(std::string("cluster voters=1,2\n") + wrong.line) == wrong.said);
}

TEST_CASE("an expectation is told what is wrong with it") {
  const Wrong lines[] = {
      {"", "f:2:7: a fact is missing"},
      {"not", "f:2:11: a fact is missing"},
      {"peace", "f:2:8: there is no fact 'peace'"},
      {"leader 1 term=x", "f:2:22: a term must be a number, not 'x'"},
      {"role 1 king", "f:2:15: 'king' is no role: follower, pre-candidate, candidate, leader and learner are"},
      {"term 1", "f:2:14: a term is missing"},
      {"vote 1 leader", "f:2:15: a vote is for a number, or none"},
      {"log 1 a", "f:2:14: a term must be a number, not 'a'"},
      {"entry 1 0 1", "f:2:16: an index is 0 but must be at least 1"},
      {"entry 1 1 1 a b", "f:2:22: 'b' is one word too many"},
      {"config 1", "f:2:16: voters= is missing"},
      {"config 1 voters=1 voters=2", "f:2:26: voters= comes twice"},
      {"config 1 members=1", "f:2:17: 'members=1' is none of voters=, outgoing=, learners="},
      {"read r 1", "f:2:13: no read 'r' was asked before"},
      {"in-flight 3", "f:2:18: '3' is neither a link FROM>TO nor a kind of message"},
      {"in-flight append", "f:2:24: how many is missing"},
      {"refused 1", "f:2:16: '1' is one word too many"},
  };
  for (const Wrong& wrong : lines) {
    CHECK(said_of(std::string("cluster voters=1,2\nexpect ") + wrong.line) == wrong.said);
  }
}

TEST_CASE("a scenario is bounded") {
  CHECK(said_of(std::string(max_scenario_bytes + 1, '\n')) == "f:1:1: the scenario is longer than 1048576 bytes");
  std::string many = "cluster voters=1";
  for (int id = 2; id <= 65; ++id) many += "," + std::to_string(id);
  CHECK(said_of(many) == "f:1:199: there are more than 64 nodes");
  std::string proposals = "cluster voters=1\n";
  for (int i = 0; i < 11; ++i) proposals += "propose 1 a x10000\n";
  CHECK(said_of(proposals) == "f:12:13: more than 100000 entries are proposed");
}

TEST_CASE("a title and its sentences are kept") {
  const auto scenario = parse_scenario("title \"T\"\nabout \"A.\"\nabout \"B.\"\ncluster voters=2,1 learners=3\n");
  REQUIRE(scenario.ok());
  CHECK(scenario->title == "T");
  CHECK(scenario->about == std::vector<std::string>{"A.", "B."});
  CHECK(scenario->setup.learners == NodeIds{3});
}
