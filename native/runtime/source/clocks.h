// The clocks of the process, in one place: what is read where is then easy to find.
#pragma once

#include <time.h>

#include <cstdint>

#include "log_clock.h"

namespace kelek::runtime {

inline std::uint64_t read_clock_us(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(time.tv_nsec) / 1'000;
}

/// For deadlines and ticks: stands still while the machine sleeps, as the others' patience does not; a leader that
/// slept has lost its leadership anyway.
inline std::uint64_t steady_us() {
  return read_clock_us(CLOCK_MONOTONIC);
}
inline std::uint64_t steady_ms() {
  return steady_us() / 1'000;
}

/// For log time.
inline ClockReading read_clocks() {
#ifdef CLOCK_BOOTTIME
  return {read_clock_us(CLOCK_REALTIME) / 1'000, read_clock_us(CLOCK_BOOTTIME) / 1'000};
#else
  return {read_clock_us(CLOCK_REALTIME) / 1'000, steady_ms()};
#endif
}

}  // namespace kelek::runtime
