// Watches: cursors into the machine's history that cost a slow client its place, and nobody else anything.
#include <catch2/catch.hpp>

#include <map>
#include <vector>

#include "watch_hub.h"

using namespace kelek;
using namespace kelek::runtime;

namespace {

struct Fixture {
  machine::Machine machine;
  std::map<std::uint64_t, std::vector<wire::EventFrame>> frames;
  transport::SendOutcome outcome = transport::SendOutcome::sent;
  WatchHub::Send send = [this](transport::ConnectionId, const wire::EventFrame& frame) {
    if (outcome == transport::SendOutcome::sent) frames[frame.watch_id].push_back(frame);
    return outcome;
  };

  void put(const std::string& key, const std::string& value = "v") {
    machine::Command command;
    command.header.caller = "somebody";
    machine::KvPut body;
    body.key = key;
    body.value = value;
    command.body = body;
    REQUIRE(machine.apply(machine.revision() + 1, 1, command).result.ok());
  }
  std::size_t events(std::uint64_t watch) {
    std::size_t count = 0;
    for (const wire::EventFrame& frame : frames[watch]) {
      for (const auto& batch : frame.batches) count += batch->events.size();
    }
    return count;
  }
};

wire::Watch watch_of(std::uint64_t id, const std::string& prefix, std::uint64_t from = 0) {
  wire::Watch watch;
  watch.watch_id = id;
  watch.from_revision = from;
  watch.filter.subject_prefix = prefix;
  return watch;
}

}  // namespace

TEST_CASE("A watch tells what its filter lets through, from where it was asked to") {
  Fixture f;
  WatchHub hub({}, 1'000'000);
  f.put("a1");
  f.put("b1");
  std::uint64_t first = 0;
  CHECK(hub.add(1, "client", watch_of(1, "a", 1), f.machine, first) == wire::RefusalCode::none);
  CHECK(first == 1);
  CHECK(hub.add(1, "client", watch_of(2, "b"), f.machine, first) == wire::RefusalCode::none);
  CHECK(first == 3);
  CHECK(hub.add(1, "client", watch_of(2, "b"), f.machine, first) == wire::RefusalCode::watch_exists);
  f.put("a2");
  f.put("b2");
  while (hub.pump(f.machine, f.send)) {
  }
  CHECK(f.events(1) == 2);
  CHECK(f.events(2) == 1);
  CHECK(f.frames[1].back().next_revision == 5);
  CHECK(hub.remove(1, 2));
  CHECK_FALSE(hub.remove(1, 2));
  f.put("b3");
  hub.pump(f.machine, f.send);
  CHECK(f.events(2) == 1);
}

TEST_CASE("A client that does not read for a while misses nothing") {
  Fixture f;
  WatchHub hub({}, 1'000'000);
  std::uint64_t first = 0;
  hub.add(1, "client", watch_of(1, ""), f.machine, first);
  f.outcome = transport::SendOutcome::dropped;
  for (int i = 0; i < 10; ++i) {
    f.put("k" + std::to_string(i));
    hub.pump(f.machine, f.send);
  }
  CHECK(f.events(1) == 0);
  f.outcome = transport::SendOutcome::sent;
  while (hub.pump(f.machine, f.send)) {
  }
  CHECK(f.events(1) == 10);
}

TEST_CASE("A client that never reads is left behind, and told so when it does") {
  Fixture f;
  WatchHub hub({}, 1'000'000);
  std::uint64_t first = 0;
  hub.add(1, "client", watch_of(1, ""), f.machine, first);
  f.put("k");
  f.outcome = transport::SendOutcome::dropped;
  hub.pump(f.machine, f.send);
  const std::string value(256 * 1024, 'x');
  for (int i = 0; i < 80; ++i) f.put("large", value);
  hub.pump(f.machine, f.send);
  CHECK(hub.size() == 1);
  f.outcome = transport::SendOutcome::sent;
  hub.pump(f.machine, f.send);
  CHECK(hub.size() == 0);
  REQUIRE(f.frames[1].size() == 1);
  CHECK(f.frames[1][0].state == wire::WatchState::lagged);
  CHECK(f.frames[1][0].next_revision == 1);
  CHECK(hub.lagged() == 1);
}

TEST_CASE("A watch from what is gone ends with where to begin") {
  Fixture f;
  WatchHub hub({}, 1'000'000);
  const std::string value(256 * 1024, 'x');
  for (int i = 0; i < 80; ++i) f.put("large", value);
  std::uint64_t first = 0;
  hub.add(1, "client", watch_of(1, "", 1), f.machine, first);
  hub.pump(f.machine, f.send);
  REQUIRE(f.frames[1].size() == 1);
  CHECK(f.frames[1][0].state == wire::WatchState::compacted);
  CHECK(f.frames[1][0].first_revision > 1);
  CHECK(hub.size() == 0);
}

TEST_CASE("Events are told in several frames where one does not hold them") {
  Fixture f;
  WatchHub hub({}, 10'000);
  std::uint64_t first = 0;
  hub.add(1, "client", watch_of(1, ""), f.machine, first);
  for (int i = 0; i < 20; ++i) f.put("k" + std::to_string(i), std::string(3'000, 'x'));
  while (hub.pump(f.machine, f.send)) {
  }
  CHECK(f.events(1) == 20);
  CHECK(f.frames[1].size() > 5);
}

TEST_CASE("A client has a limited number of watches, and one that left has none") {
  Fixture f;
  QueueLimits limits;
  limits.watches_per_client = 2;
  WatchHub hub(limits, 10'000);
  std::uint64_t first = 0;
  CHECK(hub.add(1, "client", watch_of(1, ""), f.machine, first) == wire::RefusalCode::none);
  CHECK(hub.add(2, "client", watch_of(1, ""), f.machine, first) == wire::RefusalCode::none);
  CHECK(hub.add(3, "client", watch_of(1, ""), f.machine, first) == wire::RefusalCode::over_limit);
  CHECK(hub.add(3, "another", watch_of(1, ""), f.machine, first) == wire::RefusalCode::none);
  f.outcome = transport::SendOutcome::gone;
  hub.say_progress(f.machine, f.send);
  CHECK(hub.size() == 0);
  f.outcome = transport::SendOutcome::sent;
  CHECK(hub.add(3, "client", watch_of(1, ""), f.machine, first) == wire::RefusalCode::none);
}
