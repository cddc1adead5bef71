// Frames between members: whatever comes, it is refused, or goes round: encoded and decoded again it stays
// the same.
#include <cstdint>
#include <cstdlib>
#include <variant>

#include <kelek/wire/message_codec.h>

#include "allocation_bound.h"

using namespace kelek;

namespace {

raft::Payload encoded(const wire::PeerFrame& frame) {
  wire::MessageEncoder encoder;
  return std::visit([&](const auto& content) { return encoder.encode(frame.group, content).joined(); }, frame.content);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::AllocationBound bound(size);
  const raft::Payload input = raft::Payload::copy_of(std::as_bytes(std::span(data, size)));
  const wire::Result<wire::FrameHeader> header = wire::decode_header(input.bytes());
  const wire::Result<wire::PeerFrame> frame = wire::decode_peer_frame(input);
  if (!frame.ok()) return 0;
  // Who routes by the header and who decodes the whole see the same sender.
  if (!header.ok() || header->from != frame->from() || header->to != frame->to()) std::abort();
  const raft::Payload once = encoded(frame.value());
  const wire::Result<wire::PeerFrame> again = wire::decode_peer_frame(once);
  if (!again.ok() || !(encoded(again.value()) == once)) std::abort();
  return 0;
}
