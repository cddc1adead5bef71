// PeerTransport: frames between members. One ROUTER that binds and only receives, one DEALER a member that
// connects and only sends; both CURVE, both know the other's key. Belongs to one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <kelek/raft/payload.h>
#include <kelek/raft/types.h>
#include <kelek/transport/frame.h>
#include <kelek/transport/keys.h>
#include <kelek/transport/network.h>

namespace kelek::transport {

/// How our connection to a member stands.
enum class LinkState : std::uint8_t {
  connecting,        ///< no answer yet, or none any more
  connected,         ///< handshake done: what is sent is on its way
  nobody_listens,    ///< the last attempt found nobody at the address
  refused,           ///< the last attempt was turned away: the member does not know our key
  wrong_server_key,  ///< the last attempt found a server with another key than the pinned one, or no Kelek
};
const char* describe(LinkState state);

/// Counted since the member was set. Reading them costs a few loads.
struct PeerCounters {
  raft::NodeId node = raft::no_node;
  LinkState link = LinkState::connecting;
  std::uint64_t frames_sent = 0;
  std::uint64_t bytes_sent = 0;
  std::uint64_t frames_dropped = 0;
  std::uint64_t frames_received = 0;
  std::uint64_t bytes_received = 0;
  /// Handshakes that succeeded after the first.
  std::uint64_t reconnects = 0;
  std::uint64_t handshake_failures = 0;
};

/// Of the listening socket.
struct ListenerCounters {
  std::uint64_t open_connections = 0;
  std::uint64_t accepted = 0;
  /// Malformed, meant for another key, or not done in time.
  std::uint64_t handshake_failures = 0;
  /// Turned away because of max_..._connections: the oldest that had not done its handshake, or else the
  /// newest.
  std::uint64_t over_limit = 0;
  /// Frames in parts, too long, or of a sender that is no longer known: dropped before anybody decodes them.
  std::uint64_t frames_refused = 0;
};

class PeerTransport {
 public:
  /// `self` is this process's node id, told to nobody but in plaintext; `keys` are copied into libzmq's
  /// sockets.
  static Result<std::unique_ptr<PeerTransport>> open(Network& network, raft::NodeId self, KeyPair keys);
  ~PeerTransport();
  PeerTransport(const PeerTransport&) = delete;
  PeerTransport& operator=(const PeerTransport&) = delete;

  /// Listens, and returns the endpoint with the real port. Errors name the address and the reason.
  Result<std::string> bind(std::string_view address);

  /// Connects to a member whose server key is `key`, and lets it connect to us: its key is registered. Called
  /// again with another address or key it replaces the connection; with the same it does nothing.
  Status set_peer(raft::NodeId node, std::string_view address, const PublicKey& key);
  /// Neither sends to the member nor takes anything from it any more.
  void remove_peer(raft::NodeId node);

  /// Makes links anew that libzmq has given up: refused ones, and those that ended by bytes that are no ZMTP.
  /// To be called several times a second, whether or not there is anything to send: the first frame of an
  /// election should not be the one that finds its link gone. Costs a look at the clock.
  void keep_links();

  /// Never waits. Copies the frame, which may be in two pieces, once: for small ones.
  SendOutcome send(raft::NodeId to, std::span<const std::byte> head, std::span<const std::byte> tail = {});
  /// Never waits. A frame of some KiB or more is shared, not copied: encode once, send to all.
  SendOutcome send(raft::NodeId to, const raft::Payload& frame);

  /// The next frame, if there is one. Never waits. Call until it returns false before polling again.
  bool receive(PeerFrame& frame);
  zmq_pollitem_t poll_item() const;

  /// One for each member set, in the order of their ids.
  std::vector<PeerCounters> counters() const;
  ListenerCounters listener_counters() const;

 private:
  struct State;
  explicit PeerTransport(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace kelek::transport
