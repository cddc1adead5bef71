// Keeps what met something new, and turns away from it a little later.
#include <kelek/sim/steering.h>

#include <utility>

#include "explore_map.h"

namespace kelek::sim {

namespace {

/// Of a thousand runs so many begin anew: what no kept run leads to is found by them alone.
constexpr std::uint32_t fresh = 200;
/// A run turns away at most so many events behind the new shape.
constexpr std::uint64_t turn_within = 100;

}  // namespace

struct Steering::Known {
  ExploreMap shapes;
};

Steering::Steering(std::uint64_t first_seed)
    : next_seed_(first_seed), random_(mix(first_seed ^ 0x73746565)), known_(std::make_unique<Known>()) {}

Steering::~Steering() = default;

std::size_t Steering::shapes() const {
  return known_->shapes.count();
}

Lineage Steering::next() {
  if (!kept_.empty() && !random_.chance(fresh)) {
    const Kept& parent = kept_[static_cast<std::size_t>(random_.below(kept_.size()))];
    const std::uint64_t place = parent.places[static_cast<std::size_t>(random_.below(parent.places.size()))];
    Lineage child = parent.lineage;
    // What it turned to behind that place is forgotten.
    while (!child.turns.empty() && child.turns.back().event >= place) child.turns.pop_back();
    if (child.turns.size() < Lineage::most_turns) {
      child.turns.push_back({place + 1 + random_.below(turn_within), random_.below(1'000'000'000)});
      return child;
    }
  }
  return Lineage{next_seed_++, {}};
}

void Steering::learn(const Lineage& lineage, const Report& report) {
  Kept kept{lineage, {}};
  for (std::size_t i = 0; i < report.shapes.size(); ++i) {
    bool is_new = false;
    known_->shapes.at(report.shapes[i], is_new);
    if (is_new && kept.places.size() < most_places) kept.places.push_back(report.shape_events[i]);
  }
  if (kept.places.empty()) return;
  if (kept_.size() < most_kept) {
    kept_.push_back(std::move(kept));
  } else {
    kept_[static_cast<std::size_t>(random_.below(most_kept))] = std::move(kept);
  }
}

}  // namespace kelek::sim
