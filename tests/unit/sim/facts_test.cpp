// Each fact, holding and not holding, and what is said of it.
#include <algorithm>

#include <catch2/catch.hpp>

#include "playing.h"

using namespace kelek::sim;
using namespace kelek::sim::testing;

namespace {

/// `fact` holds, and its contrary does not; `other` does not hold, and `said` tells why.
void check_fact(const std::string& before, const std::string& fact, const std::string& other, const std::string& said) {
  INFO(before << fact << " / " << other);
  CHECK(in_three(before + "expect " + fact) == passes);
  CHECK(in_three(before + "expect not " + fact).find(": expected not " + fact + ", but ") != std::string::npos);
  CHECK(in_three(before + "expect not " + other) == passes);
  const auto lines = std::to_string(4 + std::count(before.begin(), before.end(), '\n'));
  CHECK(in_three(before + "expect " + other) == "f:" + lines + ": expected " + other + ", but " + said);
}

}  // namespace

TEST_CASE("leader: who leads the highest term of all nodes that are up") {
  check_fact("", "leader 1", "leader 2,3", "node 1 leads term 1");
  check_fact("", "leader *", "leader none", "node 1 leads term 1");
  check_fact("", "leader 1,2 term=1", "leader 1 term=2", "node 1 leads term 1");
  check_fact("isolate 3\ncampaign 3\n", "leader none", "leader 1", "nobody leads term 2");
  check_fact("crash 1\n", "leader none", "leader *", "nobody leads term 1");
}

TEST_CASE("role: what each of the nodes is") {
  check_fact("", "role 1 leader", "role * leader", "node 2 is a follower");
  check_fact("", "role 2,3 follower", "role 1,2 follower", "node 1 is a leader");
  check_fact("campaign 2\n", "role 2 candidate", "role 2 pre-candidate", "node 2 is a candidate");
  check_fact("isolate 2\ntimeout 2 5\ntick 2 5\n", "role 2 pre-candidate", "role 2 candidate",
             "node 2 is a pre-candidate");
  check_fact("change 1 ~3\nsettle\n", "role 3 learner", "role 2 learner", "node 2 is a follower");
  check_fact("crash 2\n", "role 1 leader", "role 2 follower", "node 2 is down");
}

TEST_CASE("term, vote, commit, applied, last: one number of each node") {
  check_fact("", "term * 1", "term 2 2", "node 2 has term 1");
  check_fact("", "vote * 1", "vote 3 none", "node 3 has vote 1");
  check_fact("isolate 3\ncampaign 3\nheal\ndeliver 3>*\ntick 3\n", "vote 3 3", "vote 3 1", "node 3 has vote 3");
  check_fact("propose 1 a\nsettle 1,2\n", "commit 1 2", "commit 3 2", "node 3 has commit 1");
  check_fact("propose 1 a\nsettle 1,2\n", "applied 1 2", "applied 3 2", "node 3 has applied 1");
  check_fact("propose 1 a\n", "last 1 2", "last * 2", "node 2 has last 1");
}

TEST_CASE("of a node that is down what counts is durable") {
  const std::string async = "cluster voters=1,2,3 storage=async check-quorum=off\ncampaign 1\nsettle\n";
  CHECK(said_of(async + "propose 1 a\nexpect last 1 2\ncrash 1\nexpect last 1 1\nexpect log 1 1\nexpect term 1 1\n"
                        "expect vote 1 1\nexpect applied 1 0\nexpect data 1\nexpect config 1 voters=1,2,3\n") ==
        passes);
  CHECK(in_three("propose 1 a\nsettle\nsnapshot 2\ncompact 2 1\ncrash 2\nexpect applied 2 2\nexpect data 2 a\n"
                 "expect log 2 1\nexpect snapshot 2 2\nexpect entry 2 2 1 a\nexpect not entry 2 1 1\n") == passes);
}

