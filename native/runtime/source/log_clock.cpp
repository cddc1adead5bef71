// The rules of log time.
#include "log_clock.h"

#include <algorithm>

namespace kelek::runtime {
namespace {

/// Differences between the two clocks below this are drift and the ordinary work of time daemons.
constexpr std::uint64_t ordinary_drift_ms = 1'000;

}  // namespace

void LogClock::learn(std::uint64_t log_time_ms) {
  last_ms_ = std::max(last_ms_, log_time_ms);
}

std::uint64_t LogClock::begin(const ClockReading& now) {
  estimate_ms_ = now.system_ms;
  seen_steady_ms_ = now.steady_ms;
  disbelieved_ms_ = 0;
  behind_ = false;
  last_ms_ = std::max(last_ms_, now.system_ms);
  return last_ms_;
}

std::uint64_t LogClock::follow(const ClockReading& now) {
  const std::uint64_t passed_ms = now.steady_ms > seen_steady_ms_ ? now.steady_ms - seen_steady_ms_ : 0;
  const std::uint64_t expected_ms = estimate_ms_ + passed_ms;
  seen_steady_ms_ = now.steady_ms;
  // Somebody has set right what was not believed.
  if (now.system_ms <= expected_ms + ordinary_drift_ms) disbelieved_ms_ = 0;
  const std::uint64_t system_ms = now.system_ms > disbelieved_ms_ ? now.system_ms - disbelieved_ms_ : 0;
  if (system_ms > expected_ms + max_jump_ms_) {
    ++jumps_ahead_;
    estimate_ms_ = expected_ms + max_jump_ms_;
    disbelieved_ms_ += system_ms - estimate_ms_;
    return estimate_ms_;
  }
  const bool behind = system_ms + ordinary_drift_ms < expected_ms;
  if (behind && !behind_) ++jumps_back_;
  behind_ = behind;
  estimate_ms_ = std::max(system_ms, expected_ms);
  return estimate_ms_;
}

std::optional<std::uint64_t> LogClock::tick_for_batch(const ClockReading& now,
                                                      std::optional<std::uint64_t> deadline_ms) {
  const std::uint64_t now_ms = std::max(last_ms_, follow(now));
  const bool due = deadline_ms.has_value() && *deadline_ms > last_ms_ && *deadline_ms <= now_ms;
  if (now_ms < last_ms_ + step_ms_ && !due) return std::nullopt;
  last_ms_ = now_ms;
  return now_ms;
}

std::optional<std::uint64_t> LogClock::tick_for_deadline(const ClockReading& now,
                                                         std::optional<std::uint64_t> deadline_ms) {
  if (!deadline_ms.has_value()) return std::nullopt;
  const std::uint64_t now_ms = std::max(last_ms_, follow(now));
  if (*deadline_ms > now_ms) return std::nullopt;
  last_ms_ = now_ms;
  return now_ms;
}

std::optional<std::uint64_t> LogClock::until_deadline_ms(const ClockReading& now,
                                                         std::optional<std::uint64_t> deadline_ms) const {
  if (!deadline_ms.has_value()) return std::nullopt;
  const std::uint64_t passed_ms = now.steady_ms > seen_steady_ms_ ? now.steady_ms - seen_steady_ms_ : 0;
  const std::uint64_t now_ms = std::max(last_ms_, estimate_ms_ + passed_ms);
  return *deadline_ms > now_ms ? *deadline_ms - now_ms : 0;
}

}  // namespace kelek::runtime
