// Whole coordinators, three in one process: they agree, and what they acknowledged survives.
#include <chrono>
#include <future>

#include <catch2/catch.hpp>

#include <kelek/runtime/coordinator.h>

#include "cluster.h"

using namespace kelek;
using runtime::OutcomeKind;
using runtime::RequestOutcome;
using runtime::test::Cluster;

TEST_CASE("One coordinator alone is a cluster") {
  Cluster cluster(1);
  cluster.start_all();
  const RequestOutcome outcome = cluster.put(1, "a", "1");
  CHECK(outcome.text == "");
  REQUIRE(outcome.kind == OutcomeKind::ok);
  CHECK(outcome.result.ok());
  CHECK_FALSE(cluster.stop(1).failed());
}

TEST_CASE(
    "What is proposed in the moment of an election is judged by the time of the new leader, not by an older one") {
  // A node takes commands from the message on that elects it. Without the leader's time before it, a ballot opened just
  // then is closed by the first tick behind it: its 60 seconds began in 1970.
  for (int round = 0; round < 5; ++round) {
    // Its own vote becomes durable on another thread, so that what elects it is taken in before the commands of a turn.
    Cluster cluster(1, [](runtime::CoordinatorOptions& options) { options.sync = runtime::SyncMode::on_thread; });
    cluster.start(1);
    machine::BallotOpen open;
    open.question = "Merge the change?";
    open.options = {"approve", "reject"};
    open.electorate = {{"ada", "", 1, false}};
    open.duration_ms = 60'000;
    RequestOutcome outcome;
    do {  // without a pause, so that the turn that elects has one before it
      std::promise<RequestOutcome> promise;
      runtime::Submission submission;
      submission.body = open;
      submission.deadline_ms = 5'000;
      submission.done = [&promise](RequestOutcome&& given) { promise.set_value(std::move(given)); };
      REQUIRE(cluster.node(1).submit(std::move(submission)));
      outcome = promise.get_future().get();
    } while (outcome.kind == OutcomeKind::refused && outcome.code != wire::RefusalCode::invalid);
    CHECK(outcome.text == "");
    REQUIRE(outcome.result.ok());
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto now_ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
    CHECK(std::get<machine::BallotResult>(outcome.result.body).deadline_ms > static_cast<std::uint64_t>(now_ms));
    CHECK_FALSE(cluster.stop(1).failed());
  }
}

TEST_CASE("Three coordinators elect a leader and take commands at each of them") {
  const auto mode = GENERATE(runtime::SyncMode::in_loop, runtime::SyncMode::on_thread);
  Cluster cluster(3, [mode](runtime::CoordinatorOptions& options) { options.sync = mode; });
  cluster.start_all();
  std::uint64_t revision = 0;
  for (raft::NodeId id = 1; id <= 3; ++id) {
    for (int i = 0; i < 20; ++i) {
      const RequestOutcome outcome = cluster.put(id, "key" + std::to_string(i), "from " + std::to_string(id));
      CHECK(outcome.text == "");
      REQUIRE(outcome.kind == OutcomeKind::ok);
      REQUIRE(outcome.result.ok());
      CHECK(outcome.result.revision > revision);
      revision = outcome.result.revision;
    }
  }
  for (raft::NodeId id = 1; id <= 3; ++id) CHECK_FALSE(cluster.stop(id).failed());
}

TEST_CASE("What was acknowledged is there after all of them were stopped without warning") {
  Cluster cluster(3);
  cluster.start_all();
  REQUIRE(cluster.put(2, "kept", "yes").kind == OutcomeKind::ok);
  for (raft::NodeId id = 1; id <= 3; ++id) cluster.kill(id);
  cluster.start_all();
  machine::KvPut put;
  put.key = "kept";
  put.value = "again";
  put.want_previous = true;
  const RequestOutcome outcome = cluster.propose(3, put);
  REQUIRE(outcome.kind == OutcomeKind::ok);
  const auto* result = std::get_if<machine::KvResult>(&outcome.result.body);
  REQUIRE(result != nullptr);
  REQUIRE(result->record.has_value());
  CHECK(result->record->value == "yes");
}
