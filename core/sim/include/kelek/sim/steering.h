// Steering: which run comes next, so that states of new shapes are met. Runs that met some are kept, and others are
// made of them that go the same way up to there and then another (after ModelFuzz, OOPSLA 2025, with shapes of our
// own).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <kelek/sim/lineage.h>
#include <kelek/sim/random.h>
#include <kelek/sim/seed.h>

namespace kelek::sim {

/// One thread at a time. The same calls give the same runs.
class Steering {
 public:
  /// Runs that begin a lineage have seeds from `first_seed` on.
  explicit Steering(std::uint64_t first_seed);
  ~Steering();

  Lineage next();
  /// What came of a run that next() gave; in any order.
  void learn(const Lineage& lineage, const Report& report);

  std::size_t shapes() const;
  std::size_t kept() const { return kept_.size(); }

 private:
  static constexpr std::size_t most_kept = 8192;
  static constexpr std::size_t most_places = 8;

  struct Kept {
    Lineage lineage;
    /// Events at which shapes were met that nobody had met before.
    std::vector<std::uint64_t> places;
  };
  struct Known;

  std::uint64_t next_seed_;
  Random random_;
  std::unique_ptr<Known> known_;
  std::vector<Kept> kept_;
};

}  // namespace kelek::sim
