// A long pseudo-random story of commands, good and bad ones, that brings a machine into every corner.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <kelek/machine/machine.h>

#include "random.h"
#include "world.h"

namespace kelek::machine::test {

// One entry of a log: no command = an entry without one.
struct LogEntry {
  uint64_t term = 0;
  std::optional<Command> command;
};

// Writes the next entries for a machine, looking at its state so that ids and fences are often right.
class Story {
 public:
  explicit Story(uint64_t seed) : random_(seed) {}

  LogEntry next(const Machine& machine);

 private:
  CommandBody body(const Machine& machine);
  CommandBody kv(bool in_session);
  CommandBody txn();
  CommandBody topic();
  CommandBody ballot(const Machine& machine);
  CommandBody grant(const Machine& machine);
  CommandBody lock(const Machine& machine);
  CommandBody session(const Machine& machine);
  CommandBody admin();

  std::string name(const char* kind, uint64_t count) {
    return std::string(kind) + std::to_string(random_.below(count));
  }
  std::string caller() { return name("agent ", 6); }
  // Mostly the id of something that is there, and sometimes none.
  template <class Map>
  uint64_t id_of(const Map& map) {
    if (map.empty() || random_.one_in(20)) return random_.below(50);
    auto at = map.begin();
    std::advance(at, static_cast<long>(random_.below(map.size())));
    return at->first;
  }

  Random random_;
  uint64_t term_ = 1;
  uint64_t time_ms_ = 1'000'000;
};

}  // namespace kelek::machine::test
