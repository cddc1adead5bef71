// The client against real coordinators: outcomes, queries, watches, fail-over, and what it says when nothing works.
#include <kelek/client/client.h>

#include <kelek/client/lock.h>

#include "with_client.h"

using namespace kelek;
using namespace kelek::client;
using kelek::client::test::make;
using kelek::client::test::options_for;
using kelek::client::test::put;
using kelek::runtime::test::Cluster;

TEST_CASE("What is put through one coordinator is read through another") {
  Cluster cluster(3);
  cluster.start_all();
  auto writer = make(options_for(cluster, {1}));
  auto reader = make(options_for(cluster, {2}));
  for (int i = 0; i < 10; ++i) {
    const auto written = writer->execute(put("key", std::to_string(i)));
    CHECK(written.problem.text == "");
    REQUIRE(written.ok());
    const auto read = reader->ask(wire::KvGetQuery{"key"});
    CHECK(read.problem.text == "");
    REQUIRE(read.ok());
    REQUIRE(read.value.record.has_value());
    CHECK(read.value.record->value == std::to_string(i));
    CHECK(read.revision >= written.revision);
  }
}

TEST_CASE("A refusal of the machine is told with its code, and leaves the session in order") {
  Cluster cluster(1);
  cluster.start_all();
  auto client = make(options_for(cluster, {1}));
  machine::KvPut only_new = put("a", "1");
  only_new.if_absent = true;
  REQUIRE(client->execute(only_new).ok());
  const auto again = client->execute(only_new);
  CHECK(again.kind == OutcomeKind::refused);
  CHECK(again.problem.kind == ProblemKind::machine_refused);
  CHECK(again.problem.code == machine::Code::exists);
  CHECK(again.exit_code() == 3);
  // Refused before it reaches the log: its sequence must not be missed afterwards.
  const auto senseless = client->execute(put("", "no key"));
  CHECK(senseless.kind == OutcomeKind::refused);
  CHECK(client->execute(put("b", "2")).ok());
}

TEST_CASE("A watch tells everything once, also when its coordinator is lost") {
  Cluster cluster(3);
  cluster.start_all();
  auto client = make(options_for(cluster, {1, 2, 3}));
  std::vector<std::string> seen;
  machine::WatchFilter filter;
  filter.subject_prefix = "w";
  REQUIRE(client->execute(put("before", "x")).ok());
  client->watch(filter, 1, [&seen](const WatchNews& news) {
    for (const auto& batch : news.batches) {
      for (const auto& event : batch->events) {
        if (const auto* change = std::get_if<machine::KvPutEvent>(&event)) seen.push_back(change->value);
      }
    }
  });
  for (int i = 0; i < 20; ++i) {
    if (i == 10) cluster.kill(1);
    const auto written = client->execute(put("w" + std::to_string(i), std::to_string(i)));
    CHECK(written.problem.text == "");
    REQUIRE(written.ok());
  }
  for (int round = 0; round < 100 && seen.size() < 20; ++round) client->run(std::chrono::milliseconds(100));
  REQUIRE(seen.size() == 20);
  for (int i = 0; i < 20; ++i) CHECK(seen[static_cast<std::size_t>(i)] == std::to_string(i));
}

TEST_CASE("A lock is held by one, and its fence grows") {
  Cluster cluster(1);
  cluster.start_all();
  auto first = make(options_for(cluster, {1}));
  auto second = make(options_for(cluster, {1}));
  LockOptions lock;
  lock.lock = "build";
  auto held = LockHold::acquire(*first, lock);
  REQUIRE(held.ok());
  CHECK(held.value->held());
  const auto refused = LockHold::acquire(*second, lock);
  CHECK(refused.kind == OutcomeKind::refused);
  CHECK(refused.problem.code == machine::Code::held_by_another);
  const std::uint64_t fence = held.value->fence();
  REQUIRE(held.value->release().ok());
  auto next = LockHold::acquire(*second, lock);
  REQUIRE(next.ok());
  CHECK(next.value->fence() > fence);
}

TEST_CASE("Nobody listens: the client says so, and where") {
  Cluster cluster(1);
  ClientOptions options = options_for(cluster, {1});
  options.deadline_ms = 300;
  auto client = make(options);
  const auto answer = client->execute(put("a", "1"));
  CHECK(answer.kind == OutcomeKind::refused);
  CHECK(answer.problem.kind == ProblemKind::unreachable);
  CHECK(answer.problem.text.find(cluster.address(1).client_address) != std::string::npos);
  CHECK(answer.exit_code() == 4);
}

TEST_CASE("Without a majority nothing is acknowledged, and nothing is called done or undone that may yet happen") {
  Cluster cluster(3);
  cluster.start_all();
  auto client = make(options_for(cluster, {1}));
  REQUIRE(client->execute(put("a", "1")).ok());
  cluster.kill(2);
  cluster.kill(3);
  CallOptions short_call;
  short_call.deadline_ms = 1'500;
  const auto answer = client->execute(put("a", "2"), short_call);
  CHECK_FALSE(answer.ok());
  CHECK(answer.exit_code() == 4);
  const auto read = client->ask(wire::KvGetQuery{"a"}, short_call);
  CHECK(read.kind == OutcomeKind::refused);
  CallOptions stale = short_call;
  stale.stale = true;
  const auto old = client->ask(wire::KvGetQuery{"a"}, stale);
  REQUIRE(old.ok());
  CHECK(old.value.record->value == "1");
}

TEST_CASE("Who has no session yet is told that nobody leads, whichever deadline passes first") {
  Cluster cluster(3);
  cluster.start_all();
  REQUIRE(make(options_for(cluster, {1}))->execute(put("a", "1")).ok());
  cluster.kill(2);
  cluster.kill(3);
  CallOptions long_call;
  long_call.deadline_ms = 3'000;
  // Until the last one has stepped down: it knows no leader from then on.
  REQUIRE_FALSE(make(options_for(cluster, {1}))->execute(put("a", "2"), long_call).ok());
  for (const std::uint32_t of_the_client : {400u, 5'000u}) {
    CAPTURE(of_the_client);
    ClientOptions options = options_for(cluster, {1});
    options.deadline_ms = of_the_client;
    CallOptions call;
    call.deadline_ms = 400;
    const auto answer = make(options)->execute(put("a", "3"), call);
    CHECK(answer.kind == OutcomeKind::refused);
    CHECK(answer.problem.kind == ProblemKind::no_leader);
  }
}
