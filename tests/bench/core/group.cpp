// The driver of a group. Storage is instantaneous: a Ready is durable as soon as it is taken.
#include "group.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

namespace kelek::bench {

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "error: %s\n", what);
  std::exit(1);
}

raft::Options options_of(raft::NodeId id, const GroupOptions& group) {
  raft::Options options;
  options.id = id;
  options.pre_vote = false;
  options.check_quorum = group.check_quorum;
  return options;
}

raft::ConfigurationRef configuration_of(std::uint64_t size) {
  std::vector<raft::NodeId> voters;
  for (raft::NodeId id = 1; id <= size; ++id) voters.push_back(id);
  return std::make_shared<const raft::Configuration>(raft::Configuration::of_voters(voters));
}

Group::Group(const GroupOptions& options) : Group(options, configuration_of(options.size)) {}

Group::Group(const GroupOptions& options, const raft::ConfigurationRef& configuration)
    : compact_every_(options.compact_every) {
  members_.resize(options.size);
  for (raft::NodeId id = 1; id <= options.size; ++id) {
    raft::DurableState state;
    state.configuration = configuration;
    auto node = raft::Node::create(options_of(id, options), std::move(state));
    require(node.ok(), "a node could not be made");
    members_[id - 1].node = std::move(node.value());
    members_[id - 1].ready = std::make_unique<raft::Ready>();
  }
}

void Group::deliver(std::vector<raft::Message>& messages) {
  for (raft::Message& message : messages) {
    if (cut_off_ != raft::no_node && (message.from == cut_off_ || message.to == cut_off_)) continue;
    ++messages_;
    (void)members_[message.to - 1].node->step(std::move(message));
  }
}

void Group::handle(Member& member) {
  raft::Ready& ready = *member.ready;
  member.node->take_ready(ready);
  deliver(ready.messages);
  member.node->persisted(ready.number);
  deliver(ready.messages_after);
  reads_ += ready.reads.size();
  if (!ready.committed.empty()) {
    member.applied = ready.committed.back().last_index();
    member.node->applied(member.applied);
  }
}

bool Group::pass() {
  bool moved = false;
  for (Member& member : members_) {
    if (!member.node->has_ready()) continue;
    handle(member);
    moved = true;
  }
  return moved;
}

void Group::elect() {
  require(leader().campaign().ok(), "node 1 refused to campaign");
  settle();
  require(leader().status().role == raft::Role::leader, "node 1 was not elected");
}

void Group::compact(bool all) {
  for (Member& member : members_) {
    if (member.applied == member.compacted) continue;
    if (!all && member.applied - member.compacted < compact_every_) continue;
    auto basis = member.node->snapshot_basis(member.applied);
    require(basis.ok(), "no basis for a snapshot");
    raft::SnapshotMetadata snapshot;
    snapshot.index = basis->index;
    snapshot.term = basis->term;
    snapshot.configuration = std::move(basis->configuration);
    snapshot.id = basis->index;
    snapshot.size_bytes = 1;
    require(member.node->snapshot_stored(snapshot).ok(), "a snapshot was refused");
    member.compacted = member.node->compact(member.applied);
    require(member.compacted == member.applied, "a log was not compacted");
  }
}

bool Group::all_applied() const {
  const raft::Index last = members_.front().node->status().last_index;
  for (const Member& member : members_) {
    if (member.applied != last) return false;
  }
  return true;
}

void Group::forget_readys() {
  for (Member& member : members_) member.ready = nullptr;
}

}  // namespace kelek::bench
