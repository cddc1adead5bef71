// Node from outside: what it starts from and refuses to start from, limits, deadlines, and who is asked to
// lead first.
#include <algorithm>

#include "story.h"

using namespace kelek::raft;
using namespace kelek::raft::testing;

namespace {

Options options_of(NodeId id) {
  Options options;
  options.id = id;
  return options;
}

DurableState state_of(const Terms& terms) {
  DurableState state;
  state.configuration = std::make_shared<const Configuration>(Configuration::of_voters(NodeIds{1, 2, 3}));
  if (!terms.empty()) {
    state.entries.push_back(entries_of(1, terms));
    state.hard_state.term = terms.back();
  }
  return state;
}

std::string refusal_of(DurableState state) {
  const auto created = Node::create(options_of(1), std::move(state));
  if (created.ok()) return "";
  CHECK(created.error().refusal == Refusal::malformed);
  return created.error().text;
}

SnapshotMetadata snapshot_at(Index index, Term term) {
  SnapshotMetadata metadata;
  metadata.index = index;
  metadata.term = term;
  metadata.id = 7;
  metadata.configuration = std::make_shared<const Configuration>(Configuration::of_voters(NodeIds{1, 2, 3}));
  return metadata;
}

}  // namespace

TEST_CASE("B32 B33 a durable state that contradicts itself is refused in words") {
  CHECK(refusal_of(state_of({1, 2})).empty());

  DurableState gap = state_of({1, 2});
  gap.entries.push_back(entries_of(4, {2}));
  CHECK(refusal_of(gap) == "the log has a gap: entry 4 follows entry 2");

  CHECK(refusal_of(state_of({2, 1})).find("terms") != std::string::npos);

  DurableState old_term = state_of({1, 5});
  old_term.hard_state.term = 4;
  CHECK(refusal_of(old_term).find("below that of the last entry") != std::string::npos);

  DurableState ahead = state_of({1, 1});
  ahead.applied = 3;
  CHECK(refusal_of(ahead) == "entry 3 is applied, but the log ends at 2");

  DurableState nameless = state_of({});
  nameless.snapshot = snapshot_at(5, 1);
  nameless.snapshot.configuration = nullptr;
  CHECK(refusal_of(nameless).find("names no members") != std::string::npos);

  DurableState short_log = state_of({1, 1});
  short_log.snapshot = snapshot_at(5, 1);
  CHECK_FALSE(refusal_of(short_log).empty());

  DurableState conflict = state_of({1, 1, 1, 1, 1, 1});
  conflict.snapshot = snapshot_at(5, 2);
  conflict.hard_state.term = 2;
  CHECK_FALSE(refusal_of(conflict).empty());

  DurableState unreadable = state_of({1});
  EntryRange::Builder builder(2, 1);
  builder.add(1, EntryKind::configuration, Payload::copy_of("not a configuration"));
  unreadable.entries.push_back(builder.finish());
  CHECK(refusal_of(unreadable) == "a configuration entry of the log cannot be read");
}

TEST_CASE("a node starts with a tail of the log before its snapshot") {
  DurableState state = state_of({1, 1, 2, 2, 3, 3});
  state.snapshot = snapshot_at(4, 2);
  auto node = std::move(*Node::create(options_of(1), std::move(state)));
  const NodeStatus status = node->status();
  CHECK(status.commit == 4);
  CHECK(status.applied == 4);
  CHECK(status.last_index == 6);
  CHECK(status.first_index == 1);
  CHECK(status.last_term == 3);
  CHECK(node->entries_from(3, 2).size() == 2);
  CHECK(node->entries_from(7, 2).empty());
}

