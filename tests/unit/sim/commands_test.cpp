// What each command does, and which cannot be done.
#include <catch2/catch.hpp>

#include "playing.h"

using namespace kelek::sim;
using namespace kelek::sim::testing;

TEST_CASE("a command to a node that is down stops the run, with its place") {
  for (const std::string line :
       {"tick 3", "tick 1,2,3", "timeout 3 5", "campaign 3", "propose 3 a", "read 3 r", "change 3 -1", "transfer 3 1",
        "persist 3", "crash 3", "snapshot 3", "compact 3 1", "take 3"}) {
    const auto column = std::to_string(line.find('3') + 1);
    CHECK(in_three("crash 3\n" + line) == "f:5:" + column + ": node 3 is down");
  }
  CHECK(in_three("restart 3") == "f:4:9: node 3 is up");
  CHECK(in_three("wipe 3") == "f:4:6: node 3 is up: only a crashed node loses its disk");
  CHECK(in_three("crash *\ntick *\nrun 3\nsettle\nexpect leader none") == passes);
}

TEST_CASE("damage: a crashed node loses entries that it held, and knows of it") {
  const std::string two = "propose 1 a\nsettle\npropose 1 b\nsettle\ncrash 2\n";
  CHECK(in_three(two + "damage 2 2\nexpect last 2 1\nrestart 2\nexpect log 2 1\ncampaign 2\nexpect refused\n") ==
        passes);
  // The leader hears of it at its ticks, and sends again; once it has all it may stand.
  CHECK(in_three(two + "damage 2 2\nrestart 2\nrun 5\nexpect data 2 a b\ncampaign 2\nexpect accepted\n") == passes);
  CHECK(in_three(two + "damage 2 2\nrestart 2\ncut 2>1\nrun 5\nexpect last 2 1\n") == passes);
  // The others go on while it is down.
  CHECK(in_three(two + "damage 2 2\npropose 1 c\nrun 3\nrestart 2\nrun 5\nexpect data 2 a b c\n") == passes);
  CHECK(in_three("damage 2 1") == "f:4:8: node 2 is up: only a crashed node's disk rots");
  CHECK(in_three("crash 2\ndamage 2 2") ==
        "f:5:8: node 2 holds no entry 2, or a snapshot covers it: nothing can be lost from there on");
  CHECK(in_three("snapshot 2\ncrash 2\ndamage 2 1") ==
        "f:6:8: node 2 holds no entry 1, or a snapshot covers it: nothing can be lost from there on");
  CHECK(in_three("crash 2,3\ndamage 2 1\ndamage 3 1") ==
        "f:6:8: node 3 is needed: without its disk no majority of sound ones is left");
  CHECK(in_three("damage 2") == "f:4:9: an index is missing");
}

TEST_CASE("recover: a quorum comes back, reaches nobody else, and makes progress") {
  CHECK(in_three("crash *\nrecover 2,3\nexpect leader 2,3\nexpect data 2 recovered\n") == passes);
  CHECK(in_three("cut 1-2\ncut 1-3\nrun 20\nrecover 1,2,3\nexpect data 1 recovered\nexpect same-log *\n") == passes);
  // Node 1 is left alone, and stays where it was.
  CHECK(in_three("recover 2,3\nexpect leader 2,3\nexpect last 1 1\n") == passes);
  // Timers that were fixed to the same number would split the votes for ever.
  CHECK(said_of("cluster voters=1,2 pre-vote=off\ntimeout 1 9\ntimeout 2 9\nrun 90\nexpect leader none\n"
                "recover 1,2\nexpect leader 1,2\n") == passes);
  CHECK(said_of("cluster voters=1,2,3 network=auto latency=3 loss=60\nrun 60\nrecover 1,2\nexpect leader 1,2\n") ==
        passes);
  const std::string none =
      "these nodes are no quorum with sound disks of every configuration that a node goes by: they need not make "
      "progress";
  CHECK(in_three("recover 2") == "f:4:1: " + none);
  CHECK(in_three("crash 2,3\ndamage 2 1\nrecover 2,3") == "f:6:1: " + none);
  CHECK(in_three("crash 2,3\nwipe 2\nrecover 2,3") == "f:6:1: " + none);
  CHECK(in_three("change 1 -3\nsettle\nrecover 1\n") == "f:6:1: " + none);
  const std::string soon =
      "recover needs election=6 or more, twice the number of its nodes or more, and at most 1000: with fewer ticks to "
      "draw from, votes may split for long";
  CHECK(said_of("cluster voters=1,2,3 election=5\nrecover 1,2\n") == "f:2:1: " + soon);
  CHECK(said_of("cluster voters=1,2,3,4,5 election=9\nrecover *\n") == "f:2:1: " + soon);
  CHECK(in_three("recover 9") == "f:4:9: there is no node 9");
}

