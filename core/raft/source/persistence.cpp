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
  auto pending = writes_.begin();
  for (; pending != writes_.end() && pending->number <= number; ++pending) {
    flags |= pending->flags;
    durable_term_ = pending->term;
    durable_vote_ = pending->vote;
    stable_ = pending->last;
  }
  writes_.erase(writes_.begin(), pending);
  return static_cast<std::uint32_t>(flags);
}

void Persistence::truncated(Index from) {
  stable_ = std::min(stable_, from - 1);
  for (Write& write : writes_) write.last = std::min(write.last, from - 1);
}

void Persistence::log_reset() {
  stable_ = 0;
  for (Write& write : writes_) write.last = 0;
}

std::uint64_t Persistence::oldest_sync_tick() const {
  for (const Write& write : writes_) {
    if ((write.flags & must_sync) != 0) return write.taken_tick;
  }
  return UINT64_MAX;
}

}  // namespace kelek::raft
