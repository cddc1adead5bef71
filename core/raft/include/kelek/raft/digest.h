// Digests of what a node is, for model checkers: two nodes with the same digest do the same from here on.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <kelek/raft/types.h>

namespace kelek::raft {

/// Of a sequence of numbers. Not cryptographic.
class Digest {
 public:
  void add(std::uint64_t number) {
    std::uint64_t word = (value_ ^ number) * 0x9e3779b97f4a7c15U;
    word = (word ^ (word >> 32)) * 0xd6e8feb86659fd93U;
    value_ = word ^ (word >> 32);
  }
  std::uint64_t value() const { return value_; }
  /// Of one number, for sums over what has no order.
  static std::uint64_t of(std::uint64_t number) {
    Digest digest;
    digest.add(number);
    return digest.value();
  }

 private:
  std::uint64_t value_ = 0x2545f4914f6cdd1dU;
};

/// Under which names nodes are told: a group in which nodes have changed their names does the same under the new ones
/// (symmetry). Ids up to `most`; greater ones, and 0, keep theirs.
struct Renaming {
  static constexpr std::size_t most = 7;
  std::array<NodeId, most + 1> names{0, 1, 2, 3, 4, 5, 6, 7};

  NodeId operator()(NodeId id) const { return id <= most ? names[static_cast<std::size_t>(id)] : id; }
};

}  // namespace kelek::raft
