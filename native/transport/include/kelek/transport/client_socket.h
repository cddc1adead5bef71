// ClientSocket: the client's side: one connection to one coordinator, which knows why it failed. Belongs to
// one thread, except wakeups through a Wakeup of the caller's.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <kelek/raft/payload.h>
#include <kelek/transport/frame.h>
#include <kelek/transport/keys.h>
#include <kelek/transport/options.h>
#include <kelek/transport/result.h>

namespace kelek::transport {

/// libzmq's context for the clients of one process; it has no listening socket and so needs no ZAP handler.
/// Outlives its sockets.
class ClientNetwork {
 public:
  static Result<std::unique_ptr<ClientNetwork>> start(const TransportOptions& options);
  ~ClientNetwork();
  ClientNetwork(const ClientNetwork&) = delete;
  ClientNetwork& operator=(const ClientNetwork&) = delete;

 private:
  friend class ClientSocket;
  ClientNetwork(void* context, const TransportOptions& options) : context_(context), options_(options) {}
  void* context_;
  TransportOptions options_;
};

enum class ClientLink : std::uint8_t {
  connecting,
  connected,
  nobody_listens,    ///< nobody at the address, or no way to it
  unknown_key,       ///< the coordinator does not know our key, or no longer
  wrong_server_key,  ///< somebody answers, but not with the pinned key, or it is no Kelek
  closed,            ///< it was connected, and the connection ended
};

/// One attempt: once the link is anything but connecting or connected it stays so, and the caller makes
/// another socket, to this coordinator or the next. What was sent and not answered then may or may not have
/// arrived.
class ClientSocket {
 public:
  /// Begins to connect; errors only where the address is malformed or the system is out of resources.
  static Result<std::unique_ptr<ClientSocket>> connect(ClientNetwork& network, std::string_view address,
                                                       const PublicKey& server_key, const KeyPair& keys);
  ~ClientSocket();
  ClientSocket(const ClientSocket&) = delete;
  ClientSocket& operator=(const ClientSocket&) = delete;

  /// As of the last call of poll() or wait_until_connected().
  ClientLink link() const;
  /// A sentence for people that names the address, the keys' fingerprints, and what to do.
  std::string link_text() const;

  /// Waits for the end of the handshake, one way or the other, or the time to be up. Returns link().
  ClientLink wait_until_connected(std::chrono::milliseconds timeout);

  /// Never waits; `dropped` while connecting or if the coordinator does not keep up, `gone` once the link
  /// ended.
  SendOutcome send(std::span<const std::byte> frame);
  SendOutcome send(const raft::Payload& frame);

  /// Waits until a frame is there, the link changes (at once if it has ended), `wakeup_descriptor` (if given) is
  /// readable, or the time is up.
  void poll(std::chrono::milliseconds timeout, std::optional<int> wakeup_descriptor = std::nullopt);
  /// The next frame, if there is one. Never waits.
  std::optional<raft::Payload> receive();

 private:
  struct State;
  explicit ClientSocket(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace kelek::transport
