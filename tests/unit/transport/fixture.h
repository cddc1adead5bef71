// What the transport's tests share: nodes with keys and sockets of their own, waiting with a deadline,
// strangers.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include <kelek/transport/client_server.h>
#include <kelek/transport/client_socket.h>
#include <kelek/transport/peer_transport.h>
#include <kelek/transport/wakeup.h>

#include "zmq_handles.h"

namespace kelek::transport::test {

using namespace std::chrono_literals;
inline constexpr std::chrono::milliseconds patience = 20s;

inline KeyPair new_keys() {
  return std::move(generate_key_pair().value());
}
inline KeyPair copy_of(const KeyPair& keys) {
  return {keys.public_key, SecretKey(keys.secret_key.bytes())};
}

inline std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

/// True as soon as `condition` is; false if it is not within `patience`. Between two looks it waits for
/// `items`.
inline bool eventually(const std::function<bool()>& condition, std::vector<zmq_pollitem_t> items = {}) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    wait_for_events(items, 2ms);
  }
  return true;
}

/// Audit records as they come, from the gatekeeper's thread.
class Audit {
 public:
  AuditSink sink() {
    return [this](const AuditRecord& record) {
      const std::lock_guard lock(mutex_);
      records_.push_back(record);
    };
  }
  std::vector<AuditRecord> records() const {
    const std::lock_guard lock(mutex_);
    return records_;
  }
  std::optional<AuditRecord> first(AuditEvent event) const {
    for (const AuditRecord& record : records()) {
      if (record.event == event) return record;
    }
    return std::nullopt;
  }
  bool has(AuditEvent event) const { return first(event).has_value(); }

 private:
  mutable std::mutex mutex_;
  std::vector<AuditRecord> records_;
};

/// A process's transport: its own context, keys, registry.
struct TestNode {
  explicit TestNode(raft::NodeId node_id, const TransportOptions& options = {},
                    std::string_view address = "127.0.0.1:0")
      : TestNode(node_id, new_keys(), options, address) {}
  TestNode(raft::NodeId node_id, KeyPair key_pair, const TransportOptions& options, std::string_view address)
      : id(node_id), keys(std::move(key_pair)) {
    auto started = Network::start(options, registry, audit.sink());
    if (!started) throw std::runtime_error(started.error().text);
    network = std::move(started.value());
    auto opened = PeerTransport::open(*network, id, copy_of(keys));
    if (!opened) throw std::runtime_error(opened.error().text);
    peers = std::move(opened.value());
    const auto bound = peers->bind(address);
    if (!bound) throw std::runtime_error(bound.error().text);
    endpoint = bound.value();
  }

  void knows(const TestNode& other) {
    const Status status = peers->set_peer(other.id, other.endpoint, other.keys.public_key);
    if (!status) throw std::runtime_error(status.error().text);
  }
  LinkState link_to(raft::NodeId node) const { return counters_of(node).link; }
  /// Also does what a coordinator's loop does in every turn: a link that was refused, since the other side
  /// was slow to learn of this one, would stay down otherwise.
  PeerCounters counters_of(raft::NodeId node) const {
    peers->keep_links();
    for (const PeerCounters& counters : peers->counters()) {
      if (counters.node == node) return counters;
    }
    return {};
  }
  /// Sends until it is not dropped.
  bool send_at_last(raft::NodeId to, std::string_view frame) {
    return eventually([&] { return peers->send(to, bytes_of(frame)) == SendOutcome::sent; });
  }
  /// The next frame; nothing within `patience` fails the test.
  PeerFrame next_frame() {
    PeerFrame frame;
    REQUIRE(eventually([&] { return peers->receive(frame); }, {peers->poll_item()}));
    return frame;
  }

  raft::NodeId id;
  KeyPair keys;
  IdentityRegistry registry;
  Audit audit;
  std::unique_ptr<Network> network;
  std::unique_ptr<PeerTransport> peers;
  std::string endpoint;
};

/// Two nodes that know each other, connected both ways.
struct TestPair {
  explicit TestPair(const TransportOptions& options = {}) : one(1, options), two(2, options) {
    one.knows(two);
    two.knows(one);
    REQUIRE(
        eventually([&] { return one.link_to(2) == LinkState::connected && two.link_to(1) == LinkState::connected; }));
  }
  TestNode one;
  TestNode two;
};

/// A DEALER of bare libzmq: somebody who does not use our code. Set its security, then connect.
class Stranger {
 public:
  Stranger() : context_(zmq_ctx_new()), socket_(zmq_socket(context_, ZMQ_DEALER)) {
    OptionSetter(socket_).number(ZMQ_LINGER, 0).number(ZMQ_RECONNECT_IVL, 10);
  }
  Stranger(const Stranger&) = delete;
  Stranger& operator=(const Stranger&) = delete;
  ~Stranger() {
    socket_ = Socket();
    zmq_ctx_term(context_);
  }

  OptionSetter set() { return OptionSetter(socket_); }
  void use_curve(const KeyPair& keys, const PublicKey& server_key) {
    set()
        .bytes(ZMQ_CURVE_SERVERKEY, server_key.bytes())
        .bytes(ZMQ_CURVE_PUBLICKEY, keys.public_key.bytes())
        .bytes(ZMQ_CURVE_SECRETKEY, keys.secret_key.bytes());
  }
  void connect(const std::string& endpoint) { REQUIRE(zmq_connect(socket_.get(), endpoint.c_str()) == 0); }
  bool send(std::string_view frame, int flags = 0) {
    return zmq_send(socket_.get(), frame.data(), frame.size(), flags | ZMQ_DONTWAIT) >= 0;
  }

 private:
  void* context_;
  Socket socket_;
};

/// Resident memory of this process.
std::size_t resident_bytes();

/// A bare TCP connection to an endpoint of libzmq's form.
class RawConnection {
 public:
  explicit RawConnection(const std::string& endpoint);
  RawConnection(RawConnection&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  RawConnection(const RawConnection&) = delete;
  RawConnection& operator=(const RawConnection&) = delete;
  ~RawConnection();

  bool is_open() const { return descriptor_ >= 0; }
  bool write(std::string_view bytes);
  /// True if the other side closed the connection within the time.
  bool is_closed_within(std::chrono::milliseconds time);

 private:
  int descriptor_ = -1;
};

/// Somebody on the way: passes connections on to a node, and can put in bytes of its own.
class Relay {
 public:
  explicit Relay(const std::string& endpoint);
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;
  ~Relay();

  std::string endpoint() const;
  /// To whoever connected last.
  void say_to_client(const std::string& bytes);

 private:
  void run();
  void accept_one();

  std::string target_;
  int listener_ = -1;
  Wakeup wakeup_;
  std::mutex mutex_;
  std::string injected_;
  bool stop_ = false;
  int client_ = -1;
  int server_ = -1;
  std::thread thread_;
};

}  // namespace kelek::transport::test
