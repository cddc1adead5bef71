// What coordinators say to each other beside Raft's messages: who they are, and why they will not talk.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <kelek/raft/membership.h>
#include <kelek/raft/types.h>

namespace kelek::wire {

/// Names one Raft group of a coordinator. A cluster that has one group uses 1.
using GroupId = std::uint64_t;
inline constexpr GroupId first_group = 1;

/// Names a cluster: a hash of its name, or random bytes.
using ClusterId = std::array<std::uint8_t, 16>;

/// The versions of the frames between members that this build speaks.
inline constexpr std::uint64_t peer_protocol_version = 1;

struct KnownIncarnation {
  raft::NodeId node = raft::no_node;
  raft::Incarnation incarnation = 0;
  friend bool operator==(const KnownIncarnation& a, const KnownIncarnation& b) {
    return a.node == b.node && a.incarnation == b.incarnation;
  }
};

/// What a coordinator says of itself at first contact, and again whenever its part in it changes. The
/// sender's id and incarnation stand in the frame's header.
struct Introduction {
  ClusterId cluster{};
  /// Versions of the frames that the sender reads, from … to.
  std::uint64_t oldest_version = peer_protocol_version;
  std::uint64_t newest_version = peer_protocol_version;
  /// "kelek 0.1.0"
  std::string software;
  /// Its data directory has no history: no vote, no entry, no snapshot.
  bool blank = false;
  /// Its log lost what it had acknowledged, and it repairs that from the leader (durability.md, R4): last_index is
  /// what is left.
  bool repairing = false;
  /// Where it is: its newest term, last index, and the last term in its log (a disk that was rolled back has
  /// less than others saw of it: security.md T15).
  raft::Term term = 0;
  raft::Index last_index = 0;
  raft::Term last_term = 0;
  /// Whom it has heard with which incarnation, itself among them.
  std::vector<KnownIncarnation> heard;
  /// The configuration that it began with (null: blank, or it joined later), and the newest (null: blank).
  raft::ConfigurationRef genesis;
  raft::ConfigurationRef present;
};

enum class HelloRefusal : std::uint8_t {
  none = 0,
  other_cluster = 1,      ///< the cluster ids differ
  other_version = 2,      ///< no version of the frames in common
  wrong_incarnation = 3,  ///< this id has another disk in the configuration (known-bugs.md, B47)
  removed = 4,            ///< the sender was a member and is none any more
  unknown_member = 5,     ///< the sender was never a member
  other_genesis = 6,      ///< it began with another configuration
  rolled_back = 7,        ///< its disk holds less than it once said it held
};
const char* hello_refusal_name(HelloRefusal refusal);

/// Asks for a HelloAnswer.
struct Hello {
  Introduction introduction;
};

struct HelloAnswer {
  HelloRefusal refusal = HelloRefusal::none;
  /// For people; empty if not refused.
  std::string text;
  Introduction introduction;
};

}  // namespace kelek::wire
