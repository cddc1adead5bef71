// Which Readys are on their way to the disk.
#include "persistence.h"

#include <algorithm>

namespace kelek::raft {

std::uint64_t Persistence::taken(std::uint64_t tick, Term term, NodeId vote, Index last, std::uint32_t flags) {
  // Field by field, as they are read again: copied as a whole, the reads would wait for the copy.
  Write& write = writes_.emplace_back();
  write.number = next_number_;
  write.taken_tick = tick;
  write.term = term;
  write.vote = vote;
  write.last = last;
  write.flags = flags | some;
  return next_number_++;
}

std::uint32_t Persistence::persisted(std::uint64_t number) {
  if (number >= next_number_) return 0;  // never taken
  std::uint64_t flags = 0;
  while (first_ < writes_.size() && writes_[first_].number <= number) {
    const Write& write = writes_[first_++];
    flags |= write.flags;
    durable_term_ = write.term;
    durable_vote_ = write.vote;
    stable_ = write.last;
  }
  if (first_ == writes_.size()) {
    writes_.clear();
    first_ = 0;
  }
  return static_cast<std::uint32_t>(flags);
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
    if ((writes_[i].flags & must_sync) != 0) return writes_[i].taken_tick;
  }
  return UINT64_MAX;
}

}  // namespace kelek::raft
