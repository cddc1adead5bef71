// Mutation: a snapshot without what it must hold, to see that the tests notice. Chosen at run time in the library that
// tests/mutations builds for itself; everywhere else it does not exist.
#pragma once

#include <cstdint>

#include <kelek/machine/state.h>

namespace kelek::wire {

/// Numbered as in the exam: 40 is M40.
enum class Mutation : std::uint8_t {
  none = 0,
  snapshot_without_sessions = 40,
};

#ifdef KELEK_MUTATIONS
/// The one in force.
inline Mutation mutation_in_force = Mutation::none;
inline bool mutated(Mutation mutation) {
  return mutation == mutation_in_force && mutation != Mutation::none;
}
#else
constexpr bool mutated(Mutation) {
  return false;
}
#endif

inline machine::State without_sessions(machine::State state) {
  state.sessions.clear();
  return state;
}

}  // namespace kelek::wire