TEST_CASE("after: the message that is meant need not be the oldest") {
  const std::string three = "propose 1 a\npropose 1 b\npropose 1 c\n";
  // Three appends are on their way to node 2; what comes first is not the first of them.
  CHECK(in_three(three + "deliver 1>2 append 1 after 2\nexpect last 2 1\ndeliver 1>2 append 1\nexpect last 2 2\n") ==
        passes);
  CHECK(in_three(three + "drop 1>2 append after 1\nexpect in-flight 1>2 append 1\n") == passes);
  CHECK(in_three(three + "duplicate 1>2 append 1 after 1\nexpect in-flight 1>2 append 4\n") == passes);
  CHECK(in_three(three + "hold 1>2 append 1 after 1\nexpect in-flight 1>2 append 2\nhold 1>2\n"
                         "release 1>2 append after 2\nexpect in-flight 1>2 append 1\n") == passes);
  CHECK(in_three("deliver 1>2 after") == "f:4:18: how many to pass over is missing");
}

TEST_CASE("take: late Readys leave a node only when they are taken") {
  const std::string late = "cluster voters=1,2,3 ready=late check-quorum=off\ncampaign 1\n";
  CHECK(said_of(late + "expect in-flight 1>* 0\ntake 1\nexpect in-flight vote 2\n") == passes);
  CHECK(said_of(late + "settle\nexpect leader 1\npropose 1 a\npropose 1 b\ntake 1\n"
                       "expect in-flight 1>2 append 1\n") == passes);
  CHECK(said_of("cluster voters=1 ready=soon\n") == "f:1:24: ready is late or at-once, not 'soon'");
}

TEST_CASE("leader stands for who leads, and fails where nobody does") {
  CHECK(in_three("propose leader a\nsettle\nexpect data leader a\ncrash leader\n") ==
        "f:7:7: nodes are numbers joined by commas, or *; 'leader' is no list");
  CHECK(in_three("crash 1\npropose leader a") == "f:5: expected a leader, but nobody leads term 1");
  CHECK(in_three("crash 1\ndeliver leader>2") == "f:5: expected a leader, but nobody leads term 1");
  CHECK(in_three("crash 1\nexpect data leader") == "f:5: expected data leader, but nobody leads term 1");
}

TEST_CASE("tick: time passes, and nothing is delivered") {
  CHECK(said_of("cluster voters=1,2 pre-vote=off\ntimeout 1 3\ntick 1 2\nexpect role 1 follower\ntick 1\n"
                "expect role 1 candidate\nexpect term 2 0\nexpect in-flight vote 1\n") == passes);
}

TEST_CASE("timeout: the value stays, also over a restart") {
  CHECK(said_of("cluster voters=1,2 pre-vote=off\ntimeout 1 3\ntick 1 6\nexpect term 1 2\ncrash 1\nrestart 1\n"
                "tick 1 2\nexpect term 1 2\ntick 1\nexpect term 1 3\n") == passes);
}

TEST_CASE("run: every node ticks, everything is delivered; until stops it in the middle") {
  CHECK(said_of("cluster voters=1,2,3\nrun 40 until leader *\nexpect leader *\n") == passes);
  CHECK(said_of("cluster voters=1,2,3\nrun 5 until leader *\n") == "f:2: expected leader *, but nobody leads term 0");
  CHECK(said_of("cluster voters=1,2,3\ntimeout 2 2\nrun 9 until role 2 pre-candidate\nexpect in-flight pre-vote 2\n") ==
        passes);
  CHECK(in_three("run 3 until not leader 1") == "f:4: expected not leader 1, but node 1 leads term 1");
}

TEST_CASE("settle: until nothing moves, among some, or until something holds") {
  CHECK(in_three("propose 1 a\nsettle 1,2\nexpect last * 1") == "f:6: expected last * 1, but node 1 has last 2");
  CHECK(in_three("propose 1 a\nsettle 1,2\nexpect last 2 2\nexpect last 3 1\nexpect in-flight 1>3 append 1") == passes);
  CHECK(in_three("propose 1 a x3\nsettle until last 2 4\nexpect commit 1 1") == passes);
  CHECK(in_three("settle until term 1 1\n") == passes);
  CHECK(in_three("settle until commit 1 9\n") == "f:4: expected commit 1 9, but node 1 has commit 1");
}

TEST_CASE(
    "settle leaves what goes to or comes from a node that is down in flight; run loses the one, brings the other") {
  CHECK(in_three("propose 1 a\ncrash 1,3\nsettle\nexpect in-flight 1>2 append 1\nexpect in-flight 1>3 append 1\n"
                 "run 1\nexpect last 2 2\nexpect in-flight 1>* 0") == passes);
}

