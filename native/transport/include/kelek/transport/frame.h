// Frames: what comes in with who sent it, what became of one that goes out, and waiting for either.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>

#include <zmq.h>

#include <kelek/raft/payload.h>
#include <kelek/raft/types.h>

namespace kelek::transport {

/// A frame from another member. The payload owns libzmq's message: slices of it stay valid as long as they
/// live, on any thread, and nothing is copied.
struct PeerFrame {
  /// The member that the key of the connection belongs to, whatever the frame itself says.
  raft::NodeId sender = raft::no_node;
  raft::Payload bytes;
};

enum class SendOutcome : std::uint8_t {
  sent,       ///< handed to libzmq; it may still be lost with the connection
  dropped,    ///< the queue is full or the connection is down: counted; Raft sends anew, a client asks again
  gone,       ///< no such member, or the client's connection is closed
  too_large,  ///< above the limit of the options: it would end the connection
};

/// Waits until one of the sockets or descriptors is ready, or the time is up; 0 looks only, negative waits
/// for ever. Returns how many are ready; a signal counts as none. Each item's `revents` says what it is ready
/// for.
int wait_for_events(std::span<zmq_pollitem_t> items, std::chrono::milliseconds timeout);

/// An item for a descriptor of the system, such as Wakeup's.
inline zmq_pollitem_t poll_item_of(int descriptor) {
  return {nullptr, descriptor, ZMQ_POLLIN, 0};
}

}  // namespace kelek::transport
