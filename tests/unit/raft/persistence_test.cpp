// What is durable: in order, and never for entries that were replaced after the write was issued.
#include <catch2/catch.hpp>

#include "persistence.h"

using namespace kelek::raft;

namespace {

std::uint64_t write(Persistence& persistence, Index last, Term term = 1, std::uint32_t flags = Persistence::must_sync,
                    std::uint64_t tick = 0) {
  return persistence.taken(tick, term, no_node, last, flags);
}

}  // namespace

TEST_CASE("writes become durable in order, several at once") {
  Persistence persistence;
  persistence.start(1, no_node, 0);
  CHECK(write(persistence, 3) == 1);
  CHECK(write(persistence, 5) == 2);
  CHECK(write(persistence, 9, 2) == 3);
  CHECK(persistence.stable() == 0);
  persistence.persisted(2);
  CHECK(persistence.stable() == 5);
  CHECK(persistence.durable_term() == 1);
  CHECK_FALSE(persistence.idle());
  persistence.persisted(3);
  CHECK(persistence.stable() == 9);
  CHECK(persistence.durable_term() == 2);
  CHECK(persistence.idle());
}

TEST_CASE("a write of entries that were replaced since says nothing of those that replaced them") {
  Persistence persistence;
  persistence.start(1, no_node, 0);
  CHECK(write(persistence, 8) == 1);
  persistence.truncated(5);  // entries 5 … are replaced while write 1 is on its way
  CHECK(write(persistence, 8, 2) == 2);
  persistence.persisted(1);
  CHECK(persistence.stable() == 4);
  persistence.persisted(2);
  CHECK(persistence.stable() == 8);
}

TEST_CASE("durable entries that are replaced are durable no more") {
  Persistence persistence;
  persistence.start(1, no_node, 7);
  persistence.truncated(3);
  CHECK(persistence.stable() == 2);
}

TEST_CASE("numbers reported twice, or too late, change nothing") {
  Persistence persistence;
  persistence.start(1, no_node, 0);
  CHECK(write(persistence, 3) == 1);
  persistence.persisted(1);
  CHECK(persistence.persisted(1) == 0);
  CHECK(persistence.stable() == 3);
}

TEST_CASE("the oldest write that needs a sync tells how long the disk has been at it") {
  Persistence persistence;
  persistence.start(1, no_node, 0);
  CHECK(persistence.oldest_sync_tick() == UINT64_MAX);
  write(persistence, 0, 1, 0, 10);
  CHECK(persistence.oldest_sync_tick() == UINT64_MAX);
  write(persistence, 4, 1, Persistence::must_sync, 20);
  CHECK(persistence.oldest_sync_tick() == 20);
  persistence.persisted(2);
  CHECK(persistence.oldest_sync_tick() == UINT64_MAX);
}

TEST_CASE("a number that was never taken makes nothing durable") {
  Persistence persistence;
  persistence.start(1, no_node, 0);
  const std::uint64_t number = persistence.taken(0, 1, 2, 5, Persistence::must_sync);
  CHECK(persistence.persisted(number + 1) == 0);
  CHECK(persistence.persisted(UINT64_MAX) == 0);
  CHECK(persistence.stable() == 0);
  CHECK(persistence.durable_vote() == no_node);
  CHECK(persistence.persisted(number) != 0);
  CHECK(persistence.stable() == 5);
}
