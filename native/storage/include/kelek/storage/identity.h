// Identity: whose data directory it is. It stands in a file of its own and in the header of every other file.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include <kelek/raft/types.h>
#include <kelek/storage/file.h>

namespace kelek::storage {

using ClusterId = std::array<std::uint8_t, 16>;

struct Identity {
  ClusterId cluster_id{};
  /// For people and for messages; at most 128 bytes. cluster_id is what counts.
  std::string cluster_name;
  raft::NodeId node_id = raft::no_node;
  raft::Incarnation incarnation = 0;

  friend bool operator==(const Identity& a, const Identity& b) {
    return a.cluster_id == b.cluster_id && a.node_id == b.node_id && a.incarnation == b.incarnation;
  }
};

/// "node 2 (incarnation 7) of cluster 'reviews' (3f2a…)".
std::string describe(const Identity& identity);

/// Of the data directory. Refused: not_found (no data directory, or a blank one), damaged, and what files give.
Result<Identity> read_identity(FileSystem& files, const std::string& directory);

}  // namespace kelek::storage
