// Snapshots, whole and in pieces: both come to the same, and what is taken is unchanged by another round.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include <kelek/machine/machine.h>
#include <kelek/wire/snapshot_codec.h>

#include "allocation_bound.h"

using namespace kelek;

namespace {

std::vector<std::byte> encoded(const machine::State& state) {
  std::vector<std::byte> bytes;
  wire::encode_snapshot(state, [&](std::span<const std::byte> piece) {
    bytes.insert(bytes.end(), piece.begin(), piece.end());
    return true;
  });
  return bytes;
}

wire::Result<machine::State> decoded_in_pieces(std::span<const std::byte> input) {
  wire::SnapshotDecoder decoder;
  for (std::size_t piece = 1; !input.empty(); piece = piece % 64 + 7) {
    const std::size_t size = std::min(piece, input.size());
    if (!decoder.add(input.first(size))) break;
    input = input.subspan(size);
  }
  return decoder.finish();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::AllocationBound bound(size);
  const std::span<const std::byte> input = std::as_bytes(std::span(data, size));
  wire::Result<machine::State> state = wire::decode_snapshot(input);
  const wire::Result<machine::State> in_pieces = decoded_in_pieces(input);
  if (state.ok() != in_pieces.ok()) std::abort();
  if (!state.ok()) return 0;
  const std::vector<std::byte> once = encoded(state.value());
  const wire::Result<machine::State> again = wire::decode_snapshot(once);
  if (!again.ok() || !(again.value() == state.value())) std::abort();
  // Any state that is well-formed may be offered to the machine; what makes no sense it refuses.
  machine::Machine::restore(std::move(state.value()));
  return 0;
}
