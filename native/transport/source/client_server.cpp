// Clients' socket: who asks, and back to whom.
#include <kelek/transport/client_server.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <map>
#include <optional>
#include <utility>

#include "network_parts.h"
#include "outgoing.h"
#include "socket_setup.h"
#include "zap.h"

namespace kelek::transport {
namespace {

/// Frames of strangers dropped in one call of receive() before the caller has its turn again.
constexpr int max_refused_in_a_row = 64;
/// Connections with large frames under way that are remembered before the idle ones are forgotten.
constexpr std::size_t remembered_queues = 256;

/// What libzmq names a connection by that named none itself: a zero and four bytes.
constexpr std::size_t routing_id_bytes = 1 + sizeof(ConnectionId);

std::array<std::byte, routing_id_bytes> routing_id_of(ConnectionId connection) {
  std::array<std::byte, routing_id_bytes> id{};
  std::memcpy(id.data() + 1, &connection, sizeof connection);
  return id;
}

/// Nothing for a name that the client chose: ours never does, and then nobody can take another's place.
std::optional<ConnectionId> parse_routing_id(std::span<const std::byte> bytes) {
  ConnectionId connection = 0;
  if (bytes.size() != routing_id_bytes || bytes[0] != std::byte{0}) return std::nullopt;
  std::memcpy(&connection, bytes.data() + 1, sizeof connection);
  return connection;
}

std::shared_ptr<const ClientIdentity> bench_client() {
  ClientIdentity identity;
  identity.name = "bench";
  identity.roles = {ClientRole::read, ClientRole::propose, ClientRole::admin};
  return std::make_shared<const ClientIdentity>(std::move(identity));
}

}  // namespace

struct ClientServer::State {
  explicit State(Network::Parts& network_parts) : network(network_parts) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State();

  std::shared_ptr<const ClientIdentity> client_of(Message& body) const;
  HeldBytes held_by(ConnectionId connection);
  SendOutcome send(ConnectionId to, OutgoingMessage& body, std::size_t size_bytes);

