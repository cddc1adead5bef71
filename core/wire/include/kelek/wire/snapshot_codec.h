// A snapshot's bytes: the machine's whole state as a stream of blocks. No integrity check of its own: the
// storage checksums blocks and the whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include <kelek/machine/state.h>
#include <kelek/wire/limits.h>
#include <kelek/wire/result.h>
#include <kelek/wire/writer.h>

namespace kelek::wire {

inline constexpr std::uint64_t snapshot_version = 1;

/// Takes the next bytes, in order; they are gone after the call. False: it cannot go on.
using SnapshotSink = std::function<bool(std::span<const std::byte>)>;

/// Writes the whole of `state`, in pieces of about snapshot_block_bytes. The same state gives the same bytes.
/// False: the sink said so, and nothing more was written.
bool encode_snapshot(const machine::State& state, const SnapshotSink& sink);

/// Puts a state together from its bytes, in pieces of any size. Holds at most one incomplete block.
class SnapshotDecoder {
 public:
  SnapshotDecoder();
  ~SnapshotDecoder();
  SnapshotDecoder(SnapshotDecoder&&) noexcept;
  SnapshotDecoder& operator=(SnapshotDecoder&&) noexcept;

  /// The next bytes. False: they are wrong; finish() says how. Later calls change nothing.
  bool add(std::span<const std::byte> bytes);

  /// To be called once, after the last bytes. Form, order of keys, section counts and totals are checked;
  /// whether the state makes sense is for machine::Machine::restore().
  Result<machine::State> finish();

 private:
  struct Progress;
  std::unique_ptr<Progress> progress_;
};

/// All at once, for bytes that lie in memory.
Result<machine::State> decode_snapshot(std::span<const std::byte> bytes);

}  // namespace kelek::wire
