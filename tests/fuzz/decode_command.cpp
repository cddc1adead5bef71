// The machine's documents: commands, results and events are refused, or unchanged by another round.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>

#include <kelek/wire/command_codec.h>

#include "allocation_bound.h"

using namespace kelek;

namespace {

template <typename Value>
void check_round(std::span<const std::byte> input, wire::Result<Value> (*decode)(std::span<const std::byte>),
                 void (*encode)(const Value&, wire::Buffer&)) {
  const wire::Result<Value> decoded = decode(input);
  if (!decoded.ok()) return;
  wire::Buffer once;
  encode(decoded.value(), once);
  const wire::Result<Value> again = decode(once.bytes());
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
  check_round(input, wire::decode_command, wire::encode_command);
  check_round(input, wire::decode_result, wire::encode_result);
  check_round(input, wire::decode_events, wire::encode_events);
  return 0;
}
