// Shapes: which states a run has been in, as far as their shape goes: what matters is who is ahead of whom.
#pragma once

#include <cstdint>
#include <vector>

#include <kelek/raft/status.h>

namespace kelek::sim {

class Shapes {
 public:
  /// One node of the state that is being put together.
  struct Part {
    raft::Role role = raft::Role::follower;
    bool up = false;
    raft::NodeId id = raft::no_node;
    raft::NodeId vote = raft::no_node;
    raft::Term term = 0;
    raft::Term last_term = 0;
    raft::Index commit = 0;
    std::size_t voters = 0;
    bool joint = false;
  };
  void begin() { parts_.clear(); }
  void add(const Part& part) { parts_.push_back(part); }
  /// The whole, which is kept if it is new.
  void end(std::uint64_t event);

  /// Each once, in the order in which they were met.
  const std::vector<std::uint64_t>& all() const { return met_; }
  /// When each was met.
  const std::vector<std::uint64_t>& events() const { return events_; }

 private:
  bool insert(std::uint64_t shape);

  std::vector<Part> parts_;
  std::vector<std::uint64_t> slots_ = std::vector<std::uint64_t>(256);
  std::vector<std::uint64_t> met_;
  std::vector<std::uint64_t> events_;
};

}  // namespace kelek::sim
