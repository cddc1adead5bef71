// The client's connection, and what its monitor tells about why it ended.
#include <kelek/transport/client_socket.h>

#include <array>
#include <cerrno>
#include <utility>

#include <kelek/transport/address.h>

#include "monitor.h"
#include "network_parts.h"
#include "outgoing.h"
#include "resolve.h"
#include "socket_setup.h"

namespace kelek::transport {

Result<std::unique_ptr<ClientNetwork>> ClientNetwork::start(const TransportOptions& options) {
  const Result<void*> context = make_context(options);
  if (!context) return context.error();
  return std::unique_ptr<ClientNetwork>(new ClientNetwork(*context, options));
}

ClientNetwork::~ClientNetwork() {
  end_context(context_);
}

struct ClientSocket::State {
  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (socket) Monitor::stop(socket);
  }

  void take_events();
  void take(const Monitor::Event& event);
  bool has_ended() const { return link != ClientLink::connecting && link != ClientLink::connected; }
  SendOutcome send(OutgoingMessage& message);

  TransportOptions options;
  std::string endpoint;
  PublicKey server_key;
  PublicKey own_key;
  Socket socket;
  Monitor monitor;
  ClientLink link = ClientLink::connecting;
  HeldBytes held = std::make_shared<std::atomic<std::size_t>>(0);
};

void ClientSocket::State::take_events() {
  Monitor::Event event;
  while (monitor.next(event)) take(event);
}

void ClientSocket::State::take(const Monitor::Event& event) {
  if (has_ended()) return;
  const bool closed_by_server = event.value == EPIPE || event.value == ECONNRESET;
  switch (event.kind) {
    case ZMQ_EVENT_HANDSHAKE_SUCCEEDED: link = ClientLink::connected; break;
    case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH: link = ClientLink::unknown_key; break;
    case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL: link = ClientLink::wrong_server_key; break;
    case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
      // A server that cannot open our first box, because it has another key, closes the connection.
      link = closed_by_server ? ClientLink::wrong_server_key : ClientLink::nobody_listens;
      break;
    case ZMQ_EVENT_CLOSED: link = ClientLink::nobody_listens; break;
    case ZMQ_EVENT_DISCONNECTED:
      link = link == ClientLink::connected ? ClientLink::closed : ClientLink::wrong_server_key;
      break;
    default: break;
  }
}

SendOutcome ClientSocket::State::send(OutgoingMessage& message) {
  if (has_ended()) return SendOutcome::gone;
  if (message.ok() && try_send(socket, message.get(), 0)) return SendOutcome::sent;
  take_events();
  return has_ended() ? SendOutcome::gone : SendOutcome::dropped;
}

Result<std::unique_ptr<ClientSocket>> ClientSocket::connect(ClientNetwork& network, std::string_view address,
                                                            const PublicKey& server_key, const KeyPair& keys) {
  const Result<Address> parsed = parse_address(address, false);
  if (!parsed) return parsed.error();
  const Result<Address> numeric = resolve(*parsed);
  if (!numeric) return numeric.error();

  auto state = std::make_unique<State>();
  state->options = network.options_;
  state->endpoint = parsed->endpoint();
  state->server_key = server_key;
  state->own_key = keys.public_key;
  LinkSetup setup;
  setup.server_key = server_key;
  setup.max_frame_bytes = network.options_.max_client_frame_bytes;
  setup.send_frames = network.options_.client_send_frames;
  setup.receive_frames = network.options_.client_receive_frames;
  Result<Socket> socket = make_link(network.context_, network.options_, setup, keys);
  if (!socket) return socket.error();
  Result<Monitor> monitor = Monitor::watch(network.context_, *socket);
  if (!monitor) return monitor.error();
  state->monitor = std::move(*monitor);
  state->socket = std::move(*socket);
  const Status connected = connect_link(state->socket, *numeric);
  if (!connected) return connected.error();
  return std::unique_ptr<ClientSocket>(new ClientSocket(std::move(state)));
}

ClientSocket::ClientSocket(std::unique_ptr<State> state) : state_(std::move(state)) {}

ClientSocket::~ClientSocket() = default;

ClientLink ClientSocket::link() const {
  return state_->link;
}

std::string ClientSocket::link_text() const {
  const std::string& endpoint = state_->endpoint;
  switch (state_->link) {
    case ClientLink::connecting: return "still connecting to " + endpoint;
    case ClientLink::connected: return "connected to " + endpoint;
    case ClientLink::nobody_listens: return "nobody listens at " + endpoint + ", or it does not answer";
    case ClientLink::unknown_key:
      return endpoint + " does not know our key " + state_->own_key.fingerprint() +
             ": add its public key to the coordinator's authorised clients";
    case ClientLink::wrong_server_key:
      return endpoint + " closed the connection in the handshake: it is not the coordinator whose key is " +
             state_->server_key.fingerprint() + "; check the address and its public key";
    case ClientLink::closed: return "the connection to " + endpoint + " ended";
  }
  return "?";
}

ClientLink ClientSocket::wait_until_connected(std::chrono::milliseconds timeout) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point deadline = Clock::now() + timeout;
  state_->take_events();
  while (state_->link == ClientLink::connecting) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) break;
    std::array<zmq_pollitem_t, 1> items = {{{state_->monitor.handle(), 0, ZMQ_POLLIN, 0}}};
    wait_for_events(items, left);
    state_->take_events();
  }
  return state_->link;
}

SendOutcome ClientSocket::send(std::span<const std::byte> frame) {
  if (frame.size() > state_->options.max_client_frame_bytes) return SendOutcome::too_large;
  OutgoingMessage message(frame);
  return state_->send(message);
}

SendOutcome ClientSocket::send(const raft::Payload& frame) {
  if (frame.size() > state_->options.max_client_frame_bytes) return SendOutcome::too_large;
  if (state_->held->load(std::memory_order_relaxed) + frame.size() > state_->options.client_send_bytes) {
    return SendOutcome::dropped;
  }
  OutgoingMessage message(frame, state_->held);
  return state_->send(message);
}

void ClientSocket::poll(std::chrono::milliseconds timeout, std::optional<int> wakeup_descriptor) {
  const ClientLink before = state_->link;
  state_->take_events();
  // What is known already does not wake us again: send() may have been the first to see that the link ended,
  // and the handshake may have succeeded since the caller last looked. Counter-example: a client whose
  // coordinator was killed while it was idle slept for the whole timeout before it turned to the next one.
  if (state_->link != before || state_->has_ended()) timeout = std::chrono::milliseconds(0);
  std::array<zmq_pollitem_t, 3> items = {{{state_->socket.get(), 0, ZMQ_POLLIN, 0},
                                          {state_->monitor.handle(), 0, ZMQ_POLLIN, 0},
                                          poll_item_of(wakeup_descriptor.value_or(-1))}};
  wait_for_events(std::span(items).first(wakeup_descriptor ? 3 : 2), timeout);
  if (items[1].revents != 0) state_->take_events();
}

std::optional<raft::Payload> ClientSocket::receive() {
  auto* owner = new MessageOwner;
  raft::Payload whole = raft::Payload::owned_by(*owner, {});
  while (owner->message.receive(state_->socket)) {
    if (!owner->message.has_more()) return raft::Payload::owned_by(*owner, owner->message.bytes());
    // Coordinators send one part: what comes in more is not theirs.
    drop_rest(state_->socket);
  }
  return std::nullopt;
}

}  // namespace kelek::transport
