// The cluster file: who the coordinators of a cluster are. One file for servers and clients; it holds no secret.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <kelek/client/client_options.h>
#include <kelek/runtime/coordinator_options.h>

namespace kelek::cli {

///     # A line each; the words may come in any order after the id.
///     cluster reviews
///     coordinator 1 peer 10.0.0.1:7001 client 10.0.0.1:7101 key <40 characters of Z85>
///     key-file operator.key
///
/// `key-file` is optional: the key that clients use unless they name one; relative to the file's own folder.
struct ClusterFile {
  std::string cluster = "kelek";
  std::vector<runtime::InitialMember> coordinators;
  std::string key_file;

  const runtime::InitialMember* find(raft::NodeId id) const;
  std::vector<client::Endpoint> endpoints() const;
};

/// Throws Failed (bad use) with file, line and reason.
ClusterFile parse_cluster_file(std::string_view text, const std::string& file_name);
ClusterFile read_cluster_file(const std::string& path);
std::string format(const ClusterFile& file);

/// "1 peer 10.0.0.1:7001 client 10.0.0.1:7101 key ..." as in the file, after `coordinator`. Empty, or why not.
std::string parse_member(std::string_view text, runtime::InitialMember& into);
std::string format(const runtime::InitialMember& member);

}  // namespace kelek::cli
