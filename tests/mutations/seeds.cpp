// The simulator under a mutation.
#include "seeds.h"

#include <optional>
#include <utility>

#include <kelek/sim/seed.h>

#include "watch.h"

namespace kelek::mutants {
namespace {

std::optional<Catch> run_one(std::uint64_t seed) {
  try {
    sim::SeedOptions options;
    options.judges_history = true;
    const sim::Report report = sim::run_seed(seed, options);
    if (report.violation.empty()) return std::nullopt;
    return Catch{std::to_string(seed), "", invariant_of(report.violation), report.violation};
  } catch (const CoreStopped& stopped) {
    return Catch{std::to_string(seed), "", "the core's own assertion", stopped.what()};
  }
}

/// What a seed finds also where nothing is mutated says nothing about the mutation.
bool is_clean_without(const Mutant* mutant, std::uint64_t seed) {
  put_in_force(nullptr);
  const bool clean = !run_one(seed);
  put_in_force(mutant);
  return clean;
}

}  // namespace

Finding run_seeds(const Mutant* mutant, std::uint64_t most, double most_seconds, const std::vector<std::string>& only) {
  const CpuClock clock;
  Finding finding{"seed", {}, 0, 0};
  const auto try_one = [&](std::uint64_t seed) {
    ++finding.tried;
    std::optional<Catch> caught = run_one(seed);
    if (!caught || (mutant != nullptr && !is_clean_without(mutant, seed))) return;
    finding.catches.push_back(std::move(*caught));
  };
  for (const std::string& seed : only) try_one(std::stoull(seed));
  for (std::uint64_t seed = 1; only.empty() && seed <= most && !finding.caught() && clock.seconds() < most_seconds;
       ++seed) {
    try_one(seed);
  }
  finding.cpu_seconds = clock.seconds();
  return finding;
}

}  // namespace kelek::mutants
