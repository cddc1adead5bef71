// ByLink: a value for each direction between two nodes of a simulated cluster.
#pragma once

#include <array>
#include <cstddef>

#include <kelek/raft/types.h>

namespace kelek::sim {

/// For the ids 0 to `most`. Ids have 64 bits, places in an array 32 in WebAssembly: they are made fit here alone.
template <typename Value, std::size_t most>
class ByLink {
 public:
  Value& at(raft::NodeId from, raft::NodeId to) {
    return values_[static_cast<std::size_t>(from)][static_cast<std::size_t>(to)];
  }
  void clear() { values_ = {}; }

 private:
  std::array<std::array<Value, most + 1>, most + 1> values_{};
};

}  // namespace kelek::sim
