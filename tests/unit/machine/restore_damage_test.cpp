// Damaged snapshots: whatever restore lets through must run on without going out of bounds. (The sanitizer
// builds make this test sharp.)
#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include <kelek/machine/fields.h>

#include "story.h"

using namespace kelek::machine;
using namespace kelek::machine::test;

namespace {

// Walks all that can be changed in a state (not the keys of maps), and damages one number or text.
class Damage {
 public:
  Damage(Random& random, uint64_t target) : random_(random), target_(target) {}

  uint64_t seen() const { return seen_; }

  template <class T>
  void walk(T& value) {
    if constexpr (std::is_same_v<T, std::string>) {
      if (is_target()) value = random_.one_in(2) ? std::string() : std::string(1 + random_.below(3), '\xff');
    } else if constexpr (std::is_same_v<T, bool>) {
      if (is_target()) value = !value;
    } else if constexpr (std::is_enum_v<T>) {
      if (is_target()) value = static_cast<T>(random_.below(12));
    } else if constexpr (std::is_integral_v<T>) {
      if (is_target()) value = number<T>(value);
    } else if constexpr (HasFields<T>) {
      for_each_field(value, [this](auto& field) { walk(field); });
    } else {
      walk_parts(value);
    }
  }

 private:
  bool is_target() { return seen_++ == target_; }

  template <class T>
  T number(T old) {
    switch (random_.below(5)) {
      case 0: return 0;
      case 1: return std::numeric_limits<T>::max();
      case 2: return static_cast<T>(old + 1);
      case 3: return static_cast<T>(old - 1);
      default: return static_cast<T>(random_.below(100));
    }
  }

  template <class T>
  void walk_parts(std::optional<T>& value) {
    if (is_target()) {
      value.has_value() ? value.reset() : static_cast<void>(value.emplace());
    } else if (value) {
      walk(*value);
    }
  }
  template <class... T>
  void walk_parts(std::variant<T...>& value) {
    std::visit([this](auto& inner) { walk(inner); }, value);
  }
  void walk_parts(std::monostate&) {}
  template <class Key, class Value, class Compare>
  void walk_parts(std::map<Key, Value, Compare>& map) {
    if (is_target() && !map.empty()) map.erase(map.begin());
    for (auto& [key, value] : map) walk(value);
  }
  template <class List>
  void walk_parts(List& list) {
    if constexpr (requires { list.pop_back(); }) {
      if (is_target() && !list.empty()) list.pop_back();
    }
    for (auto& item : list) walk(item);
  }

  Random& random_;
  uint64_t target_;
  uint64_t seen_ = 0;
};

State lively_state(uint64_t seed) {
  Story story(seed);
  Machine machine;
  for (int i = 0; i < 700; ++i) {
    const LogEntry entry = story.next(machine);
    if (entry.command) {
      machine.apply(machine.revision() + 1, entry.term, *entry.command);
    } else {
      machine.apply_empty(machine.revision() + 1, entry.term);
    }
  }
  return machine.state();
}

// Goes on from a state that restore took; the terms and clocks of the story catch up with it.
void run_on(Machine& machine, uint64_t seed) {
  Story story(seed);
  for (int i = 0; i < 120; ++i) {
    LogEntry entry = story.next(machine);
    entry.term = std::max(entry.term, machine.term());
    if (entry.command) {
      entry.command->header.leader_time_ms += machine.time_ms();
      machine.apply(machine.revision() + 1, entry.term, *entry.command);
    } else {
      machine.apply_empty(machine.revision() + 1, entry.term);
    }
  }
}

}  // namespace

TEST_CASE("a damaged state is refused, or runs on within bounds") {
  Random random(41);
  uint64_t refused = 0;
  uint64_t taken = 0;
  for (uint64_t seed = 0; seed < 4; ++seed) {
    State state = lively_state(seed + 1);
    Damage count(random, std::numeric_limits<uint64_t>::max());
    count.walk(state);
    for (int round = 0; round < 250; ++round) {
      State damaged = state;
      for (uint64_t wounds = 1 + random.below(3); wounds > 0; --wounds) {
        Damage(random, random.below(count.seen())).walk(damaged);
      }
      RestoreOutcome outcome = Machine::restore(std::move(damaged));
      if (!outcome.machine) {
        CHECK_FALSE(outcome.reason.empty());
        ++refused;
        continue;
      }
      ++taken;
      run_on(*outcome.machine, random.next());
    }
  }
  CHECK(refused > 100);
  CHECK(taken > 100);
}
