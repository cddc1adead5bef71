// Reads, leases and proposals that wait: rounds confirm them, commits decide them, and nothing is guessed.
#include <catch2/catch.hpp>

#include "lease.h"
#include "log.h"
#include "proposals.h"
#include "reads.h"

using namespace kelek::raft;

namespace {

WaitingRead read_at(Token token, Index index) {
  return WaitingRead{token, 1, 0, index, 0};
}

std::vector<Token> confirmed(Reads& reads, Round round) {
  std::vector<Token> tokens;
  reads.confirm(round, [&](const WaitingRead& read) { tokens.push_back(read.token); });
  return tokens;
}

Log log_of(std::initializer_list<Term> terms) {
  Log log;
  for (const Term term : terms) log.append(Entry{Payload::copy_of("x"), EntryKind::command, term});
  return log;
}

using Kind = ProposalOutcome::Kind;

}  // namespace

TEST_CASE("all reads that wait share a round, and later ones need another") {
  Reads reads;
  reads.add(read_at(1, 5));
  reads.add(read_at(2, 6));
  CHECK(reads.wants_round());
  reads.send_with(1);
  CHECK_FALSE(reads.wants_round());
  reads.add(read_at(3, 6));
  CHECK(reads.wants_round());
  CHECK(confirmed(reads, 1) == std::vector<Token>{1, 2});
  CHECK(confirmed(reads, 1).empty());
  reads.send_with(2);
  CHECK(confirmed(reads, 2) == std::vector<Token>{3});
}

TEST_CASE("a read before the first commit of the term waits for it (B59)") {
  Reads reads;
  reads.add(read_at(1, 0));
  CHECK_FALSE(reads.wants_round());
  reads.send_with(1);
  CHECK(confirmed(reads, 1).empty());
  reads.first_commit(9);
  CHECK(reads.wants_round());
  reads.send_with(2);
  Index answered_at = 0;
  reads.confirm(2, [&](const WaitingRead& read) { answered_at = read.index; });
  CHECK(answered_at == 9);
}

TEST_CASE("a lease begins when its round was sent, not when the answers came (B61)") {
  Lease lease;
  lease.round_sent(1, 100);
  CHECK_FALSE(lease.holds(100, 8));
  lease.confirm(1);  // at whatever tick
  CHECK(lease.holds(107, 8));
  CHECK_FALSE(lease.holds(108, 8));
}

TEST_CASE("rounds of one tick begin with the first of them, and a newer round renews") {
  Lease lease;
  lease.round_sent(1, 100);
  lease.round_sent(2, 100);
  lease.round_sent(3, 104);
  lease.confirm(2);
  CHECK_FALSE(lease.holds(108, 8));
  lease.confirm(3);
  CHECK(lease.holds(111, 8));
}

TEST_CASE("telling an heir to go ends the lease for good (B58)") {
  Lease lease;
  lease.round_sent(1, 10);
  lease.confirm(1);
  lease.end_for_good();
  lease.round_sent(2, 11);
  lease.confirm(2);
  CHECK_FALSE(lease.holds(11, 8));
}

TEST_CASE("what is committed at its place tells the fate of a proposal (B64)") {
  Proposals proposals;
  std::vector<ProposalOutcome> outcomes;
  proposals.placed(7, 1, 2, 1);
  proposals.placed(8, 3, 3, 1);
  proposals.committed(2, log_of({1, 1, 2}), outcomes);
  REQUIRE(outcomes.size() == 1);
  CHECK(outcomes[0].token == 7);
  CHECK(outcomes[0].kind == Kind::committed);
  proposals.committed(3, log_of({1, 1, 2}), outcomes);
  REQUIRE(outcomes.size() == 2);
  CHECK(outcomes[1].kind == Kind::refused);  // another leader's entry is committed there
  CHECK(outcomes[1].refusal == Refusal::aborted);
  CHECK(proposals.waiting() == 0);
}

TEST_CASE("a proposal whose end was replaced and whose beginning was not is unknown, not refused") {
  Proposals proposals;
  std::vector<ProposalOutcome> outcomes;
  proposals.placed(7, 1, 3, 1);
  proposals.committed(3, log_of({1, 1, 2}), outcomes);
  REQUIRE(outcomes.size() == 1);
  CHECK(outcomes[0].kind == Kind::unknown);
}

TEST_CASE("what a snapshot jumped over cannot be told") {
  Proposals proposals;
  std::vector<ProposalOutcome> outcomes;
  proposals.placed(7, 4, 4, 1);
  proposals.skipped(10, outcomes);
  REQUIRE(outcomes.size() == 1);
  CHECK(outcomes[0].kind == Kind::unknown);
}

TEST_CASE("a forwarded proposal is placed by the answer, refused by it, or unknown at its deadline") {
  Proposals proposals;
  std::vector<ProposalOutcome> outcomes;
  proposals.forwarded(1, 101, 1, 50);
  proposals.forwarded(2, 102, 1, 50);
  proposals.forwarded(3, 103, 1, 60);
  proposals.answered({102, Refusal::transferring, 0, 0, 4}, outcomes);
  REQUIRE(outcomes.size() == 1);
  CHECK(outcomes[0].kind == Kind::refused);
  CHECK(outcomes[0].refusal == Refusal::transferring);
  proposals.answered({101, Refusal::none, 2, 1, 4}, outcomes);
  proposals.answered({101, Refusal::none, 9, 1, 4}, outcomes);  // a second answer finds nobody
  proposals.expire(60, outcomes);
  REQUIRE(outcomes.size() == 2);
  CHECK(outcomes[1].token == 3);
  CHECK(outcomes[1].kind == Kind::unknown);
  proposals.committed(2, log_of({1, 1}), outcomes);
  REQUIRE(outcomes.size() == 3);
  CHECK(outcomes[2].token == 1);
  CHECK(outcomes[2].index == 2);
}
