// Frames between clients and coordinators.
#pragma once

#include <cstddef>
#include <span>

#include <kelek/wire/client_protocol.h>
#include <kelek/wire/limits.h>
#include <kelek/wire/result.h>
#include <kelek/wire/writer.h>

namespace kelek::wire {

/// Replace what the buffer holds by one frame. Whether it fits client_frame_bytes is for the caller to see.
void encode_request(const ClientRequest& request, Buffer& buffer);
void encode_response(const ClientResponse& response, Buffer& buffer);
void encode_event_frame(const EventFrame& frame, Buffer& buffer);

/// Strict: FORMAT.md, "What is refused". Copies what it keeps: the frame may go afterwards.
Result<ClientRequest> decode_request(std::span<const std::byte> frame, std::size_t max_bytes = client_frame_bytes);
Result<ServerFrame> decode_server_frame(std::span<const std::byte> frame, std::size_t max_bytes = client_frame_bytes);

/// The request id of a frame that decode_request refuses, so that it can be answered; 0 if not even that is
/// there.
std::uint64_t request_id_of(std::span<const std::byte> frame);

}  // namespace kelek::wire
