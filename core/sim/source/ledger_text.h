// How the ledger names things.
#pragma once

#include <string>

#include <kelek/raft/types.h>

namespace kelek::sim {

inline std::string named(raft::NodeId id) {
  return "node " + std::to_string(id);
}

inline std::string entry_named(raft::Index index) {
  return "entry " + std::to_string(index);
}

}  // namespace kelek::sim
