// Swarm: which faults and options exist in one run at all. Runs that lack most features reach further into the few
// that they have than runs with a little of everything (Groce and others, "Swarm testing", 2012).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <kelek/raft/options.h>
#include <kelek/sim/random.h>

namespace kelek::sim {

/// Virtual time, in microseconds.
using Time = std::uint64_t;
inline constexpr Time tick_time = 10'000;

/// How often, of a thousand chances; 0: not in this run.
using PerMille = std::uint32_t;

struct Swarm {
  // Who there is.
  std::uint32_t voters = 3;
  /// With empty disks, for membership changes to take in.
  std::uint32_t spares = 0;
  std::uint32_t clients = 2;

  /// For all nodes; id, incarnation and salt are filled in.
  raft::Options options;
  bool priorities = false;
  /// Of each node, by its id; none without priorities.
  std::vector<std::uint32_t> election_delay_ticks;
  /// Writes take their time, and messages that need them wait.
  bool async_storage = false;
  /// Several events go into one Ready, as in a busy process.
  bool takes_late = false;
  /// The application keeps what it has applied: after a crash it goes on from there, and not from a snapshot.
  bool durable_machine = false;
  /// Entries between two snapshots of a node; 0: none are taken.
  std::uint32_t snapshot_distance = 0;

  // Network.
  Time delay_min = 200;
  Time delay_spread = 2'000;
  PerMille loss = 0;
  PerMille duplicate = 0;
  PerMille reorder = 0;
  /// A message that comes a second time, long after.
  PerMille capsule = 0;

  // Disks: sync_min … sync_min + sync_spread.
  Time sync_min = 100;
  Time sync_spread = 1'000;

  /// How much longer or shorter than a tick_time a tick of one node may come to be. A lease of lease_drift_ticks
  /// counts on less.
  Time clock_spread = tick_time / 25;

  // Clients.
  Time think_spread = 20'000;
  PerMille reads = 300;

  /// Mean time between two faults, and how much each kind weighs among them.
  Time fault_interval = 300'000;
  struct Weights {
    std::uint32_t crash = 0;
    std::uint32_t crash_leader = 0;
    std::uint32_t crash_all = 0;
    std::uint32_t isolate_leader = 0;
    std::uint32_t cut = 0;
    std::uint32_t partition = 0;
    std::uint32_t clog = 0;
    std::uint32_t swap_links = 0;
    std::uint32_t pause = 0;
    std::uint32_t clock = 0;
    std::uint32_t campaign = 0;
    std::uint32_t transfer = 0;
    std::uint32_t change = 0;
    std::uint32_t stall = 0;
    std::uint32_t disk_failure = 0;
    std::uint32_t wipe = 0;
    std::uint32_t damage = 0;
  } weights;
  /// Faults aimed at events: after an append, an election, a configuration entry.
  PerMille strike = 0;
  /// An append that reaches one follower only.
  PerMille lonely_append = 0;
  /// How long a node stays down, or a cut lasts: at the most.
  Time outage_spread = 500'000;

  /// Deliveries of the safety phase.
  std::uint32_t deliveries = 2'000;

  /// One line for people.
  std::string describe() const;
};

Swarm draw_swarm(std::uint64_t seed);

}  // namespace kelek::sim
