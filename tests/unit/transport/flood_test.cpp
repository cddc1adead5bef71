// T8: idle connections, half-open ones and floods of handshakes do not stop members.
#include <algorithm>

#include "fixture.h"

namespace kelek::transport::test {
namespace {

using Clock = std::chrono::steady_clock;

/// Of frames there and back.
struct RoundTrips {
  std::chrono::microseconds median;
};

RoundTrips measure_round_trips(TestPair& pair, int rounds) {
  std::vector<std::chrono::microseconds> times;
  for (int round = 0; round < rounds; ++round) {
    const Clock::time_point before = Clock::now();
    REQUIRE(pair.one.peers->send(2, bytes_of("ping")) == SendOutcome::sent);
    pair.two.next_frame();
    REQUIRE(pair.two.peers->send(1, bytes_of("pong")) == SendOutcome::sent);
    pair.one.next_frame();
    times.push_back(std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - before));
  }
  std::sort(times.begin(), times.end());
  return {times[times.size() / 2]};
}

}  // namespace

TEST_CASE("T8: members go on beside 1,500 connections that say nothing, which are closed in time", "[flood]") {
  raise_descriptor_limit();
  TransportOptions options;
  options.handshake_timeout = 2s;
  TestPair pair(options);
  constexpr std::size_t idle_connections = 1500;
  constexpr int rounds = 500;
  const RoundTrips before = measure_round_trips(pair, rounds);
  std::vector<RawConnection> idle;
  for (std::size_t i = 0; i < idle_connections; ++i) {
    RawConnection connection(pair.two.endpoint);
    REQUIRE(connection.is_open());
    if (i % 2 == 0) connection.write("\xff");  // half of a greeting's first field
    idle.push_back(std::move(connection));
  }
  const RoundTrips beside = measure_round_trips(pair, rounds);
  CHECK(pair.one.counters_of(2).reconnects == 0);
  CHECK(eventually([&] { return pair.two.peers->listener_counters().open_connections == 1; }));
  // Other programs of a busy machine may come and go meanwhile: so the slower of the two times without
  // strangers.
  const RoundTrips after = measure_round_trips(pair, rounds);
  const std::chrono::microseconds alone = std::max(before.median, after.median);
  INFO("round trips alone: " << alone.count() << " us, beside: " << beside.median.count() << " us");
  // Generous: what it rules out is a member that waits for strangers.
  CHECK(beside.median < alone * 4 + 2ms);
  CHECK(pair.two.peers->listener_counters().handshake_failures >= idle_connections);
  CHECK(pair.two.audit.has(AuditEvent::handshake_timeout));
  CHECK(pair.two.audit.records().size() < 30);
}

TEST_CASE("T8: above the limit of connections the oldest strangers make room, and members stay", "[flood]") {
  TransportOptions options;
  options.max_peer_connections = 20;
  options.handshake_timeout = 60s;  // so that nothing else closes them
  TestPair pair(options);
  REQUIRE(eventually([&] { return pair.two.peers->listener_counters().open_connections == 1; }));
  measure_round_trips(pair, 1);
  std::vector<RawConnection> idle;
  for (int i = 0; i < 60; ++i) idle.emplace_back(pair.two.endpoint);
  REQUIRE(eventually([&] { return pair.two.peers->listener_counters().over_limit >= 41; }));
  CHECK(eventually([&] { return pair.two.peers->listener_counters().open_connections <= 20; }));
  CHECK(idle.front().is_closed_within(patience));
  CHECK_FALSE(idle.back().is_closed_within(10ms));
  CHECK(pair.two.audit.has(AuditEvent::too_many));
  measure_round_trips(pair, 10);
  CHECK(pair.one.counters_of(2).reconnects == 0);

  SECTION("a member that comes while strangers hold every place is let in, and stays") {
    TestNode three(3, options);
    pair.two.knows(three);
    three.knows(pair.two);
    REQUIRE(three.send_at_last(2, "let me in"));
    CHECK(pair.two.next_frame().sender == 3);
    for (int i = 0; i < 60; ++i) idle.emplace_back(pair.two.endpoint);
    REQUIRE(eventually([&] { return pair.two.peers->listener_counters().over_limit >= 101; }));
    CHECK(three.peers->send(2, bytes_of("still here")) == SendOutcome::sent);
    CHECK(pair.two.next_frame().bytes.text() == "still here");
    CHECK(three.counters_of(2).reconnects == 0);
    CHECK(pair.one.counters_of(2).reconnects == 0);
  }
  SECTION("when they have gone there is room") {
    idle.clear();
    CHECK(eventually([&] { return pair.two.peers->listener_counters().open_connections == 1; }));
  }
}

TEST_CASE("T8: where all are past their handshake, the newest has no place", "[flood]") {
  TransportOptions options;
  options.max_peer_connections = 2;
  TestPair pair(options);
  TestNode three(3, options);
  pair.two.knows(three);
  three.knows(pair.two);
  REQUIRE(three.send_at_last(2, "second"));
  CHECK(pair.two.next_frame().sender == 3);
  REQUIRE(eventually([&] { return pair.two.peers->listener_counters().open_connections == 2; }));
  measure_round_trips(pair, 1);
  REQUIRE(three.peers->send(2, bytes_of("known")) == SendOutcome::sent);
  CHECK(pair.two.next_frame().sender == 3);
  RawConnection stranger(pair.two.endpoint);
  CHECK(stranger.is_closed_within(patience));
  CHECK(pair.one.counters_of(2).reconnects == 0);
  CHECK(three.counters_of(2).reconnects == 0);
}

TEST_CASE("T8: members go on beside strangers who handshake all the time", "[flood]") {
  TestPair pair;
  const KeyPair keys = new_keys();
  std::vector<std::unique_ptr<Stranger>> strangers;
  for (int i = 0; i < 20; ++i) {
    auto stranger = std::make_unique<Stranger>();
    // A key of a server that is not there: libzmq tries again every few milliseconds.
    stranger->use_curve(keys, new_keys().public_key);
    stranger->connect(pair.two.endpoint);
    strangers.push_back(std::move(stranger));
  }
  REQUIRE(eventually([&] { return pair.two.peers->listener_counters().handshake_failures >= 100; }));
  measure_round_trips(pair, 200);
  CHECK(pair.one.counters_of(2).reconnects == 0);
  CHECK(pair.two.audit.records().size() < 40);
}

}  // namespace kelek::transport::test
