// The words of the protocol as types: identities, terms, indexes, and the limits that hold everywhere.
#pragma once

#include <cstddef>
#include <cstdint>

namespace kelek::raft {

/// A member of a group. 0 is nobody.
using NodeId = std::uint64_t;
inline constexpr NodeId no_node = 0;

/// Which disk a member runs on. A member whose disk was wiped comes back as another incarnation and is
/// not the one that the configuration means. 0 is the incarnation of embedders that do not tell them apart.
using Incarnation = std::uint64_t;

/// Raft paper, section 5.1: time is divided into terms, numbered with consecutive integers. 0 is before the first.
using Term = std::uint64_t;

/// Position in the log; the first entry has index 1. 0 is before the first.
using Index = std::uint64_t;

/// Names a proposal or a read to the caller that made it; the core never looks inside. 0 asks for no answer.
using Token = std::uint64_t;

/// One cap for propose, for append and for recovery: what one accepts, the others can read back.
inline constexpr std::size_t max_payload_bytes = std::size_t{64} << 20;

/// Members of one configuration, voters of both halves and learners together.
inline constexpr std::size_t max_members = 1024;

/// Bytes of address, key and the like that a configuration carries for a member.
inline constexpr std::size_t max_member_context_bytes = 1024;

/// What must be durable before any message of its term leaves (Raft paper, figure 2, "persistent state").
/// `commit` is a hint that shortens recovery: losing it loses nothing.
struct HardState {
  Term term = 0;
  NodeId vote = no_node;
  Index commit = 0;

  friend bool operator==(const HardState& a, const HardState& b) {
    return a.term == b.term && a.vote == b.vote && a.commit == b.commit;
  }
  friend bool operator!=(const HardState& a, const HardState& b) { return !(a == b); }
};

/// What a node is within its term. A learner is a follower that the configuration counts in no quorum.
enum class Role : std::uint8_t { follower, pre_candidate, candidate, leader };

}  // namespace kelek::raft
