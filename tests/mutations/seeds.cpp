// The simulator under a mutation.
#include "seeds.h"

#include <optional>
#include <utility>

#include <kelek/sim/seed.h>
#include <kelek/sim/shrink.h>
#include <kelek/sim/steering.h>

#include "watch.h"

namespace kelek::mutants {
namespace {

std::optional<Catch> run_one(const sim::Lineage& lineage, sim::Report& report) {
  try {
    sim::SeedOptions options;
    options.judges_history = true;
    options.turns = lineage.turns;
    report = sim::run_seed(lineage.seed, options);
    if (report.violation.empty()) return std::nullopt;
    return Catch{lineage.text(), "", invariant_of(report.violation), report.violation};
  } catch (const CoreStopped& stopped) {
    return Catch{lineage.text(), "", "the core's own assertion", stopped.what()};
  }
}

/// What a seed finds also where nothing is mutated says nothing about the mutation.
bool is_clean_without(const Mutant* mutant, const sim::Lineage& lineage) {
  put_in_force(nullptr);
  sim::Report report;
  const bool clean = !run_one(lineage, report);
  put_in_force(mutant);
  return clean;
}

/// The run once more, with all that happens in it, and then less and less of that.
std::optional<Shortened> shorten(const sim::Lineage& lineage, double most_seconds) {
  const sim::Swarm swarm = sim::draw_swarm(lineage.seed);
  sim::Acts acts;
  sim::SeedOptions options;
  options.turns = lineage.turns;
  options.acts = &acts;
  try {
    const sim::Report report = sim::run_swarm(lineage.seed, swarm, options);
    const std::size_t all = acts.size();
    const CpuClock clock;
    const auto enough = [&] { return clock.seconds() > most_seconds; };
    const std::string title = invariant_of(report.violation) + ", from seed " + lineage.text();
    sim::Shrunk shrunk = sim::shrink(swarm, std::move(acts), report.violation, title, enough);
    if (!shrunk.reproduced) return std::nullopt;
    return Shortened{shrunk.acts.size(), all, clock.seconds(), std::move(shrunk.scenario)};
  } catch (const CoreStopped&) {
    return std::nullopt;
  }
}

}  // namespace

Finding run_seeds(const Mutant* mutant, const SeedSearch& search, const std::vector<std::string>& only) {
  const CpuClock clock;
  Finding finding{"seed", {}, 0, 0};
  sim::Steering steering(search.first);
  const auto try_one = [&](const sim::Lineage& lineage) {
    ++finding.tried;
    sim::Report report;
    std::optional<Catch> caught = run_one(lineage, report);
    if (search.steers) steering.learn(lineage, report);
    if (!caught || (mutant != nullptr && !is_clean_without(mutant, lineage))) return;
    if (search.shrink_seconds > 0) caught->shortened = shorten(lineage, search.shrink_seconds);
    finding.catches.push_back(std::move(*caught));
  };
  for (const std::string& run : only) {
    if (const auto lineage = sim::Lineage::parse(run)) try_one(*lineage);
  }
  const auto goes_on = [&](std::uint64_t tried) {
    return only.empty() && tried < search.most && !finding.caught() && clock.seconds() < search.most_seconds;
  };
  for (std::uint64_t tried = 0; goes_on(tried); ++tried) {
    try_one(search.steers ? steering.next() : sim::Lineage{search.first + tried, {}});
  }
  finding.cpu_seconds = clock.seconds();
  return finding;
}

}  // namespace kelek::mutants
