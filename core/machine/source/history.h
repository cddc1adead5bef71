// The newest batches of events, bounded in bytes, for watches that begin in the past.
#pragma once

#include <cstdint>
#include <deque>

#include <kelek/machine/events.h>

namespace kelek::machine {

class History {
 public:
  // Knows of nothing up to this revision.
  explicit History(uint64_t applied_index) : first_revision_(applied_index + 1) {}

  void add(SharedEventBatch batch, uint64_t limit_bytes);
  // See Machine::history.
  HistoryPage read(uint64_t from_revision, uint64_t max_batches, uint64_t applied_index) const;

 private:
  std::deque<SharedEventBatch> batches_;
  uint64_t first_revision_;
  uint64_t bytes_ = 0;
};

}  // namespace kelek::machine
