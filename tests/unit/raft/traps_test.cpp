// Traps that the large implementations fell into, from their histories: what a correct one does.
#include "story.h"

using namespace kelek::raft;
using namespace kelek::raft::testing;

TEST_CASE("an acknowledgement of entries that were replaced since is not counted") {
  // The ABA of asynchronous storage: node 2 writes entry 2 of term 1; before that write is done it is
  // replaced.
  Cluster cluster(with_async_storage(with_logs(voters(3), {1})));
  cluster.step(message_of(1, 2, 1, append_of(1, 1, {1}, 1)));
  cluster.step(message_of(3, 2, 2, append_of(1, 1, {2}, 1)));
  cluster.step(message_of(1, 2, 3, append_of(1, 1, {3}, 1)));
  CHECK(cluster.log(2) == Terms{1, 3});
  cluster.persist(2, 1);
  CHECK(cluster.status(2).stable_index == 1);
  CHECK(cluster.in_flight(link(2, 1, append_response)) == 1);  // of term 1, and true when it was written
  cluster.persist(2, 1);
  CHECK(cluster.status(2).stable_index == 1);
  cluster.persist(2);
  CHECK(cluster.status(2).stable_index == 2);
}

TEST_CASE("a hint below the compacted log leads to a snapshot") {
  Cluster cluster(voters(3));
  cluster.isolate(3);
  elect(cluster, 1);
  cluster.propose(1, "a", 5);
  cluster.run(2);
  cluster.snapshot(1);
  cluster.compact(1, 6);
  AppendResponse refusal;
  refusal.previous_index = 6;
  refusal.hint_index = 2;
  refusal.hint_term = 1;
  CHECK(cluster.step(message_of(3, 1, 1, refusal)).ok());
  refusal.hint_index = 0;
  refusal.hint_term = 0;
  CHECK(cluster.step(message_of(3, 1, 1, refusal)).ok());
  cluster.heal();
  cluster.run(5);
  CHECK(cluster.commit(3) == 6);
}

namespace {

/// A follower that hears of ten committed entries of 60 bytes at once.
std::unique_ptr<Node> follower_of_ten(Options options) {
  options.id = 2;
  DurableState state;
  state.configuration = std::make_shared<const Configuration>(Configuration::of_voters(NodeIds{1, 2, 3}));
  state.hard_state.term = 1;
  auto node = std::move(*Node::create(options, std::move(state)));
  const std::string data(60, 'x');
  EntryRange::Builder entries(1, 10);
  for (int i = 0; i < 10; ++i) entries.add(1, EntryKind::command, Payload::copy_of(data));
  AppendRequest append = append_of(0, 0, {}, 10);
  append.entries = entries.finish();
  REQUIRE(node->step(message_of(1, 2, 1, append)).ok());
  return node;
}

/// How many committed entries each Ready brings to an application that has applied those before: the first two are
/// taken without having applied anything in between.
std::vector<std::size_t> handed_out(Node& node) {
  std::vector<std::size_t> counts;
  Ready ready;
  Index last = 0;
  for (int i = 0; i < 8; ++i) {
    if (i > 2) node.applied(last);
    node.take_ready(ready);
    node.persisted(ready.number);
    std::size_t count = 0;
    for (const EntryRange& range : ready.committed) count += range.size();
    last += count;
    counts.push_back(count);
  }
  return counts;
}

}  // namespace

TEST_CASE("no Ready brings more entries than are allowed to be unapplied") {
  Options options;
  options.max_unapplied_entries = 4;
  const auto node = follower_of_ten(options);
  // Nothing before the entries are durable; four; nothing while those are not applied; and so on.
  CHECK(handed_out(*node) == std::vector<std::size_t>{0, 4, 0, 4, 2, 0, 0, 0});
}

TEST_CASE("no Ready brings more once the bytes that may be unapplied are reached") {
  Options options;
  options.max_unapplied_bytes = 150;
  const auto node = follower_of_ten(options);
  CHECK(handed_out(*node) == std::vector<std::size_t>{0, 3, 0, 3, 3, 1, 0, 0});
}

TEST_CASE("an entry above the limit of unapplied bytes is handed out alone") {
  Options options;
  options.max_unapplied_bytes = 10;
  const auto node = follower_of_ten(options);
  CHECK(handed_out(*node) == std::vector<std::size_t>{0, 1, 0, 1, 1, 1, 1, 1});
}

TEST_CASE("the persisted commit index does not wait for the application") {
  Setup setup = voters(3);
  setup.options.max_unapplied_bytes = 1;
  Cluster cluster(setup);
  elect(cluster, 1);
  cluster.pause_applying(2);
  cluster.propose(1, "aaaa", 5);
  cluster.run(3);
  CHECK(cluster.disk(2).hard_state.commit == 6);
}

