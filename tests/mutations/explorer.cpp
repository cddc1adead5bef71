// Every state of small clusters under a mutation.
#include "explorer.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <kelek/sim/explore.h>

#include "watch.h"

namespace kelek::mutants {
namespace {

struct Bounds {
  const char* name;
  sim::ExploreOptions options;
};

std::vector<Bounds> all_bounds() {
  const auto bounds = [](std::uint32_t nodes, std::uint32_t terms, std::uint32_t entries, std::uint32_t crashes,
                         bool asynchronous) {
    sim::ExploreOptions options;
    options.nodes = nodes;
    options.terms = terms;
    options.entries = entries;
    options.crashes = crashes;
    options.asynchronous = asynchronous;
    return options;
  };
  sim::ExploreOptions ticking = bounds(2, 2, 1, 0, false);
  ticking.heartbeats = 2;
  return {{"2-nodes-2-terms-async-crash", bounds(2, 2, 1, 1, true)},
          {"3-nodes-1-term", bounds(3, 1, 1, 0, false)},
          {"2-nodes-2-terms-heartbeats", ticking},
          {"3-nodes-1-term-async-crash", bounds(3, 1, 0, 1, true)},
          {"3-nodes-2-terms", bounds(3, 2, 0, 0, false)},
          {"2-nodes-3-terms-2-entries-crash", bounds(2, 3, 2, 1, false)},
          {"3-nodes-2-terms-1-entry", bounds(3, 2, 1, 0, false)},
          {"3-nodes-3-terms-1-entry", bounds(3, 3, 1, 0, false)}};
}

}  // namespace

Finding run_explorer(const Mutant* mutant, double most_seconds, const std::vector<std::string>& only) {
  const CpuClock clock;
  Finding finding{"explorer", {}, 0, 0};
  const auto goes_on = [&](const sim::ExploreProgress&) { return clock.seconds() < most_seconds; };
  for (const Bounds& bounds : all_bounds()) {
    if (!only.empty() && std::find(only.begin(), only.end(), bounds.name) == only.end()) continue;
    if (finding.caught() || clock.seconds() >= most_seconds) break;
    put_in_force(mutant);
    try {
      const sim::Explored explored = sim::explore(bounds.options, goes_on);
      finding.tried += explored.reached.states;
      if (explored.violation.empty()) continue;
      finding.catches.push_back({bounds.name, "", invariant_of(explored.violation), explored.violation});
    } catch (const CoreStopped& stopped) {
      finding.catches.push_back({bounds.name, "", "the core's own assertion", stopped.what()});
    }
  }
  finding.cpu_seconds = clock.seconds();
  return finding;
}

}  // namespace kelek::mutants
