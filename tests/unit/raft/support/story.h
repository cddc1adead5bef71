// Words that the stories share: kinds of messages by short names, and a cluster with a leader in one line.
#pragma once

#include <catch2/catch.hpp>

#include "cluster.h"

namespace kelek::raft::testing {

inline constexpr MessageKind pre_vote = MessageKind::pre_vote_request;
inline constexpr MessageKind pre_vote_response = MessageKind::pre_vote_response;
inline constexpr MessageKind vote = MessageKind::vote_request;
inline constexpr MessageKind vote_response = MessageKind::vote_response;
inline constexpr MessageKind append = MessageKind::append_request;
inline constexpr MessageKind append_response = MessageKind::append_response;
inline constexpr MessageKind heartbeat = MessageKind::heartbeat_request;
inline constexpr MessageKind heartbeat_response = MessageKind::heartbeat_response;
inline constexpr MessageKind snapshot_chunk = MessageKind::snapshot_chunk;
inline constexpr MessageKind snapshot_response = MessageKind::snapshot_response;
inline constexpr MessageKind timeout_now = MessageKind::timeout_now;

using Terms = std::vector<Term>;
using Data = std::vector<std::string>;

inline Which of(MessageKind kind) {
  return Which{no_node, no_node, kind};
}
inline Which link(NodeId from, NodeId to) {
  return Which{from, to, std::nullopt};
}
inline Which link(NodeId from, NodeId to, MessageKind kind) {
  return Which{from, to, kind};
}
inline Which to(NodeId id, MessageKind kind) {
  return Which{no_node, id, kind};
}
inline Which from(NodeId id, MessageKind kind) {
  return Which{id, no_node, kind};
}

/// Voters 1 … count.
inline Setup voters(NodeId count) {
  Setup setup;
  setup.voters.clear();
  for (NodeId id = 1; id <= count; ++id) setup.voters.push_back(id);
  return setup;
}

/// The same log on each of them: entries of these terms.
inline Setup with_logs(Setup setup, const Terms& terms) {
  for (const NodeId id : setup.voters) setup.logs[id] = terms;
  return setup;
}

inline Setup without_check_quorum(Setup setup) {
  setup.options.check_quorum = false;
  return setup;
}

inline Setup with_async_storage(Setup setup) {
  setup.async_storage = true;
  return setup;
}

inline Setup one_entry_a_message(Setup setup) {
  setup.options.max_append_entries = 1;
  return setup;
}

/// `id` leads, and everybody knows all that is committed.
inline void elect(Cluster& cluster, NodeId id) {
  REQUIRE(cluster.campaign(id).ok());
  cluster.settle();
  cluster.tick({id});
  cluster.settle();
  REQUIRE(cluster.leader() == id);
}

/// A part of a snapshot, as a leader sends it.
inline SnapshotChunk chunk_of(const std::shared_ptr<const SnapshotMetadata>& metadata, std::uint64_t offset,
                              const std::string& data) {
  SnapshotChunk chunk;
  chunk.metadata = metadata;
  chunk.offset_bytes = offset;
  chunk.wanted_bytes = static_cast<std::uint32_t>(data.size());
  chunk.data = Payload::copy_of(data);
  return chunk;
}

/// Of voters 1, 2 and 3.
inline std::shared_ptr<const SnapshotMetadata> metadata_of(Index index, Term term, SnapshotId id,
                                                           const std::string& bytes) {
  auto metadata = std::make_shared<SnapshotMetadata>();
  metadata->index = index;
  metadata->term = term;
  metadata->configuration = std::make_shared<const Configuration>(Configuration::of_voters(NodeIds{1, 2, 3}));
  metadata->id = id;
  metadata->size_bytes = bytes.size();
  metadata->digest = digest_of(bytes);
  return metadata;
}

}  // namespace kelek::raft::testing
