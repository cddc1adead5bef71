// shrink: makes a short scenario of a long run that broke an invariant.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include <kelek/sim/act.h>
#include <kelek/sim/swarm.h>

namespace kelek::sim {

struct Shrunk {
  /// Playing the acts of the run breaks the same invariant. False where what broke it cannot be said in the scenario
  /// language: what a power cut left of a step, the application, the size of a snapshot.
  bool reproduced = false;
  /// By number and name, as the shortened run breaks it.
  std::string violation;
  /// What is left: one line of the scenario each.
  Acts acts;
  /// Ready to be kept; `kelek scenario run` says the same violation.
  std::string scenario;
  std::size_t plays = 0;
};

/// Leaves out chunks, then nodes, then single acts, as long as the same invariant breaks. `enough` is asked between
/// plays; true: what has been reached is given.
Shrunk shrink(const Swarm& swarm, Acts acts, const std::string& violation, const std::string& title,
              const std::function<bool()>& enough);

/// "I8 DurableQuorum" of "I8 DurableQuorum: node 1 commits ...".
std::string invariant_of(const std::string& violation);

}  // namespace kelek::sim
