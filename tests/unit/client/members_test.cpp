// Members come and go, leadership moves, snapshots catch others up, and a wiped disk is not let in.
#include <kelek/client/admin.h>

#include <kelek/runtime/member_context.h>

#include "with_client.h"

using namespace kelek;
using namespace kelek::client;
using kelek::client::test::make;
using kelek::client::test::options_for;
using kelek::client::test::put;
using kelek::runtime::test::Cluster;

namespace {

raft::MembershipChange one(raft::MemberOperation::Kind kind, raft::NodeId id, const std::string& context = {}) {
  raft::MemberOperation operation;
  operation.kind = kind;
  operation.id = id;
  operation.context = context;
  raft::MembershipChange change;
  change.operations.push_back(operation);
  return change;
}

std::string context_of(const Cluster& cluster, raft::NodeId id) {
  const runtime::InitialMember& address = cluster.address(id);
  return runtime::encode({address.peer_address, address.client_address, address.public_key});
}

}  // namespace

TEST_CASE("A learner is added, promoted, serves, and is removed") {
  Cluster cluster(3);
  cluster.start_all();
  auto client = make(options_for(cluster, {1, 2, 3}));
  REQUIRE(client->execute(put("a", "1")).ok());
  const raft::NodeId fourth = cluster.add_machine();
  cluster.start(fourth);
  const auto added =
      change_members(*client, one(raft::MemberOperation::Kind::add_learner, fourth, context_of(cluster, fourth)));
  CHECK(added.problem.text == "");
  REQUIRE(added.ok());
  auto newcomer = make(options_for(cluster, {fourth}));
  const auto read = newcomer->ask(wire::KvGetQuery{"a"});
  CHECK(read.problem.text == "");
  REQUIRE(read.ok());
  CHECK(read.value.record->value == "1");
  const auto promoted = change_members(*client, one(raft::MemberOperation::Kind::add_voter, fourth));
  CHECK(promoted.problem.text == "");
  REQUIRE(promoted.ok());
  const auto members = get_members(*client);
  REQUIRE(members.ok());
  CHECK(members.value.members.size() == 4);
  const auto removed = change_members(*client, one(raft::MemberOperation::Kind::remove, fourth));
  CHECK(removed.problem.text == "");
  REQUIRE(removed.ok());
  CHECK(client->execute(put("a", "2")).ok());
}

TEST_CASE("Leadership is handed over on request, and by a clean stop") {
  Cluster cluster(3);
  cluster.start_all();
  auto client = make(options_for(cluster, {1, 2, 3}));
  REQUIRE(client->execute(put("a", "1")).ok());
  const auto before = get_status(*client);
  REQUIRE(before.ok());
  const raft::NodeId heir = before.value.leader % 3 + 1;
  const auto moved = transfer_leadership(*client, heir);
  CHECK(moved.problem.text == "");
  REQUIRE(moved.ok());
  CHECK(moved.value.leader == heir);
  REQUIRE(client->execute(put("a", "2")).ok());
  CHECK_FALSE(cluster.stop(heir).failed());
  CHECK(client->execute(put("a", "3")).ok());
}

TEST_CASE("Who was away for longer than the log reaches back gets a snapshot") {
  Cluster cluster(3, [](runtime::CoordinatorOptions& options) {
    options.snapshots.log_entries = 200;
    options.snapshots.kept_entries = 10;
  });
  cluster.start_all();
  auto client = make(options_for(cluster, {1, 2}));
  REQUIRE(client->execute(put("first", "1")).ok());
  cluster.kill(3);
  for (int i = 0; i < 600; ++i) {
    const auto written = client->execute(put("key" + std::to_string(i % 50), std::to_string(i)));
    REQUIRE(written.ok());
  }
  cluster.start(3);
  auto third = make(options_for(cluster, {3}));
  const auto read = third->ask(wire::KvGetQuery{"key49"});
  CHECK(read.problem.text == "");
  REQUIRE(read.ok());
  CHECK(read.value.record->value == "599");
  const auto status = get_status(*third);
  REQUIRE(status.ok());
  CHECK(status.value.first_index > 1);
  const auto other = make(options_for(cluster, {1}));
  const auto there = other->ask(wire::MachineQuery{});
  const auto here = third->ask(wire::MachineQuery{});
  REQUIRE(there.ok());
  REQUIRE(here.ok());
  CHECK(there.value.revision == here.value.revision);
  CHECK(there.value.state_hash == here.value.state_hash);
}

TEST_CASE("A wiped disk under an old id is told so, and stops") {
  Cluster cluster(3);
  cluster.start_all();
  auto client = make(options_for(cluster, {1, 2}));
  REQUIRE(client->execute(put("a", "1")).ok());
  cluster.kill(3);
  cluster.wipe(3);
  cluster.start(3);
  const runtime::Failure failure = cluster.wait_for_end(3);
  CHECK(failure.kind == runtime::FailureKind::wrong_incarnation);
  CHECK(failure.text.find("Node 3 had another disk") == 0);
  CHECK(client->execute(put("a", "2")).ok());
}

TEST_CASE("A removed member is told so, also when it was away") {
  Cluster cluster(3);
  cluster.start_all();
  auto client = make(options_for(cluster, {1, 2}));
  REQUIRE(client->execute(put("a", "1")).ok());
  cluster.kill(3);
  const auto removed = change_members(*client, one(raft::MemberOperation::Kind::remove, 3));
  CHECK(removed.problem.text == "");
  REQUIRE(removed.ok());
  cluster.start(3);
  CHECK(cluster.wait_for_end(3).kind == runtime::FailureKind::removed);
}
