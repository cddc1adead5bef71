// TermRuns: the terms of a log as runs, a pair of numbers for each leadership instead of one for each entry.
#pragma once

#include <optional>
#include <vector>

#include <kelek/raft/types.h>

namespace kelek::raft {

/// Knows the term of every index from base() to last(). Terms never fall from one index to the next.
class TermRuns {
 public:
  Index base() const { return base_; }
  Index last() const { return last_; }
  Term last_term() const { return runs_.empty() ? base_term_ : runs_.back().term; }

  /// Nothing but an index and its term is known.
  void reset(Index base, Term base_term);
  /// The `count` indexes after last() have `term` ≥ last_term().
  void append(Term term, Index count = 1) {
    if (term != last_term()) runs_.push_back({last_ + 1, term});
    last_ += count;
  }
  /// base() < from: forgets `from` and what follows.
  void truncate(Index from);
  /// base() ≤ base ≤ last(): forgets what lies before `base`.
  void compact(Index base);

  void release_memory() { runs_.shrink_to_fit(); }

  /// None outside base() … last(): "unknown" is never a term that could be taken for a real one (etcd 76f1249).
  std::optional<Term> term_at(Index index) const {
    if (index < base_ || index > last_) return std::nullopt;
    if (runs_.empty() || index < runs_.front().first) return base_term_;
    if (index >= runs_.back().first) return runs_.back().term;
    return search(index);
  }

  /// The largest index at or below `index` whose term is at or below `term`; base() - if there is none, also.
  /// This is how a follower and a leader step back by whole terms (Raft paper, end of section 5.3).
  Index last_at_or_below(Index index, Term term) const;

 private:
  struct Run {
    Index first;
    Term term;
  };
  Term search(Index index) const;

  std::vector<Run> runs_;  // of terms other than base_term_, from base_ + 1 on
  Index base_ = 0;
  Index last_ = 0;
  Term base_term_ = 0;
};

}  // namespace kelek::raft
