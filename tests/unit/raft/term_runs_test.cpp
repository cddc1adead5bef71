// Terms as runs: what is known, what is not, and stepping back by whole terms.
#include <catch2/catch.hpp>

#include "term_runs.h"

using namespace kelek::raft;

namespace {

TermRuns runs_of(Index base, Term base_term, std::initializer_list<Term> terms) {
  TermRuns runs;
  runs.reset(base, base_term);
  for (const Term term : terms) runs.append(term);
  return runs;
}

}  // namespace

TEST_CASE("terms are known from the base to the last index, and nowhere else") {
  const TermRuns runs = runs_of(10, 2, {2, 2, 3, 5, 5});
  CHECK(runs.term_at(9) == std::nullopt);
  CHECK(runs.term_at(10) == 2);
  CHECK(runs.term_at(12) == 2);
  CHECK(runs.term_at(13) == 3);
  CHECK(runs.term_at(14) == 5);
  CHECK(runs.term_at(15) == 5);
  CHECK(runs.term_at(16) == std::nullopt);
  CHECK(runs.last_term() == 5);
}

TEST_CASE("an unknown term is never taken for a known one, not even in an empty log") {
  const TermRuns runs = runs_of(0, 0, {});
  CHECK(runs.term_at(0) == 0);
  CHECK(runs.term_at(1) == std::nullopt);
  CHECK(runs.last_term() == 0);
}

TEST_CASE("truncation forgets, and the next term may be another") {
  TermRuns runs = runs_of(0, 0, {1, 1, 2, 2});
  runs.truncate(3);
  CHECK(runs.last() == 2);
  CHECK(runs.last_term() == 1);
  runs.append(4);
  CHECK(runs.term_at(3) == 4);
  runs.truncate(9);  // beyond the end: nothing to forget
  CHECK(runs.last() == 3);
}

TEST_CASE("compaction keeps the term of its base") {
  TermRuns runs = runs_of(0, 0, {1, 1, 2, 2, 3});
  runs.compact(3);
  CHECK(runs.base() == 3);
  CHECK(runs.term_at(2) == std::nullopt);
  CHECK(runs.term_at(3) == 2);
  CHECK(runs.term_at(4) == 2);
  CHECK(runs.term_at(5) == 3);
  runs.compact(5);
  CHECK(runs.term_at(5) == 3);
  CHECK(runs.last_term() == 3);
}

TEST_CASE("stepping back by whole terms agrees with looking at every index") {
  const TermRuns runs = runs_of(4, 1, {1, 2, 2, 5, 5, 5, 8});
  for (Index index = 4; index <= 14; ++index) {
    for (Term term = 0; term <= 9; ++term) {
      Index expected = 4;
      for (Index at = 4; at <= std::min<Index>(index, 11); ++at) {
        if (*runs.term_at(at) <= term) expected = at;
      }
      INFO("index " << index << " term " << term);
      CHECK(runs.last_at_or_below(index, term) == expected);
    }
  }
}
