// A coordinator in a process of its own, which does what it is told on its standard input. `cluster_bench`
// starts itself as such a member.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace kelek::bench {

/// Where the members of a cluster listen, and their keys; all of a cluster know the same.
struct ClusterPlan {
  std::string folder;
  std::vector<std::uint16_t> peer_ports;
  std::vector<std::uint16_t> client_ports;
  bool curve = true;
  bool log_thread = false;
  /// Each records what goes into its core.
  bool traced = false;

  std::size_t size() const { return peer_ports.size(); }
  std::string key_file(std::size_t member) const { return folder + "/member-" + std::to_string(member) + ".key"; }
  std::string trace_file(std::size_t member) const { return folder + "/trace-" + std::to_string(member); }
  std::string client_key_file() const { return folder + "/client.key"; }

  /// As arguments of a process, and back.
  std::string text() const;
  static ClusterPlan from_text(const std::string& text);
};

/// Runs member 1 … size() until its input ends or says "stop". Each line of input is answered by one line:
///   leader              the id of who leads, after a command that went through
///   load WINDOW COUNT   "DONE FAILED WALL_NS P50_NS P99_NS"
///   commit              the time (monotonic, ns) at which a command made after this line was committed
/// Gives the exit code.
int run_member(const ClusterPlan& plan, std::uint64_t id);

}  // namespace kelek::bench
