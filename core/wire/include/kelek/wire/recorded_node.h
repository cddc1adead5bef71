// RecordedNode: a raft::Node whose inputs are written down as they go in, and its outputs by their digest.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include <kelek/raft/node.h>
#include <kelek/wire/trace_codec.h>
#include <kelek/wire/trace_digest.h>

namespace kelek::wire {

/// The calls are raft::Node's, with its promises. Without an encoder it costs one comparison a call.
class RecordedNode {
 public:
  /// `encoder`, if there is one, has been given the beginning, of the same options and state. It outlives this, or
  /// stop_recording() comes first.
  explicit RecordedNode(std::unique_ptr<raft::Node> node, TraceEncoder* encoder = nullptr)
      : node_(std::move(node)), encoder_(encoder), digest_(mark_of_bytes) {
    if (encoder_ != nullptr) encoder_->add(TraceStart{});
  }

  void stop_recording() { encoder_ = nullptr; }

  void tick() {
    record(TraceTick{});
    node_->tick();
  }
  raft::Status step(raft::Message&& message) {
    if (encoder_ != nullptr) encoder_->step(message);
    return digested(node_->step(std::move(message)));
  }
  raft::Result<raft::Proposed> propose(std::span<const raft::Payload> payloads, raft::Token token = 0) {
    if (encoder_ != nullptr) encoder_->propose(token, payloads);
    return digested(node_->propose(payloads, token));
  }
  raft::Result<raft::Proposed> propose(const raft::Payload& payload, raft::Token token = 0) {
    return propose({&payload, 1}, token);
  }
  raft::Status read(raft::Token token, raft::ReadMode mode = raft::ReadMode::linearizable) {
    record(TraceRead{token, mode});
    return digested(node_->read(token, mode));
  }
  raft::Result<raft::Index> change(const raft::MembershipChange& change) {
    if (encoder_ != nullptr) encoder_->change(change);
    return digested(node_->change(change));
  }
  raft::Status transfer(raft::NodeId to) {
    record(TraceTransfer{to});
    return digested(node_->transfer(to));
  }
  raft::Status campaign() {
    record(TraceCampaign{});
    return digested(node_->campaign());
  }
  void persisted(std::uint64_t ready_number) {
    record(TracePersisted{ready_number});
    node_->persisted(ready_number);
  }
  void applied(raft::Index index) {
    record(TraceApplied{index});
    node_->applied(index);
  }
  raft::Status snapshot_stored(const raft::SnapshotMetadata& snapshot) {
    if (encoder_ != nullptr) encoder_->snapshot_stored(snapshot);
    return digested(node_->snapshot_stored(snapshot));
  }
  raft::Index compact(raft::Index index) {
    record(TraceCompact{index});
    const raft::Index through = node_->compact(index);
    if (encoder_ != nullptr) digest_.add(through);
    return through;
  }
  void snapshot_refused(raft::SnapshotId id) {
    record(TraceSnapshotRefused{id});
    node_->snapshot_refused(id);
  }
  void snapshot_unavailable(raft::NodeId peer) {
    record(TraceSnapshotUnavailable{peer});
    node_->snapshot_unavailable(peer);
  }
  void peer_unreachable(raft::NodeId peer) {
    record(TracePeerUnreachable{peer});
    node_->peer_unreachable(peer);
  }
  void peer_fell_back(raft::NodeId peer, raft::Index last_index) {
    record(TracePeerFellBack{peer, last_index});
    node_->peer_fell_back(peer, last_index);
  }
  void set_election_timeout(std::uint32_t ticks) {
    record(TraceElectionTimeout{ticks});
    node_->set_election_timeout(ticks);
  }
  void take_ready(raft::Ready& ready) {
    node_->take_ready(ready);
    if (encoder_ != nullptr) record_ready(ready);
  }

  // What only looks.
  const raft::Node& node() const { return *node_; }
  std::uint64_t ticks_to_deadline() const { return node_->ticks_to_deadline(); }
  bool has_ready() const { return node_->has_ready(); }
  raft::NodeStatus status() const { return node_->status(); }
  std::vector<raft::PeerStatus> peers() const { return node_->peers(); }
  raft::SnapshotId oldest_snapshot_in_use() const { return node_->oldest_snapshot_in_use(); }
  const raft::ConfigurationRef& configuration() const { return node_->configuration(); }
  const raft::Options& options() const { return node_->options(); }

 private:
  template <typename Record>
  void record(const Record& input) {
    if (encoder_ != nullptr) encoder_->add(input);
  }
  template <typename Answer>
  Answer digested(Answer answer) {
    if (encoder_ != nullptr) digest_.add(answer);
    return answer;
  }
  void record_ready(const raft::Ready& ready);

  std::unique_ptr<raft::Node> node_;
  TraceEncoder* encoder_;
  OutputDigest digest_;
};

/// What a trace says of a node whose Ready was just taken.
TraceReady trace_ready_of(const raft::Node& node, const raft::Ready& ready, std::uint64_t digest);

}  // namespace kelek::wire
