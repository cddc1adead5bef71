// One node and messages that no member would send, in any order, among what else happens to it: it refuses or bears
// them, asks its disk for nothing that contradicts itself, and stays within its limits. (That it then agrees with
// others is not asked: Raft does not bear lies, and Kelek does not claim to.)
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <utility>

#include <kelek/raft/node.h>
#include <kelek/sim/disk.h>

using namespace kelek;

namespace {

constexpr std::size_t most_steps = 400;
constexpr std::size_t most_messages_a_step = 4096;

class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : data_(data), left_(size) {}
  bool empty() const { return left_ == 0; }
  std::uint32_t byte() {
    if (left_ == 0) return 0;
    --left_;
    return *data_++;
  }
  /// Small ones mostly; the ends of the range now and then.
  std::uint64_t number() {
    const std::uint32_t value = byte();
    if (value < 248) return value % 32;
    return value < 252 ? std::uint64_t{1} << (56 + value % 8) : UINT64_MAX - (value - 252);
  }
  bool flag() { return byte() % 2 == 1; }

 private:
  const std::uint8_t* data_;
  std::size_t left_;
};

raft::EntryRange entries(Input& input, raft::Index previous) {
  const std::uint32_t count = input.byte() % 4;
  if (count == 0) return {};
  raft::EntryRange::Builder builder(previous + 1, count);
  const raft::Payload configuration = raft::Configuration::of_voters(std::array<raft::NodeId, 2>{1, 2}).encode();
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t what = input.byte();
    const auto kind = static_cast<raft::EntryKind>(what % 3);
    const bool is_sound = what % 7 != 0;
    raft::Payload payload = raft::Payload::copy_of("x");
    if (kind == raft::EntryKind::configuration && is_sound) payload = configuration;
    if (kind == raft::EntryKind::empty) payload = raft::Payload();
    builder.add(input.number(), kind, std::move(payload));
  }
  return builder.finish();
}

raft::MessageBody body(Input& input, std::shared_ptr<const raft::SnapshotMetadata>& snapshot) {
  using namespace raft;
  switch (input.byte() % message_kinds) {
    // Within braces what is read first stands first.
    case 0: return PreVoteRequest{input.number(), input.number(), input.number()};
    case 1: return PreVoteResponse{input.number(), input.flag()};
    case 2: return VoteRequest{input.number(), input.number(), input.flag()};
    case 3: return VoteResponse{input.flag()};
    case 4: {
      const Index previous = input.number();
      const Term term = input.number();
      const Index commit = input.number();
      const Round round = input.number();
      return AppendRequest{previous, term, commit, round,
                           previous < UINT64_MAX - 8 ? entries(input, previous) : EntryRange()};
    }
    case 5: {
      AppendResponse response;
      response.previous_index = input.number();
      response.accepted = input.flag();
      response.match_index = input.number();
      response.hint_index = input.number();
      response.hint_term = input.number();
      response.round = input.number();
      return response;
    }
    case 6: return HeartbeatRequest{input.number(), input.number()};
    case 7: return HeartbeatResponse{input.number(), input.number()};
    case 8: {
      if (snapshot == nullptr || input.flag()) {
        SnapshotMetadata metadata;
        metadata.index = input.number();
        metadata.term = input.number();
        metadata.configuration =
            std::make_shared<const Configuration>(Configuration::of_voters(std::array<NodeId, 3>{1, 2, 3}));
        metadata.id = input.number();
        metadata.size_bytes = 4;
        metadata.digest = sim::digest_of("data");
        snapshot = std::make_shared<const SnapshotMetadata>(std::move(metadata));
      }
      SnapshotChunk chunk;
      chunk.metadata = snapshot;
      chunk.offset_bytes = input.number() % 6;
      chunk.data = Payload::copy_of(std::string_view("data").substr(
          static_cast<std::size_t>(std::min<std::uint64_t>(chunk.offset_bytes, 4)), input.byte() % 5));
      chunk.wanted_bytes = static_cast<std::uint32_t>(chunk.data.size());
      return chunk;
    }
    case 9: {
      SnapshotResponse response;
      response.id = input.number();
      response.progress = input.flag() ? SnapshotResponse::Progress::done : SnapshotResponse::Progress::more;
      response.next_offset_bytes = input.number();
      response.match_index = input.number();
      return response;
    }
    case 10: return TimeoutNow{};
    case 11: return ReadRequest{input.number(), input.flag() ? ReadMode::linearizable : ReadMode::quorum};
    case 12: return ReadResponse{input.number(), Refusal::none, input.number()};
    case 13: return ProposeRequest{input.number(), {Payload::copy_of("x")}};
    default: return ProposeResponse{input.number(), Refusal::none, input.number(), input.number(), input.number()};
  }
}

raft::Options options_of(Input& input) {
  raft::Options options;
  options.id = 1;
  const std::uint32_t flags = input.byte();
  options.pre_vote = (flags & 1) != 0;
  options.check_quorum = (flags & 2) != 0;
  options.lease_reads = (flags & 6) == 6;
  options.max_append_entries = 4;
  options.max_waiting = 8;
  options.max_uncommitted_bytes = 64;
  return options;
}

class Victim {
 public:
  explicit Victim(Input& input) : input_(input), options_(options_of(input)) {
    disk_.first_configuration = std::make_shared<const raft::Configuration>(
        raft::Configuration::of_voters(std::array<raft::NodeId, 3>{1, 2, 3}));
    start();
  }

  void step() {
    const std::uint32_t what = input_.byte() % 16;
    if (what < 9) {
      send();
    } else if (what < 12) {
      for (std::uint32_t times = 1 + input_.byte() % 24; times > 0; --times) node_->tick();
    } else if (what == 12) {
      (void)node_->propose(raft::Payload::copy_of("x"), ++token_);
    } else if (what == 13) {
      (void)node_->read(++token_);
    } else if (what == 14) {
      (void)node_->campaign();
    } else {
      start();
    }
    take();
  }

 private:
  void start() {
    auto created = raft::Node::create(options_, disk_.load(options_.id));
    // What it wrote itself must do for a start.
    if (!created) {
      std::fprintf(stderr, "%s\n", created.error().text.c_str());
      std::abort();
    }
    node_ = std::move(created.value());
  }

  void send() {
    raft::Message message;
    message.from = 1 + input_.byte() % 4;
    message.to = input_.byte() % 16 == 0 ? 2 : 1;
    message.term = input_.number();
    message.body = body(input_, snapshot_);
    (void)node_->step(std::move(message));
  }

  void take() {
    for (std::size_t turns = 0; node_->has_ready(); ++turns) {
      if (turns > most_messages_a_step) std::abort();
      raft::Ready ready;
      node_->take_ready(ready);
      if (ready.messages.size() + ready.messages_after.size() > most_messages_a_step) std::abort();
      const sim::Disk::Written written = disk_.write(ready);
      if (!written.broken.empty()) std::abort();
      for (const raft::SnapshotId id : written.damaged) node_->snapshot_refused(id);
      node_->persisted(ready.number);
      if (!ready.committed.empty()) node_->applied(ready.committed.back().last_index());
    }
  }

  Input& input_;
  raft::Options options_;
  sim::Disk disk_;
  std::unique_ptr<raft::Node> node_;
  std::shared_ptr<const raft::SnapshotMetadata> snapshot_;
  raft::Token token_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  Victim victim(input);
  for (std::size_t step = 0; step < most_steps && !input.empty(); ++step) victim.step();
  return 0;
}
