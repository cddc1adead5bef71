// The options of each kind of socket: CURVE, limits, times.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <kelek/transport/address.h>
#include <kelek/transport/keys.h>
#include <kelek/transport/options.h>

#include "zmq_handles.h"

namespace kelek::transport {

struct ListenerSetup {
  std::string_view zap_domain;
  std::size_t max_frame_bytes = 0;
  int send_frames = 0;
  int receive_frames = 0;
};

/// A ROUTER that is a CURVE server, and asks the ZAP handler about everybody.
Result<Socket> make_listener(void* context, const TransportOptions& options, const ListenerSetup& setup,
                             const KeyPair& keys);

struct LinkSetup {
  PublicKey server_key;
  /// Of what may arrive; what is sent is checked before.
  std::size_t max_frame_bytes = 0;
  int send_frames = 0;
  int receive_frames = 0;
  /// Nothing: libzmq does not connect again by itself.
  std::optional<std::chrono::milliseconds> reconnect_interval;
  /// Told to the other side; empty: libzmq makes one up there.
  std::string_view routing_id;
};

/// A DEALER that is a CURVE client, and sends only on connections whose handshake is done.
Result<Socket> make_link(void* context, const TransportOptions& options, const LinkSetup& setup, const KeyPair& keys);

/// Binds and returns the endpoint with the real port, or an Error that names the address.
Result<std::string> bind_listener(const Socket& socket, std::string_view address);

/// Begins to connect. A name is looked up by libzmq, on its I/O thread, at every attempt, and as IPv4 only.
Status connect_link(const Socket& socket, const Address& address);

/// Port of an endpoint as libzmq writes it; 0 if there is none.
std::uint16_t port_of(std::string_view endpoint);

/// Tries to send; never waits. Takes the message only if it returns true; errno is set otherwise.
bool try_send(const Socket& socket, zmq_msg_t* message, int flags);

}  // namespace kelek::transport
