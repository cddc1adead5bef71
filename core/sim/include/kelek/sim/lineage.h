// Lineage: which run it is: a seed, and the places at which its luck turned. Two that agree up to a place run alike up
// to there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kelek::sim {

struct Turn {
  /// After so many events of the run …
  std::uint64_t event = 0;
  /// … all that is drawn comes from this seed.
  std::uint64_t seed = 0;
};

struct Lineage {
  static constexpr std::size_t most_turns = 16;

  std::uint64_t seed = 0;
  /// By event, each above the one before; at most most_turns.
  std::vector<Turn> turns;

  /// "42", or "42@1500:7@2300:9".
  std::string text() const;
  /// None if that is no such text.
  static std::optional<Lineage> parse(const std::string& text);
};

}  // namespace kelek::sim
