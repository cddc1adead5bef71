// Tracker: the progress of every other member, and what a quorum of all has reached.
#pragma once

#include <cstdint>
#include <vector>

#include <kelek/raft/membership.h>
#include <kelek/raft/types.h>

#include "mutation.h"
#include "progress.h"

namespace kelek::raft {

/// One record for each member but the leader itself, in the order of their ids.
class Tracker {
 public:
  /// Takes over `configuration`: keeps what is known of who stays; who is new is probed from `next` on, and counts
  /// as heard of at `now_ticks` (a grace period in check-quorum: etcd a3afec7).
  void configure(NodeId self, const Configuration& configuration, Index next, std::uint64_t now_ticks);

  std::vector<Progress>& peers() { return peers_; }
  const std::vector<Progress>& peers() const { return peers_; }
  Progress* find(NodeId id);

  /// The largest value that a quorum has reached, `self` being the leader's own. Counts the leader only if the
  /// configuration counts it as a voter.
  template <typename Value>
  std::uint64_t quorum_value(std::uint64_t self, Value&& value) const {
    if (voters_ == 3 && outgoing_ == 0 && self_voter_ && peers_.size() == 2 && !mutated(Mutation::quorum_is_half)) {
      return median(self, value(peers_[0]), value(peers_[1]));
    }
    std::uint64_t reached = UINT64_MAX;
    if (voters_ > 0) reached = half_value(self, self_voter_, &Progress::voter, value);
    if (outgoing_ > 0) {
      const std::uint64_t old_half = half_value(self, self_outgoing_, &Progress::outgoing, value);
      reached = old_half < reached ? old_half : reached;
    }
    return reached;
  }

 private:
  static std::uint64_t median(std::uint64_t a, std::uint64_t b, std::uint64_t c) {
    return a > b ? (b > c ? b : (a > c ? c : a)) : (a > c ? a : (b > c ? c : b));
  }
  template <typename Value>
  std::uint64_t half_value(std::uint64_t self, bool counts_self, bool Progress::*in_half, Value&& value) const {
    values_.clear();
    if (counts_self || mutated(Mutation::leader_outside_configuration_counts_itself)) values_.push_back(self);
    for (const Progress& peer : peers_) {
      if (peer.*in_half || mutated(Mutation::learner_counts_in_quorum)) values_.push_back(value(peer));
    }
    return majority_of_values();
  }
  std::uint64_t majority_of_values() const;

  std::vector<Progress> peers_;
  mutable std::vector<std::uint64_t> values_;  // room for quorum_value
  std::uint32_t voters_ = 0;
  std::uint32_t outgoing_ = 0;
  bool self_voter_ = false;
  bool self_outgoing_ = false;
};

}  // namespace kelek::raft
