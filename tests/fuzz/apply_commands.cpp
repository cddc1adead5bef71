// Commands of any content, in any order: a machine takes them all, a second one that is taken down to a
// snapshot and back in between gives the same answers, and both come to the same state.
//
// The input is a row of commands, each with its length in two bytes before it (little-endian); the term grows
// with every command that cannot be decoded.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <utility>
#include <vector>

#include <kelek/machine/machine.h>
#include <kelek/wire/command_codec.h>
#include <kelek/wire/snapshot_codec.h>

using namespace kelek;

namespace {

machine::Machine through_a_snapshot(const machine::Machine& original) {
  std::vector<std::byte> bytes;
  wire::encode_snapshot(original.state(), [&bytes](std::span<const std::byte> piece) {
    bytes.insert(bytes.end(), piece.begin(), piece.end());
    return true;
  });
  wire::Result<machine::State> state = wire::decode_snapshot(bytes);
  if (!state.ok() || !(state.value() == original.state())) std::abort();
  machine::RestoreOutcome restored = machine::Machine::restore(std::move(state.value()));
  // Whatever commands can make of a state, a restore takes back.
  if (!restored.machine) std::abort();
  return std::move(*restored.machine);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::span<const std::byte> input = std::as_bytes(std::span(data, size));
  machine::Machine steady;
  machine::Machine restored;
  std::uint64_t term = 1;
  while (input.size() > 2) {
    const std::size_t claimed = std::to_integer<std::size_t>(input[0]) | std::to_integer<std::size_t>(input[1]) << 8;
    const std::size_t length = std::min(claimed, input.size() - 2);
    const wire::Result<machine::Command> command = wire::decode_command(input.subspan(2, length));
    input = input.subspan(2 + length);
    const std::uint64_t index = steady.revision() + 1;
    if (!command.ok()) {
      ++term;
      steady.apply_undecodable(index, term, "refused");
      restored.apply_undecodable(index, term, "refused elsewhere");
    } else {
      const machine::ApplyOutcome left = steady.apply(index, term, command.value());
      const machine::ApplyOutcome right = restored.apply(index, term, command.value());
      if (!(left.result == right.result) || left.replayed != right.replayed) std::abort();
    }
    if (steady.state_hash() != restored.state_hash()) std::abort();
    if (index % 4 == 0) restored = through_a_snapshot(restored);
  }
  if (!(steady.state() == restored.state())) std::abort();
  if (steady.next_deadline_ms() != restored.next_deadline_ms()) std::abort();
  return 0;
}
