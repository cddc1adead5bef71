// run_seed: one run of the simulator. The seed decides everything, on every machine.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <kelek/sim/act.h>
#include <kelek/sim/history.h>
#include <kelek/sim/lineage.h>
#include <kelek/sim/node_disk.h>
#include <kelek/sim/swarm.h>

namespace kelek::sim {

struct SeedOptions {
  /// Where its luck turns (Lineage). By event, each above the one before.
  std::vector<Turn> turns;
  /// Deliveries of the safety phase; 0: as the swarm drew them.
  std::uint32_t deliveries = 0;
  /// After the safety phase a quorum is healed, and must make progress.
  bool liveness = true;
  /// Null: in memory.
  DiskMaker make_disk;
  /// Must outlive the call. Null: nobody watches.
  raft::Observer* observer = nullptr;
  /// Holds the virtual time while it runs, for the observer. Must outlive the call. Null: nobody wants to know.
  Time* clock = nullptr;
  /// Gets what clients asked and were answered, for check_linearizability(); times are virtual microseconds. Must
  /// outlive the call. Null: nothing is kept.
  std::vector<history::Operation>* history = nullptr;
  /// Looks for an order that explains what clients saw, as a second oracle beside the order of the log, which all
  /// answers are compared with anyway. It costs about a twentieth.
  bool judges_history = false;
  /// Gets everything that happened, for shrink(). Must outlive the call. Null: nothing is kept.
  Acts* acts = nullptr;
};

struct Report {
  /// The first invariant that was broken, by its number and name: "I8 DurableQuorum: ..."; empty: none was.
  std::string violation;
  /// Messages that a node handled.
  std::uint64_t deliveries = 0;
  /// All steps: deliveries, ticks, writes, requests, faults.
  std::uint64_t events = 0;
  /// Of nodes, terms and logs, as hashes (evidence.md, "state shape"): each once.
  std::vector<std::uint64_t> shapes;
  /// After how many events each was met first.
  std::vector<std::uint64_t> shape_events;
  /// Of everything that happened, in order.
  std::uint64_t digest = 0;
  /// What came of it.
  std::uint64_t elections = 0;
  std::uint64_t commits = 0;
  std::uint64_t crashes = 0;
  /// Requests of clients that were answered.
  std::uint64_t answers = 0;
  /// Too much was lost for any quorum to go on: there was no liveness phase.
  bool unrecoverable = false;
};

/// Deterministic: the same seed and options give the same report. Many may run at once on threads of their own.
Report run_seed(std::uint64_t seed, const SeedOptions& options = {});
/// The same with a swarm of one's own: what is drawn besides comes from the seed.
Report run_swarm(std::uint64_t seed, const Swarm& swarm, const SeedOptions& options = {});

}  // namespace kelek::sim
