// Node: the public face of the core.
#include <kelek/raft/node.h>

#include <string>

#include "core.h"

namespace kelek::raft {

Node::Node(std::unique_ptr<Core> core) : core_(std::move(core)) {}
Node::~Node() = default;

Result<std::unique_ptr<Node>> Node::create(const Options& options, DurableState state, Observer* observer) {
  const std::vector<std::string> reasons = options.validate();
  if (!reasons.empty()) {
    std::string text;
    for (const std::string& reason : reasons) text += (text.empty() ? "" : "; ") + reason;
    return Error{Refusal::malformed, no_node, std::move(text)};
  }
  auto core = std::make_unique<Core>(options, observer);
  const Status restored = core->restore(std::move(state));
  if (!restored.ok()) return restored.error();
  return std::unique_ptr<Node>(new Node(std::move(core)));
}

void Node::tick() {
  core_->tick();
}
std::uint64_t Node::ticks_to_deadline() const {
  return core_->ticks_to_deadline();
}
Status Node::step(Message&& message) {
  return core_->step(message);
}

Result<Proposed> Node::propose(std::span<const Payload> payloads, Token token) {
  core_->touched();
  return core_->propose(payloads, token);
}
Result<Proposed> Node::propose(const Payload& payload, Token token) {
  return propose({&payload, 1}, token);
}

Status Node::read(Token token, ReadMode mode) {
  core_->touched();
  return core_->read(token, mode);
}
Result<Index> Node::change(const MembershipChange& change) {
  core_->touched();
  return core_->change(change);
}
Status Node::transfer(NodeId to) {
  core_->touched();
  return core_->transfer(to);
}
Status Node::campaign() {
  core_->touched();
  return core_->campaign();
}

void Node::persisted(std::uint64_t ready_number) {
  core_->touched();
  core_->persisted(ready_number);
}
void Node::applied(Index index) {
  core_->touched();
  core_->applied(index);
}

Result<SnapshotBasis> Node::snapshot_basis(Index index) const {
  return core_->snapshot_basis(index);
}
Status Node::snapshot_stored(const SnapshotMetadata& snapshot) {
  core_->touched();
  return core_->snapshot_stored(snapshot);
}
SnapshotId Node::oldest_snapshot_in_use() const {
  return core_->oldest_snapshot_in_use();
}

Index Node::compact(Index index) {
  return core_->compact(index);
}
void Node::snapshot_refused(SnapshotId id) {
  core_->touched();
  core_->snapshot_refused(id);
}
void Node::snapshot_unavailable(NodeId peer) {
  core_->touched();
  core_->snapshot_unavailable(peer);
}
void Node::peer_unreachable(NodeId peer) {
  core_->touched();
  core_->peer_unreachable(peer);
}
void Node::peer_fell_back(NodeId peer, Index last_index) {
  core_->touched();
  core_->peer_fell_back(peer, last_index);
}

bool Node::has_ready() const {
  return core_->has_ready();
}
void Node::take_ready(Ready& ready) {
  core_->take_ready(ready);
}

NodeStatus Node::status() const {
  return core_->status();
}
std::vector<PeerStatus> Node::peers() const {
  return core_->peer_statuses();
}
const ConfigurationRef& Node::configuration() const {
  return core_->configuration();
}
const Options& Node::options() const {
  return core_->options();
}

EntryRange Node::entries_from(Index index, std::uint32_t max_entries) const {
  if (index < core_->log().first_index()) return {};
  return core_->log().range(index, max_entries, SIZE_MAX);
}

void Node::set_election_timeout(std::uint32_t ticks) {
  core_->set_election_timeout(ticks);
}

}  // namespace kelek::raft