TEST_CASE("a restart keeps both halves of a joint configuration, and demotions under way") {
  Setup setup = voters(3);
  setup.spares = {4};
  Cluster cluster(setup);
  elect(cluster, 1);
  REQUIRE(cluster.change(1, "+4 ~3", true).ok());
  cluster.run(3);
  const std::string joint = "voters 1 2 4, outgoing 1 2 3, learners 3";
  REQUIRE(cluster.config(2) == joint);
  cluster.snapshot(2);
  cluster.compact(2, UINT64_MAX);
  cluster.crash(2);
  cluster.restart(2);
  CHECK(cluster.config(2) == joint);
  REQUIRE(cluster.change(1, "leave").ok());
  cluster.run(2);
  CHECK(cluster.config(2) == "voters 1 2 4, learners 3");
}

TEST_CASE("a commit index alone needs no sync") {
  Options options;
  options.id = 2;
  DurableState state;
  state.configuration = std::make_shared<const Configuration>(Configuration::of_voters(NodeIds{1, 2, 3}));
  state.hard_state.term = 1;
  auto node = std::move(*Node::create(options, std::move(state)));
  Ready ready;
  REQUIRE(node->step(message_of(1, 2, 1, append_of(0, 0, {1}, 0))).ok());
  node->take_ready(ready);
  CHECK(ready.must_sync);
  node->persisted(ready.number);
  REQUIRE(node->step(message_of(1, 2, 1, HeartbeatRequest{1, 1})).ok());
  node->take_ready(ready);
  REQUIRE(ready.hard_state.has_value());
  CHECK(ready.hard_state->commit == 1);
  CHECK_FALSE(ready.must_sync);
}

TEST_CASE("a message that comes between taking a Ready and reporting it is not lost") {
  Cluster cluster(with_async_storage(with_logs(voters(3), {1})));
  cluster.step(message_of(1, 2, 2, append_of(1, 1, {2}, 1)));
  cluster.step(message_of(1, 2, 2, append_of(2, 2, {2}, 1)));
  cluster.persist(2);
  const auto answers = cluster.messages(link(2, 1, append_response));
  REQUIRE(answers.size() == 2);
  CHECK(std::get<AppendResponse>(answers[1].body).match_index == 3);
}

TEST_CASE("the uncommitted tail is bounded in bytes, and opens again with commits") {
  Setup setup = voters(3);
  setup.options.max_uncommitted_bytes = 100;
  Cluster cluster(setup);
  elect(cluster, 1);
  const std::string data(60, 'x');
  REQUIRE(cluster.propose(1, data).ok());
  const auto refused = cluster.propose(1, data);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().refusal == Refusal::too_many_uncommitted);
  cluster.settle();
  CHECK(cluster.status(1).uncommitted_bytes == 0);
  CHECK(cluster.propose(1, data).ok());
  cluster.settle();
  CHECK(cluster.propose(1, std::string(500, 'y')).ok());  // alone, anything gets its turn
}

TEST_CASE("changes of the membership count in the uncommitted tail, both ways") {
  Setup setup = voters(3);
  setup.spares = {4};
  Cluster cluster(setup);
  elect(cluster, 1);
  REQUIRE(cluster.propose(1, std::string(100, 'x')).ok());
  REQUIRE(cluster.change(1, "~4").ok());
  REQUIRE(cluster.propose(1, std::string(100, 'y')).ok());
  // The first two are committed: what is left is the last.
  cluster.deliver(link(1, 2, append), 2);
  cluster.deliver(link(2, 1, append_response));
  REQUIRE(cluster.commit(1) == cluster.last(1) - 1);
  CHECK(cluster.status(1).uncommitted_bytes == 100);
}

TEST_CASE("a new member has time to answer before it counts as silent") {
  Setup setup = voters(3);
  setup.spares = {4, 5};
  Cluster cluster(setup);
  elect(cluster, 1);
  cluster.run(50);
  cluster.isolate(4);
  cluster.isolate(5);
  REQUIRE(cluster.change(1, "+4 +5 -2 -3").ok());
  cluster.run(5);
  CHECK(cluster.role(1) == Role::leader);
  cluster.run(20);
  CHECK(cluster.role(1) != Role::leader);  // the new majority stays silent
}

