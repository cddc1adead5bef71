// A cluster of members, each a process, as the bench sees it: starts them, talks to them, kills and restarts
// them.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "member.h"

namespace kelek::bench {

class Cluster {
 public:
  /// Starts all members in a new folder within `folder`, with fresh keys and ports. Ends the program where
  /// that fails.
  Cluster(const std::string& program, const std::string& folder, std::uint64_t size, bool curve, bool log_thread,
          bool traced = false);
  /// Stops whoever runs and removes the folder.
  ~Cluster();
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  const ClusterPlan& plan() const { return plan_; }
  /// Waits for the answer. Empty if the member has gone.
  std::string ask(std::uint64_t id, const std::string& line);
  /// Who leads, asked at any member that runs; waits until somebody does.
  std::uint64_t leader();
  /// CPU time of all members that run, so far.
  std::uint64_t cpu_ns() const;
  /// What all members have recorded.
  std::uint64_t trace_bytes() const;
  /// What member `id` has in memory.
  std::uint64_t resident_bytes(std::uint64_t id) const;

  void kill(std::uint64_t id);
  void start(std::uint64_t id);

 private:
  struct Process {
    pid_t id = 0;
    FILE* input = nullptr;
    FILE* output = nullptr;
  };
  void end(Process& process, int signal);

  std::string program_;
  ClusterPlan plan_;
  std::vector<Process> processes_;
};

}  // namespace kelek::bench
