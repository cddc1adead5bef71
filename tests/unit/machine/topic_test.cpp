// Topics: offsets, reading in pages, trimming, and who may write where.
#include "world.h"

using namespace kelek::machine;
using namespace kelek::machine::test;

namespace {

TopicAppend append(std::string payload, bool create = false) {
  TopicAppend command;
  command.topic = "plan";
  command.payload = std::move(payload);
  command.create_if_missing = create;
  return command;
}

}  // namespace

TEST_CASE("records get consecutive offsets and keep who wrote them and when") {
  World world;
  CHECK(world.apply("ada", append("a")).code == Code::not_found);
  CHECK(world.apply("ada", TopicCreate{"plan", false}).code == Code::ok);
  CHECK(world.apply("ben", TopicCreate{"plan", false}).code == Code::exists);
  CHECK(body<TopicResult>(world.apply("ada", append("a"))).offset == 0);
  world.time_ms += 5;
  const Result second = world.apply("ben", append("b"));
  CHECK(body<TopicResult>(second).offset == 1);
  const TopicPage page = world.machine.topic_read("plan", 1, 0);
  REQUIRE(page.items.size() == 1);
  CHECK(page.items[0].offset == 1);
  CHECK(page.items[0].record == TopicRecord{second.revision, world.time_ms, "ben", 0, "b"});
  CHECK(page.next_offset == 2);
  CHECK(page.end_offset == 2);
  CHECK(world.events<TopicAppendEvent>() == std::vector<TopicAppendEvent>{{"plan", 1, page.items[0].record}});
}

TEST_CASE("a record can be appended only at an offset that was read") {
  World world;
  TopicAppend command = append("a", true);
  command.if_offset = 1;
  CHECK(world.apply("ada", command).code == Code::revision_mismatch);
  CHECK(world.machine.topic("plan") == nullptr);
  command.if_offset = 0;
  CHECK(world.apply("ada", command).code == Code::ok);
  const Result refused = world.apply("ada", command);
  CHECK(refused.code == Code::revision_mismatch);
  CHECK(body<TopicResult>(refused).offset == 1);
}

TEST_CASE("a topic is read in pages, and its tail") {
  World world;
  for (int i = 0; i < 5; ++i) world.apply("ada", append(std::string(1000, static_cast<char>('a' + i)), true));
  TopicPage page = world.machine.topic_read("plan", 0, 2);
  CHECK(page.items.size() == 2);
  CHECK(page.next_offset == 2);
  page = world.machine.topic_read("plan", page.next_offset, 0);
  CHECK(page.items.size() == 3);
  page = world.machine.topic_tail("plan", 2);
  REQUIRE(page.items.size() == 2);
  CHECK(page.items[0].offset == 3);
  page = world.machine.topic_tail("plan", 100);
  CHECK(page.items.size() == 5);
  page = world.machine.topic_read("plan", 5, 0);
  CHECK(page.code == Code::ok);
  CHECK(page.items.empty());
  CHECK(world.machine.topic_read("other", 0, 0).code == Code::not_found);
  CHECK(world.machine.topic_tail("other", 1).code == Code::not_found);
  world.set_limit(&Limits::page_bytes, 2500);
  CHECK(world.machine.topic_read("plan", 0, 0).items.size() == 2);
  page = world.machine.topic_tail("plan", 0);
  REQUIRE(page.items.size() == 2);
  CHECK(page.items[1].offset == 4);
}

TEST_CASE("a trimmed topic keeps its offsets and says what is gone") {
  World world;
  for (int i = 0; i < 5; ++i) world.apply("ada", append("x", true));
  CHECK(world.apply("ben", TopicTrim{"plan", 3}).code == Code::forbidden);
  CHECK(world.apply("ada", TopicTrim{"plan", 6}).code == Code::invalid);
  CHECK(world.apply("ada", TopicTrim{"other", 0}).code == Code::not_found);
  CHECK(body<TopicResult>(world.apply("ada", TopicTrim{"plan", 3})).offset == 3);
  CHECK(body<TopicResult>(world.apply("ada", TopicTrim{"plan", 1})).offset == 3);  // it never goes back
  const TopicPage page = world.machine.topic_read("plan", 2, 0);
  CHECK(page.code == Code::compacted);
  CHECK(page.first_offset == 3);
  CHECK(world.machine.topic_read("plan", 3, 0).items.size() == 2);
  CHECK(world.as_admin(TopicTrim{"plan", 5}).code == Code::ok);
  CHECK(body<TopicResult>(world.apply("ben", append("y"))).offset == 5);
}

TEST_CASE("nobody writes into a log of verdicts, and only an admin trims it") {
  World world;
  CHECK(world.apply("ada", TopicCreate{"verdicts", true}).code == Code::ok);
  TopicAppend forged = append("{\"outcome\":\"decided\"}");
  forged.topic = "verdicts";
  CHECK(world.apply("ada", forged).code == Code::forbidden);
  CHECK(world.apply("ada", TopicTrim{"verdicts", 0}).code == Code::forbidden);
  CHECK(world.as_admin(TopicTrim{"verdicts", 0}).code == Code::ok);
}

TEST_CASE("topics, records and bytes are limited") {
  World world;
  world.set_limit(&Limits::topics, 1);
  world.set_limit(&Limits::topic_records, 2);
  world.set_limit(&Limits::topic_bytes, 1024);
  CHECK(world.apply("ada", append("a", true)).code == Code::ok);
  CHECK(world.apply("ada", TopicCreate{"other", false}).code == Code::over_limit);
  TopicAppend elsewhere = append("a", true);
  elsewhere.topic = "other";
  CHECK(world.apply("ada", elsewhere).code == Code::over_limit);
  CHECK(world.apply("ada", append(std::string(1020, 'x'))).code == Code::over_limit);
  CHECK(world.apply("ada", append("b")).code == Code::ok);
  CHECK(world.apply("ada", append("c")).code == Code::over_limit);
  CHECK(world.apply("ada", TopicTrim{"plan", 1}).code == Code::ok);
  CHECK(world.apply("ada", append("c")).code == Code::ok);
}

TEST_CASE("empty records count too: their memory is not free") {
  World world;
  world.set_limit(&Limits::topic_bytes, 1'024);
  int taken = 0;
  while (taken < 1'000 && world.apply("a", append("", true)).code == Code::ok) ++taken;
  CHECK(taken == 10);
  CHECK(world.last.result.code == Code::over_limit);
}