TEST_CASE("of the first entry of a tail only the term is kept, unless the term before it is known") {
  const auto first_index_with = [](Term term_before) {
    DurableState state = state_of({});
    EntryRange::Builder builder(3, 4);
    for (const Term term : std::vector<Term>{2, 2, 3, 3}) builder.add(term, EntryKind::command, Payload());
    state.entries.push_back(builder.finish());
    state.term_before_entries = term_before;
    state.hard_state.term = 3;
    state.snapshot = snapshot_at(4, 2);
    const auto node = Node::create(options_of(1), std::move(state));
    return node ? (*node)->status().first_index : 0;
  };
  CHECK(first_index_with(0) == 4);
  CHECK(first_index_with(1) == 3);
  CHECK(first_index_with(3) == 0);  // terms do not fall
}

TEST_CASE("options that are not allowed are all told at once") {
  Options options;
  options.max_waiting = 0;
  const auto created = Node::create(options, DurableState());
  REQUIRE_FALSE(created.ok());
  CHECK(created.error().text.find("id is 0") != std::string::npos);
  CHECK(created.error().text.find("max_waiting is 0") != std::string::npos);
}

TEST_CASE("proposals have limits, and say which") {
  Cluster cluster(voters(3));
  const auto refusal = [&](NodeId id, std::span<const Payload> payloads) {
    const auto proposed = cluster.node(id).propose(payloads);
    return proposed.ok() ? Refusal::none : proposed.error().refusal;
  };
  const Payload small = Payload::copy_of("x");
  CHECK(refusal(2, {&small, 1}) == Refusal::no_leader);
  elect(cluster, 1);
  CHECK(refusal(1, {}) == Refusal::out_of_range);
  CHECK(refusal(2, {}) == Refusal::out_of_range);
  const std::vector<Payload> many(1000, small);
  CHECK(refusal(2, many) == Refusal::too_large);  // more than one message may carry to the leader
  CHECK(refusal(1, many) == Refusal::none);
  cluster.run(20);
  CHECK(cluster.data(3).size() == 1000);
}

TEST_CASE("appends are bounded in entries and in bytes, but one entry always goes") {
  Setup setup = voters(3);
  setup.options.max_append_entries = 4;
  setup.options.max_append_bytes = 100;
  Cluster cluster(setup);
  elect(cluster, 1);
  cluster.propose(1, "s", 10);
  cluster.propose(1, std::string(60, 'm'), 3);
  cluster.propose(1, std::string(500, 'l'), 1);
  bool saw_large = false;
  for (const Message& message : cluster.messages(link(1, 2, append))) {
    const auto& entries = std::get<AppendRequest>(message.body).entries;
    CHECK(entries.size() <= 4);
    CHECK((entries.payload_bytes() <= 100 || entries.size() == 1));
    saw_large = saw_large || entries.payload_bytes() == 500;
  }
  CHECK(saw_large);
  cluster.run(2);
  CHECK(cluster.data(2).size() == 14);
}

TEST_CASE("the window is bounded in bytes") {
  Setup setup = one_entry_a_message(voters(3));
  setup.options.max_inflight_bytes = 100;
  Cluster cluster(setup);
  elect(cluster, 1);
  cluster.propose(1, std::string(40, 'x'), 10);
  CHECK(cluster.peer(1, 2).inflight_bytes >= 100);
  CHECK(cluster.peer(1, 2).inflight_bytes <= 140);
  CHECK(cluster.in_flight(link(1, 2, append)) <= 4);
  cluster.settle();
  CHECK(cluster.peer(1, 2).inflight_bytes == 0);
  CHECK(cluster.match(1, 2) == 11);
}

TEST_CASE("nothing happens before the deadline that a node names") {
  Cluster cluster(voters(3));
  for (const NodeId id : NodeIds{1, 2, 3}) {
    for (int i = 0; i < 30; ++i) {
      const std::uint64_t quiet = cluster.node(id).ticks_to_deadline();
      REQUIRE(quiet >= 1);
      REQUIRE(quiet < 1000);
      for (std::uint64_t tick = 1; tick < quiet; ++tick) {
        cluster.node(id).tick();
        REQUIRE_FALSE(cluster.node(id).has_ready());
      }
      cluster.tick({id});
      cluster.drop();
    }
  }
}

