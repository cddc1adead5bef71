// Act: one thing that happened in a run, in the words of the scenario language, so that the run can be played again on
// a Cluster, with some of it left out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <kelek/raft/membership.h>
#include <kelek/raft/message.h>

namespace kelek::sim {

/// Which message, by what it says: its place among the others changes with everything that is left out.
struct MessageName {
  raft::NodeId from = raft::no_node;
  raft::NodeId to = raft::no_node;
  raft::MessageKind kind = raft::MessageKind::pre_vote_request;
  raft::Term term = 0;
  /// Of indexes, lengths and verdicts; not of rounds and tokens.
  std::uint64_t content = 0;
  /// The round or token: one of two that say the same otherwise.
  std::uint64_t number = 0;
  /// The highest in the cluster when it was handled: where elections are left out, all later terms are lower.
  raft::Term highest_term = 0;

  static MessageName of(const raft::Message& message);
  /// `lower`: by so much are terms lower than they were when this was named.
  bool names(const raft::Message& message, raft::Term lower) const;
  /// And with the same number.
  bool is(const raft::Message& message) const;
  bool has_term(const raft::Message& message, raft::Term lower) const { return message.term + lower == term; }
};

struct Act {
  enum class Kind : std::uint8_t {
    tick,       ///< `count` times
    deliver,    ///< `message`
    duplicate,  ///< `message`: a second copy of it
    persist,    ///< the oldest `count` writes
    take,
    propose,   ///< `count` names the entry
    read,      ///< `count` names the read; `flag`: by the lease
    change,    ///< `wish`
    transfer,  ///< to `other`
    campaign,
    crash,
    restart,
    wipe,
    snapshot,
    compact,  ///< through index `count`
    damage,   ///< from index `count` on
    recover,  ///< `nodes`
  };
  Kind kind = Kind::tick;
  raft::NodeId node = raft::no_node;
  raft::NodeId other = raft::no_node;
  std::uint64_t count = 1;
  bool flag = false;
  /// Of what was proposed, in bytes: where appends are cut by bytes, it decides what is sent.
  std::size_t size = 0;
  MessageName message;
  raft::MembershipChange wish;
  std::vector<raft::NodeId> nodes;

  bool concerns(raft::NodeId id) const;
};

using Acts = std::vector<Act>;

}  // namespace kelek::sim
