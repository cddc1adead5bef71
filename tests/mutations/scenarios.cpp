// Plays scenarios under a mutation.
#include "scenarios.h"

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>

#include <kelek/raft/invariant.h>
#include <kelek/sim/player.h>

#include "watch.h"

namespace kelek::mutants {
namespace {

/// As tests/scenarios plays them.
struct NamedSchedule {
  const char* name;
  sim::Schedule schedule;
};
using Order = sim::Schedule::Order;
const std::vector<NamedSchedule> schedules = {
    {"id", {Order::by_id, 1}}, {"reverse", {Order::reverse, 1}}, {"1", {Order::random, 1}}, {"2", {Order::random, 2}},
    {"3", {Order::random, 3}}, {"4", {Order::random, 4}},        {"5", {Order::random, 5}}, {"6", {Order::random, 6}},
    {"7", {Order::random, 7}}, {"8", {Order::random, 8}},
};

std::optional<Catch> play(const NamedScenario& named, const NamedSchedule& schedule) {
  const std::string how = std::string("schedule ") + schedule.name;
  try {
    sim::Player player(named.scenario, schedule.schedule);
    const sim::Verdict& verdict = player.play();
    if (verdict.kind == sim::Verdict::Kind::passed) return std::nullopt;
    const auto& fault = player.cluster().fault();
    const bool invariant = fault && fault->kind == sim::Fault::Kind::invariant;
    return Catch{named.name, how, invariant ? invariant_of(fault->text) : "expectation", describe(verdict, named.name)};
  } catch (const CoreStopped& stopped) {
    return Catch{named.name, how, "the core's own assertion", stopped.what()};
  }
}

}  // namespace

std::vector<NamedScenario> load_scenarios(const std::string& folder) {
  std::vector<NamedScenario> scenarios;
  for (const auto& file : std::filesystem::recursive_directory_iterator(folder)) {
    if (file.path().extension() != ".scn") continue;
    std::ostringstream text;
    text << std::ifstream(file.path()).rdbuf();
    auto parsed = sim::parse_scenario(text.str());
    std::filesystem::path name = std::filesystem::relative(file.path(), folder);
    if (!parsed) throw std::runtime_error(sim::describe(parsed.error(), name.string()));
    scenarios.push_back({name.replace_extension().string(), std::move(*parsed)});
  }
  std::sort(scenarios.begin(), scenarios.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return scenarios;
}

Finding play_scenarios(const std::vector<NamedScenario>& scenarios, const std::vector<std::string>& only) {
  const CpuClock clock;
  Finding finding{"scenario", {}, 0, 0};
  for (const NamedScenario& named : scenarios) {
    if (!only.empty() && std::find(only.begin(), only.end(), named.name) == only.end()) continue;
    for (const NamedSchedule& schedule : schedules) {
      if (!finding.caught()) ++finding.tried;
      std::optional<Catch> caught = play(named, schedule);
      if (!caught) continue;
      finding.catches.push_back(std::move(*caught));
      break;
    }
  }
  finding.cpu_seconds = clock.seconds();
  return finding;
}

}  // namespace kelek::mutants
