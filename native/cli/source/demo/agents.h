// Agents: each voter of the review as a process of its own, which votes through a coordinator of its own.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "../local_cluster.h"
#include "narrator.h"
#include "review.h"

namespace kelek::cli {

/// What became of one vote.
struct Acknowledged {
  bool counted = false;
  /// Log index and term of the vote; not counted: 0.
  std::uint64_t index = 0;
  std::uint64_t term = 0;
  /// The client address of the coordinator that it went through in the end.
  std::string through;
  /// Not counted: why.
  std::string refusal;
};

class Agent {
 public:
  /// Begins `kelek ballot vote`. `through` is the position of its coordinator; the others are there should it be lost.
  Agent(const Review& review, std::size_t vote, const LocalCluster& cluster, std::size_t through, std::uint64_t ballot);

  const ReviewVote& vote() const { return vote_; }
  std::size_t through() const { return through_; }

  /// Until the vote is about to leave. Throws Failed if that does not come to pass.
  void await_sending(StopSignals& signals);
  /// Until the agent knows what became of it, and ended. Throws Failed where it is not known.
  Acknowledged await_outcome(StopSignals& signals);
  std::uint64_t waited_ms() const;

 private:
  std::string next_line(StopSignals& signals, const char* what);

  const ReviewVote& vote_;
  std::size_t through_;
  std::chrono::steady_clock::time_point start_;
  std::optional<ChildProcess> child_;
};

/// The name of an agent's key file, by its place in the review.
std::string agent_key_name(std::size_t vote);

}  // namespace kelek::cli
