// T1, T2, T3, T6, T7 of the threats: who is not a member reaches nobody, and nobody can make a member take
// memory.
#include <array>

#include "fixture.h"
#include "monitor.h"
#include "socket_setup.h"

namespace kelek::transport::test {
namespace {

/// ZMTP 3.1's greeting for a mechanism, as a client sends it (RFC 37 of ZeroMQ).
std::string greeting(const std::string& mechanism) {
  std::string text = "\xff" + std::string(8, '\0') + "\x7f\x03\x01" + mechanism;
  text.resize(64, '\0');
  return text;
}

/// Sends everything it can for as long as the node needs to count `failures` more failed handshakes; true if
/// no frame got through.
bool nothing_gets_through(TestNode& node, Stranger& stranger, std::uint64_t failures) {
  const std::uint64_t before = node.peers->listener_counters().handshake_failures;
  bool received = false;
  const bool failed = eventually(
      [&] {
        stranger.send("let me in");
        PeerFrame frame;
        received = received || node.peers->receive(frame);
        return node.peers->listener_counters().handshake_failures >= before + failures;
      },
      {node.peers->poll_item()});
  return failed && !received && node.peers->listener_counters().frames_refused == 0;
}

}  // namespace

TEST_CASE("T1: a key that nobody registered gets nothing through and is written down", "[security]") {
  TestNode node(1);
  Stranger stranger;
  const KeyPair keys = new_keys();
  stranger.use_curve(keys, node.keys.public_key);
  stranger.connect(node.endpoint);
  CHECK(nothing_gets_through(node, stranger, 1));
  REQUIRE(eventually([&] { return node.audit.has(AuditEvent::unknown_key); }));
  const auto record = node.audit.first(AuditEvent::unknown_key);
  CHECK(record->key_fingerprint == keys.public_key.fingerprint());
  CHECK(record->address == "127.0.0.1");
  CHECK(record->domain == Domain::peer);
}

TEST_CASE("T1: somebody without a key, by NULL or by PLAIN, gets nothing through", "[security]") {
  TestNode node(1);
  Stranger stranger;
  SECTION("NULL") {}
  SECTION("NULL with a ZAP domain") {
    stranger.set().text(ZMQ_ZAP_DOMAIN, "peer");
  }
  SECTION("PLAIN") {
    stranger.set().text(ZMQ_PLAIN_USERNAME, "peer 2 1").text(ZMQ_PLAIN_PASSWORD, "x");
  }
  stranger.connect(node.endpoint);
  CHECK(nothing_gets_through(node, stranger, 1));
  // Who of the two hangs up first decides how it is written down.
  CHECK(eventually(
      [&] { return node.audit.has(AuditEvent::handshake_failed) || node.audit.has(AuditEvent::handshake_timeout); }));
}

TEST_CASE("T1: older ZMTP without security, HTTP and noise get nothing through", "[security]") {
  TestPair pair;
  const std::string first = GENERATE(
      as<std::string>(), std::string("\x01\x00\x06hello!", 9),                // ZMTP 1.0
      std::string("\xff\0\0\0\0\0\0\0\x01\x7f\x01\x05\0\0\0\x06hello!", 23),  // ZMTP 2.0
      std::string("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"), std::string(1000, '\xff'), std::string(1000, '\0'),
      greeting("NULL") + std::string("\x04\x1c\x05READY\x0bSocket-Type\0\0\0\x06"
                                     "DEALER",
                                     30),
      greeting("CURVE") + std::string("\x04\x06\x05READY", 8) + std::string("\0\x05hello", 7));
  {
    RawConnection raw(pair.two.endpoint);
    REQUIRE(raw.is_open());
    raw.write(first);
    raw.write(std::string("\0\x05hello", 7));
  }
  REQUIRE(eventually([&] { return pair.two.peers->listener_counters().accepted >= 2; }));
  REQUIRE(pair.one.send_at_last(2, "member"));
  const PeerFrame frame = pair.two.next_frame();
  CHECK(frame.sender == 1);
  CHECK(frame.bytes.text() == "member");
  CHECK(pair.two.peers->listener_counters().frames_refused == 0);
}

TEST_CASE("T1: should the ZAP handler be gone, nobody gets in", "[security]") {
  void* context = zmq_ctx_new();
  {
    const KeyPair keys = new_keys();
    const ListenerSetup setup{"peer", 1 << 20, 1, 100};
    const Socket listener = std::move(make_listener(context, {}, setup, keys).value());
    Monitor monitor = std::move(Monitor::watch(context, listener).value());
    const std::string endpoint = bind_listener(listener, "127.0.0.1:0").value();
    Stranger stranger;
    stranger.use_curve(new_keys(), keys.public_key);
    stranger.connect(endpoint);
    stranger.send("let me in");
    bool failed = false;
    Message message;
    REQUIRE(eventually([&] {
      CHECK_FALSE(message.receive(listener));
      Monitor::Event event;
      while (monitor.next(event)) failed = failed || event.kind == ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL;
      return failed;
    }));
    CHECK_FALSE(message.receive(listener));
    Monitor::stop(listener);
  }
  zmq_ctx_term(context);
}

TEST_CASE("T1: a client's key does not open the members' socket", "[security]") {
  TestNode node(1);
  const KeyPair keys = new_keys();
  REQUIRE(node.registry.set_clients({{keys.public_key, "agent", {ClientRole::admin}, {}}}));
  Stranger stranger;
  stranger.use_curve(keys, node.keys.public_key);
  stranger.connect(node.endpoint);
  CHECK(nothing_gets_through(node, stranger, 1));
}

TEST_CASE("T2: a server with another key than the pinned one gets no frame, and is written down", "[security]") {
  TestNode one(1);
  TestNode two(2);
  TestNode impostor(3);
  two.knows(one);
  impostor.knows(one);
  // Two's key, but the impostor's address.
  REQUIRE(one.peers->set_peer(2, impostor.endpoint, two.keys.public_key));
  PeerFrame frame;
  bool received = false;
  REQUIRE(eventually([&] {
    one.peers->send(2, bytes_of("secret"));
    received = received || impostor.peers->receive(frame);
    return one.counters_of(2).handshake_failures >= 3;
  }));
  CHECK_FALSE(received);
  CHECK(one.counters_of(2).frames_sent == 0);
  CHECK(one.link_to(2) == LinkState::wrong_server_key);
  const auto record = one.audit.first(AuditEvent::wrong_server_key);
  REQUIRE(record);
  CHECK(record->peer == 2);
  CHECK(record->address == impostor.endpoint);
  CHECK(record->key_fingerprint == two.keys.public_key.fingerprint());

  SECTION("and once the address is right, the link comes up") {
    one.knows(two);
    REQUIRE(one.send_at_last(2, "hello"));
    CHECK(two.next_frame().bytes.text() == "hello");
  }
}

TEST_CASE("T3: a frame's sender is its key's owner, whatever the frame or the connection says", "[security]") {
  TestNode node(1);
  const KeyPair keys = new_keys();
  REQUIRE(node.registry.set_peer(2, keys.public_key));
  REQUIRE(node.registry.set_peer(3, new_keys().public_key));
  Stranger liar;
  liar.use_curve(keys, node.keys.public_key);
  const std::string routing_id = GENERATE(as<std::string>(), "3", "peer 3 2", std::string("n\x03\0\0\0\0\0\0\0", 9));
  liar.set().text(ZMQ_ROUTING_ID, routing_id);
  liar.connect(node.endpoint);
  REQUIRE(eventually([&] { return liar.send("from 3"); }));
  const PeerFrame frame = node.next_frame();
  CHECK(frame.sender == 2);
  CHECK(frame.bytes.text() == "from 3");
}

TEST_CASE("T6: a frame of 2^63 bytes ends its connection and takes no memory", "[security]") {
  TransportOptions options;
  options.handshake_timeout = 600s;  // so that it is the frame for which they are closed, not the silence after it
  TestPair pair(options);
  const std::size_t before = resident_bytes();
  const std::string huge = "\x80" + std::string(7, '\0');
  const std::string largest = "\xff" + std::string(7, '\xff');
  const std::string limit = std::string("\0\0\0\0\x01\0\0\0", 8);  // 16 MiB
  for (const std::string& size : {huge, largest, limit}) {
    for (const char flags : {'\x02', '\x06'}) {
      RawConnection raw(pair.two.endpoint);
      REQUIRE(raw.is_open());
      REQUIRE(raw.write(greeting("CURVE") + flags + size));
      CHECK(raw.is_closed_within(patience));
    }
  }
  CHECK(resident_bytes() < before + (std::size_t{2} << 20));
  REQUIRE(pair.one.send_at_last(2, "still here"));
  CHECK(pair.two.next_frame().bytes.text() == "still here");
}

TEST_CASE("T6: a member's own frame above the limit ends its connection and reaches nobody", "[security]") {
  TransportOptions options;
  options.max_peer_frame_bytes = 1 << 20;
  TestNode node(1, options);
  const KeyPair keys = new_keys();
  REQUIRE(node.registry.set_peer(2, keys.public_key));
  Stranger member;
  member.use_curve(keys, node.keys.public_key);
  member.connect(node.endpoint);
  REQUIRE(eventually([&] { return member.send(std::string(1 << 20, 'x')); }));
  CHECK(node.next_frame().bytes.size() == 1 << 20);
  const std::uint64_t accepted = node.peers->listener_counters().accepted;

  // Just above the limit, and far above it.
  for (const std::size_t size : {(std::size_t{1} << 20) + 1, std::size_t{64} << 20}) {
    const std::string frame(size, 'x');
    const std::size_t before = resident_bytes();
    REQUIRE(member.send(frame));
    PeerFrame received;
    REQUIRE(eventually([&] {
      CHECK_FALSE(node.peers->receive(received));
      const ListenerCounters counters = node.peers->listener_counters();
      return counters.frames_refused > 0 || counters.accepted > accepted;
    }));
    CHECK(resident_bytes() < before + 3 * size + (std::size_t{4} << 20));
    REQUIRE(eventually([&] { return member.send("short again"); }));
    CHECK(node.next_frame().bytes.text() == "short again");
  }
}

TEST_CASE("A frame in several parts is refused as a whole", "[security]") {
  TestNode node(1);
  const KeyPair keys = new_keys();
  REQUIRE(node.registry.set_peer(2, keys.public_key));
  Stranger member;
  member.use_curve(keys, node.keys.public_key);
  member.connect(node.endpoint);
  REQUIRE(eventually([&] { return member.send("one", ZMQ_SNDMORE); }));
  REQUIRE(member.send("two", ZMQ_SNDMORE));
  REQUIRE(member.send("three"));
  REQUIRE(member.send("whole"));
  CHECK(node.next_frame().bytes.text() == "whole");
  CHECK(node.peers->listener_counters().frames_refused == 1);
}

TEST_CASE("T7: whatever bytes a member sends arrive as they are; nothing here looks inside", "[security]") {
  TestPair pair;
  const std::array<std::string, 5> bombs = {
      std::string("\xdd\xff\xff\xff\xff", 5), std::string("\xdf\xff\xff\xff\xff", 5),
      std::string("\xdb\xff\xff\xff\xff", 5), std::string("\xc6\xff\xff\xff\xff", 5),
      std::string("\xc9\xff\xff\xff\xff", 5)};
  const std::size_t before = resident_bytes();
  for (const std::string& bomb : bombs) {
    REQUIRE(pair.one.send_at_last(2, bomb));
    CHECK(pair.two.next_frame().bytes.text() == bomb);
  }
  CHECK(resident_bytes() < before + (std::size_t{1} << 20));
}

TEST_CASE("T13: no error or audit text holds a secret key", "[security]") {
  TestNode one(1);
  TestNode two(2);
  TestNode impostor(3);
  REQUIRE(one.peers->set_peer(2, impostor.endpoint, two.keys.public_key));
  two.knows(one);
  impostor.knows(one);
  REQUIRE(eventually([&] {
    one.peers->send(2, bytes_of("x"));
    two.peers->send(1, bytes_of("x"));
    return one.audit.has(AuditEvent::wrong_server_key) && one.audit.has(AuditEvent::unknown_key);
  }));
  for (const TestNode* node : {&one, &two, &impostor}) {
    std::array<char, key_text_length + 1> secret{};
    zmq_z85_encode(secret.data(), reinterpret_cast<const std::uint8_t*>(node->keys.secret_key.bytes().data()),
                   key_bytes);
    for (const TestNode* place : {&one, &two, &impostor}) {
      for (const AuditRecord& record : place->audit.records()) {
        CHECK_THAT(record.text(), !Catch::Contains(std::string(secret.data(), 10)));
      }
    }
  }
}

}  // namespace kelek::transport::test