TEST_CASE("who has the smaller delay leads, but the delay keeps nobody from leading") {
  Setup setup = voters(3);
  for (const NodeId id : NodeIds{1, 2}) {
    setup.options_of[id] = setup.options;
    setup.options_of[id].election_delay_ticks = 20;
  }
  Cluster cluster(setup);
  cluster.run(25);
  CHECK(cluster.leader() == 3);
  cluster.crash(3);
  cluster.run(100, [&] { return cluster.leader() == 1 || cluster.leader() == 2; });
}

TEST_CASE("a log is compacted through its newest snapshot and no further") {
  Cluster cluster(voters(3));
  elect(cluster, 1);
  cluster.propose(1, "a", 8);
  cluster.run(2);
  CHECK(cluster.compact(1, 5) == 0);
  cluster.snapshot(1, 6);
  CHECK(cluster.compact(1, 4) == 4);
  CHECK(cluster.compact(1, 100) == 6);
  CHECK(cluster.compact(1, 2) == 6);
  CHECK(cluster.status(1).first_index == 7);
  CHECK_FALSE(cluster.node(1).snapshot_basis(5).ok());
  CHECK_FALSE(cluster.node(1).snapshot_basis(0).ok());
  CHECK_FALSE(cluster.node(1).snapshot_basis(100).ok());
  CHECK_FALSE(cluster.node(1).snapshot_stored(snapshot_at(9, 7)).ok());   // another term
  CHECK_FALSE(cluster.node(1).snapshot_stored(snapshot_at(90, 1)).ok());  // not applied
  CHECK(cluster.node(1).snapshot_stored(snapshot_at(3, 1)).ok());         // older than the newest: ignored
  CHECK(cluster.status(1).snapshot_index == 6);
}

TEST_CASE("numbers and indexes that were never handed out are ignored") {
  Cluster cluster(voters(3));
  elect(cluster, 1);
  cluster.node(1).persisted(UINT64_MAX);
  cluster.node(1).persisted(1);
  cluster.node(1).applied(UINT64_MAX);
  cluster.node(1).peer_unreachable(99);
  cluster.node(1).snapshot_refused(99);
  cluster.node(1).snapshot_unavailable(99);
  CHECK(cluster.status(1).applied == 1);
  cluster.propose(1, "a");
  cluster.run(2);
  CHECK(cluster.data(2) == Data{"a"});
}

TEST_CASE("a peer that is unreachable is probed, not streamed to") {
  Cluster cluster(voters(3));
  elect(cluster, 1);
  cluster.node(1).peer_unreachable(2);
  CHECK(cluster.peer(1, 2).state == ReplicationState::probe);
  cluster.propose(1, "a");
  CHECK(cluster.in_flight(link(1, 2, append)) == 0);
  CHECK(cluster.in_flight(link(1, 3, append)) == 1);
  cluster.run(2);
  CHECK(cluster.peer(1, 2).state == ReplicationState::replicate);
  CHECK(cluster.data(2) == Data{"a"});
}

TEST_CASE("the trace costs nothing where nobody listens, and tells everything where somebody does") {
  class Counter final : public Observer {
   public:
    void observe(const TraceEvent& event) override {
      ++kinds[event.what.index()];
      CHECK_FALSE(format_sentence(event).empty());
    }
    std::map<std::size_t, std::size_t> kinds;
  };
  Counter counter;
  Setup setup = voters(3);
  setup.spares = {4};
  setup.observer = &counter;
  Cluster cluster(setup);
  elect(cluster, 1);
  cluster.propose(1, "a", 3);
  cluster.read(1, 1);
  cluster.run(2);
  cluster.snapshot(1);
  cluster.compact(1, 4);
  REQUIRE(cluster.change(1, "~4").ok());
  cluster.run(5);
  REQUIRE(cluster.transfer(1, 2).ok());
  cluster.run(2);
  CHECK(counter.kinds.size() == std::variant_size_v<decltype(TraceEvent::what)>);
}
