// How the tests play a scenario: what is said of it, or nothing if it passes.
#pragma once

#include <string>

#include <kelek/sim/player.h>

namespace kelek::sim::testing {

/// What `kelek scenario run f` would say.
inline std::string said_of(const std::string& text, const Schedule& schedule = {}) {
  const auto scenario = parse_scenario(text);
  if (!scenario) return describe(scenario.error(), "f");
  Player player(*scenario, schedule);
  return describe(player.play(), "f");
}

/// After `line`, in a cluster of three that node 1 leads; the first line is number 4.
inline std::string in_three(const std::string& lines) {
  return said_of("cluster voters=1,2,3 check-quorum=off\ncampaign 1\nsettle\n" + lines);
}

inline const std::string passes;

}  // namespace kelek::sim::testing
