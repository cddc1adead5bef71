// ResultLedger: the core's word and the machine's answer meet in either order, and what waits in between is bounded.
#include <catch2/catch.hpp>

#include <string>

#include "result_ledger.h"

using namespace kelek;
using runtime::ResultLedger;
using Found = ResultLedger::Found;

namespace {

machine::Result result_of(std::uint64_t revision, std::size_t text_bytes = 0) {
  machine::Result result;
  result.revision = revision;
  result.reason.assign(text_bytes, 'x');
  return result;
}

constexpr std::size_t plenty = std::size_t{1} << 20;

}  // namespace

TEST_CASE("at a leader the outcome comes first and waits for its answer") {
  ResultLedger ledger(4, plenty);
  machine::Result result;
  ledger.proposal_out();
  ledger.proposal_out();
  CHECK(ledger.committed(72, 2, result) == Found::later);
  CHECK(ledger.committed(71, 1, result) == Found::later);
  CHECK(ledger.applied(1, result_of(1)) == raft::Token{71});
  CHECK(ledger.applied(2, result_of(2)) == raft::Token{72});
  CHECK_FALSE(ledger.applied(3, result_of(3)));
}

TEST_CASE("at a follower the answer comes first and is kept while something is out") {
  ResultLedger ledger(4, plenty);
  machine::Result result;
  CHECK_FALSE(ledger.applied(1, result_of(1)));
  CHECK(ledger.kept() == 0);
  ledger.proposal_out();
  CHECK_FALSE(ledger.applied(2, result_of(2)));
  CHECK(ledger.committed(71, 2, result) == Found::now);
  CHECK(result.revision == 2);
  CHECK(ledger.committed(72, 1, result) == Found::lost);
  ledger.proposal_settled();
  CHECK(ledger.kept() == 0);
  CHECK(ledger.kept_bytes() == 0);
}

TEST_CASE("what is kept is bounded in number") {
  ResultLedger ledger(4, plenty);
  ledger.proposal_out();
  for (raft::Index index = 1; index <= 10; ++index) CHECK_FALSE(ledger.applied(index, result_of(index)));
  CHECK(ledger.kept() == 4);
  machine::Result result;
  CHECK(ledger.committed(71, 6, result) == Found::lost);
  CHECK(ledger.committed(72, 7, result) == Found::now);
}

TEST_CASE("what is kept is bounded in bytes") {
  ResultLedger ledger(4'096, 100'000);
  ledger.proposal_out();
  for (raft::Index index = 1; index <= 10; ++index) CHECK_FALSE(ledger.applied(index, result_of(index, 30'000)));
  CHECK(ledger.kept() == 3);
  CHECK(ledger.kept_bytes() <= 100'000);
  machine::Result result;
  CHECK(ledger.committed(71, 10, result) == Found::now);
  CHECK_FALSE(ledger.applied(11, result_of(11, 200'000)));
  CHECK(ledger.kept() == 0);
  CHECK(ledger.committed(72, 11, result) == Found::lost);
}

TEST_CASE("who waits for an entry that a snapshot stepped over is told") {
  ResultLedger ledger(4, plenty);
  machine::Result result;
  ledger.proposal_out();
  CHECK(ledger.committed(71, 5, result) == Found::later);
  CHECK_FALSE(ledger.take_skipped());
  ledger.skipped_to(5);
  CHECK(ledger.take_skipped() == raft::Token{71});
  CHECK_FALSE(ledger.take_skipped());
}
