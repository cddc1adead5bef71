// Keeps and pages the newest batches of events.
#include "history.h"

#include <algorithm>

namespace kelek::machine {

void History::add(SharedEventBatch batch, uint64_t limit_bytes) {
  bytes_ += batch->size_bytes;
  batches_.push_back(std::move(batch));
  while (bytes_ > limit_bytes) {
    bytes_ -= batches_.front()->size_bytes;
    first_revision_ = batches_.front()->revision + 1;
    batches_.pop_front();
  }
}

HistoryPage History::read(uint64_t from_revision, uint64_t max_batches, uint64_t applied_index) const {
  HistoryPage page;
  page.first_revision = first_revision_;
  const uint64_t from = from_revision == 0 ? first_revision_ : from_revision;
  page.next_revision = std::max(from, applied_index + 1);
  if (from < first_revision_) {
    page.code = Code::compacted;
    page.next_revision = first_revision_;
    return page;
  }
  const auto before = [](const SharedEventBatch& batch, uint64_t revision) { return batch->revision < revision; };
  auto at = std::lower_bound(batches_.begin(), batches_.end(), from, before);
  for (; at != batches_.end(); ++at) {
    if (max_batches != 0 && page.batches.size() == max_batches) {
      page.next_revision = (*at)->revision;
      break;
    }
    page.batches.push_back(*at);
  }
  return page;
}

}  // namespace kelek::machine
