// Members' frames over real connections: they arrive, or are dropped and counted; links come back by
// themselves.
#include "fixture.h"

namespace kelek::transport::test {
namespace {

std::string numbered(int number) {
  return "frame " + std::to_string(number);
}

raft::Payload large_frame(std::size_t size_bytes, char fill) {
  return raft::Payload::copy_of(std::string(size_bytes, fill));
}

}  // namespace

TEST_CASE("Frames arrive whole, in order, with the member they are from", "[peers]") {
  TestPair pair;
  constexpr int frames = 1000;
  int received = 0;
  for (int sent = 0; sent < frames; ++sent) {
    REQUIRE(pair.one.send_at_last(2, numbered(sent)));
    PeerFrame frame;
    while (pair.two.peers->receive(frame)) {
      CHECK(frame.sender == 1);
      CHECK(frame.bytes.text() == numbered(received++));
    }
  }
  while (received < frames) CHECK(pair.two.next_frame().bytes.text() == numbered(received++));
  CHECK(pair.one.counters_of(2).frames_sent == frames);
  CHECK(pair.two.counters_of(1).frames_received == frames);
  CHECK(pair.two.counters_of(1).bytes_received == pair.one.counters_of(2).bytes_sent);
}

TEST_CASE("Frames of every size arrive as they were sent, copied or shared", "[peers]") {
  TestPair pair;
  const std::size_t limit = TransportOptions().max_peer_frame_bytes;
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{33}, std::size_t{34}, std::size_t{4095},
                                 std::size_t{4096}, std::size_t{100'000}, limit}) {
    const raft::Payload frame = large_frame(size, 'x');
    REQUIRE(eventually([&] { return pair.one.peers->send(2, frame) == SendOutcome::sent; }));
    CHECK(pair.two.next_frame().bytes == frame);
  }
  CHECK(pair.one.peers->send(2, large_frame(limit + 1, 'x')) == SendOutcome::too_large);
  CHECK(pair.one.peers->send(2, bytes_of(std::string(limit + 1, 'x'))) == SendOutcome::too_large);
}

TEST_CASE("A slice of a frame outlives the frame, the sockets and the context", "[peers]") {
  raft::Payload slice;
  raft::Payload small;
  {
    TestPair pair;
    REQUIRE(pair.one.send_at_last(2, "0123456789" + std::string(10'000, 'x')));
    slice = pair.two.next_frame().bytes.slice(2, 4);
    REQUIRE(pair.one.send_at_last(2, "small"));
    small = pair.two.next_frame().bytes;
  }
  CHECK(slice.text() == "2345");
  CHECK(small.text() == "small");
}

TEST_CASE("A frame in two pieces arrives as one", "[peers]") {
  TestPair pair;
  const std::string head(100, 'h');
  for (const std::size_t tail_bytes : {std::size_t{0}, std::size_t{1}, std::size_t{16} << 10}) {
    const std::string tail(tail_bytes, 't');
    REQUIRE(eventually([&] { return pair.one.peers->send(2, bytes_of(head), bytes_of(tail)) == SendOutcome::sent; }));
    CHECK(pair.two.next_frame().bytes.text() == head + tail);
  }
  const std::string half(TransportOptions().max_peer_frame_bytes / 2 + 1, 'x');
  CHECK(pair.one.peers->send(2, bytes_of(half), bytes_of(half)) == SendOutcome::too_large);
}

TEST_CASE("A short queue reports no full queue that is not", "[peers]") {
  TransportOptions options;
  options.peer_send_frames = 64;
  TestPair pair(options);
  constexpr int bursts = 300;
  constexpr int burst = 48;
  for (int round = 0; round < bursts; ++round) {
    for (int sent = 0; sent < burst; ++sent) pair.one.peers->send(2, bytes_of("x"));
    const std::uint64_t sent = pair.one.counters_of(2).frames_sent;
    PeerFrame frame;
    REQUIRE(eventually(
        [&] {
          while (pair.two.peers->receive(frame)) {
          }
          return pair.two.counters_of(1).frames_received == sent;
        },
        {pair.two.peers->poll_item()}));
  }
  CHECK(pair.one.counters_of(2).frames_dropped == 0);
}

TEST_CASE("Frames for a member that is not there are dropped and counted, never kept for later", "[peers]") {
  TestNode one(1);
  std::string endpoint;
  KeyPair keys = new_keys();
  {
    const TestNode two(2, copy_of(keys), {}, "127.0.0.1:0");
    endpoint = two.endpoint;
  }
  REQUIRE(one.peers->set_peer(2, endpoint, keys.public_key));
  REQUIRE(eventually([&] { return one.link_to(2) == LinkState::nobody_listens; }));
  for (int sent = 0; sent < 10; ++sent) CHECK(one.peers->send(2, bytes_of("old")) == SendOutcome::dropped);
  CHECK(one.counters_of(2).frames_dropped == 10);
  CHECK(one.counters_of(2).frames_sent == 0);
  CHECK(one.peers->send(3, bytes_of("x")) == SendOutcome::gone);

  TestNode two(2, copy_of(keys), {}, endpoint);
  two.knows(one);
  REQUIRE(one.send_at_last(2, "new"));
  CHECK(two.next_frame().bytes.text() == "new");
}

TEST_CASE("A member that restarts at its address is found again", "[peers]") {
  TestNode one(1);
  auto two = std::make_unique<TestNode>(2);
  const std::string endpoint = two->endpoint;
  const KeyPair keys = copy_of(two->keys);
  one.knows(*two);
  two->knows(one);
  REQUIRE(one.send_at_last(2, "before"));
  CHECK(two->next_frame().bytes.text() == "before");
  for (std::uint64_t restart = 1; restart <= 3; ++restart) {
    two.reset();
    two = std::make_unique<TestNode>(2, copy_of(keys), TransportOptions(), endpoint);
    two->knows(one);
    REQUIRE(eventually([&] { return one.counters_of(2).reconnects == restart; }));
    REQUIRE(one.send_at_last(2, "after"));
    CHECK(two->next_frame().bytes.text() == "after");
    REQUIRE(two->send_at_last(1, "back"));
    CHECK(one.next_frame().sender == 2);
  }
}

TEST_CASE("A member that does not read costs a bounded queue", "[peers]") {
  TransportOptions options;
  options.peer_send_bytes = options.max_peer_frame_bytes;
  options.peer_receive_frames = 4;
  TestPair pair(options);
  const raft::Payload frame = large_frame(1 << 20, 'x');
  const std::size_t before = resident_bytes();
  REQUIRE(eventually([&] {
    for (int i = 0; i < 10; ++i) pair.one.peers->send(2, frame);
    return pair.one.counters_of(2).frames_dropped >= 1000;
  }));
  // Four frames here, one being read, eight waiting there, and what CURVE and the kernel hold.
  const std::uint64_t sent = pair.one.counters_of(2).frames_sent;
  CHECK(sent < 40);
  CHECK(resident_bytes() < before + (std::size_t{64} << 20));

  // It reads again: everything sent arrives, and the link takes more.
  for (std::uint64_t received = 0; received < sent; ++received) CHECK(pair.two.next_frame().bytes == frame);
  REQUIRE(pair.one.send_at_last(2, "more"));
  CHECK(pair.two.next_frame().bytes.text() == "more");
}

TEST_CASE("A port in use, an address of another machine, a second bind: errors that name the address", "[peers]") {
  TestNode one(1);
  TestNode two(2);
  IdentityRegistry registry;
  const auto network = Network::start({}, registry, {});
  REQUIRE(network);
  const auto fresh = [&] { return std::move(PeerTransport::open(**network, 3, new_keys()).value()); };

  const auto used = fresh()->bind(one.endpoint);
  REQUIRE_FALSE(used);
  CHECK(used.error().problem == Problem::address_in_use);
  CHECK_THAT(used.error().text, Catch::Contains(one.endpoint) && Catch::Contains("in use"));

  const auto elsewhere = fresh()->bind("203.0.113.1:7000");
  REQUIRE_FALSE(elsewhere);
  CHECK(elsewhere.error().problem == Problem::bad_address);
  CHECK_THAT(elsewhere.error().text, Catch::Contains("203.0.113.1:7000"));

  CHECK_FALSE(fresh()->bind("ws://127.0.0.1:0"));
  CHECK_FALSE(fresh()->bind("no-such-host.invalid:0"));
  CHECK_FALSE(one.peers->bind("127.0.0.1:0"));
  CHECK(fresh()->bind("localhost:*").value().starts_with("tcp://127.0.0.1:"));
  CHECK(fresh()->bind("*:0"));
}

TEST_CASE("A member cannot be set with a bad address, a key of another's, or as oneself", "[peers]") {
  TestPair pair;
  const PublicKey key = new_keys().public_key;
  CHECK_FALSE(pair.one.peers->set_peer(3, "somewhere", key));
  CHECK_FALSE(pair.one.peers->set_peer(3, "127.0.0.1:1", pair.two.keys.public_key));
  CHECK_FALSE(pair.one.peers->set_peer(1, "127.0.0.1:1", key));
  CHECK(pair.one.peers->counters().size() == 1);
  CHECK_FALSE(pair.one.registry.find_peer(key));
}

TEST_CASE("A link over IPv6 works where the machine has it", "[peers]") {
  IdentityRegistry registry;
  const auto network = Network::start({}, registry, {});
  if (!PeerTransport::open(**network, 9, new_keys()).value()->bind("[::1]:0")) return;
  TestNode one(1, {}, "[::1]:0");
  TestNode two(2, {}, "*:0");
  CHECK(one.endpoint.starts_with("tcp://[::1]:"));
  two.endpoint = "tcp://[::1]" + two.endpoint.substr(two.endpoint.rfind(':'));
  one.knows(two);
  two.knows(one);
  REQUIRE(one.send_at_last(2, "six"));
  CHECK(two.next_frame().bytes.text() == "six");
  REQUIRE(two.send_at_last(1, "six"));
  CHECK(one.next_frame().sender == 2);
}

TEST_CASE("A removed member's frames are not taken any more, though its connection is open", "[peers]") {
  TestPair pair;
  REQUIRE(pair.one.send_at_last(2, "member"));
  CHECK(pair.two.next_frame().sender == 1);
  pair.two.peers->remove_peer(1);
  CHECK(pair.two.peers->send(1, bytes_of("x")) == SendOutcome::gone);
  PeerFrame frame;
  bool delivered = false;
  REQUIRE(eventually(
      [&] {
        pair.one.peers->send(2, bytes_of("no longer"));
        delivered = delivered || pair.two.peers->receive(frame);
        return pair.two.peers->listener_counters().frames_refused >= 20;
      },
      {pair.two.peers->poll_item()}));
  CHECK_FALSE(delivered);

  SECTION("let in again, it is heard over the new connection only") {
    pair.two.knows(pair.one);
    REQUIRE(eventually(
        [&] {
          pair.one.peers->send(2, bytes_of("old connection"));
          return pair.two.peers->listener_counters().frames_refused >= 40 || pair.two.peers->receive(frame);
        },
        {pair.two.peers->poll_item()}));
    CHECK(pair.two.peers->listener_counters().frames_refused >= 40);
  }
}

TEST_CASE("A member whose key was replaced is heard with the new key only", "[peers]") {
  TestPair pair;
  TestNode new_one(1);
  pair.two.knows(new_one);
  new_one.knows(pair.two);
  REQUIRE(new_one.send_at_last(2, "new key"));
  REQUIRE(pair.one.send_at_last(2, "old key"));
  CHECK(pair.two.next_frame().bytes.text() == "new key");
  REQUIRE(eventually([&] {
    PeerFrame frame;
    CHECK_FALSE(pair.two.peers->receive(frame));
    return pair.two.peers->listener_counters().frames_refused == 1;
  }));
}

TEST_CASE("A link that was refused comes up once the other side knows our key", "[peers]") {
  TestNode one(1);
  TestNode two(2);
  one.knows(two);
  REQUIRE(eventually([&] {
    one.peers->send(2, bytes_of("knock"));
    return one.link_to(2) == LinkState::refused && one.counters_of(2).handshake_failures >= 2;
  }));
  CHECK(one.audit.has(AuditEvent::refused_by_peer));
  CHECK(two.audit.has(AuditEvent::unknown_key));
  CHECK(one.counters_of(2).frames_sent == 0);
  two.knows(one);
  REQUIRE(one.send_at_last(2, "known"));
  CHECK(two.next_frame().bytes.text() == "known");
  // The gatekeeper's thread may hear of the handshake after the frame is there.
  REQUIRE(eventually([&] { return one.link_to(2) == LinkState::connected; }));
}

TEST_CASE("A link that was refused comes up once the other side knows our key, with nothing to send", "[peers]") {
  // As at the start of a cluster where one is a moment faster: libzmq never knocks again by itself.
  TestNode one(1);
  TestNode two(2);
  one.knows(two);
  REQUIRE(eventually([&] { return one.link_to(2) == LinkState::refused; }));
  two.knows(one);
  REQUIRE(eventually([&] { return one.link_to(2) == LinkState::connected; }));
  CHECK(one.counters_of(2).frames_dropped == 0);
}

TEST_CASE("A link that ended by bytes that are no ZMTP is made anew", "[peers]") {
  TransportOptions options;
  options.connect_timeout = 200ms;
  options.handshake_timeout = 400ms;
  TestNode one(1, options);
  TestNode two(2, options);
  two.knows(one);
  Relay relay(two.endpoint);
  REQUIRE(one.peers->set_peer(2, relay.endpoint(), two.keys.public_key));
  REQUIRE(one.send_at_last(2, "before"));
  CHECK(two.next_frame().bytes.text() == "before");
  // A frame with reserved flags, as somebody on the way would put it in: libzmq ends the connection for good.
  relay.say_to_client(std::string(100, '\xff'));
  REQUIRE(eventually([&] { return one.link_to(2) != LinkState::connected; }));
  SECTION("with nothing to send") {
    REQUIRE(eventually([&] { return one.link_to(2) == LinkState::connected; }));
  }
  // What is sent while the old connection is being taken down is lost with it.
  PeerFrame frame;
  REQUIRE(eventually(
      [&] {
        one.peers->keep_links();
        one.peers->send(2, bytes_of("after"));
        return two.peers->receive(frame);
      },
      {two.peers->poll_item()}));
  CHECK(frame.bytes.text() == "after");
}

TEST_CASE("A member that moves is reached at its new address", "[peers]") {
  TestPair pair;
  TestNode moved(2, copy_of(pair.two.keys), {}, "127.0.0.1:0");
  pair.one.knows(moved);
  moved.knows(pair.one);
  REQUIRE(pair.one.send_at_last(2, "moved"));
  CHECK(moved.next_frame().bytes.text() == "moved");
  const PeerCounters before = pair.one.counters_of(2);
  pair.one.knows(moved);
  CHECK(pair.one.peers->send(2, bytes_of("still connected")) == SendOutcome::sent);
  CHECK(pair.one.counters_of(2).frames_sent == before.frames_sent + 1);
}

TEST_CASE("Without CURVE, for the bench, frames flow and say who they are from", "[peers]") {
  TransportOptions options;
  options.plaintext_for_bench = true;
  TestPair pair(options);
  REQUIRE(pair.one.send_at_last(2, "plain"));
  const PeerFrame frame = pair.two.next_frame();
  CHECK(frame.sender == 1);
  CHECK(frame.bytes.text() == "plain");
}

}  // namespace kelek::transport::test
