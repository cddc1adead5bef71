// What was begun and is overtaken before it is durable, or before it has left: snapshots that are still
// checked, acknowledgements that wait, transfers whose log was compacted.
#include "story.h"

using namespace kelek::raft;
using namespace kelek::raft::testing;

namespace {

/// Node 2 alone, driven by hand: its Readys become durable when the test says so.
struct ByHand {
  std::unique_ptr<Node> node;
  Ready ready;

  explicit ByHand(std::uint32_t election_ticks = 10) {
    Options options;
    options.id = 2;
    options.election_ticks = election_ticks;
    options.pre_vote = false;
    DurableState state;
    state.configuration = std::make_shared<const Configuration>(Configuration::of_voters(NodeIds{1, 2, 3}));
    state.hard_state.term = 1;
    node = std::move(*Node::create(options, std::move(state)));
  }
  std::uint64_t take() {
    node->take_ready(ready);
    return ready.number;
  }
  void receive(NodeId from, Term term, MessageBody body) {
    REQUIRE(node->step(message_of(from, 2, term, std::move(body))).ok());
  }
};

}  // namespace

TEST_CASE("a snapshot is installed when its own last part is durable, not that of an earlier one") {
  ByHand two;
  const auto first = metadata_of(10, 1, 7, "old");
  const auto second = metadata_of(20, 1, 8, "new");
  two.receive(1, 1, chunk_of(first, 0, "old"));
  const std::uint64_t with_first = two.take();
  two.receive(1, 1, chunk_of(second, 0, "new"));

  SECTION("the second part was not even written when the first became durable") {
    two.node->persisted(with_first);
    CHECK(two.node->status().last_index == 0);
    const std::uint64_t with_second = two.take();
    CHECK(two.ready.chunks.size() == 1);
    CHECK(two.ready.snapshot == nullptr);
    two.node->persisted(with_second);
  }
  SECTION("it was on its way") {
    const std::uint64_t with_second = two.take();
    two.node->persisted(with_first);
    CHECK(two.node->status().last_index == 0);
    two.node->persisted(with_second);
  }
  SECTION("and if its check fails, nothing is installed") {
    const std::uint64_t with_second = two.take();
    two.node->persisted(with_first);
    two.node->snapshot_refused(8);
    two.node->persisted(with_second);
    CHECK(two.node->status().last_index == 0);
    return;
  }
  const std::uint64_t install = two.take();
  REQUIRE(two.ready.snapshot != nullptr);
  CHECK(two.ready.snapshot->id == 8);
  two.node->persisted(install);
  CHECK(two.node->status().applied == 20);
}

TEST_CASE("who campaigned while its snapshot was checked stops, and does not lead with half a snapshot") {
  const auto with_four = std::make_shared<SnapshotMetadata>(*metadata_of(10, 1, 7, "data"));
  with_four->configuration = std::make_shared<const Configuration>(Configuration::of_voters(NodeIds{1, 2, 3, 4}));
  ByHand two;
  two.receive(1, 1, chunk_of(with_four, 0, "data"));
  const std::uint64_t last_part = two.take();
  // The check takes longer than the leader lives.
  REQUIRE(two.node->campaign().ok());
  const std::uint64_t candidacy = two.take();
  two.node->persisted(last_part);
  CHECK(two.node->status().role == Role::follower);
  two.node->persisted(candidacy);
  two.receive(3, 2, VoteResponse{true});
  two.receive(1, 2, VoteResponse{true});
  CHECK(two.node->status().role == Role::follower);
  CHECK_FALSE(two.node->campaign().ok());

  const std::uint64_t install = two.take();
  REQUIRE(two.ready.snapshot != nullptr);
  two.node->persisted(install);
  CHECK(two.node->status().last_index == 10);
  CHECK(two.node->campaign().ok());
}

TEST_CASE("an acknowledgement that has not left goes with the entries that it speaks of") {
  // Evidence's M36. Between two Readys node 2 hears of two leaders: entries 2 and 3 of the first never reach
  // its disk.
  ByHand two;
  two.receive(1, 1, append_of(0, 0, {1, 1, 1}, 0));
  two.receive(1, 1, HeartbeatRequest{0, 1});
  two.receive(3, 2, append_of(1, 1, {2}, 0));
  two.take();
  REQUIRE(two.ready.entries.size() == 1);
  for (const Message& message : two.ready.messages_after) {
    if (message.to != 1) continue;
    const auto* append = std::get_if<AppendResponse>(&message.body);
    const auto* heartbeat = std::get_if<HeartbeatResponse>(&message.body);
    CHECK((append == nullptr || append->match_index < 2));
    CHECK((heartbeat == nullptr || heartbeat->match_index < 2));
  }
  REQUIRE_FALSE(two.ready.messages_after.empty());
  CHECK(std::get<AppendResponse>(two.ready.messages_after.back().body).match_index == 2);
}

TEST_CASE("a follower whose snapshot was overtaken by compaction gets the newest one") {
  Setup setup = voters(3);
  setup.options.snapshot_chunk_bytes = 4;
  setup.options.max_inflight_chunks = 1;
  setup.options.max_kept_for_snapshot_bytes = 1;  // nothing is kept for a transfer under way
  Cluster cluster(setup);
  cluster.isolate(3);
  elect(cluster, 1);
  cluster.propose(1, "data", 5);
  cluster.run(2);
  cluster.snapshot(1);
  cluster.compact(1, UINT64_MAX);
  cluster.heal();
  cluster.tick({1});
  for (int i = 0; i < 20 && cluster.disk(3).partial.empty(); ++i) cluster.deliver();
  REQUIRE(cluster.disk(3).partial.size() == 1);
  // In the midst of the transfer the log goes on, and is compacted beyond the snapshot that travels.
  cluster.hold(link(1, 3));
  cluster.propose(1, "more", 5);
  cluster.settle({1, 2});
  cluster.snapshot(1);
  REQUIRE(cluster.compact(1, UINT64_MAX) == cluster.last(1));
  cluster.release();
  cluster.run(5);
  CHECK(cluster.commit(3) == cluster.commit(1));
  CHECK(cluster.data(3) == cluster.data(1));
  CHECK(cluster.peer(1, 3).state == ReplicationState::replicate);
}

TEST_CASE("a snapshot that cannot be read is tried once a heartbeat, not for ever at once") {
  ByHand two;
  REQUIRE(two.node->campaign().ok());
  two.node->persisted(two.take());
  two.receive(1, 2, VoteResponse{true});
  two.node->persisted(two.take());
  AppendResponse accepted;
  accepted.accepted = true;
  accepted.match_index = 1;
  two.receive(1, 2, accepted);
  two.node->persisted(two.take());
  two.node->applied(1);
  REQUIRE(two.node->snapshot_stored(*metadata_of(1, 2, 9, "bytes")).ok());
  REQUIRE(two.node->compact(1) == 1);
  const auto chunks = [&two] {
    std::size_t sent = 0;
    for (int turns = 0; turns < 50 && two.node->has_ready(); ++turns) {
      two.node->persisted(two.take());
      for (const Message& message : two.ready.messages) {
        if (message.kind() != snapshot_chunk) continue;
        ++sent;
        two.node->snapshot_unavailable(message.to);
      }
    }
    return sent;
  };
  AppendResponse refused;  // its log is empty
  two.receive(3, 2, refused);
  two.receive(3, 2, HeartbeatResponse{1, 0});
  CHECK(chunks() <= 1);
  two.node->tick();
  CHECK(chunks() == 0);  // it has not answered
  two.receive(3, 2, HeartbeatResponse{1, 0});
  CHECK(chunks() == 1);
}
