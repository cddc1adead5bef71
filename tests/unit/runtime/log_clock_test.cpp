// Log time: never back, never far ahead at once, and written no oftener than needed.
#include <catch2/catch.hpp>

#include "log_clock.h"

using kelek::runtime::ClockReading;
using kelek::runtime::LogClock;

namespace {

constexpr std::uint64_t noon_ms = 1'700'000'000'000;

ClockReading at(std::uint64_t system_ms, std::uint64_t steady_ms) {
  return {noon_ms + system_ms, steady_ms};
}

}  // namespace

TEST_CASE("A batch is stamped once a step, not once a command") {
  LogClock clock(20, 60'000);
  CHECK(clock.begin(at(0, 0)) == noon_ms);
  CHECK_FALSE(clock.tick_for_batch(at(5, 5), {}).has_value());
  CHECK_FALSE(clock.tick_for_batch(at(19, 19), {}).has_value());
  CHECK(clock.tick_for_batch(at(20, 20), {}) == noon_ms + 20);
  CHECK_FALSE(clock.tick_for_batch(at(21, 21), {}).has_value());
}

TEST_CASE("A deadline that has passed is stamped before the next command, so that a late vote is late") {
  LogClock clock(1'000, 60'000);
  clock.begin(at(0, 0));
  CHECK_FALSE(clock.tick_for_batch(at(5, 5), noon_ms + 6).has_value());
  CHECK(clock.tick_for_batch(at(6, 6), noon_ms + 6) == noon_ms + 6);
}

TEST_CASE("Idle log time moves only for a deadline") {
  LogClock clock(20, 60'000);
  clock.begin(at(0, 0));
  CHECK_FALSE(clock.tick_for_deadline(at(5'000, 5'000), {}).has_value());
  CHECK_FALSE(clock.tick_for_deadline(at(6'000, 6'000), noon_ms + 9'000).has_value());
  CHECK(clock.until_deadline_ms(at(6'500, 6'500), noon_ms + 9'000) == 2'500);
  CHECK(clock.tick_for_deadline(at(9'000, 9'000), noon_ms + 9'000) == noon_ms + 9'000);
}

TEST_CASE("A clock set back does not take log time back, and real time still passes") {
  LogClock clock(20, 60'000);
  clock.begin(at(0, 0));
  REQUIRE(clock.tick_for_batch(at(1'000, 1'000), {}) == noon_ms + 1'000);
  // Set back by an hour, while 500 ms pass.
  const ClockReading back{noon_ms + 1'500 - 3'600'000, 1'500};
  CHECK(clock.tick_for_batch(back, {}) == noon_ms + 1'500);
  CHECK(clock.jumps_back() == 1);
  const ClockReading later{back.system_ms + 100, 1'600};
  CHECK(clock.tick_for_batch(later, {}) == noon_ms + 1'600);
  CHECK(clock.jumps_back() == 1);
}

TEST_CASE("A clock set ahead by a year is believed for one minute of it, and no more with time") {
  constexpr std::uint64_t year_ms = 365ull * 24 * 3600 * 1000;
  LogClock clock(20, 60'000);
  clock.begin(at(0, 0));
  CHECK(clock.tick_for_batch(at(year_ms, 100), {}) == noon_ms + 60'100);
  CHECK(clock.jumps_ahead() == 1);
  CHECK(clock.tick_for_batch(at(year_ms + 1'000, 1'100), {}) == noon_ms + 61'100);
  CHECK(clock.jumps_ahead() == 1);
  // Set right again: log time waits on the steady clock until the system's has caught up.
  CHECK(clock.tick_for_batch(at(2'000, 2'000), {}) == noon_ms + 62'000);
}

TEST_CASE("A new leader whose clock is behind goes on from the log's time") {
  LogClock clock(20, 60'000);
  clock.learn(noon_ms + 10'000);
  CHECK(clock.begin(at(0, 0)) == noon_ms + 10'000);
  CHECK_FALSE(clock.tick_for_batch(at(500, 500), {}).has_value());
  CHECK(clock.tick_for_batch(at(10'050, 10'050), {}) == noon_ms + 10'050);
}
