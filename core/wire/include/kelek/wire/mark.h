// Marks: short digests by which traces name bytes without holding them. Not cryptographic: whoever has a mark can try
// out guesses of what it is of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include <kelek/raft/payload.h>

namespace kelek::wire {

/// 128 bits of a product folded to 64: the one step that all digests here are made of.
std::uint64_t fold(std::uint64_t a, std::uint64_t b);

/// The same on every machine (TRACE.md says how it is made).
std::uint64_t digest_of(std::span<const std::byte> bytes, std::uint64_t seed = 0);

/// Length and 32 bits of the digest of a payload. Of a payload shorter than four bytes, so many bits as it has.
struct PayloadMark {
  std::uint32_t size = 0;
  std::uint32_t bits = 0;

  std::uint64_t packed() const { return std::uint64_t{size} << 32 | bits; }
};

/// A payload that was told by its mark alone: as long as the original, all zero, and it knows the mark. The core never
/// looks into payloads, so a node that is given stand-ins does what it did with the originals.
class StandIn final : public raft::PayloadOwner {
 public:
  /// `zeros` has mark.size bytes at least and is kept alive.
  static raft::Payload make(PayloadMark mark, std::shared_ptr<const std::byte[]> zeros);

  PayloadMark mark() const { return mark_; }

 private:
  StandIn(PayloadMark mark, std::shared_ptr<const std::byte[]> zeros) : mark_(mark), zeros_(std::move(zeros)) {}

  PayloadMark mark_;
  std::shared_ptr<const std::byte[]> zeros_;
};

/// Of the bytes there are.
PayloadMark mark_of_bytes(const raft::Payload& payload);
/// Of the original, where the payload stands in for one.
PayloadMark mark_of(const raft::Payload& payload);

}  // namespace kelek::wire
