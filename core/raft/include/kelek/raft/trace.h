// Typed events of a node, for who wants to watch. They leave sideways and never come back.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include <kelek/raft/membership.h>
#include <kelek/raft/message.h>
#include <kelek/raft/types.h>

namespace kelek::raft {

/// Role, term or leader changed; why.
struct RoleEvent {
  enum class Cause : std::uint8_t {
    started,
    election_timeout,
    asked_to_campaign,
    told_to_campaign,  ///< TimeoutNow
    pre_vote_won,
    vote_won,
    vote_lost,
    newer_term,
    heard_from_leader,
    quorum_lost,
    disk_stalled,
    removed,
    transfer_done,
  };
  Role from = Role::follower;
  Role to = Role::follower;
  NodeId leader = no_node;
  Cause cause = Cause::started;
};
struct VoteEvent {
  enum class Reason : std::uint8_t { granted, has_leader, voted_for_another, log_behind, old_term, not_ready };
  NodeId candidate = no_node;
  bool pre_vote = false;
  Reason reason = Reason::granted;
};
/// The node queued a message; it leaves with the Ready.
struct SendEvent {
  const Message* message = nullptr;
};
/// Before it is looked at.
struct ReceiveEvent {
  const Message* message = nullptr;
};
struct AppendEvent {
  Index first = 0;
  Index last = 0;
  /// Not 0: entries from here on were replaced.
  Index replaced_from = 0;
};
struct CommitEvent {
  Index from = 0;
  Index to = 0;
};
struct ConfigurationEvent {
  const Configuration* configuration = nullptr;
  Index index = 0;
  /// An entry that was replaced took its configuration with it.
  bool rolled_back = false;
};
struct PersistedEvent {
  std::uint64_t ready_number = 0;
  Index stable = 0;
};
struct SnapshotEvent {
  enum class Step : std::uint8_t { sending, received, installing, installed, sent, refused };
  Step step = Step::sending;
  NodeId peer = no_node;
  Index index = 0;
};
struct ReadEvent {
  Token token = 0;
  Index index = 0;
  bool answered = false;
  bool by_lease = false;
};
struct TransferEvent {
  enum class Step : std::uint8_t { begun, told_to_go, done, given_up };
  Step step = Step::begun;
  NodeId to = no_node;
};

/// `node`, `term`, … are those after the event.
struct TraceEvent {
  NodeId node = no_node;
  Term term = 0;
  NodeId vote = no_node;
  Index commit = 0;
  Index last_index = 0;
  Role role = Role::follower;
  /// In force; never null, and there only during the call.
  const Configuration* configuration = nullptr;
  std::variant<RoleEvent, VoteEvent, SendEvent, ReceiveEvent, AppendEvent, CommitEvent, ConfigurationEvent,
               PersistedEvent, SnapshotEvent, ReadEvent, TransferEvent>
      what;
};

/// Called within calls of the node; must not call the node. Pointers hold only during the call.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void observe(const TraceEvent& event) = 0;
};

/// One plain sentence with the section of the paper: "Node 2 grants its vote in term 3 to node 1 (Raft §5.2)."
/// Nobody's time is spent on it unless somebody asks.
std::string format_sentence(const TraceEvent& event);

}  // namespace kelek::raft
