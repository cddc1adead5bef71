// Which Readys are on their way to the disk.
#include "persistence.h"

#include <algorithm>

namespace kelek::raft {

void Persistence::taken(const Write& write) {
  writes_.push_back(write);
  next_number_ = write.number + 1;
}

Persistence::Done Persistence::persisted(std::uint64_t number) {
  Done done;
  while (first_ < writes_.size() && writes_[first_].number <= number) {
    const Write& write = writes_[first_++];
    done.any = true;
    done.last_chunk |= write.last_chunk;
    done.snapshot |= write.snapshot;
    durable_term_ = write.term;
    durable_vote_ = write.vote;
    stable_ = write.last;
  }
  if (first_ == writes_.size()) {
    writes_.clear();
    first_ = 0;
  }
  return done;
}

void Persistence::truncated(Index from) {
  stable_ = std::min(stable_, from - 1);
  for (std::size_t i = first_; i < writes_.size(); ++i) writes_[i].last = std::min(writes_[i].last, from - 1);
}

void Persistence::log_reset() {
  stable_ = 0;
  for (std::size_t i = first_; i < writes_.size(); ++i) writes_[i].last = 0;
}

std::uint64_t Persistence::oldest_sync_tick() const {
  for (std::size_t i = first_; i < writes_.size(); ++i) {
    if (writes_[i].must_sync) return writes_[i].taken_tick;
  }
  return UINT64_MAX;
}

}  // namespace kelek::raft
