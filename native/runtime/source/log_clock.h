// LogClock: what time the leader writes into the log. Commands carry no time of their own: the leader puts a
// ClockTick before a batch whenever its clock has gone on by a step, so that forwarding can stay in the core.
#pragma once

#include <cstdint>
#include <optional>

namespace kelek::runtime {

/// One reading of both clocks, in milliseconds: the system's (since 1970), which people and daemons set, and one that
/// nobody sets and that goes on while the machine sleeps.
struct ClockReading {
  std::uint64_t system_ms = 0;
  std::uint64_t steady_ms = 0;
};

/// Log time never goes back, whatever the system's clock does: set back, it goes on by the steady clock. Within a
/// leadership it goes ahead at most max_jump_ms at once, and the rest of the jump is not believed: otherwise a clock
/// set wrong by a year would end every lease and ballot there is. Both are counted.
class LogClock {
 public:
  LogClock(std::uint64_t step_ms, std::uint64_t max_jump_ms) : step_ms_(step_ms), max_jump_ms_(max_jump_ms) {}

  /// The machine has applied this time: nothing below it is ever written.
  void learn(std::uint64_t log_time_ms);

  /// A leadership begins: the system's clock is believed once. Gives what LeaderStart says.
  std::uint64_t begin(const ClockReading& now);

  /// The time to write before a batch of commands, or nothing if the last one is recent enough: within a step, and
  /// not past the machine's next deadline.
  std::optional<std::uint64_t> tick_for_batch(const ClockReading& now, std::optional<std::uint64_t> deadline_ms);

  /// The time to write while nobody proposes: only once the machine's next deadline has passed.
  std::optional<std::uint64_t> tick_for_deadline(const ClockReading& now, std::optional<std::uint64_t> deadline_ms);

  /// How long until tick_for_deadline() has something to say, for who waits; nothing without a deadline.
  std::optional<std::uint64_t> until_deadline_ms(const ClockReading& now,
                                                 std::optional<std::uint64_t> deadline_ms) const;

  std::uint64_t last_ms() const { return last_ms_; }
  /// How often the system's clock went back, or ahead by more than is believed. For status and warnings.
  std::uint64_t jumps_back() const { return jumps_back_; }
  std::uint64_t jumps_ahead() const { return jumps_ahead_; }

 private:
  std::uint64_t follow(const ClockReading& now);

  std::uint64_t step_ms_;
  std::uint64_t max_jump_ms_;
  std::uint64_t last_ms_ = 0;      // newest written or applied
  std::uint64_t estimate_ms_ = 0;  // what the time is, at seen_steady_ms_
  std::uint64_t seen_steady_ms_ = 0;
  std::uint64_t disbelieved_ms_ = 0;  // by which the system's clock is ahead of what is believed
  bool behind_ = false;
  std::uint64_t jumps_back_ = 0;
  std::uint64_t jumps_ahead_ = 0;
};

}  // namespace kelek::runtime
