// Members' sockets: links out, one listener in.
#include <kelek/transport/peer_transport.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <map>
#include <optional>
#include <utility>

#include <kelek/transport/address.h>

#include "network_parts.h"
#include "outgoing.h"
#include "socket_setup.h"
#include "zap.h"

namespace kelek::transport {
namespace {

/// What a link's other end may send us: nothing but ZMTP's own commands.
constexpr std::size_t max_link_incoming_bytes = 4096;
/// How long a link that was refused, which libzmq gives up, waits until it is made anew.
constexpr std::chrono::milliseconds retry_refused_after{200};
constexpr std::chrono::milliseconds links_looked_at_every{50};
/// Frames of strangers dropped in one call of receive() before the caller has its turn again.
constexpr int max_refused_in_a_row = 64;

using Clock = std::chrono::steady_clock;

/// In plaintext only: 'n' and the node id, little-endian.
constexpr std::size_t plain_id_bytes = 1 + sizeof(raft::NodeId);

std::string plain_id(raft::NodeId node) {
  std::string text(plain_id_bytes, 'n');
  std::memcpy(text.data() + 1, &node, sizeof node);
  return text;
}

std::optional<raft::NodeId> parse_plain_id(std::string_view text) {
  raft::NodeId node = raft::no_node;
  if (text.size() != plain_id_bytes || text.front() != 'n') return std::nullopt;
  std::memcpy(&node, text.data() + 1, sizeof node);
  return node;
}

/// A member: where it is, and our connection to it.
struct Peer {
  Address address;
  PublicKey key;
  Socket socket;
  WatchId watch = 0;
  std::shared_ptr<LinkStatus> status;
  HeldBytes held = std::make_shared<std::atomic<std::size_t>>(0);
  Clock::time_point opened;
  /// Of links that were given up since.
  std::uint64_t past_handshakes = 0;
  std::uint64_t past_failures = 0;
  PeerCounters counters;
};

}  // namespace

struct PeerTransport::State {
  State(Network::Parts& network_parts, raft::NodeId self_id, KeyPair key_pair)
      : network(network_parts), self(self_id), keys(std::move(key_pair)) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State();

  Status open_link(Peer& peer);
  void close_link(Peer& peer);
  bool is_given_up(const Peer& peer, Clock::time_point now) const;
  void retry_if_given_up(Peer& peer);
  SendOutcome send(Peer& peer, OutgoingMessage& message, std::size_t size_bytes);
  std::optional<raft::NodeId> sender_of(Message& routing_id, Message& body) const;

