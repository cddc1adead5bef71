// Copying or sharing a frame with libzmq.
#include "outgoing.h"

#include <cstring>

#include "sanitizer.h"

namespace kelek::transport {
namespace {

/// What libzmq gives back when it is done with a shared frame, on its own thread.
struct SharedFrame {
  raft::Payload frame;
  HeldBytes held;
};

void release(void*, void* hint) {
  take_over(hint);
  const std::unique_ptr<SharedFrame> shared(static_cast<SharedFrame*>(hint));
  shared->held->fetch_sub(shared->frame.size(), std::memory_order_relaxed);
}

}  // namespace

OutgoingMessage::OutgoingMessage(std::span<const std::byte> head, std::span<const std::byte> tail) {
  copy(head, tail);
}

OutgoingMessage::OutgoingMessage(const raft::Payload& frame, const HeldBytes& held) {
  if (frame.size() < share_from_bytes) {
    copy(frame.bytes(), {});
    return;
  }
  auto shared = std::make_unique<SharedFrame>(SharedFrame{frame, held});
  // libzmq only reads what it sends; its interface has no const.
  auto* bytes = const_cast<std::byte*>(frame.bytes().data());
  if (zmq_msg_init_data(&message_, bytes, frame.size(), &release, shared.get()) != 0) {
    ok_ = false;
    zmq_msg_init(&message_);
    return;
  }
  held->fetch_add(frame.size(), std::memory_order_relaxed);
  hand_over(shared.release());
}

void OutgoingMessage::copy(std::span<const std::byte> head, std::span<const std::byte> tail) {
  if (zmq_msg_init_size(&message_, head.size() + tail.size()) != 0) {
    ok_ = false;
    zmq_msg_init(&message_);
    return;
  }
  auto* place = static_cast<std::byte*>(zmq_msg_data(&message_));
  if (!head.empty()) std::memcpy(place, head.data(), head.size());
  if (!tail.empty()) std::memcpy(place + head.size(), tail.data(), tail.size());
}

}  // namespace kelek::transport
