// Exactly once: many commands under way while coordinators die, each applied once and in order.
#include "with_client.h"

using namespace kelek;
using namespace kelek::client;
using kelek::client::test::make;
using kelek::client::test::options_for;
using kelek::runtime::test::Cluster;

TEST_CASE("Appends in flight while coordinators are killed and come back are applied once each, in order") {
  Cluster cluster(3);
  cluster.start_all();
  auto client = make(options_for(cluster, {1, 2, 3}));
  constexpr int appends = 300;
  int ok = 0;
  std::vector<std::string> problems;
  const auto append = [&](int i) {
    machine::TopicAppend command;
    command.topic = "log";
    command.payload = std::to_string(i);
    command.create_if_missing = true;
    CallOptions call;
    call.deadline_ms = 60'000;
    client->execute_async(
        command,
        [&](Answer<machine::Result>&& answer) {
          if (answer.ok()) ++ok;
          if (!answer.ok()) problems.push_back(answer.problem.text);
        },
        call);
  };
  raft::NodeId victim = 1;
  for (int i = 0; i < appends; ++i) {
    append(i);
    if (i % 5 == 0) client->run(std::chrono::milliseconds(2));
    if (i % 60 != 30) continue;
    cluster.kill(victim);
    client->run(std::chrono::milliseconds(100));
    cluster.start(victim);
    victim = victim % 3 + 1;
  }
  for (int round = 0; round < 600 && client->unanswered() != 0; ++round) client->run(std::chrono::milliseconds(100));
  for (const std::string& problem : problems) UNSCOPED_INFO(problem);
  CHECK(problems.empty());
  CHECK(ok == appends);
  std::uint64_t offset = 0;
  int expected = 0;
  for (;;) {
    const auto page = client->ask(wire::TopicReadQuery{"log", offset, 0});
    REQUIRE(page.ok());
    for (const machine::TopicItem& item : page.value.items) CHECK(item.record.payload == std::to_string(expected++));
    offset = page.value.next_offset;
    if (page.value.items.empty() || offset >= page.value.end_offset) break;
  }
  CHECK(expected == appends);
}