TEST_CASE("a pre-vote changes nothing at who grants it") {
  Cluster cluster(with_logs(voters(3), {1}));
  const NodeStatus before = cluster.status(2);
  cluster.timeout(2, 8);
  cluster.tick({2}, 6);
  CHECK(cluster.step(message_of(1, 2, 1, PreVoteRequest{2, 1, 1})).ok());
  const auto answers = cluster.messages(link(2, 1, pre_vote_response));
  REQUIRE(answers.size() == 1);
  CHECK(std::get<PreVoteResponse>(answers[0].body).granted);
  CHECK(cluster.term(2) == before.term);
  CHECK(cluster.vote(2) == no_node);
  cluster.tick({2}, 2);
  CHECK(cluster.role(2) == Role::pre_candidate);
}

TEST_CASE("an answer to an earlier pre-vote is not counted") {
  Cluster cluster(with_logs(voters(3), {1}));
  cluster.timeout(1, 1);
  cluster.tick({1});
  REQUIRE(cluster.role(1) == Role::pre_candidate);
  cluster.drop();
  cluster.step(message_of(2, 1, 1, PreVoteResponse{1, true}));
  CHECK(cluster.role(1) == Role::pre_candidate);
  cluster.step(message_of(2, 1, 1, PreVoteResponse{2, true}));
  CHECK(cluster.role(1) == Role::candidate);
}

TEST_CASE("a term is taken over also from one that is no member, and its vote is judged by the log") {
  Cluster cluster(with_logs(voters(3), {1, 1}));
  CHECK(cluster.step(message_of(9, 1, 7, VoteRequest{1, 1, false})).ok());
  CHECK(cluster.term(1) == 7);
  CHECK(cluster.vote(1) == no_node);
}

TEST_CASE("forwarded proposals and reads carry no term") {
  Cluster cluster(voters(3));
  elect(cluster, 1);
  cluster.propose(2, "a");
  cluster.read(3, 1);
  for (const Message& message : cluster.messages()) {
    const bool forwarded =
        message.kind() == MessageKind::propose_request || message.kind() == MessageKind::read_request;
    CHECK((message.term == 0) == forwarded);
  }
  cluster.settle();
  REQUIRE(cluster.read_outcome(3, 1) != nullptr);
  CHECK(cluster.read_outcome(3, 1)->refusal == Refusal::none);
}

TEST_CASE("nodes with one seed draw different timeouts") {
  Setup setup = voters(9);
  setup.options.election_ticks = 1000;
  setup.options.pre_vote = false;
  Cluster cluster(setup);
  for (const NodeId id : setup.voters) cluster.isolate(id);
  std::set<std::size_t> drawn;
  for (const NodeId id : setup.voters) {
    std::size_t ticks = 0;
    while (cluster.term(id) == 0) {
      cluster.tick({id});
      ++ticks;
    }
    CHECK(ticks >= 1000);
    CHECK(ticks < 2000);
    drawn.insert(ticks);
  }
  CHECK(drawn.size() >= 8);
}

TEST_CASE("a leadership lost and won again is seen") {
  Options options;
  options.id = 1;
  DurableState state;
  state.configuration = std::make_shared<const Configuration>(Configuration::of_voters(NodeIds{1}));
  auto node = std::move(*Node::create(options, std::move(state)));
  Ready ready;
  Term last_term = 0;
  std::size_t leaderships = 0;
  const auto drain = [&] {
    while (node->has_ready()) {
      node->take_ready(ready);
      if (ready.role && ready.role->role == Role::leader && ready.role->term != last_term) {
        last_term = ready.role->term;
        ++leaderships;
      }
      node->persisted(ready.number);
    }
  };
  REQUIRE(node->campaign().ok());
  drain();
  REQUIRE(leaderships == 1);
  CHECK(node->step(message_of(7, 1, 5, AppendResponse{})).ok());
  CHECK(node->status().role == Role::follower);
  REQUIRE(node->campaign().ok());
  drain();
  CHECK(leaderships == 2);
}

TEST_CASE("reads that wait are looked at again when the group shrinks") {
  Cluster cluster(voters(2));
  elect(cluster, 1);
  REQUIRE(cluster.change(1, "-2").ok());
  cluster.deliver(link(1, 2));
  cluster.hold(link(2, 1));
  cluster.read(1, 1);
  cluster.drop(link(1, 2));
  cluster.release();
  cluster.deliver(link(2, 1));
  cluster.run(1);
  REQUIRE(cluster.read_outcome(1, 1) != nullptr);
  CHECK(cluster.read_outcome(1, 1)->refusal == Refusal::none);
}

