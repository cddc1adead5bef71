// Genesis: how the first members of a cluster agree on who they are, disks included, before there is a log; and how a
// member whose disk was wiped learns that it is not who the others know (known-bugs.md, B47).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <kelek/raft/membership.h>
#include <kelek/raft/types.h>
#include <kelek/runtime/failure.h>

namespace kelek::runtime {

/// What one hello says of its sender.
struct Introduction {
  raft::NodeId from = raft::no_node;
  raft::Incarnation incarnation = 0;
  /// It has a log with a configuration already.
  bool established = false;
  /// Blank: the incarnations it has heard, its own among them.
  std::map<raft::NodeId, raft::Incarnation> heard;
  /// Established: the configuration that it began with (null if it joined later), and the newest.
  raft::ConfigurationRef genesis;
  raft::ConfigurationRef present;
};

/// Pure: hears introductions, and says when there is something to do. Only for who starts blank with a list of
/// initial members.
///
/// The first configuration is made only once every initial member has said, in its newest introduction, that it has
/// heard exactly the incarnations that we have heard. Each keeps the first incarnation it heard of another for as
/// long as its process lives: so two different first configurations would need one member to have said two things.
class Genesis {
 public:
  /// `members` carry ids and contexts; incarnations are 0, but for `self`.
  Genesis(raft::NodeId self, std::vector<raft::Member> members);

  void hear(const Introduction& introduction);

  /// What we say ourselves.
  const std::map<raft::NodeId, raft::Incarnation>& heard() const { return heard_; }

  /// The first configuration, once it is agreed upon. The same bytes at every member.
  raft::ConfigurationRef agreed() const { return agreed_; }

  /// Why this member cannot go on: another disk of ours is known, or we were removed.
  const std::optional<Failure>& failure() const { return failure_; }

  /// What is waited for, for logs and status: "not heard from: 2 3".
  std::string waiting_for() const;

 private:
  void hear_established(const Introduction& introduction);
  void conclude();

  raft::NodeId self_;
  std::vector<raft::Member> members_;
  std::map<raft::NodeId, raft::Incarnation> heard_;
  std::map<raft::NodeId, std::map<raft::NodeId, raft::Incarnation>> said_;
  std::map<raft::NodeId, raft::Incarnation> second_disk_;
  raft::ConfigurationRef agreed_;
  std::optional<Failure> failure_;
};

/// What a member with history finds in a blank one's introduction, for the log: empty if all is well.
std::string judge_blank(const raft::Configuration& present, const Introduction& introduction);

/// An incarnation as people see it: 16 hexadecimal digits.
std::string incarnation_text(raft::Incarnation incarnation);

}  // namespace kelek::runtime