  Network::Parts& network;
  raft::NodeId self;
  KeyPair keys;
  std::map<raft::NodeId, Peer> peers;
  Clock::time_point links_looked_at;
  Socket listener;
  WatchId listener_watch = 0;
  std::shared_ptr<ListenerStatus> listener_status = std::make_shared<ListenerStatus>();
};

PeerTransport::State::~State() {
  for (auto& [node, peer] : peers) close_link(peer);
  if (!listener) return;
  Monitor::stop(listener);
  network.gatekeeper->remove(listener_watch);
}

Status PeerTransport::State::open_link(Peer& peer) {
  LinkSetup setup;
  setup.server_key = peer.key;
  setup.max_frame_bytes = max_link_incoming_bytes;
  setup.send_frames = network.options.peer_send_frames;
  setup.receive_frames = 1;
  setup.reconnect_interval = network.options.reconnect_interval;
  const std::string routing_id = network.options.plaintext_for_bench ? plain_id(self) : std::string();
  setup.routing_id = routing_id;
  Result<Socket> socket = make_link(network.context, network.options, setup, keys);
  if (!socket) return socket.error();
  Result<Monitor> monitor = Monitor::watch(network.context, *socket);
  if (!monitor) return monitor.error();
  auto status = std::make_shared<LinkStatus>();
  // A refused link goes on telling so until the new attempt has an outcome.
  if (peer.status) status->state = peer.status->state.load();
  const Status connected = connect_link(*socket, peer.address);
  if (!connected) {
    Monitor::stop(*socket);
    return connected.error();
  }
  peer.socket = std::move(*socket);
  peer.status = status;
  peer.opened = Clock::now();
  LinkWatch watch(peer.counters.node, peer.address.endpoint(), peer.key.fingerprint(), std::move(status));
  peer.watch = network.gatekeeper->add(std::move(*monitor), std::move(watch));
  return Nothing{};
}

void PeerTransport::State::close_link(Peer& peer) {
  if (!peer.socket) return;
  Monitor::stop(peer.socket);
  network.gatekeeper->remove(peer.watch);
  peer.socket = Socket();
  peer.past_handshakes += peer.status->handshakes;
  peer.past_failures += peer.status->failures;
}

bool PeerTransport::State::is_given_up(const Peer& peer, Clock::time_point now) const {
  if (!peer.socket || peer.status->given_up) return true;
  if (peer.status->state == LinkState::connected) return false;
  // After bytes that are no ZMTP (somebody on the way put them in, or a member's memory is broken) libzmq
  // ends an open connection, and it says nothing of never making another. An attempt that is under way ends
  // within this time.
  const TransportOptions& options = network.options;
  return now - peer.status->last_sign.load() > options.connect_timeout + options.handshake_timeout;
}

void PeerTransport::State::retry_if_given_up(Peer& peer) {
  if (Clock::now() - peer.opened < retry_refused_after) return;
  close_link(peer);
  peer.opened = Clock::now();
  // Should there be no descriptor for it, the link stays without a socket, and a later send tries again.
  static_cast<void>(open_link(peer).ok());
}

SendOutcome PeerTransport::State::send(Peer& peer, OutgoingMessage& message, std::size_t size_bytes) {
  if (!peer.socket || peer.status->given_up.load(std::memory_order_relaxed)) retry_if_given_up(peer);
  if (message.ok() && peer.socket && try_send(peer.socket, message.get(), 0)) {
    ++peer.counters.frames_sent;
    peer.counters.bytes_sent += size_bytes;
    return SendOutcome::sent;
  }
  ++peer.counters.frames_dropped;
  return SendOutcome::dropped;
}

std::optional<raft::NodeId> PeerTransport::State::sender_of(Message& routing_id, Message& body) const {
  if (network.options.plaintext_for_bench) return parse_plain_id(routing_id.text());
  const std::optional<IdentityRegistry::Peer> peer = parse_peer_user_id(body.user_id());
  if (!peer || !network.registry.is_current(*peer)) return std::nullopt;
  return peer->node;
}

Result<std::unique_ptr<PeerTransport>> PeerTransport::open(Network& network, raft::NodeId self, KeyPair keys) {
  Network::Parts& parts = network.parts();
  auto state = std::make_unique<State>(parts, self, std::move(keys));
  ListenerSetup setup;
  setup.zap_domain = peer_domain;
  setup.max_frame_bytes = parts.options.max_peer_frame_bytes;
  setup.send_frames = 1;
  setup.receive_frames = parts.options.peer_receive_frames;
  Result<Socket> listener = make_listener(parts.context, parts.options, setup, state->keys);
  if (!listener) return listener.error();
  Result<Monitor> monitor = Monitor::watch(parts.context, *listener);
  if (!monitor) return monitor.error();
  state->listener = std::move(*listener);
  ListenerWatch watch(Domain::peer, parts.options.max_peer_connections, parts.options.handshake_timeout,
                      state->listener_status);
  state->listener_watch = parts.gatekeeper->add(std::move(*monitor), std::move(watch));
  return std::unique_ptr<PeerTransport>(new PeerTransport(std::move(state)));
}

PeerTransport::PeerTransport(std::unique_ptr<State> state) : state_(std::move(state)) {}

PeerTransport::~PeerTransport() = default;

Result<std::string> PeerTransport::bind(std::string_view address) {
  if (state_->listener_status->port != 0) return Error{Problem::bad_option, "members' socket is bound already"};
  Result<std::string> endpoint = bind_listener(state_->listener, address);
  if (endpoint) state_->listener_status->port = port_of(*endpoint);
  return endpoint;
}

Status PeerTransport::set_peer(raft::NodeId node, std::string_view address, const PublicKey& key) {
  const Result<Address> parsed = parse_address(address, false);
  if (!parsed) return parsed.error();
  if (node == state_->self) {
    return Error{Problem::bad_option, "member " + std::to_string(node) + " is this process itself"};
  }
  if (!state_->network.options.plaintext_for_bench) {
    const Status registered = state_->network.registry.set_peer(node, key);
    if (!registered) return registered.error();
  }
  Peer& peer = state_->peers[node];
  const bool same = peer.address.endpoint() == parsed->endpoint() && peer.key == key;
  if (peer.socket && same) return Nothing{};
  state_->close_link(peer);
  peer.status.reset();
  peer.counters.node = node;
  peer.address = *parsed;
  peer.key = key;
  const Status opened = state_->open_link(peer);
  if (!opened) remove_peer(node);
  return opened;
}

void PeerTransport::remove_peer(raft::NodeId node) {
  state_->network.registry.remove_peer(node);
  const auto found = state_->peers.find(node);
  if (found == state_->peers.end()) return;
  state_->close_link(found->second);
  state_->peers.erase(found);
}

void PeerTransport::keep_links() {
  const Clock::time_point now = Clock::now();
  if (now - state_->links_looked_at < links_looked_at_every) return;
  state_->links_looked_at = now;
  for (auto& [node, peer] : state_->peers) {
    if (state_->is_given_up(peer, now)) state_->retry_if_given_up(peer);
  }
}

SendOutcome PeerTransport::send(raft::NodeId to, std::span<const std::byte> head, std::span<const std::byte> tail) {
  const auto found = state_->peers.find(to);
  if (found == state_->peers.end()) return SendOutcome::gone;
  const std::size_t size_bytes = head.size() + tail.size();
  if (size_bytes > state_->network.options.max_peer_frame_bytes) return SendOutcome::too_large;
  OutgoingMessage message(head, tail);
  return state_->send(found->second, message, size_bytes);
}

SendOutcome PeerTransport::send(raft::NodeId to, const raft::Payload& frame) {
  const auto found = state_->peers.find(to);
  if (found == state_->peers.end()) return SendOutcome::gone;
  if (frame.size() > state_->network.options.max_peer_frame_bytes) return SendOutcome::too_large;
  Peer& peer = found->second;
  const std::size_t held = peer.held->load(std::memory_order_relaxed);
  if (frame.size() >= share_from_bytes && held + frame.size() > state_->network.options.peer_send_bytes) {
    ++peer.counters.frames_dropped;
    return SendOutcome::dropped;
  }
  OutgoingMessage message(frame, peer.held);
  return state_->send(peer, message, frame.size());
}

bool PeerTransport::receive(PeerFrame& frame) {
  for (int refused = 0; refused < max_refused_in_a_row; ++refused) {
    Message routing_id;
    if (!routing_id.receive(state_->listener)) return false;
    auto* owner = new MessageOwner;
    frame.bytes = raft::Payload::owned_by(*owner, {});
    const bool complete = routing_id.has_more() && owner->message.receive(state_->listener);
    const bool in_parts = complete && owner->message.has_more();
    if (in_parts) drop_rest(state_->listener);
    const std::span<const std::byte> bytes = owner->message.bytes();
    if (complete && !in_parts && bytes.size() <= state_->network.options.max_peer_frame_bytes) {
      if (const auto sender = state_->sender_of(routing_id, owner->message)) {
        state_->listener_status->note_speaker(owner->message);
        frame.sender = *sender;
        frame.bytes = raft::Payload::owned_by(*owner, bytes);
        const auto peer = state_->peers.find(*sender);
        if (peer != state_->peers.end()) {
          ++peer->second.counters.frames_received;
          peer->second.counters.bytes_received += bytes.size();
        }
        return true;
      }
    }
    frame.bytes = raft::Payload();
    state_->listener_status->frames_refused.fetch_add(1, std::memory_order_relaxed);
  }
  return false;
}

zmq_pollitem_t PeerTransport::poll_item() const {
  return {state_->listener.get(), 0, ZMQ_POLLIN, 0};
}

std::vector<PeerCounters> PeerTransport::counters() const {
  std::vector<PeerCounters> all;
  all.reserve(state_->peers.size());
  for (const auto& [node, peer] : state_->peers) {
    PeerCounters counters = peer.counters;
    counters.link = peer.status->state;
    const std::uint64_t handshakes = peer.past_handshakes + (peer.socket ? peer.status->handshakes.load() : 0);
    counters.reconnects = handshakes > 0 ? handshakes - 1 : 0;
    counters.handshake_failures = peer.past_failures + (peer.socket ? peer.status->failures.load() : 0);
    all.push_back(counters);
  }
  return all;
}

ListenerCounters PeerTransport::listener_counters() const {
  return state_->listener_status->counters();
}

const char* describe(LinkState state) {
  switch (state) {
    case LinkState::connecting: return "connecting";
    case LinkState::connected: return "connected";
    case LinkState::nobody_listens: return "nobody listens at its address";
    case LinkState::refused: return "it does not know our key";
    case LinkState::wrong_server_key: return "another key answers at its address";
  }
  return "?";
}

}  // namespace kelek::transport