TEST_CASE("a follower that acknowledges while a snapshot is due to it is streamed to again") {
  Cluster cluster(voters(3));
  cluster.isolate(3);
  elect(cluster, 1);
  cluster.propose(1, "a", 3);
  cluster.run(2);
  cluster.snapshot(1);
  cluster.compact(1, 4);
  cluster.heal();
  cluster.tick({1});
  cluster.drop();
  AppendResponse accepted;
  accepted.accepted = true;
  accepted.match_index = 4;
  cluster.crash(3);  // its disk has what it says, by a way that the leader did not see
  cluster.disk(3).log = cluster.disk(2).log;
  cluster.disk(3).hard_state.term = 1;
  cluster.restart(3);
  REQUIRE(cluster.last(3) == 4);
  CHECK(cluster.step(message_of(3, 1, 1, accepted)).ok());
  CHECK(cluster.peer(1, 3).state == ReplicationState::replicate);
  cluster.propose(1, "b");
  cluster.run(2);
  CHECK(cluster.commit(3) == 5);
}

TEST_CASE("the window counts appends with entries; without one, heartbeats go on") {
  Setup setup = one_entry_a_message(voters(3));
  setup.options.max_inflight_appends = 2;
  Cluster cluster(setup);
  elect(cluster, 1);
  cluster.cut(2, 1);
  cluster.propose(1, "a", 10);
  cluster.settle();
  CHECK(cluster.last(2) == 3);
  CHECK(cluster.peer(1, 2).inflight_appends == 2);
  cluster.tick({1}, 3);
  CHECK(cluster.in_flight(link(1, 2, heartbeat)) == 3);
}

TEST_CASE("malformed messages are refused by name and change nothing") {
  Cluster cluster(with_logs(voters(3), {1}));
  const NodeStatus before = cluster.status(2);
  const auto refused = [&](const Message& message) {
    const Status status = cluster.step(message);
    return status.ok() ? Refusal::none : status.error().refusal;
  };
  CHECK(refused(message_of(1, 2, 0, AppendRequest{})) == Refusal::malformed);
  CHECK(refused(message_of(1, 2, 3, ReadRequest{1})) == Refusal::malformed);
  CHECK(refused(message_of(1, 2, 3, append_of(1, 1, {4}, 0))) == Refusal::malformed);
  CHECK(refused(message_of(1, 2, 3, append_of(1, 2, {1}, 0))) == Refusal::malformed);
  AppendRequest gap = append_of(5, 1, {1}, 0);
  gap.previous_index = 1;
  CHECK(refused(message_of(1, 2, 3, gap)) == Refusal::malformed);
  CHECK(refused(message_of(1, 2, 3, SnapshotChunk{})) == Refusal::malformed);
  CHECK(refused(message_of(1, 2, UINT64_MAX, HeartbeatRequest{})) == Refusal::malformed);
  CHECK(refused(message_of(1, 2, 3, append_of(UINT64_MAX, 1, {}, 0))) == Refusal::malformed);
  auto nowhere = std::make_shared<SnapshotMetadata>(*metadata_of(UINT64_MAX, 1, 7, "x"));
  CHECK(refused(message_of(1, 2, 3, chunk_of(nowhere, 0, "x"))) == Refusal::malformed);
  AppendRequest nobody = append_of(1, 1, {}, 0);
  EntryRange::Builder builder(2, 1);
  builder.add(3, EntryKind::configuration, Configuration().encode());
  nobody.entries = builder.finish();
  CHECK(refused(message_of(1, 2, 3, nobody)) == Refusal::malformed);
  Message elsewhere = message_of(1, 3, 3, HeartbeatRequest{});
  Cluster other(voters(3));
  CHECK(other.node(2).step(elsewhere).error().refusal == Refusal::wrong_recipient);
  CHECK(cluster.status(2).term == before.term);
  CHECK(cluster.log(2) == Terms{1});
}

// Found by fuzzing: such a node could not start again from what it had written.
TEST_CASE("a leader that contradicts what is committed is none, and changes nothing") {
  Cluster cluster(with_logs(voters(3), {1, 2}));
  elect(cluster, 1);
  REQUIRE(cluster.commit(2) == 3);
  const Term term = cluster.term(2);
  const std::vector<Term> log = cluster.log(2);
  const Status lie = cluster.step(message_of(3, 2, term + 1, append_of(0, 0, {1, 1, 1, 1}, 0)));
  REQUIRE_FALSE(lie.ok());
  CHECK(lie.error().refusal == Refusal::malformed);
  CHECK(lie.error().text.find("contradicts what is committed") != std::string::npos);
  CHECK(cluster.log(2) == log);
  CHECK(cluster.term(2) == term);
  // Who led before may well have had others there: that is old, not malformed.
  CHECK(cluster.step(message_of(3, 2, term - 1, append_of(0, 0, {1, 1, 1, 1}, 0))).ok());
  CHECK(cluster.log(2) == log);
}
