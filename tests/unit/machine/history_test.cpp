// Watches from a revision: what is kept, what is gone, and which events a filter lets through.
#include "world.h"

using namespace kelek::machine;
using namespace kelek::machine::test;

TEST_CASE("a watch from a revision gets every batch since") {
  World world;
  world.apply("ada", put("a", "1"));
  world.apply("ada", put("", "refused"));
  world.apply("ada", put("a", "2"));
  HistoryPage page = world.machine.history(1);
  REQUIRE(page.batches.size() == 2);
  CHECK(page.batches[0]->revision == 1);
  CHECK(page.batches[1]->revision == 3);
  CHECK(page.batches[1]->time_ms == 1'000);
  CHECK(page.batches[1]->term == 1);
  CHECK(page.next_revision == 4);
  page = world.machine.history(2);
  CHECK(page.batches.size() == 1);
  page = world.machine.history(4);
  CHECK(page.code == Code::ok);
  CHECK(page.batches.empty());
  CHECK(page.next_revision == 4);
}

TEST_CASE("a long history is read in pages") {
  World world;
  for (int i = 0; i < 5; ++i) world.apply("ada", put("a", std::to_string(i)));
  uint64_t seen = 0;
  uint64_t from = 1;
  for (int round = 0; round < 3; ++round) {
    const HistoryPage page = world.machine.history(from, 2);
    seen += page.batches.size();
    from = page.next_revision;
  }
  CHECK(seen == 5);
  CHECK(from == 6);
}

TEST_CASE("what is older than the history is compacted, and the answer says where to begin") {
  World world;
  world.set_limit(&Limits::history_bytes, 5'000);
  for (int i = 0; i < 10; ++i) world.apply("ada", put("a", std::string(1'000, 'x')));
  const HistoryPage gone = world.machine.history(2);
  CHECK(gone.code == Code::compacted);
  CHECK(gone.batches.empty());
  CHECK(gone.first_revision > 2);
  CHECK(gone.next_revision == gone.first_revision);
  const HistoryPage kept = world.machine.history(gone.first_revision);
  CHECK(kept.code == Code::ok);
  CHECK(kept.batches.size() == 11 - gone.first_revision + 1);
  CHECK(world.machine.history(0).batches.size() == kept.batches.size());
}

TEST_CASE("without any room for history only new events are seen") {
  World world;
  world.set_limit(&Limits::history_bytes, 0);
  world.apply("ada", put("a", "x"));
  CHECK(world.last.events);
  CHECK(world.machine.history(2).code == Code::compacted);
  CHECK(world.machine.history(3).code == Code::ok);
}

TEST_CASE("a filter looks at kind and subject") {
  const Event key = KvPutEvent{"plan/a", "x", 1, 1};
  const Event ballot = BallotOpenedEvent{42, "?", 0};
  CHECK(matches(key, {}));
  WatchFilter filter;
  filter.subject_prefix = "plan/";
  CHECK(matches(key, filter));
  CHECK_FALSE(matches(ballot, filter));
  filter.exact = true;
  CHECK_FALSE(matches(key, filter));
  filter.subject_prefix = "42";
  CHECK(matches(ballot, filter));
  filter.kinds = watch_bit(EventKind::ballot_closed);
  CHECK_FALSE(matches(ballot, filter));
}

TEST_CASE("every kind of event names what it is about") {
  CHECK(event_subject(KvDeleteEvent{"k", {}}) == "k");
  CHECK(event_subject(TopicAppendEvent{"t", 0, {}}) == "t");
  CHECK(event_subject(BallotVotedEvent{1, "", "", false, 0, 0}) == "1");
  CHECK(event_subject(BallotClosedEvent{2, {}, ""}) == "2");
  CHECK(event_subject(GrantRequestedEvent{3, {}}) == "3");
  CHECK(event_subject(GrantIssuedEvent{4, 0, {}, 0}) == "4");
  CHECK(event_subject(GrantUsedEvent{5, 0}) == "5");
  CHECK(event_subject(GrantEndedEvent{6, {}}) == "6");
  CHECK(event_subject(LockGrantedEvent{"l", "", 0, 0, 0}) == "l");
  CHECK(event_subject(LockReleasedEvent{"l", "", 0, {}}) == "l");
  CHECK(event_subject(LockWaitEndedEvent{"l", "", 0, {}}) == "l");
  CHECK(event_subject(SessionOpenedEvent{7, ""}) == "7");
  CHECK(event_subject(SessionEndedEvent{8, "", {}}) == "8");
}
