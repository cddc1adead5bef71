// The progress of every other member.
#include "tracker.h"

#include <algorithm>
#include <utility>

#include "quorum.h"

namespace kelek::raft {

void Tracker::configure(NodeId self, const Configuration& configuration, Index next, std::uint64_t now_ticks) {
  std::vector<Progress> before = std::exchange(peers_, {});
  peers_.reserve(configuration.members().size() - (configuration.find(self) != nullptr ? 1 : 0));
  voters_ = outgoing_ = 0;
  self_voter_ = self_outgoing_ = false;
  for (const Member& member : configuration.members()) {
    voters_ += member.voter;
    outgoing_ += member.outgoing;
    if (member.id == self) {
      self_voter_ = member.voter;
      self_outgoing_ = member.outgoing;
      continue;
    }
    const auto known = std::find_if(before.begin(), before.end(), [&](const Progress& peer) {
      return peer.id == member.id && peer.incarnation == member.incarnation;
    });
    if (known != before.end()) {
      peers_.push_back(std::move(*known));
    } else {
      Progress fresh;
      fresh.id = member.id;
      fresh.incarnation = member.incarnation;
      fresh.next = next;
      fresh.heard_tick = now_ticks;
      peers_.push_back(std::move(fresh));
    }
    peers_.back().voter = member.voter;
    peers_.back().outgoing = member.outgoing;
  }
}

Progress* Tracker::find(NodeId id) {
  // Groups are mostly small: looking through is quicker than searching.
  if (peers_.size() <= 8) {
    for (Progress& peer : peers_) {
      if (peer.id == id) return &peer;
    }
    return nullptr;
  }
  const auto found = std::lower_bound(peers_.begin(), peers_.end(), id,
                                      [](const Progress& peer, NodeId wanted) { return peer.id < wanted; });
  return found != peers_.end() && found->id == id ? &*found : nullptr;
}

std::uint64_t Tracker::majority_of_values() const {
  return majority_value(values_);
}

}  // namespace kelek::raft
