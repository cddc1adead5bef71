// Workload: what one client of a recorded run asks next: a mix of all kinds of object, drawn from a seed.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>

#include <kelek/sim/history.h>

namespace kelek::recorder {

class Workload {
 public:
  /// Keys begin with `prefix`. Without a session there are no counters: only under one is a use counted.
  Workload(std::uint64_t seed, std::string prefix, bool has_session)
      : draw_(seed), prefix_(std::move(prefix)), has_session_(has_session) {}

  /// What `process` asks next; call, answer and ending are for others to fill in.
  sim::history::Operation next(std::uint64_t process);
  /// What became of it: later operations build on what was seen.
  void learn(const sim::history::Operation& operation);

 private:
  std::uint64_t below(std::uint64_t limit) { return draw_() % limit; }
  sim::history::Action on_register(const std::string& key, std::uint64_t process);
  sim::history::Action on_lock(const std::string& key);
  std::string fresh(std::uint64_t process) { return std::to_string(process) + "-" + std::to_string(++values_); }

  std::mt19937_64 draw_;
  const std::string prefix_;
  const bool has_session_;
  std::uint64_t values_ = 0;
  std::map<std::string, std::optional<std::string>> seen_;  // newest value of a register that was seen
  std::map<std::string, std::uint64_t> held_;               // fences of locks that it holds
};

}  // namespace kelek::recorder