  Network::Parts& network;
  Socket socket;
  WatchId watch = 0;
  std::shared_ptr<ListenerStatus> status = std::make_shared<ListenerStatus>();
  std::map<ConnectionId, HeldBytes> held;
  std::shared_ptr<const ClientIdentity> bench = bench_client();
  ClientServerCounters counters;
};

ClientServer::State::~State() {
  if (!socket) return;
  Monitor::stop(socket);
  network.gatekeeper->remove(watch);
}

std::shared_ptr<const ClientIdentity> ClientServer::State::client_of(Message& body) const {
  if (network.options.plaintext_for_bench) return bench;
  const std::optional<Registration> registration = parse_client_user_id(body.user_id());
  return registration ? network.registry.client_of(*registration) : nullptr;
}

HeldBytes ClientServer::State::held_by(ConnectionId connection) {
  if (held.size() >= remembered_queues) {
    std::erase_if(held, [](const auto& entry) { return entry.second->load(std::memory_order_relaxed) == 0; });
  }
  HeldBytes& bytes = held[connection];
  if (!bytes) bytes = std::make_shared<std::atomic<std::size_t>>(0);
  return bytes;
}

SendOutcome ClientServer::State::send(ConnectionId to, OutgoingMessage& body, std::size_t size_bytes) {
  const auto id_bytes = routing_id_of(to);
  OutgoingMessage id(id_bytes);
  errno = 0;
  if (id.ok() && body.ok() && try_send(socket, id.get(), ZMQ_SNDMORE)) {
    // Once the first part has its place the others have theirs.
    if (try_send(socket, body.get(), 0)) {
      ++counters.frames_sent;
      counters.bytes_sent += size_bytes;
      return SendOutcome::sent;
    }
  } else if (errno == EHOSTUNREACH) {
    held.erase(to);
    return SendOutcome::gone;
  }
  ++counters.frames_dropped;
  return SendOutcome::dropped;
}

Result<std::unique_ptr<ClientServer>> ClientServer::open(Network& network, KeyPair keys) {
  Network::Parts& parts = network.parts();
  auto state = std::make_unique<State>(parts);
  ListenerSetup setup;
  setup.zap_domain = client_domain;
  setup.max_frame_bytes = parts.options.max_client_frame_bytes;
  setup.send_frames = parts.options.client_send_frames;
  setup.receive_frames = parts.options.client_receive_frames;
  Result<Socket> socket = make_listener(parts.context, parts.options, setup, keys);
  if (!socket) return socket.error();
  Result<Monitor> monitor = Monitor::watch(parts.context, *socket);
  if (!monitor) return monitor.error();
  state->socket = std::move(*socket);
  ListenerWatch watch(Domain::client, parts.options.max_client_connections, parts.options.handshake_timeout,
                      state->status);
  state->watch = parts.gatekeeper->add(std::move(*monitor), std::move(watch));
  return std::unique_ptr<ClientServer>(new ClientServer(std::move(state)));
}

ClientServer::ClientServer(std::unique_ptr<State> state) : state_(std::move(state)) {}

ClientServer::~ClientServer() = default;

Result<std::string> ClientServer::bind(std::string_view address) {
  if (state_->status->port != 0) return Error{Problem::bad_option, "clients' socket is bound already"};
  Result<std::string> endpoint = bind_listener(state_->socket, address);
  if (endpoint) state_->status->port = port_of(*endpoint);
  return endpoint;
}

bool ClientServer::receive(ClientFrame& frame) {
  for (int refused = 0; refused < max_refused_in_a_row; ++refused) {
    Message routing_id;
    if (!routing_id.receive(state_->socket)) return false;
    auto* owner = new MessageOwner;
    frame.bytes = raft::Payload::owned_by(*owner, {});
    const bool complete = routing_id.has_more() && owner->message.receive(state_->socket);
    const bool in_parts = complete && owner->message.has_more();
    if (in_parts) drop_rest(state_->socket);
    const std::span<const std::byte> bytes = owner->message.bytes();
    const std::optional<ConnectionId> connection = parse_routing_id(routing_id.bytes());
    if (complete && !in_parts && connection && bytes.size() <= state_->network.options.max_client_frame_bytes) {
      frame.client = state_->client_of(owner->message);
      if (frame.client) {
        state_->status->note_speaker(owner->message);
        frame.connection = *connection;
        frame.bytes = raft::Payload::owned_by(*owner, bytes);
        ++state_->counters.frames_received;
        state_->counters.bytes_received += bytes.size();
        return true;
      }
    }
    frame.bytes = raft::Payload();
    state_->status->frames_refused.fetch_add(1, std::memory_order_relaxed);
  }
  return false;
}

SendOutcome ClientServer::send(ConnectionId to, std::span<const std::byte> frame) {
  if (frame.size() > state_->network.options.max_client_frame_bytes) return SendOutcome::too_large;
  if (frame.size() >= share_from_bytes) return send(to, raft::Payload::copy_of(frame));
  OutgoingMessage body(frame);
  return state_->send(to, body, frame.size());
}

SendOutcome ClientServer::send(ConnectionId to, const raft::Payload& frame) {
  if (frame.size() > state_->network.options.max_client_frame_bytes) return SendOutcome::too_large;
  if (frame.size() < share_from_bytes) return send(to, frame.bytes());
  const HeldBytes held = state_->held_by(to);
  if (held->load(std::memory_order_relaxed) + frame.size() > state_->network.options.client_send_bytes) {
    ++state_->counters.frames_dropped;
    return SendOutcome::dropped;
  }
  OutgoingMessage body(frame, held);
  return state_->send(to, body, frame.size());
}

zmq_pollitem_t ClientServer::poll_item() const {
  return {state_->socket.get(), 0, ZMQ_POLLIN, 0};
}

ClientServerCounters ClientServer::counters() const {
  ClientServerCounters counters = state_->counters;
  counters.listener = state_->status->counters();
  return counters;
}

}  // namespace kelek::transport
