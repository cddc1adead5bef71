// Frames between clients and coordinators, both ways: refused, or unchanged by another round.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <variant>

#include <kelek/wire/client_codec.h>

#include "allocation_bound.h"

using namespace kelek;

namespace {

void encode(const wire::ClientRequest& request, wire::Buffer& buffer) {
  wire::encode_request(request, buffer);
}

void encode(const wire::ServerFrame& frame, wire::Buffer& buffer) {
  if (const auto* response = std::get_if<wire::ClientResponse>(&frame)) {
    wire::encode_response(*response, buffer);
  } else {
    wire::encode_event_frame(std::get<wire::EventFrame>(frame), buffer);
  }
}

template <typename Value>
void check_round(const wire::Result<Value>& decoded,
                 wire::Result<Value> (*decode)(std::span<const std::byte>, std::size_t)) {
  if (!decoded.ok()) return;
  constexpr std::size_t no_limit = std::size_t{1} << 30;
  wire::Buffer once;
  encode(decoded.value(), once);
  const wire::Result<Value> again = decode(once.bytes(), no_limit);
  if (!again.ok()) std::abort();
  wire::Buffer twice;
  encode(again.value(), twice);
  const auto first = once.bytes();
  const auto second = twice.bytes();
  if (!std::equal(first.begin(), first.end(), second.begin(), second.end())) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::AllocationBound bound(size);
  const std::span<const std::byte> input = std::as_bytes(std::span(data, size));
  const wire::Result<wire::ClientRequest> request = wire::decode_request(input);
  if (request.ok() && wire::request_id_of(input) != request->request_id) std::abort();
  check_round(request, wire::decode_request);
  check_round(wire::decode_server_frame(input), wire::decode_server_frame);
  return 0;
}
