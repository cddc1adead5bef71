// TransportOptions: limits and times of the sockets, with the defaults that a coordinator uses.
#pragma once

#include <chrono>
#include <cstddef>

#include <kelek/transport/result.h>

namespace kelek::transport {

struct TransportOptions {
  /// libzmq's I/O threads. One carries what a coordinator needs; each more costs hops between cores.
  int io_threads = 1;

  /// Longest frame between members, and from or to a client. A longer one that arrives ends its connection
  /// before memory is taken for it.
  std::size_t max_peer_frame_bytes = std::size_t{8} << 20;
  std::size_t max_client_frame_bytes = (std::size_t{1} << 20) + (std::size_t{64} << 10);

  /// Frames that may wait for one member before send() drops. Small: what waits is old when it arrives.
  int peer_send_frames = 256;
  /// Bytes of large frames that may wait for one member before send() drops.
  std::size_t peer_send_bytes = std::size_t{32} << 20;
  /// Frames that may wait from one member before its connection is no longer read.
  int peer_receive_frames = 256;
  /// The same for one client. Room for the answers to all that one client may have outstanding: libzmq gives
  /// back room only in halves, and an answer that is dropped is one that the client waits for until its
  /// deadline.
  int client_send_frames = 16'384;
  int client_receive_frames = 256;
  std::size_t client_send_bytes = std::size_t{8} << 20;

  /// Open connections on each listening socket, handshakes under way included. Above it, the oldest that has
  /// not done its handshake is closed, or the newest if all have.
  std::size_t max_peer_connections = 4'096;
  std::size_t max_client_connections = 8'192;

  /// A member that is not there is tried again after 1 to 2 times this.
  std::chrono::milliseconds reconnect_interval{10};
  /// A connection attempt that nobody answers (a host cut off) is given up after this, and made anew.
  std::chrono::milliseconds connect_timeout{1'000};
  /// A connection whose handshake is not done by then is closed.
  std::chrono::milliseconds handshake_timeout{5'000};
  /// An idle connection is asked for a sign of life every interval (in whole seconds, at least one), and closed if none
  /// comes in time; so is one whose other end does not acknowledge what was sent. It is the other's kernel that
  /// answers: whether its process does is found out by asking it something.
  std::chrono::milliseconds heartbeat_interval{1'000};
  std::chrono::milliseconds heartbeat_timeout{3'000};

  /// For measuring what CURVE costs, and for nothing else: no keys, no authentication; a member is whoever it
  /// says it is, every client has every role. `kelek serve` refuses it.
  bool plaintext_for_bench = false;
};

/// Lowers the limits of connections to what a process with so many descriptors can hold: a quarter of them,
/// and 256 at least, is left to the log, the snapshots and the links to members. True if that lowered any.
bool fit_to_descriptors(TransportOptions& options, std::size_t descriptors);

/// The first thing that is out of its range, or ok.
Status validate(const TransportOptions& options);

}  // namespace kelek::transport