TEST_CASE("log, entry, same-log, data: what a node holds and has applied") {
  check_fact("propose 1 a\n", "log 1 1 1", "log 2 1 1", "node 2 has the log 1");
  check_fact("propose 1 a\nsettle\nsnapshot 1\ncompact 1 2\n", "log 1", "log 1 1",
             "node 1 has an empty log from index 3");
  check_fact("propose 1 a\n", "entry 1 2 1 a", "entry 1 2 1 b", "node 1 has at index 2 an entry of term 1 with \"a\"");
  check_fact("", "entry 1 1 1", "entry 1 1 2", "node 1 has at index 1 an entry of term 1 of the protocol's own");
  check_fact("", "entry 1 1 1", "entry 1 2 1", "node 1 has at index 2 no entry");
  check_fact("propose 1 a\nsettle 1,2\n", "same-log 1,2", "same-log *",
             "the log of node 1 ends at 2, that of node 3 at 1");
  check_fact("propose 1 a\npropose 1 \"b c\"\nsettle\n", "data 1 a \"b c\"", "data 1 a",
             "node 1 has applied the data \"a\" \"b c\"");
  check_fact("", "data 1", "data 1 a", "node 1 has applied no data");
}

TEST_CASE("same-log sees a difference before the end") {
  CHECK(said_of("cluster voters=1,2\nseed-log 1 1 1\nseed-log 2 1 2\nexpect same-log 1,2\n") ==
        "f:4: expected same-log 1,2, but node 1 and node 2 differ at index 2");
}

TEST_CASE("config: the configuration in force, each half by itself") {
  check_fact("", "config * voters=3,2,1", "config 1 voters=1,2", "node 1 has voters=1,2,3");
  check_fact("change 1 ~2 -3 explicit\n", "config 1 voters=1 outgoing=1,2,3 learners=2", "config 1 voters=1",
             "node 1 has voters=1 outgoing=1,2,3 learners=2");
}

TEST_CASE("read: answered, pending, failed") {
  check_fact("read 1 r\n", "read r pending", "read r 1", "read r is pending");
  check_fact("read 1 r\nsettle\n", "read r 1", "read r 2", "read r was answered at 1");
  check_fact("read 1 r\nsettle\n", "read r 1", "read r pending", "read r was answered at 1");
  check_fact("read 1 r\ncrash 1\n", "read r failed", "read r pending", "read r failed");
  check_fact("campaign 2\nread 2 r\n", "read r failed", "read r 1", "read r failed");
}

TEST_CASE("in-flight: messages that match and are not set aside") {
  check_fact("propose 1 a\n", "in-flight 1>2 append 1", "in-flight append 1", "2 are in flight");
  check_fact("propose 1 a\nhold 1>2\n", "in-flight append 1", "in-flight 1>2 1", "0 are in flight");
  check_fact("propose 1 a\n", "in-flight leader>3 append 1", "in-flight 3>* 1", "0 are in flight");
}

TEST_CASE("match, snapshot, transferring: what a leader knows and does") {
  check_fact("propose 1 a\nsettle 1,2\n", "match 1 2 2", "match 1 3 2",
             "node 1 knows the log of node 3 to agree through 1");
  check_fact("", "match leader 2 1", "match 2 1 1", "node 2 does not lead");
  check_fact("snapshot 2\n", "snapshot 2 1", "snapshot 1 1", "node 1 has no snapshot");
  check_fact("propose 1 a\ntransfer 1 2\n", "transferring 1 2", "transferring 1 none", "node 1 hands over to node 2");
  check_fact("", "transferring 1 none", "transferring 1 2", "node 1 hands over to nobody");
}

TEST_CASE("refused and accepted: of the last request") {
  check_fact("change 1 -3\n", "accepted", "refused", "it was accepted");
  check_fact("transfer 2 3\n", "refused", "accepted", "it was refused: This member does not lead the group.");
  CHECK(said_of("cluster voters=1\nexpect refused") == "f:2: expected refused, but nothing was asked yet");
}

TEST_CASE("a follower forwards a proposal, and hears if the leader refuses it") {
  CHECK(in_three("propose 1 a\ntransfer 1 2\npropose 3 b\nexpect accepted\nsettle 1,3\nexpect refused\n") == passes);
}