TEST_CASE("propose: N entries at once") {
  CHECK(in_three("propose 1 a x3\nexpect last 1 4\nexpect in-flight 1>2 append 1\nsettle\nexpect data 1 a a a") ==
        passes);
}

TEST_CASE("deliver: the oldest N that match, and what they cause stays in flight") {
  CHECK(in_three("propose 1 a\npropose 1 b\ndeliver 1>2 append 1\nexpect last 2 2\nexpect in-flight 1>2 append 1\n"
                 "expect in-flight 2>1 append-response 1\ndeliver\nexpect commit 1 2\nexpect last 3 3") == passes);
  CHECK(in_three("propose 1 a\ndeliver append 1>3\nexpect last 3 2\nexpect last 2 1") == passes);
}

TEST_CASE("drop, duplicate, hold, release") {
  CHECK(in_three("propose 1 a\ndrop 1>3\nsettle\nexpect last 3 1\nexpect commit 1 2") == passes);
  CHECK(in_three("propose 1 a\nduplicate 1>2 append\nexpect in-flight 1>2 append 2\nsettle\nexpect last 2 2") ==
        passes);
  CHECK(in_three("propose 1 a\nduplicate 1>2 append held\nexpect in-flight 1>2 append 1\nsettle\nrelease\n"
                 "expect in-flight 1>2 append 1") == passes);
  CHECK(in_three("propose 1 a\npropose 1 b\nhold 1>2 append 1\ndeliver 1>2\nexpect last 2 1\nsettle\ndrop\nrelease\n"
                 "expect in-flight * 0") != passes);
  CHECK(in_three("propose 1 a\nhold 1>2\ncut 1>2\nsettle\nheal\nrelease\nsettle\nexpect last 2 2") == passes);
  CHECK(in_three("propose 1 a\nhold 1>2\ncut 1>2\nrelease\nsettle\nexpect last 2 1") == passes);
}

TEST_CASE("release puts a message back in its old place") {
  CHECK(in_three("propose 1 a\npropose 1 b\nhold 1>2 append 1\nrelease\ndeliver 1>2 append 1\nexpect last 2 2") ==
        passes);
}

TEST_CASE("persist: what one step made a node write is one write") {
  const std::string async = "cluster voters=1,2,3 storage=async check-quorum=off\ncampaign 1\nsettle\n";
  CHECK(said_of(async + "propose 1 a\npropose 1 b\npersist 1 1\ncrash 1\nexpect last 1 2\n") == passes);
  CHECK(said_of(async + "propose 1 a\npropose 1 b\npersist 1\ncrash 1\nexpect last 1 3\n") == passes);
  CHECK(said_of(async + "propose 1 a\npropose 1 b\ncrash 1\nexpect last 1 1\n") == passes);
  CHECK(said_of(async + "propose 1 a\nsettle 1\ncrash 1\nexpect last 1 2\n") == passes);
  CHECK(in_three("persist 1") == passes);
}

TEST_CASE("crash, restart, wipe") {
  CHECK(in_three("propose 1 a\nsettle\ncrash 2\nrestart 2\nexpect last 2 2\nexpect term 2 1") == passes);
  CHECK(in_three("crash 2\nwipe 2\nrestart 2\nexpect last 2 0\nexpect term 2 0\nexpect config 2 voters=\n"
                 "run 5\nexpect last 2 0") == passes);
  CHECK(in_three("crash 2\nwipe 2\nrestart 2\nchange 1 -2\nsettle\nrun 3\nchange 1 +2\nrun 3\nexpect accepted\n"
                 "expect same-log *\nexpect config 2 voters=1,2,3") == passes);
  // One that lost its disk may stay away: nobody takes what is on the disk for what the lost member had.
  CHECK(in_three("crash 2,3\nwipe 2\nrestart 3\npropose 1 a\nrun 3\nexpect last 3 2\nexpect commit 3 2") == passes);
}

TEST_CASE("cut, isolate, partition, heal") {
  CHECK(in_three("cut 1>2\npropose 1 a\nexpect in-flight 1>2 0\nsettle\nexpect last 2 1\nexpect last 3 2") == passes);
  CHECK(in_three("propose 1 a\ncut 2-1\nsettle\nexpect last 2 1\nheal\nrun 3\nexpect last 2 2") == passes);
  CHECK(in_three("isolate 1\npropose 1 a\nrun 3\nexpect last 2,3 1") == passes);
  CHECK(in_three("partition 1 | 2,3\npropose 1 a\nrun 3\nexpect last 2,3 1") == passes);
  CHECK(in_three("partition 1|2,3\ncampaign 2\nsettle\nexpect leader 2") == passes);
  CHECK(in_three("partition 3\npropose 1 a\nsettle\nexpect last 2 2\nexpect last 3 1") == passes);
}

