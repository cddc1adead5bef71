// A cluster of coordinators in this process: real sockets on loopback, real logs in a temporary directory.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <kelek/runtime/coordinator.h>
#include <kelek/transport/keys.h>

namespace kelek::runtime::test {

/// Removed with all that is in it when it goes.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// A port that nobody used a moment ago.
std::uint16_t free_port();

class Cluster {
 public:
  using Change = std::function<void(CoordinatorOptions&)>;

  /// Makes keys and addresses for nodes 1 … `size`; nothing runs yet.
  explicit Cluster(std::size_t size, Change change = {});

  /// As it was configured; `change` on top. Requires success.
  void start(raft::NodeId id, const Change& change = {});
  void start_all();
  /// What open() says.
  Result<std::unique_ptr<Coordinator>> open(raft::NodeId id, const Change& change = {});
  /// As a crash would: nothing is handed over or flushed.
  void kill(raft::NodeId id);
  /// Clean; gives what the loop ended with.
  Failure stop(raft::NodeId id);
  /// Waits for a loop to end by itself.
  Failure wait_for_end(raft::NodeId id);
  bool runs(raft::NodeId id) const { return running_.count(id) != 0; }
  Coordinator& node(raft::NodeId id) { return *running_.at(id); }

  /// Another node, outside the initial members: keys and addresses. Starts with --join.
  raft::NodeId add_machine();
  void wipe(raft::NodeId id);

  CoordinatorOptions options(raft::NodeId id) const;
  const InitialMember& address(raft::NodeId id) const { return addresses_.at(id); }
  const std::string& admin_key_file() const { return admin_key_file_; }
  const std::string& directory() const { return directory_.path(); }

  /// Proposes in process and waits.
  RequestOutcome propose(raft::NodeId at, machine::CommandBody body, std::uint32_t deadline_ms = 10'000);
  RequestOutcome put(raft::NodeId at, const std::string& key, const std::string& value);

 private:
  void add_node(raft::NodeId id);

  TemporaryDirectory directory_;
  Change change_;
  std::map<raft::NodeId, InitialMember> addresses_;
  std::vector<raft::NodeId> initial_;
  std::string admin_key_file_;
  transport::PublicKey admin_key_;
  std::map<raft::NodeId, std::unique_ptr<Coordinator>> running_;
};

}  // namespace kelek::runtime::test
