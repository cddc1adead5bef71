// Messages that no correct member sends, at random, to a node in every role: each is refused, answered or
// ignored, and none of them makes the process stop.
#include <algorithm>

#include "story.h"

using namespace kelek::raft;
using namespace kelek::raft::testing;

namespace {

class Liar {
 public:
  explicit Liar(std::uint64_t seed) : state_(seed) {}

  std::uint64_t below(std::uint64_t bound) {
    state_ = state_ * 0x5851f42d4c957f2dU + 0x14057b7ef767814fU;
    return (state_ >> 33) % bound;
  }
  bool one_in(std::uint64_t bound) { return below(bound) == 0; }

  /// Mostly near what is true, sometimes far from all sense.
  std::uint64_t number(std::uint64_t near_to) {
    switch (below(8)) {
      case 0: return 0;
      case 1: return UINT64_MAX - below(3);
      case 2: return (std::uint64_t{1} << 62) - 1 - below(2);
      default: return near_to + below(5) - std::min<std::uint64_t>(near_to, 2);
    }
  }

  Message message(const NodeStatus& status) {
    Message lie = message_of(1 + below(5), 2, one_in(12) ? number(status.term) : status.term + below(2), body(status));
    const auto kind = lie.kind();
    if (kind >= MessageKind::read_request && !one_in(8)) lie.term = 0;
    return lie;
  }

 private:
  AppendRequest append(const NodeStatus& status) {
    AppendRequest request;
    request.previous_index = number(status.last_index);
    request.previous_term = number(status.last_term);
    request.commit = number(status.commit);
    request.round = number(1);
    if (request.previous_index < UINT64_MAX && !one_in(3)) {
      const auto count = static_cast<std::uint32_t>(1 + below(4));
      EntryRange::Builder builder(request.previous_index + 1, count);
      Term term = std::max(request.previous_term, status.term);
      for (std::uint32_t i = 0; i < count; ++i) {
        if (one_in(10)) term = number(term);
        const bool configures = one_in(6);
        const NodeIds voters = {1, 2, 3 + below(3)};
        builder.add(term, configures ? EntryKind::configuration : EntryKind::command,
                    configures && !one_in(4) ? Configuration::of_voters(voters).encode() : Payload::copy_of("lie"));
      }
      request.entries = builder.finish();
    }
    return request;
  }

  SnapshotChunk chunk(const NodeStatus& status) {
    auto metadata = std::make_shared<SnapshotMetadata>(
        *metadata_of(number(status.last_index), number(status.term), below(3), std::string(below(3), 's')));
    if (one_in(6)) metadata->configuration = nullptr;
    return chunk_of(metadata, one_in(3) ? number(1) : 0, std::string(below(3), 's'));
  }

  MessageBody body(const NodeStatus& status) {
    const Index last = status.last_index;
    switch (below(15)) {
      case 0: return PreVoteRequest{number(status.term), number(last), number(status.last_term)};
      case 1: return PreVoteResponse{status.term + below(3), one_in(2)};
      case 2: return VoteRequest{number(last), number(status.last_term), one_in(3)};
      case 3: return VoteResponse{one_in(2)};
      case 4: return append(status);
      case 5:
        return AppendResponse{number(last), one_in(2), number(last), number(last), number(status.term), number(3)};
      case 6: return HeartbeatRequest{number(status.commit), number(3)};
      case 7: return HeartbeatResponse{number(3), number(last)};
      case 8: return chunk(status);
      case 9:
        return SnapshotResponse{below(3),
                                one_in(2) ? SnapshotResponse::Progress::done : SnapshotResponse::Progress::more,
                                number(2), number(last)};
      case 10: return TimeoutNow{};
      case 11: return ReadRequest{number(1)};
      case 12: return ReadResponse{number(1), Refusal::none, number(last)};
      case 13: return ProposeRequest{number(1), std::vector<Payload>(below(3), Payload::copy_of("p"))};
      default: return ProposeResponse{number(1), Refusal::none, number(last), number(status.term), below(4)};
    }
  }

  std::uint64_t state_;
};

void lie_to_a_node(std::uint64_t seed) {
  Liar liar(seed);
  Options options;
  options.id = 2;
  options.lease_reads = liar.one_in(2);
  options.snapshot_chunk_bytes = 1;
  DurableState state;
  const NodeIds members = liar.one_in(4) ? NodeIds{2} : NodeIds{1, 2, 3};
  state.configuration = std::make_shared<const Configuration>(Configuration::of_voters(members));
  state.hard_state.term = 1;
  auto node = std::move(*Node::create(options, std::move(state)));
  std::vector<std::uint64_t> unwritten;
  Ready ready;
  for (int i = 0; i < 400; ++i) {
    const NodeStatus before = node->status();
    if (liar.one_in(4)) node->tick();
    if (liar.one_in(20)) (void)node->campaign();
    if (liar.one_in(10)) (void)node->propose(Payload::copy_of("own"), liar.below(3));
    if (liar.one_in(20)) (void)node->transfer(1 + liar.below(4));
    if (liar.one_in(20)) (void)node->read(liar.below(100));
    if (liar.one_in(30)) node->snapshot_refused(liar.below(3));
    if (liar.one_in(30)) node->snapshot_unavailable(1 + liar.below(4));
    (void)node->step(liar.message(node->status()));
    if (liar.one_in(3) && node->has_ready()) {
      node->take_ready(ready);
      unwritten.push_back(ready.number);
      if (!ready.committed.empty() && !liar.one_in(3)) node->applied(ready.committed.back().last_index());
    }
    if (liar.one_in(3) && !unwritten.empty()) {
      node->persisted(unwritten.front());
      unwritten.erase(unwritten.begin());
    }
    const NodeStatus after = node->status();
    REQUIRE(after.term >= before.term);
    REQUIRE(after.commit >= before.commit);
    REQUIRE(after.commit <= after.last_index);
  }
}

}  // namespace

TEST_CASE("no message makes a node stop, or go back") {
  for (std::uint64_t seed = 1; seed <= 2'000; ++seed) {
    INFO("seed " << seed);
    lie_to_a_node(seed);
  }
}
