// explore: every state that a small cluster of real nodes can be in, within bounds, and whether Raft's invariants hold
// in all of them.
//
// What happens in any order: a node campaigns, a leader is offered an entry or sends its heartbeats, a message arrives,
// a write becomes durable, a node crashes and comes back with what its disk held. A message that was sent can arrive at
// any later time, any number of times, or never: so messages are lost, doubled and reordered. Of each kind, link and
// term the newest `messages_kept` can still arrive; with 0 all can.
//
// Time is what is left out: elections begin when the search says so, heartbeats likewise, and no deadline is ever
// reached. So pre-votes, check-quorum, leases and transfers, which rest on time, are the simulator's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include <kelek/sim/act.h>
#include <kelek/sim/swarm.h>

namespace kelek::sim {

struct ExploreOptions {
  static constexpr std::uint32_t most_nodes = 5;
  static constexpr std::uint32_t most_terms = 6;
  static constexpr std::uint32_t most_entries = 6;

  std::uint32_t nodes = 3;
  /// Nobody campaigns beyond this term.
  std::uint32_t terms = 2;
  /// That clients offer, all leaders together; each leader also appends one of its own.
  std::uint32_t entries = 1;
  /// Of each node.
  std::uint32_t crashes = 0;
  /// Rounds of heartbeats that a leadership begins by itself; what its commits cause comes besides.
  std::uint32_t heartbeats = 0;
  /// Writes are durable only when the search says so, and a crash loses those that are not. Each answer to a message
  /// that comes again is one more, so a node with this many on their way waits for the oldest.
  static constexpr std::size_t most_pending_writes = 2;
  bool asynchronous = false;
  std::uint32_t messages_kept = 1;

  /// States in which nodes have changed their names are one.
  bool symmetry = true;
  /// Of steps at different nodes that commute one order is enough (sleep sets, Godefroid 1996). The same states are
  /// reached by a third fewer steps; since a step costs less than to know which ones sleep, it takes longer.
  bool reduction = false;
  /// For what was visited. Where it does not suffice the search ends, incomplete.
  std::size_t most_bytes = std::size_t{4} << 30;
};

struct ExploreProgress {
  /// Different states that were reached, and steps that led to one of them.
  std::uint64_t states = 0;
  std::uint64_t steps = 0;
  /// Steps from the first state to the one looked at, and at the most so far.
  std::size_t depth = 0;
  std::size_t deepest = 0;
  /// Different states of one node with its disk, and how often a real node was asked what comes next.
  std::uint64_t node_states = 0;
  std::uint64_t node_steps = 0;
  std::uint64_t messages = 0;
  std::size_t bytes = 0;
};

struct Explored {
  ExploreProgress reached;
  /// Every state within the bounds was looked at.
  bool complete = false;
  /// The memory did not suffice.
  bool out_of_memory = false;
  /// By number and name; empty: no invariant is broken in any state that was looked at.
  std::string violation;
  /// From the first state to the violation, for shrink(), which plays them on a Cluster with all invariants.
  Acts acts;
};

/// Empty if the options make sense; otherwise a sentence.
std::string check(const ExploreOptions& options);

/// `goes_on` is asked every few thousand steps; false ends the search. The options must make sense. The same options
/// give the same result everywhere.
Explored explore(const ExploreOptions& options, const std::function<bool(const ExploreProgress&)>& goes_on = {});

/// What shrink() needs to know of the cluster that was explored.
Swarm swarm_of(const ExploreOptions& options);

}  // namespace kelek::sim
