// Options, binding, sending: where libzmq's habits are met.
#include "socket_setup.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <limits>

#include <kelek/transport/address.h>

#include "resolve.h"

namespace kelek::transport {
namespace {

// Known to libzmq 4.3.4, but declared only in its draft headers. Without it a domain whose handler went away
// would let everybody in.
constexpr int zap_enforce_domain = 93;

/// What CURVE and ZMTP add to a frame (RFC 26: command name, nonce, flags, authenticator).
constexpr std::size_t frame_overhead_bytes = 64;

/// Only where it is meant: with it, libzmq takes "localhost" and every other name for IPv6.
Status allow_ipv6(const Socket& socket, bool allowed) {
  return OptionSetter(socket).number(ZMQ_IPV6, allowed ? 1 : 0).status();
}

int milliseconds(std::chrono::milliseconds time) {
  return static_cast<int>(std::min<std::int64_t>(time.count(), std::numeric_limits<int>::max()));
}

void set_common(OptionSetter& setter, const TransportOptions& options, std::size_t max_frame_bytes) {
  setter.number(ZMQ_LINGER, 0)
      .large(ZMQ_MAXMSGSIZE, static_cast<std::int64_t>(max_frame_bytes + frame_overhead_bytes))
      .number(ZMQ_HANDSHAKE_IVL, milliseconds(options.handshake_timeout));
  // The kernel's signs of life, and not ZMTP's heartbeats: libzmq 4.3.4 aborts the process (stream_engine_base.cpp,
  // out_event: !_io_error) when it is time for one on a connection that ended while its queue was full, and any client
  // that sends, and dies while we are stopped or wait for our disk, brings that about.
  const int interval_s = std::max(1, milliseconds(options.heartbeat_interval) / 1'000);
  const int timeout_ms = milliseconds(options.heartbeat_timeout);
  setter.number(ZMQ_TCP_KEEPALIVE, 1)
      .number(ZMQ_TCP_KEEPALIVE_IDLE, interval_s)
      .number(ZMQ_TCP_KEEPALIVE_INTVL, interval_s)
      .number(ZMQ_TCP_KEEPALIVE_CNT, std::max(1, timeout_ms / 1'000 / interval_s))
      .number(ZMQ_TCP_MAXRT, timeout_ms);
}

}  // namespace

Result<Socket> make_listener(void* context, const TransportOptions& options, const ListenerSetup& setup,
                             const KeyPair& keys) {
  constexpr int backlog = 512;
  Result<Socket> socket = make_socket(context, ZMQ_ROUTER);
  if (!socket) return socket.error();
  OptionSetter setter(*socket);
  set_common(setter, options, setup.max_frame_bytes);
  setter.number(ZMQ_SNDHWM, setup.send_frames)
      .number(ZMQ_RCVHWM, setup.receive_frames)
      .number(ZMQ_BACKLOG, backlog)
      .number(ZMQ_ROUTER_MANDATORY, 1);
  if (options.plaintext_for_bench) {
    // The routing id says who it is: a member that comes again takes its place over.
    setter.number(ZMQ_ROUTER_HANDOVER, 1);
  } else {
    setter.number(ZMQ_CURVE_SERVER, 1)
        .bytes(ZMQ_CURVE_SECRETKEY, keys.secret_key.bytes())
        .text(ZMQ_ZAP_DOMAIN, setup.zap_domain)
        .number(zap_enforce_domain, 1);
  }
  const Status status = setter.status();
  if (!status) return status.error();
  return socket;
}

Result<Socket> make_link(void* context, const TransportOptions& options, const LinkSetup& setup, const KeyPair& keys) {
  Result<Socket> socket = make_socket(context, ZMQ_DEALER);
  if (!socket) return socket.error();
  OptionSetter setter(*socket);
  set_common(setter, options, setup.max_frame_bytes);
  setter.number(ZMQ_SNDHWM, setup.send_frames)
      .number(ZMQ_RCVHWM, setup.receive_frames)
      .number(ZMQ_IMMEDIATE, 1)
      .number(ZMQ_CONNECT_TIMEOUT, milliseconds(options.connect_timeout))
      .number(ZMQ_RECONNECT_IVL, setup.reconnect_interval ? milliseconds(*setup.reconnect_interval) : -1);
  if (!setup.routing_id.empty()) setter.text(ZMQ_ROUTING_ID, setup.routing_id);
  if (!options.plaintext_for_bench) {
    setter.bytes(ZMQ_CURVE_SERVERKEY, setup.server_key.bytes())
        .bytes(ZMQ_CURVE_PUBLICKEY, keys.public_key.bytes())
        .bytes(ZMQ_CURVE_SECRETKEY, keys.secret_key.bytes());
  }
  const Status status = setter.status();
  if (!status) return status.error();
  return socket;
}

Result<std::string> bind_listener(const Socket& socket, std::string_view text) {
  const Result<Address> address = parse_address(text, true);
  if (!address) return address.error();
  const Result<Address> numeric = resolve(*address);
  if (!numeric) return numeric.error();
  const Status ipv6 = allow_ipv6(socket, numeric->host == "*" || numeric->is_ipv6());
  if (!ipv6) return ipv6.error();
  if (zmq_bind(socket.get(), numeric->endpoint().c_str()) != 0) {
    return zmq_error("cannot listen at " + address->endpoint(), errno);
  }
  return last_endpoint(socket);
}

Status connect_link(const Socket& socket, const Address& address) {
  const Status ipv6 = allow_ipv6(socket, address.is_ipv6());
  if (!ipv6) return ipv6.error();
  if (zmq_connect(socket.get(), address.endpoint().c_str()) == 0) return Nothing{};
  return zmq_error("cannot connect to " + address.endpoint(), errno);
}

std::uint16_t port_of(std::string_view endpoint) {
  const std::size_t colon = endpoint.rfind(':');
  std::uint16_t port = 0;
  if (colon == endpoint.npos) return 0;
  std::from_chars(endpoint.data() + colon + 1, endpoint.data() + endpoint.size(), port);
  return port;
}

bool try_send(const Socket& socket, zmq_msg_t* message, int flags) {
  const auto attempt = [&] {
    int rc = -1;
    do {
      rc = zmq_msg_send(message, socket.get(), flags | ZMQ_DONTWAIT);
    } while (rc < 0 && errno == EINTR);
    return rc >= 0;
  };
  if (attempt()) return true;
  if (errno != EAGAIN) return false;
  // libzmq looks for news from its I/O thread (a finished handshake, room in the queue) only once a
  // millisecond when it sends, which with a short queue makes it report a full one that is not. Asking for
  // the events makes it look.
  int events = 0;
  std::size_t size = sizeof events;
  const bool known = zmq_getsockopt(socket.get(), ZMQ_EVENTS, &events, &size) == 0;
  if (known && (events & ZMQ_POLLOUT) != 0 && attempt()) return true;
  errno = EAGAIN;
  return false;
}

}  // namespace kelek::transport
