// What a coordinator tells of itself, as data: `kelek status` shows it to people, JSON to programs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <kelek/raft/status.h>
#include <kelek/raft/types.h>

namespace kelek::wire {

/// One other member, as this coordinator sees it. What only a leader knows is 0 elsewhere.
struct PeerReport {
  raft::NodeId id = raft::no_node;
  std::string peer_address;
  std::string client_address;
  bool voter = false;
  bool outgoing = false;
  bool learner = false;
  // As the leader sees it.
  raft::ReplicationState state = raft::ReplicationState::probe;
  raft::Index match = 0;
  raft::Index next = 0;
  std::uint64_t lag_entries = 0;
  std::uint64_t lag_bytes = 0;
  /// Since the last answer of any kind.
  std::uint64_t silent_ms = 0;
  std::uint64_t inflight_appends = 0;
  std::uint64_t inflight_bytes = 0;
  std::uint64_t snapshot_sent_bytes = 0;
  std::uint64_t snapshot_total_bytes = 0;
  /// Why it is behind or silent, as a sentence; empty if all is well.
  std::string reason;
  // The network, at every coordinator.
  bool connected = false;
  std::uint64_t sent_frames = 0;
  std::uint64_t sent_bytes = 0;
  std::uint64_t received_frames = 0;
  std::uint64_t received_bytes = 0;
  std::uint64_t dropped_frames = 0;
  std::uint64_t reconnects = 0;
  /// Smoothed; 0 if not measured yet.
  std::uint64_t round_trip_us = 0;
};

struct DiskReport {
  std::string directory;
  /// "in loop" or "on thread"
  std::string sync_mode;
  std::uint64_t syncs = 0;
  std::uint64_t sync_p50_us = 0;
  std::uint64_t sync_p99_us = 0;
  std::uint64_t sync_max_us = 0;
  /// Writes that took longer than a leader may wait for its disk.
  std::uint64_t stalls = 0;
  std::uint64_t written_bytes = 0;
  std::uint64_t free_bytes = 0;
  std::uint64_t segments = 0;
  std::uint64_t log_bytes = 0;
  raft::Index snapshot_index = 0;
  std::uint64_t snapshot_bytes = 0;
  /// Empty if there was none.
  std::string last_error;
};

/// A queue with its limit, in its own unit ("requests", "request bytes", "watches" …).
struct QueueReport {
  std::string name;
  std::uint64_t used = 0;
  std::uint64_t limit = 0;
};

struct Counter {
  std::string name;
  std::uint64_t value = 0;
};

struct StatusReport {
  raft::NodeId id = raft::no_node;
  raft::Incarnation incarnation = 0;
  std::string cluster;
  std::string software;
  std::uint64_t process_id = 0;
  std::uint64_t uptime_ms = 0;
  std::string peer_address;
  std::string client_address;

  raft::Role role = raft::Role::follower;
  bool learner = false;
  raft::Term term = 0;
  raft::NodeId leader = raft::no_node;
  /// How long this leader has been known; at the leader, how long it has led. 0 without a leader.
  std::uint64_t leader_for_ms = 0;
  raft::NodeId transferring_to = raft::no_node;
  /// What it waits for, or why it does not vote; empty if all is well.
  std::string trouble;

  raft::Index commit = 0;
  raft::Index applied = 0;
  raft::Index last_index = 0;
  raft::Index first_index = 0;
  raft::Index stable_index = 0;
  std::uint64_t uncommitted_bytes = 0;
  std::uint64_t log_memory_bytes = 0;

  /// The machine at `applied`.
  std::uint64_t revision = 0;
  std::uint64_t state_hash = 0;
  std::uint64_t log_time_ms = 0;
  std::uint64_t keys = 0;
  std::uint64_t open_ballots = 0;
  std::uint64_t sessions = 0;

  bool joint = false;
  std::vector<PeerReport> peers;
  DiskReport disk;
  std::vector<QueueReport> queues;
  std::vector<Counter> counters;
};

}  // namespace kelek::wire
