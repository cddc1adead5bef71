// Progress of followers, windows, and what a quorum has reached across configurations.
#include <catch2/catch.hpp>

#include "tracker.h"

using namespace kelek::raft;

namespace {

Configuration voters(std::initializer_list<NodeId> ids) {
  return Configuration::of_voters(std::vector<NodeId>(ids));
}

std::uint64_t reached(const Tracker& tracker, Index self) {
  return tracker.quorum_value(self, [](const Progress& peer) { return peer.match; });
}

}  // namespace

TEST_CASE("a quorum of three, of four and of five") {
  Tracker tracker;
  tracker.configure(1, voters({1, 2, 3}), 11, 0);
  tracker.find(2)->acknowledged(7);
  CHECK(reached(tracker, 10) == 7);
  tracker.find(3)->acknowledged(9);
  CHECK(reached(tracker, 10) == 9);

  tracker.configure(1, voters({1, 2, 3, 4}), 11, 0);
  CHECK(reached(tracker, 10) == 7);  // 10 9 7 0: three of four have 7
  tracker.configure(1, voters({1, 2, 3, 4, 5}), 11, 0);
  CHECK(reached(tracker, 10) == 7);
  tracker.find(5)->acknowledged(8);
  CHECK(reached(tracker, 10) == 8);
}

TEST_CASE("a leader outside the configuration does not count itself (B42)") {
  Tracker tracker;
  tracker.configure(1, voters({2, 3}), 11, 0);
  tracker.find(2)->acknowledged(10);
  CHECK(reached(tracker, 10) == 0);
  tracker.find(3)->acknowledged(6);
  CHECK(reached(tracker, 10) == 6);
}

TEST_CASE("learners are followed and not counted (B45)") {
  Tracker tracker;
  const std::vector<NodeId> two = {1, 2};
  const std::vector<NodeId> learners = {3, 4, 5};
  tracker.configure(1, Configuration::of_voters(two, learners), 11, 0);
  for (const NodeId id : learners) tracker.find(id)->acknowledged(10);
  CHECK(reached(tracker, 10) == 0);
  tracker.find(2)->acknowledged(4);
  CHECK(reached(tracker, 10) == 4);
}

TEST_CASE("a single voter is its own quorum") {
  Tracker tracker;
  tracker.configure(1, voters({1}), 1, 0);
  CHECK(reached(tracker, 5) == 5);
}

TEST_CASE("who stays keeps its progress; who is new, or on another disk, begins anew") {
  Tracker tracker;
  tracker.configure(1, voters({1, 2, 3}), 11, 0);
  tracker.find(2)->acknowledged(7);
  std::vector<Member> members = voters({1, 2, 4}).members();
  tracker.configure(1, *Configuration::make(members), 20, 5);
  CHECK(tracker.find(2)->match == 7);
  CHECK(tracker.find(3) == nullptr);
  CHECK(tracker.find(4)->match == 0);
  CHECK(tracker.find(4)->next == 20);
  CHECK(tracker.find(4)->heard_tick == 5);  // a grace period in check-quorum
  members[1].incarnation = 9;
  tracker.configure(1, *Configuration::make(members), 20, 6);
  CHECK(tracker.find(2)->match == 0);
}

TEST_CASE("answers that overtake each other move nothing back (B19, B20)") {
  Progress peer;
  CHECK(peer.acknowledged(3));
  CHECK_FALSE(peer.acknowledged(2));
  CHECK(peer.match == 3);
  CHECK(peer.next == 4);
}

TEST_CASE("the window counts messages and bytes, and answers free both") {
  Progress peer;
  peer.become_replicate();
  for (Index last = 1; last <= 10; ++last) peer.inflight.add(last, 100);
  CHECK(peer.window_full(10, 100000));
  CHECK(peer.window_full(100, 1000));
  CHECK_FALSE(peer.window_full(11, 1001));
  peer.acknowledged(4);
  CHECK(peer.inflight.count() == 6);
  CHECK(peer.inflight.bytes() == 600);
  peer.become_probe();
  CHECK(peer.inflight.count() == 0);  // resetting a window resets every counter in it
  CHECK(peer.inflight.bytes() == 0);
  CHECK(peer.next == 5);
}

TEST_CASE("the ring of appends grows in the middle of its way round") {
  InflightAppends appends;
  for (Index last = 1; last <= 3; ++last) appends.add(last, 1);
  appends.answered(2);
  for (Index last = 4; last <= 40; ++last) appends.add(last, 1);
  CHECK(appends.count() == 38);
  appends.answered(39);
  CHECK(appends.count() == 1);
  CHECK(appends.bytes() == 1);
}

TEST_CASE("an answered heartbeat tells what had been sent before it, however many newer ones are on their way") {
  HeartbeatMarks marks;
  CHECK(marks.answered(9) == 0);
  marks.sent(1, 5);
  marks.sent(2, 5);  // tells nothing that the first does not
  marks.sent(3, 7);
  marks.sent(4, 9);
  CHECK(marks.answered(2) == 5);
  CHECK(marks.answered(2) == 0);  // it was looked at
  CHECK(marks.answered(4) == 9);  // the answer to the third was lost
  for (Round round = 5; round < 100; ++round) marks.sent(round, round * 10);
  CHECK(marks.answered(50) == 50);  // the oldest and the newest are remembered, and those are enough
  CHECK(marks.answered(99) == 990);
  marks.sent(200, 1);
  marks.sent(201, 1'000'000);
  CHECK(marks.answered(201) == 0x10000);  // less than was sent, never more
  marks.sent(300, 1000);
  marks.clear();
  CHECK(marks.answered(300) == 0);
}
