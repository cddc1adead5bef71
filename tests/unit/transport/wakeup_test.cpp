// Wakeups: none is lost, none is made up.
#include <array>
#include <atomic>
#include <thread>

#include <catch2/catch.hpp>

#include <kelek/transport/frame.h>
#include <kelek/transport/wakeup.h>

namespace kelek::transport {
namespace {

using namespace std::chrono_literals;

bool is_awake(const Wakeup& wakeup, std::chrono::milliseconds wait) {
  std::array<zmq_pollitem_t, 1> items = {poll_item_of(wakeup.descriptor())};
  return wait_for_events(items, wait) == 1;
}

}  // namespace

TEST_CASE("Many notifications are one wakeup, and clear takes it", "[wakeup]") {
  auto wakeup = Wakeup::create();
  REQUIRE(wakeup);
  CHECK_FALSE(is_awake(*wakeup, 0ms));
  wakeup->notify();
  wakeup->notify();
  CHECK(is_awake(*wakeup, 0ms));
  wakeup->clear();
  CHECK_FALSE(is_awake(*wakeup, 0ms));
  wakeup->notify();
  CHECK(is_awake(*wakeup, 0ms));
}

TEST_CASE("A wakeup that was moved still works", "[wakeup]") {
  auto made = Wakeup::create();
  made->notify();
  Wakeup wakeup = std::move(*made);
  CHECK(is_awake(wakeup, 0ms));
  wakeup.clear();
  wakeup.notify();
  CHECK(is_awake(wakeup, 0ms));
}

TEST_CASE("No wakeup is lost between threads", "[wakeup]") {
  constexpr std::uint64_t rounds = 50'000;
  auto wakeup = Wakeup::create();
  std::atomic<std::uint64_t> left{0};
  std::thread other([&] {
    for (std::uint64_t round = 0; round < rounds; ++round) {
      left.fetch_add(1);
      wakeup->notify();
    }
  });
  std::uint64_t seen = 0;
  bool lost = false;
  while (seen < rounds && !lost) {
    lost = !is_awake(*wakeup, 10s);
    wakeup->clear();
    seen = left.load();
  }
  other.join();
  CHECK_FALSE(lost);
}

}  // namespace kelek::transport
