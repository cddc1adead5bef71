// Tests of the timing of heartbeats.
#include <catch2/catch.hpp>

#include "round_trips.h"

using kelek::runtime::RoundTrips;

TEST_CASE("an answered heartbeat tells the round trip, and one slow answer moves it by an eighth") {
  RoundTrips trips;
  CHECK(trips.microseconds(2) == 0);
  trips.sent(2, 1, 1'000);
  trips.answered(2, 1, 1'800);
  CHECK(trips.microseconds(2) == 800);
  trips.sent(2, 2, 10'000);
  trips.answered(2, 2, 11'600);
  CHECK(trips.microseconds(2) == 900);
  CHECK(trips.microseconds(3) == 0);
}

TEST_CASE("only the answer to the heartbeat that is timed counts, once") {
  RoundTrips trips;
  trips.sent(2, 7, 1'000);
  trips.sent(2, 8, 2'000);      // 7 is still out
  trips.answered(2, 6, 3'000);  // of an earlier time
  trips.answered(2, 8, 3'000);
  CHECK(trips.microseconds(2) == 0);
  trips.answered(2, 7, 5'000);
  CHECK(trips.microseconds(2) == 4'000);
  trips.answered(2, 7, 900'000);
  CHECK(trips.microseconds(2) == 4'000);
}

TEST_CASE("a heartbeat that is never answered gives way") {
  RoundTrips trips;
  trips.sent(2, 1, 1'000);
  trips.sent(2, 2, 2'000'000);
  trips.answered(2, 2, 2'000'500);
  CHECK(trips.microseconds(2) == 500);
  trips.clear();
  CHECK(trips.microseconds(2) == 0);
}