TEST_CASE("change: one change is simple, several are joint, and explicit ones wait") {
  const std::string five = "cluster voters=1,2,3\nspare 4,5\ncampaign 1\nsettle\n";
  CHECK(said_of(five + "change 1 +4\nexpect config 1 voters=1,2,3,4\n") == passes);
  CHECK(said_of(five + "change 1 +4 -2\nexpect config 1 voters=1,3,4 outgoing=1,2,3\nsettle\ntick 1\nsettle\n"
                       "expect config 1,3,4 voters=1,3,4\n") == passes);
  CHECK(said_of(five + "change 1 +4 explicit\nsettle\ntick 1\nsettle\nexpect config 1 voters=1,2,3,4 outgoing=1,2,3\n"
                       "change 1 leave\nexpect accepted\nexpect config 1 voters=1,2,3,4\n") == passes);
  const std::string stays = "cluster voters=1,2,3 auto-leave=off\nspare 4,5\ncampaign 1\nsettle\n";
  CHECK(said_of(stays + "change 1 +4 -2\nsettle\nrun 3\nexpect config 1 voters=1,3,4 outgoing=1,2,3\n") == passes);
  CHECK(said_of(stays + "change 1 +4\nexpect config 1 voters=1,2,3,4\n") == passes);
  CHECK(said_of(five +
                "change 1 leave\nexpect refused\nchange 1 +1\nexpect refused\nchange 1 -1 -2 -3\nexpect refused\n") ==
        passes);
}

TEST_CASE("transfer, snapshot and compact") {
  CHECK(in_three("transfer 1 2\nexpect accepted\nsettle\nexpect leader 2 term=2\ntransfer 2 2\nexpect refused") ==
        passes);
  CHECK(in_three("propose 1 a x4\nsettle\nsnapshot 1\ncompact 1 3\nexpect log 1 1 1\ncompact 1 9\nexpect log 1\n"
                 "snapshot 1\nexpect snapshot 1 5\ncompact 2 3\nexpect log 2 1 1 1 1 1") == passes);
  CHECK(said_of("cluster voters=1\nsnapshot 1\n").rfind("f:2:10: node 1: no snapshot of entry 0", 0) == 0);
}

TEST_CASE("read: by a round, or by the lease where it is asked for") {
  const std::string lease = "cluster voters=1,2,3 lease-read=on\ncampaign 1\nsettle\ntick 1\nsettle\n";
  CHECK(
      said_of(lease + "read 1 a lease\nexpect read a 1\nread 1 b\nexpect read b pending\nsettle\nexpect read b 1\n") ==
      passes);
  CHECK(said_of("cluster voters=1,2,3\ncampaign 1\nsettle\nread 1 a lease\nexpect read a pending\n") == passes);
  CHECK(said_of("cluster voters=1,2,3 check-quorum=off lease-read=on\ncampaign 1\nsettle\nread 1 a lease\n"
                "expect read a pending\n") == passes);
}

TEST_CASE("seeds: logs, terms and votes before the start") {
  CHECK(said_of("cluster voters=1,2,3\nseed-log 1 1 1 2\nseed-term 2 5 vote=3\nseed-term 1 4\nexpect log 1 1 1 2\n"
                "expect term 1 4\nexpect vote 1 none\nexpect entry 1 3 2 3\nexpect term 2 5\nexpect vote 2 3\n"
                "expect last 2,3 0\n") == passes);
}

TEST_CASE("options reach the nodes") {
  CHECK(said_of("cluster voters=1,2 election=4 heartbeat=2 check-quorum=off\ncampaign 1\nsettle\ntick 1\n"
                "expect in-flight heartbeat 0\ntick 1\nexpect in-flight heartbeat 1\n") == passes);
  CHECK(said_of("cluster voters=1,2 max-append-entries=2\ncampaign 1\nsettle\npropose 1 a x4\n"
                "expect in-flight append 2\n") == passes);
  CHECK(said_of("cluster voters=1,2 max-append-entries=1 max-inflight=3\ncampaign 1\nsettle\npropose 1 a x9\n"
                "expect in-flight append 3\nsettle\nexpect last 2 10\n") == passes);
  CHECK(
      said_of("cluster voters=1,2 pre-vote=off election=3\ntick 1 5\nexpect not role 1 follower\nexpect term 1 1\n") ==
      passes);
}

TEST_CASE("a slow disk alone unseats nobody, since the language does not say so") {
  CHECK(said_of("cluster voters=1,2,3 storage=async check-quorum=off\ncampaign 1\nsettle\npropose 1 a\ntick 1 90\n"
                "expect leader 1\n") == passes);
}
