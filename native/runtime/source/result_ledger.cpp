// Matching proposals with results.
#include "result_ledger.h"

#include <algorithm>

namespace kelek::runtime {

void ResultLedger::proposal_settled() {
  if (outstanding_ > 0) --outstanding_;
  if (outstanding_ > 0) return;
  results_.clear();
  kept_bytes_ = 0;
}

ResultLedger::Found ResultLedger::committed(raft::Token token, raft::Index index, machine::Result& result) {
  if (index > applied_) {
    const Waiting waiting{index, token};
    if (waiting_.empty() || waiting_.back().index < index) {
      waiting_.push_back(waiting);
    } else {
      waiting_.insert(std::upper_bound(waiting_.begin(), waiting_.end(), index,
                                       [](raft::Index wanted, const Waiting& w) { return wanted < w.index; }),
                      waiting);
    }
    return Found::later;
  }
  const auto kept = std::lower_bound(results_.begin(), results_.end(), index,
                                     [](const Kept& k, raft::Index wanted) { return k.index < wanted; });
  if (kept == results_.end() || kept->index != index) return Found::lost;
  result = std::move(kept->result);
  return Found::now;
}

std::optional<raft::Token> ResultLedger::applied(raft::Index index, const machine::Result& result) {
  applied_ = index;
  if (!waiting_.empty() && waiting_.front().index == index) {
    const raft::Token token = waiting_.front().token;
    waiting_.pop_front();
    return token;
  }
  if (outstanding_ > 0) keep(index, result);
  return std::nullopt;
}

void ResultLedger::keep(raft::Index index, const machine::Result& result) {
  const std::size_t size_bytes = sizeof(Kept) + static_cast<std::size_t>(machine::size_bytes(result));
  results_.push_back({index, result, size_bytes});
  kept_bytes_ += size_bytes;
  while (!results_.empty() && (results_.size() > max_kept_ || kept_bytes_ > max_kept_bytes_)) {
    kept_bytes_ -= results_.front().size_bytes;
    results_.pop_front();
  }
}

void ResultLedger::skipped_to(raft::Index index) {
  applied_ = std::max(applied_, index);
}

std::optional<raft::Token> ResultLedger::take_skipped() {
  if (waiting_.empty() || waiting_.front().index > applied_) return std::nullopt;
  const raft::Token token = waiting_.front().token;
  waiting_.pop_front();
  return token;
}

}  // namespace kelek::runtime
