// What an entry costs does not grow with what is there already: each story runs the same command beside a little and
// beside much, and compares what it allocates. (An append once copied the topic that it appended to.)
#include <functional>
#include <string>

#include "../support/allocation_counter.h"
#include "world.h"

using namespace kelek::machine;
using namespace kelek::machine::test;

namespace {

constexpr int little = 10;
constexpr int much = 900;

struct Story {
  /// Puts the i-th thing into the world.
  std::function<void(World&, int)> add;
  /// The command that is measured; it must go well.
  std::function<Result(World&)> act;
};

std::size_t bytes_beside(const Story& story, int things) {
  World world;
  for (int i = 0; i < things; ++i) story.add(world, i);
  REQUIRE(story.act(world).code == Code::ok);  // what grows once in a while has just grown
  const kelek::test::AllocationCounter counter;
  const Result result = story.act(world);
  const std::size_t bytes = counter.bytes();
  CHECK(result.code == Code::ok);
  return bytes;
}

void costs_the_same(const Story& story) {
  const std::size_t beside_little = bytes_beside(story, little);
  const std::size_t beside_much = bytes_beside(story, much);
  INFO(beside_little << " bytes beside " << little << ", " << beside_much << " beside " << much);
  CHECK(beside_much <= beside_little + 2'048);
}

std::string text(int length) {
  return std::string(static_cast<std::size_t>(length), 'x');
}

TopicAppend record(std::string topic) {
  TopicAppend command;
  command.topic = std::move(topic);
  command.payload = text(500);
  command.create_if_missing = true;
  return command;
}

LockAcquire lock(std::string name) {
  LockAcquire command;
  command.lock = std::move(name);
  command.ttl_ms = 60'000;
  return command;
}

}  // namespace

TEST_CASE("a put costs the same beside many keys") {
  costs_the_same({[](World& world, int i) { world.apply("ada", put("key-" + std::to_string(i), text(200))); },
                  [](World& world) { return world.apply("ada", put("key-1", text(200))); }});
}

TEST_CASE("an append costs the same on a long topic, and beside many topics") {
  costs_the_same({[](World& world, int) { world.apply("ada", record("plan")); },
                  [](World& world) { return world.apply("ada", record("plan")); }});
  costs_the_same({[](World& world, int i) { world.apply("ada", record("plan-" + std::to_string(i % 500))); },
                  [](World& world) { return world.apply("ada", record("plan-1")); }});
}

TEST_CASE("a lock costs the same beside many locks that are held") {
  costs_the_same({[](World& world, int i) { world.apply("ada", lock("lock-" + std::to_string(i))); },
                  [](World& world) {
                    const Result held = world.apply("ada", lock("mine"));
                    if (held.code != Code::ok) return held;
                    return world.apply("ada", LockRelease{"mine", body<LockResult>(held).fence});
                  }});
}

TEST_CASE("a session's sign of life costs the same beside many sessions") {
  uint64_t session_id = 0;
  costs_the_same({[&session_id](World& world, int) { session_id = world.open_session("ada", 600'000); },
                  [&session_id](World& world) { return world.apply("ada", SessionKeepAlive{session_id}); }});
}

TEST_CASE("a vote costs the same beside many ballots that are open") {
  costs_the_same({[](World& world, int) { REQUIRE(world.apply("ada", review()).code == Code::ok); },
                  [](World& world) {
                    const Result opened = world.apply("ada", review());
                    if (opened.code != Code::ok) return opened;
                    return world.apply("ben", vote_for(body<BallotResult>(opened).ballot_id, "approve"));
                  }});
}
