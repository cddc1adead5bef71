// The terms of a log as runs.
#include "term_runs.h"

#include <algorithm>

#include <kelek/raft/invariant.h>

namespace kelek::raft {

void TermRuns::reset(Index base, Term base_term) {
  runs_.clear();
  base_ = last_ = base;
  base_term_ = base_term;
}

void TermRuns::truncate(Index from) {
  KELEK_INVARIANT(from > base_);
  if (from > last_) return;
  last_ = from - 1;
  while (!runs_.empty() && runs_.back().first > last_) runs_.pop_back();
}

void TermRuns::compact(Index base) {
  KELEK_INVARIANT(base >= base_ && base <= last_);
  base_term_ = *term_at(base);
  base_ = base;
  const auto keep = std::find_if(runs_.begin(), runs_.end(), [&](const Run& run) { return run.first > base; });
  runs_.erase(runs_.begin(), keep);
}

Term TermRuns::search(Index index) const {
  const auto after = std::upper_bound(runs_.begin(), runs_.end(), index,
                                      [](Index wanted, const Run& run) { return wanted < run.first; });
  return std::prev(after)->term;
}

Index TermRuns::last_at_or_below(Index index, Term term) const {
  Index found = std::min(index, last_);
  for (auto run = runs_.rbegin(); run != runs_.rend() && found > base_; ++run) {
    if (run->first > found) continue;
    if (run->term <= term) return found;
    found = run->first - 1;
  }
  return base_term_ <= term ? std::max(found, base_) : base_;
}

}  // namespace kelek::raft
