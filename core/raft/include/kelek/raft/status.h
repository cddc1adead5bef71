// What a node knows of itself and, where it leads, of the others.
#pragma once

#include <cstdint>
#include <vector>

#include <kelek/raft/membership.h>
#include <kelek/raft/types.h>

namespace kelek::raft {

/// Costs nothing to take.
struct NodeStatus {
  NodeId id = no_node;
  Role role = Role::follower;
  bool learner = false;
  Term term = 0;
  NodeId vote = no_node;
  NodeId leader = no_node;
  Index commit = 0;
  Index applied = 0;
  Index last_index = 0;
  Term last_term = 0;
  Index first_index = 0;
  /// The log is durable through here.
  Index stable_index = 0;
  Index snapshot_index = 0;
  NodeId transferring_to = no_node;
  std::size_t uncommitted_bytes = 0;
  std::size_t log_bytes = 0;
};

/// How a leader treats a follower (etcd's names): asks where its log agrees, streams, or sends it a snapshot.
enum class ReplicationState : std::uint8_t { probe, replicate, snapshot };

/// What a leader knows of one other member.
struct PeerStatus {
  NodeId id = no_node;
  ReplicationState state = ReplicationState::probe;
  Index match = 0;
  Index next = 0;
  bool learner = false;
  std::uint32_t inflight_appends = 0;
  std::size_t inflight_bytes = 0;
  /// Since the last answer of any kind.
  std::uint64_t silent_ticks = 0;
  std::uint64_t snapshot_sent_bytes = 0;
  std::uint64_t snapshot_total_bytes = 0;
};

}  // namespace kelek::raft
