// Quorums of a configuration: what a majority (of both halves, while joint) has reached, and who won a vote.
#pragma once

#include <algorithm>
#include <bitset>
#include <cstdint>
#include <span>
#include <vector>

#include <kelek/raft/digest.h>
#include <kelek/raft/membership.h>
#include <kelek/raft/types.h>

#include "mutation.h"

namespace kelek::raft {

/// The largest value that a majority of `values` has reached; reorders them. The largest value of all for nobody:
/// an empty half of a joint configuration has no say. Thesis, section 4.3.
inline std::uint64_t majority_value(std::span<std::uint64_t> values) {
  if (values.empty()) return UINT64_MAX;
  const std::size_t below = (mutated(Mutation::quorum_is_half) ? values.size() : values.size() - 1) / 2;
  // Insertion sort: groups are small, and for three it is two comparisons.
  if (values.size() <= 9) {
    for (std::size_t i = 1; i < values.size(); ++i) {
      for (std::size_t k = i; k > 0 && values[k] < values[k - 1]; --k) std::swap(values[k], values[k - 1]);
    }
  } else {
    std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(below), values.end());
  }
  return values[below];
}

/// Which voters answered an election, and how: each counts once, however often its answer arrives.
class VoteCount {
 public:
  VoteCount() = default;
  explicit VoteCount(const Configuration& configuration) {
    for (const Member& member : configuration.members()) {
      new_half_.voters += member.voter;
      old_half_.voters += member.outgoing;
    }
  }

  /// `slot`: the place of `member` in the configuration.
  void record(const Member& member, std::size_t slot, bool granted) {
    if (answered_[slot] && !mutated(Mutation::vote_responses_counted_not_voters)) return;
    answered_[slot] = true;
    (granted ? new_half_.granted : new_half_.refused) += member.voter;
    (granted ? old_half_.granted : old_half_.refused) += member.outgoing;
  }
  /// Who answered has no order.
  void tell(Digest& digest, const Configuration& configuration, const Renaming& names) const {
    std::uint64_t answered = 0;
    for (std::size_t slot = 0; slot < configuration.members().size(); ++slot) {
      if (answered_[slot]) answered += Digest::of(names(configuration.members()[slot].id));
    }
    digest.add(answered);
    digest.add(new_half_.granted);
    digest.add(new_half_.refused);
    digest.add(old_half_.granted);
    digest.add(old_half_.refused);
  }
  bool won() const { return new_half_.won() && old_half_.won(); }
  bool lost() const { return new_half_.lost() || old_half_.lost(); }

 private:
  struct Half {
    std::uint32_t voters = 0;
    std::uint32_t granted = 0;
    std::uint32_t refused = 0;
    bool won() const { return voters == 0 || granted > voters / 2; }
    bool lost() const { return voters > 0 && voters - refused <= voters / 2; }
  };
  std::bitset<max_members> answered_;
  Half new_half_;
  Half old_half_;
};

}  // namespace kelek::raft
