// The group's loop.
#include "recorded_group.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace kelek::testing {

TraceFileOf::TraceFileOf() {
  const auto magic = wire::trace_magic();
  bytes_.assign(magic.begin(), magic.end());
}

void TraceFileOf::add(std::span<const std::byte> records) {
  const auto header = wire::trace_block_header(++blocks_, records);
  bytes_.insert(bytes_.end(), header.begin(), header.end());
  bytes_.insert(bytes_.end(), records.begin(), records.end());
}

wire::TraceReader::Read source_of(Bytes bytes) {
  return [bytes = std::move(bytes), at = std::size_t{0}](std::span<std::byte> into) mutable {
    const std::size_t count = std::min(into.size(), bytes.size() - at);
    if (count > 0) std::memcpy(into.data(), bytes.data() + at, count);
    at += count;
    return count;
  };
}

RecordedGroup::RecordedGroup(std::size_t size, bool with_payloads) : with_payloads_(with_payloads) {
  std::vector<raft::NodeId> ids;
  for (raft::NodeId id = 1; id <= size; ++id) ids.push_back(id);
  configuration_ = std::make_shared<const raft::Configuration>(raft::Configuration::of_voters(ids));
  for (const raft::NodeId id : ids) {
    members_[id].id = id;
    start(members_[id]);
  }
}

void RecordedGroup::join(raft::NodeId id) {
  configuration_ = std::make_shared<const raft::Configuration>();
  members_[id].id = id;
  start(members_[id]);
}

void RecordedGroup::start(Member& member) {
  wire::TraceBegin begin;
  begin.software = "test";
  begin.wall_us = now_us_ += 10;
  begin.steady_us = now_us_;
  begin.tick_us = 10'000;
  begin.has_payloads = with_payloads_;
  begin.options.id = member.id;
  begin.options.start_salt = ++member.starts;
  raft::DurableState& state = begin.state;
  state.hard_state = member.hard_state;
  state.snapshot = member.snapshot;
  state.configuration = configuration_;
  state.restarted = member.starts > 1;
  if (!member.log.empty()) {
    raft::EntryRange::Builder builder(member.first, static_cast<std::uint32_t>(member.log.size()));
    for (const raft::Entry& entry : member.log) builder.add(entry.term, entry.kind, entry.payload);
    state.entries.push_back(builder.finish());
  }
  member.encoder = std::make_unique<wire::TraceEncoder>(with_payloads_);
  member.encoder->begin(begin);
  member.file = std::make_unique<TraceFileOf>();
  auto made = raft::Node::create(begin.options, std::move(state));
  if (!made.ok()) throw std::runtime_error(made.error().text);
  member.node = std::make_unique<wire::RecordedNode>(std::move(*made), member.encoder.get());
}

void RecordedGroup::close(Member& member) {
  if (member.encoder->buffer().size() > 0) member.file->add(member.encoder->buffer().bytes());
  files_.push_back(member.file->bytes());
  member.node.reset();
}

void RecordedGroup::restart(raft::NodeId id) {
  Member& member = members_.at(id);
  close(member);
  start(member);
}

void RecordedGroup::finish() {
  for (auto& [id, member] : members_) {
    member.encoder->add(wire::TraceEnd{});
    close(member);
  }
}

void RecordedGroup::store(Member& member, const raft::Ready& ready) {
  if (ready.hard_state.has_value()) member.hard_state = *ready.hard_state;
  if (ready.snapshot != nullptr) {
    member.snapshot = *ready.snapshot;
    member.first = ready.snapshot->index + 1;
    member.log.clear();
  }
  for (const raft::EntryRange& range : ready.entries) {
    range.for_each([&member](raft::Index index, const raft::Entry& entry) {
      member.log.resize(static_cast<std::size_t>(index - member.first));
      member.log.push_back(entry);
    });
  }
}

bool RecordedGroup::work(Member& member) {
  if (!member.node->has_ready()) return false;
  raft::Ready ready;
  member.encoder->time(now_us_ += 10);
  member.node->take_ready(ready);
  const auto send = [this](std::vector<raft::Message>& messages) {
    for (raft::Message& message : messages) {
      if (auto* chunk = std::get_if<raft::SnapshotChunk>(&message.body)) {
        chunk->data = raft::Payload::copy_of(std::string(chunk->wanted_bytes, 's'));
      }
      on_their_way_.push_back(std::move(message));
    }
  };
  send(ready.messages);
  store(member, ready);
  member.node->persisted(ready.number);
  send(ready.messages_after);
  if (ready.snapshot != nullptr) member.node->applied(ready.snapshot->index);
  for (const raft::EntryRange& range : ready.committed) {
    if (!range.empty()) member.node->applied(range.last_index());
  }
  if (member.encoder->buffer().size() > 4096) {
    member.file->add(member.encoder->buffer().bytes());
    member.encoder->buffer().clear();
  }
  return true;
}

void RecordedGroup::settle() {
  bool moved = true;
  while (moved) {
    moved = false;
    for (auto& [id, member] : members_) moved = work(member) || moved;
    if (on_their_way_.empty()) continue;
    moved = true;
    raft::Message message = std::move(on_their_way_.front());
    on_their_way_.pop_front();
    const auto found = members_.find(message.to);
    if (found == members_.end()) continue;
    found->second.encoder->time(now_us_ += 10);
    (void)found->second.node->step(std::move(message));
  }
}

void RecordedGroup::tick(raft::NodeId id, int times) {
  for (int i = 0; i < times; ++i) {
    node(id).tick();
    settle();
  }
}

void RecordedGroup::elect(raft::NodeId id) {
  (void)node(id).campaign();
  settle();
}

void RecordedGroup::propose(raft::NodeId id, const std::string& text) {
  (void)node(id).propose(raft::Payload::copy_of(text), 7);
}

void RecordedGroup::snapshot(raft::NodeId id) {
  Member& member = members_.at(id);
  const auto basis = member.node->node().snapshot_basis(member.node->status().applied);
  if (!basis.ok()) throw std::runtime_error(basis.error().text);
  raft::SnapshotMetadata metadata;
  metadata.index = basis->index;
  metadata.term = basis->term;
  metadata.configuration = basis->configuration;
  metadata.id = 100 + metadata.index;
  metadata.size_bytes = 600'000;
  (void)member.node->snapshot_stored(metadata);
  const raft::Index through = member.node->compact(metadata.index);
  member.snapshot = metadata;
  member.log.erase(member.log.begin(), member.log.begin() + static_cast<std::ptrdiff_t>(through + 1 - member.first));
  member.first = through + 1;
}

raft::NodeId RecordedGroup::leader() const {
  for (const auto& [id, member] : members_) {
    if (member.node->status().role == raft::Role::leader) return id;
  }
  return raft::no_node;
}

}  // namespace kelek::testing
