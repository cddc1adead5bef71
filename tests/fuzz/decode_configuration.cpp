// Configurations as bytes, which stand in entries, snapshots and greetings: refused, or unchanged by another
// round.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include <kelek/raft/membership.h>

#include "allocation_bound.h"

using namespace kelek;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::AllocationBound bound(size);
  const std::span<const std::byte> input = std::as_bytes(std::span(data, size));
  const raft::Result<raft::Configuration> decoded = raft::Configuration::decode(input);
  if (!decoded.ok()) return 0;
  // What make() would refuse is not to be had from bytes either: a quorum is counted over it.
  if (!raft::Configuration::make(decoded.value().members(), decoded.value().auto_leave()).ok()) std::abort();
  const raft::Payload once = decoded.value().encode();
  const raft::Result<raft::Configuration> again = raft::Configuration::decode(once.bytes());
  if (!again.ok() || !(again.value() == decoded.value())) std::abort();
  return 0;
}
