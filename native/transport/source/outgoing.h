// Outgoing messages: small frames are copied into libzmq's message, large ones shared with it.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <span>

#include <zmq.h>

#include <kelek/raft/payload.h>
#include <kelek/transport/frame.h>

#include "zmq_handles.h"

namespace kelek::transport {

/// Below it a copy is cheaper than the two allocations that sharing costs.
inline constexpr std::size_t share_from_bytes = 4096;

/// Bytes of shared frames that libzmq still holds for one receiver. Shared with those frames, which may
/// outlive it.
using HeldBytes = std::shared_ptr<std::atomic<std::size_t>>;

class OutgoingMessage {
 public:
  /// Copies; what is in two pieces becomes one.
  explicit OutgoingMessage(std::span<const std::byte> head, std::span<const std::byte> tail = {});
  /// Shares from share_from_bytes on, and counts it in `held` until libzmq lets go of it.
  OutgoingMessage(const raft::Payload& frame, const HeldBytes& held);
  OutgoingMessage(const OutgoingMessage&) = delete;
  OutgoingMessage& operator=(const OutgoingMessage&) = delete;
  ~OutgoingMessage() { zmq_msg_close(&message_); }

  /// False if there was no memory for it.
  bool ok() const { return ok_; }
  zmq_msg_t* get() { return &message_; }

 private:
  void copy(std::span<const std::byte> head, std::span<const std::byte> tail);

  zmq_msg_t message_;
  bool ok_ = true;
};

}  // namespace kelek::transport
