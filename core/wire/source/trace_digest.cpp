// Every field that whoever drives the node can see.
#include <kelek/wire/trace_digest.h>

#include <variant>

#include "message_layout.h"

namespace kelek::wire {
namespace {

struct Digest {
  std::uint64_t value = 0;

  void add(std::uint64_t number) { value = fold(value ^ number, number); }
  template <typename Field>
  void add_field(const Field& field) {
    add(static_cast<std::uint64_t>(field));
  }

  void body(const raft::AppendRequest& request) {
    add(request.previous_index);
    add(request.previous_term);
    add(request.commit);
    add(request.round);
    add(request.entries.size());
    if (!request.entries.empty()) add(request.entries.at(request.entries.last_index()).term);
  }
  void body(const raft::SnapshotChunk& chunk) {
    if (chunk.metadata != nullptr) {
      add(chunk.metadata->index);
      add(chunk.metadata->term);
      add(chunk.metadata->id);
      add(chunk.metadata->size_bytes);
    }
    add(chunk.offset_bytes);
    add(chunk.wanted_bytes);
  }
  void body(const raft::ProposeRequest& request) {
    add(request.token);
    add(request.payloads.size());
  }
  template <typename Body>
  void body(const Body& other) {
    for_each_member(other, [&](const auto& member) { add_field(member); });
  }
};

}  // namespace

std::uint64_t digest_of(const raft::Message& message) {
  Digest digest;
  digest.add(message.body.index());
  digest.add(message.from);
  digest.add(message.to);
  digest.add(message.from_incarnation);
  digest.add(message.to_incarnation);
  digest.add(message.term);
  std::visit([&digest](const auto& body) { digest.body(body); }, message.body);
  return digest.value;
}

void OutputDigest::add(const raft::Result<raft::Proposed>& proposed) {
  add(proposed.ok() ? 0 : static_cast<std::uint64_t>(proposed.error().refusal));
  if (!proposed.ok()) return;
  add(proposed->first_index);
  add(proposed->term);
  add(proposed->leader);
}

void OutputDigest::add(const raft::Status& status) {
  add(status.ok() ? 0 : static_cast<std::uint64_t>(status.error().refusal));
}

void OutputDigest::add(const raft::Result<raft::Index>& index) {
  add(index.ok() ? *index : static_cast<std::uint64_t>(index.error().refusal));
}

void OutputDigest::add_range(const raft::EntryRange& range) {
  add(range.first_index());
  add(range.size());
  if (!range.empty()) add(range.at(range.last_index()).term);
}

void OutputDigest::add(const raft::Ready& ready) {
  add(ready.number);
  for (const raft::Message& message : ready.messages) add(digest_of(message));
  for (const raft::Message& message : ready.messages_after) add(digest_of(message));
  if (ready.hard_state.has_value()) {
    add(ready.hard_state->term);
    add(ready.hard_state->vote);
    add(ready.hard_state->commit);
  }
  for (const raft::EntryRange& range : ready.entries) add_range(range);
  add((ready.replaces_entries ? 1u : 0u) | (ready.must_sync ? 2u : 0u));
  for (const raft::ChunkToStore& chunk : ready.chunks) {
    add(chunk.metadata->id);
    add(chunk.offset_bytes);
    add(chunk.data.size());
  }
  if (ready.snapshot != nullptr) add(ready.snapshot->index);
  for (const raft::EntryRange& range : ready.committed) {
    add_range(range);
    range.for_each([this](raft::Index, const raft::Entry& entry) { add(mark_(entry.payload).packed()); });
  }
  for (const raft::ReadOutcome& read : ready.reads) {
    add(read.token);
    add(static_cast<std::uint64_t>(read.refusal));
    add(read.index);
  }
  for (const raft::ProposalOutcome& outcome : ready.proposals) {
    add(outcome.token);
    add(static_cast<std::uint64_t>(outcome.kind) << 8 | static_cast<std::uint64_t>(outcome.refusal));
    add(outcome.index);
    add(outcome.term);
  }
  if (ready.role.has_value()) {
    add(static_cast<std::uint64_t>(ready.role->role));
    add(ready.role->term);
    add(ready.role->leader);
  }
  if (ready.transfer.has_value()) add(ready.transfer->to << 1 | (ready.transfer->done ? 1u : 0u));
  if (ready.configuration != nullptr) add(mark_(ready.configuration->encode()).packed());
}

}  // namespace kelek::wire
