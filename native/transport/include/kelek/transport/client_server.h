// ClientServer: the coordinator's side of the clients: a ROUTER that takes requests, with who asks, and sends
// responses. Belongs to one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <kelek/raft/payload.h>
#include <kelek/transport/frame.h>
#include <kelek/transport/network.h>
#include <kelek/transport/peer_transport.h>

namespace kelek::transport {

/// Names one connection of one client, for as long as it is open; never reused while the process lives.
using ConnectionId = std::uint32_t;

struct ClientFrame {
  ConnectionId connection = 0;
  /// Who asks, by key; roles as they are now. Never null.
  std::shared_ptr<const ClientIdentity> client;
  raft::Payload bytes;
};

struct ClientServerCounters {
  ListenerCounters listener;
  std::uint64_t frames_sent = 0;
  std::uint64_t bytes_sent = 0;
  std::uint64_t frames_dropped = 0;
  std::uint64_t frames_received = 0;
  std::uint64_t bytes_received = 0;
};

class ClientServer {
 public:
  static Result<std::unique_ptr<ClientServer>> open(Network& network, KeyPair keys);
  ~ClientServer();
  ClientServer(const ClientServer&) = delete;
  ClientServer& operator=(const ClientServer&) = delete;

  /// Listens, and returns the endpoint with the real port. Errors name the address and the reason.
  Result<std::string> bind(std::string_view address);

  /// The next request, if there is one; clients take turns. Never waits.
  bool receive(ClientFrame& frame);
  /// Never waits. `dropped`: the client does not read; `gone`: it has left, forget its watches.
  SendOutcome send(ConnectionId to, std::span<const std::byte> frame);
  SendOutcome send(ConnectionId to, const raft::Payload& frame);
  zmq_pollitem_t poll_item() const;

  ClientServerCounters counters() const;

 private:
  struct State;
  explicit ClientServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace kelek::transport
