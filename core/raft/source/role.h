// Roles as a variant of structs: what only a leader has exists only in a leader.
#pragma once

#include <cstdint>
#include <memory>
#include <variant>

#include <kelek/raft/types.h>

#include "lease.h"
#include "quorum.h"
#include "reads.h"
#include "tracker.h"

namespace kelek::raft {

struct Follower {
  NodeId leader = no_node;
  /// When the leader of this term was last heard.
  std::uint64_t heard_tick = 0;
};

/// Asks who would vote for it, before it raises its term (thesis, section 9.6).
struct PreCandidate {
  VoteCount votes;
  bool requests_due = true;
};

struct Candidate {
  VoteCount votes;
  bool by_transfer = false;
  bool requests_due = true;
  /// Its own vote counts only once it is durable (known from NebulaGraph 3415).
  bool own_vote_counted = false;
};

struct Leader {
  Tracker tracker;
  Reads reads;
  std::unique_ptr<Lease> lease;  // only with lease reads
  /// The entry that it appended first: what it committed, once that is committed, is all there is to commit.
  Index first_own_index = 0;
  bool committed_own_entry = false;
  /// A heartbeat interval has passed: everybody is to be heard from.
  bool heartbeat_due = false;
  /// Something may have to be sent.
  bool sends_due = true;
  bool transfer_told = false;

  Round round = 0;
  std::uint64_t next_heartbeat_tick = 0;

  /// Payload bytes appended in this leadership and not committed.
  std::size_t uncommitted_bytes = 0;

  NodeId transfer_to = no_node;
  std::uint64_t transfer_deadline_tick = 0;

  /// What was committed when a promotion was refused, and when that was: a learner that has all of it within one
  /// election timeout has caught up, though more is committed by then (thesis, section 4.2.1).
  Index promotion_goal = 0;
  std::uint64_t promotion_goal_tick = 0;
};

/// In the order of Role. A node mostly follows: what is larger than that lies elsewhere.
using RoleState =
    std::variant<Follower, std::unique_ptr<PreCandidate>, std::unique_ptr<Candidate>, std::unique_ptr<Leader>>;

}  // namespace kelek::raft
