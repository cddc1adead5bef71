// Requests that wait: tokens are never confused, deadlines come in order, budgets and results are kept straight.
#include <catch2/catch.hpp>

#include <vector>

#include "budgets.h"
#include "latency.h"
#include "request_table.h"
#include "result_ledger.h"

using namespace kelek;
using namespace kelek::runtime;

namespace {

struct Waiting {
  std::uint64_t deadline_ms = 0;
  int name = 0;
};

machine::Result result_of(std::uint64_t revision) {
  machine::Result result;
  result.revision = revision;
  return result;
}

}  // namespace

TEST_CASE("A token of a closed request finds nothing, also when its slot is used again") {
  RequestTable<Waiting> table;
  const raft::Token first = table.open({10, 1});
  CHECK(first != 0);
  CHECK(table.close(first).name == 1);
  const raft::Token second = table.open({10, 2});
  CHECK(second != first);
  CHECK(table.find(first) == nullptr);
  REQUIRE(table.find(second) != nullptr);
  CHECK(table.find(second)->name == 2);
  CHECK(table.find(0) == nullptr);
  CHECK(table.find(77) == nullptr);
}

TEST_CASE("Deadlines come in their order, once, and closed requests have none") {
  RequestTable<Waiting> table;
  table.open({30, 3});
  table.open({10, 1});
  const raft::Token closed = table.open({15, 9});
  table.open({20, 2});
  table.close(closed);
  std::vector<int> expired;
  const auto note = [&](raft::Token token, Waiting& waiting) {
    expired.push_back(waiting.name);
    table.close(token);
  };
  CHECK(table.next_deadline_ms() == 10);
  table.expire(9, note);
  CHECK(expired.empty());
  table.expire(20, note);
  CHECK(expired == std::vector<int>{1, 2});
  table.expire(100, note);
  CHECK(expired == std::vector<int>{1, 2, 3});
  CHECK(table.size() == 0);
  CHECK_FALSE(table.next_deadline_ms().has_value());
}

TEST_CASE("A hundred thousand requests that come and go leave no heap of old deadlines behind") {
  RequestTable<Waiting> table;
  const raft::Token stays = table.open({1'000'000, 1});
  for (int i = 0; i < 100'000; ++i) {
    table.close(table.open({static_cast<std::uint64_t>(500'000 + i), 0}));
    if (i % 1'000 == 0) table.expire(1, [](raft::Token, Waiting&) {});
  }
  table.expire(1, [](raft::Token, Waiting&) {});
  CHECK(table.next_deadline_ms() == 1'000'000);
  CHECK(table.find(stays) != nullptr);
}

TEST_CASE("A greedy client is refused, and does not keep others from asking") {
  QueueLimits limits;
  limits.requests = 10;
  limits.requests_per_client = 4;
  limits.request_bytes = 1'000;
  limits.request_bytes_per_client = 300;
  Budgets budgets(limits);
  for (int i = 0; i < 4; ++i) CHECK(budgets.take("greedy", 10).empty());
  CHECK(budgets.take("greedy", 10).find("this client") != std::string::npos);
  CHECK(budgets.take("modest", 10).empty());
  CHECK(budgets.take("modest", 291).find("too many bytes of this client") != std::string::npos);
  budgets.give_back("greedy", 10);
  CHECK(budgets.take("greedy", 10).empty());
  CHECK(budgets.requests() == 5);
  CHECK(budgets.bytes() == 50);
  CHECK(budgets.clients() == 2);
}

TEST_CASE("All together have a limit too, and what was refused is not counted") {
  QueueLimits limits;
  limits.requests = 3;
  limits.request_bytes = 100;
  Budgets budgets(limits);
  CHECK(budgets.take("a", 60).empty());
  CHECK(budgets.take("b", 60).find("too many bytes wait") != std::string::npos);
  CHECK(budgets.take("b", 40).empty());
  CHECK(budgets.take("c", 0).empty());
  CHECK(budgets.take("d", 0).find("Too many requests wait") != std::string::npos);
  CHECK(budgets.clients() == 3);
}

TEST_CASE("A result meets its proposal, whichever comes first") {
  ResultLedger ledger(4);
  machine::Result found;
  ledger.proposal_out();
  ledger.proposal_out();
  SECTION("the core's word first, as at a leader") {
    CHECK(ledger.committed(7, 1, found) == ResultLedger::Found::later);
    CHECK(ledger.applied(1, result_of(1)) == 7);
  }
  SECTION("the machine first, as at a follower that hears late from the leader") {
    CHECK_FALSE(ledger.applied(1, result_of(1)).has_value());
    CHECK_FALSE(ledger.applied(2, result_of(2)).has_value());
    REQUIRE(ledger.committed(7, 1, found) == ResultLedger::Found::now);
    CHECK(found.revision == 1);
  }
  SECTION("too late: the result is not kept for ever") {
    for (raft::Index index = 1; index <= 6; ++index) ledger.applied(index, result_of(index));
    CHECK(ledger.kept() == 4);
    CHECK(ledger.committed(7, 2, found) == ResultLedger::Found::lost);
    CHECK(ledger.committed(8, 3, found) == ResultLedger::Found::now);
  }
  SECTION("a snapshot steps over it") {
    CHECK(ledger.committed(7, 5, found) == ResultLedger::Found::later);
    CHECK_FALSE(ledger.take_skipped().has_value());
    ledger.skipped_to(9);
    CHECK(ledger.take_skipped() == 7);
    CHECK_FALSE(ledger.take_skipped().has_value());
  }
}

TEST_CASE("Nothing is kept while nobody waits") {
  ResultLedger ledger(4);
  for (raft::Index index = 1; index <= 3; ++index) ledger.applied(index, result_of(index));
  CHECK(ledger.kept() == 0);
  ledger.proposal_out();
  ledger.applied(4, result_of(4));
  CHECK(ledger.kept() == 1);
  ledger.proposal_settled();
  CHECK(ledger.kept() == 0);
}

TEST_CASE("Quantiles of a histogram are at most a quarter too high") {
  Latency latency;
  for (std::uint64_t us = 1; us <= 1'000; ++us) latency.add(us);
  CHECK(latency.quantile_us(500) >= 500);
  CHECK(latency.quantile_us(500) <= 625);
  CHECK(latency.quantile_us(990) >= 990);
  CHECK(latency.quantile_us(1'000) == 1'000);
  CHECK(latency.max_us() == 1'000);
}
