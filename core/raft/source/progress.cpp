// What a leader knows of one follower.
#include "progress.h"

#include <algorithm>
#include <utility>

#include "mutation.h"

namespace kelek::raft {

void InflightAppends::add(Index last, std::size_t bytes) {
  if (count_ == ring_.size()) {
    std::vector<Append> larger;
    larger.reserve(std::max<std::size_t>(4, ring_.size() * 2));
    for (std::uint32_t i = 0; i < count_; ++i) larger.push_back(ring_[(first_ + i) % ring_.size()]);
    larger.resize(larger.capacity());
    ring_ = std::move(larger);
    first_ = 0;
  }
  ring_[(first_ + count_) % ring_.size()] = {last, bytes};
  ++count_;
  bytes_ += bytes;
}

void InflightAppends::answered(Index match) {
  while (count_ > 0 && ring_[first_].last <= match) {
    bytes_ -= ring_[first_].bytes;
    first_ = static_cast<std::uint32_t>((first_ + 1) % ring_.size());
    --count_;
  }
}

void Progress::become_probe() {
  state = ReplicationState::probe;
  probing = false;
  inflight.clear();
  marks.clear();
  snapshot.reset();
  next = match + 1;
}

void Progress::become_replicate() {
  state = ReplicationState::replicate;
  probing = false;
  inflight.clear();
  marks.clear();
  snapshot.reset();
  next = match + 1;
}

void Progress::become_snapshot(std::shared_ptr<const SnapshotMetadata> metadata) {
  state = ReplicationState::snapshot;
  probing = false;
  inflight.clear();
  marks.clear();
  snapshot = std::make_unique<SnapshotTransfer>();
  snapshot->metadata = std::move(metadata);
}

void Progress::fell_back(Index last_index) {
  match = 0;
  commit_told = 0;
  become_probe();
  next = last_index + 1;
}

bool Progress::acknowledged(Index index) {
  inflight.answered(index);
  // Answers overtake each other: neither match nor next ever goes back (known from RaftOS 25 and PySyncObj 167).
  const bool news = index > match;
  match = mutated(Mutation::match_assigned_not_max) ? index : std::max(match, index);
  next = std::max(next, match + 1);
  return news;
}

}  // namespace kelek::raft
