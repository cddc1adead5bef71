// Who belongs to the group: configurations, the changes asked of them, and their form as bytes in the log.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <kelek/raft/payload.h>
#include <kelek/raft/result.h>
#include <kelek/raft/types.h>

namespace kelek::raft {

/// One member and what it counts as. In a joint configuration (Raft paper, section 6) a member may be a voter of
/// the new half, of the old half (`outgoing`), or of both; one that is on its way from voter to learner is in the
/// old half and a learner at once.
struct Member {
  NodeId id = no_node;
  Incarnation incarnation = 0;
  bool voter = false;
  bool outgoing = false;
  bool learner = false;
  /// Opaque to the core: address, public key and the like. At most max_member_context_bytes.
  std::string context;

  friend bool operator==(const Member& a, const Member& b) {
    return a.id == b.id && a.incarnation == b.incarnation && a.voter == b.voter && a.outgoing == b.outgoing &&
           a.learner == b.learner && a.context == b.context;
  }
};

/// Immutable once it is in use; nodes of one process may share one. Members are sorted by id.
class Configuration {
 public:
  Configuration() = default;

  /// Sorts `members`. Refused (bad_change): an id twice or 0, a member that is nothing, voter and learner at once
  /// without `outgoing`, a context or a number of members above the limits, members but no voter.
  static Result<Configuration> make(std::vector<Member> members, bool auto_leave = true);

  /// A plain configuration of voters (and learners), for tests, simulators and first starts.
  static Configuration of_voters(std::span<const NodeId> voters, std::span<const NodeId> learners = {});

  const std::vector<Member>& members() const { return members_; }
  const Member* find(NodeId id) const;
  bool empty() const { return members_.empty(); }
  /// While joint, every decision needs a majority of both halves.
  bool is_joint() const { return joint_; }
  /// Only where joint: the leader leaves by itself once the joint configuration is committed.
  bool auto_leave() const { return auto_leave_; }
  /// Counts in a quorum, in either half.
  bool is_voter(NodeId id) const;
  bool is_learner(NodeId id) const;
  std::size_t voter_count() const { return voters_; }

  /// What follows a joint configuration: the old half is forgotten.
  Configuration without_outgoing() const;

  /// A few bytes a member, the same on every machine; the first byte is the version of the format.
  Payload encode() const;
  /// Checks everything that make() checks, and that nothing follows. Refused with `malformed`.
  static Result<Configuration> decode(std::span<const std::byte> bytes);

  /// "voters 1 2 3, outgoing 1 2, learners 4".
  std::string describe() const;

  friend bool operator==(const Configuration& a, const Configuration& b) {
    return a.members_ == b.members_ && a.auto_leave_ == b.auto_leave_;
  }

 private:
  std::vector<Member> members_;
  std::size_t voters_ = 0;  // of the new half
  bool joint_ = false;
  bool auto_leave_ = true;
};

using ConfigurationRef = std::shared_ptr<const Configuration>;

/// One wish about one member.
struct MemberOperation {
  enum class Kind : std::uint8_t {
    /// A new voter, or a learner that becomes one.
    add_voter,
    /// A new learner, or a voter that becomes one.
    add_learner,
    remove,
    /// Another context for who is a member already.
    update,
  };
  Kind kind = Kind::add_voter;
  NodeId id = no_node;
  /// For who is new: the disk it runs on. For who is a member already it must be 0 or the same.
  Incarnation incarnation = 0;
  /// For who is new, and for update; otherwise what was known is kept.
  std::string context;
};

/// A wish about the membership. One operation (updates aside) makes a simple change; several, or explicit_leave, go
/// through a joint configuration. No operations: leave the joint configuration in force.
struct MembershipChange {
  std::vector<MemberOperation> operations;
  /// A joint configuration that stays until it is told to leave.
  bool explicit_leave = false;
};

/// What the wish makes of `present`, or why it makes no sense (bad_change, not_member, already, change_pending for
/// anything but leaving while joint). Pure: knows nothing of logs and of who is caught up.
/// Raft paper, section 6; thesis, sections 4.1 and 4.3.
Result<Configuration> change_configuration(const Configuration& present, const MembershipChange& change);

}  // namespace kelek::raft
