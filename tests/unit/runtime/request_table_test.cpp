// Requests that wait: tokens are never confused, deadlines come in order, budgets are kept straight.
#include <catch2/catch.hpp>

#include <vector>

#include "budgets.h"
#include "latency.h"
#include "request_table.h"

using namespace kelek;
using namespace kelek::runtime;

namespace {

struct Waiting {
  std::uint64_t deadline_ms = 0;
  int name = 0;
};

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

TEST_CASE("Quantiles of a histogram are at most a quarter too high") {
  Latency latency;
  for (std::uint64_t us = 1; us <= 1'000; ++us) latency.add(us);
  CHECK(latency.quantile_us(500) >= 500);
  CHECK(latency.quantile_us(500) <= 625);
  CHECK(latency.quantile_us(990) >= 990);
  CHECK(latency.quantile_us(1'000) == 1'000);
  CHECK(latency.max_us() == 1'000);
}
