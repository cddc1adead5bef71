// Locks as stories: fences that only grow, a queue in order of asking, leases in log time.
#include "world.h"

using namespace kelek::machine;
using namespace kelek::machine::test;

namespace {

LockAcquire acquire(uint64_t ttl_ms, uint64_t wait_ms = 0, bool bind_to_session = false) {
  return LockAcquire{"build", ttl_ms, wait_ms, bind_to_session};
}

LockResult take(World& world, const std::string& caller, uint64_t ttl_ms, uint64_t wait_ms = 0) {
  const Result result = world.apply(caller, acquire(ttl_ms, wait_ms));
  INFO(result.reason);
  REQUIRE(result.code == Code::ok);
  return body<LockResult>(result);
}

std::string holder(const World& world) {
  const Lock* lock = world.machine.lock("build");
  return lock && lock->hold ? lock->hold->holder : "";
}

uint64_t fence(const World& world) {
  const Lock* lock = world.machine.lock("build");
  return lock && lock->hold ? lock->hold->fence : 0;
}

}  // namespace

TEST_CASE("a free lock is got at once, with its revision as the fence") {
  World world;
  const LockResult got = take(world, "ada", 1000);
  CHECK(got.held);
  CHECK(got.fence == world.machine.revision());
  CHECK(got.deadline_ms == world.time_ms + 1000);
  CHECK(got.holder == "ada");
  CHECK(world.events<LockGrantedEvent>().size() == 1);
}

TEST_CASE("who only tries is refused while it is held, the holder too: locks are not re-entrant") {
  World world;
  take(world, "ada", 1000);
  const Result refused = world.apply("ben", acquire(1000));
  CHECK(refused.code == Code::held_by_another);
  CHECK(body<LockResult>(refused).holder == "ada");
  CHECK_FALSE(body<LockResult>(refused).held);
  CHECK(world.apply("ada", acquire(1000)).code == Code::held_by_another);
}

TEST_CASE("waiters get the lock in the order in which they asked") {
  World world;
  const LockResult ada = take(world, "ada", 1000);
  const LockResult ben = take(world, "ben", 1000, 5000);
  const LockResult cleo = take(world, "cleo", 1000, 5000);
  CHECK_FALSE(ben.held);
  CHECK(ben.position == 1);
  CHECK(cleo.position == 2);
  CHECK(ben.holder == "ada");
  const Result released = world.apply("ada", LockRelease{"build", ada.fence});
  CHECK(released.code == Code::ok);
  CHECK(holder(world) == "ben");
  CHECK(fence(world) == released.revision);
  REQUIRE(world.events<LockGrantedEvent>().size() == 1);
  CHECK(world.events<LockGrantedEvent>()[0].ticket == ben.ticket);
  CHECK(world.events<LockReleasedEvent>()[0].cause == EndCause::released);
  world.wait(1000);  // ben says nothing more
  CHECK(holder(world) == "cleo");
  CHECK(world.events<LockReleasedEvent>()[0].cause == EndCause::expired);
  CHECK(world.machine.lock("build")->hold->deadline_ms == world.time_ms + 1000);
}

TEST_CASE("a lease ends in log time, and its late holder is told that the fence is stale") {
  World world;
  const LockResult ada = take(world, "ada", 1000);
  world.wait(999);
  CHECK(holder(world) == "ada");
  world.wait(1);
  CHECK(world.machine.lock("build") == nullptr);
  CHECK(world.apply("ada", LockExtend{"build", ada.fence, 0}).code == Code::not_holder);
  take(world, "ben", 1000);
  CHECK(world.apply("ada", LockExtend{"build", ada.fence, 0}).code == Code::stale_fence);
  CHECK(world.apply("ada", LockRelease{"build", ada.fence}).code == Code::stale_fence);
  CHECK(holder(world) == "ben");
}

TEST_CASE("fences only grow, through release, expiry, hand-over and the end of sessions") {
  World world;
  std::vector<uint64_t> fences;
  const auto note = [&world, &fences]() {
    for (const LockGrantedEvent& event : world.events<LockGrantedEvent>()) fences.push_back(event.fence);
  };
  const uint64_t session = world.open_session("dan", 100'000);
  take(world, "ada", 1000), note();
  take(world, "ben", 1000, 50'000), note();
  world.in_session("dan", session, 1, acquire(1000, 50'000, true)), note();
  take(world, "cleo", 1000, 50'000), note();
  world.apply("ada", LockRelease{"build", fences.back()}), note();
  world.wait(1000), note();                           // ben's lease ends, dan is next
  world.apply("dan", SessionClose{session}), note();  // dan goes, cleo is next
  world.apply("cleo", LockRelease{"build", fences.back()}), note();
  take(world, "ada", 1000), note();
  REQUIRE(fences.size() == 5);
  for (size_t i = 1; i < fences.size(); ++i) CHECK(fences[i] > fences[i - 1]);
}

TEST_CASE("one entry never grants a lock twice, so that no two holds share a fence") {
  World world;
  const LockResult ada = take(world, "ada", 1000);
  const LockResult ben = take(world, "ben", 1000, 50'000);
  const LockResult cleo = take(world, "cleo", 1000, 50'000);
  CHECK(ada.fence < ben.ticket);
  // At the moment at which ada's lease ends and ben gets the lock, ben gives up: in the same entry.
  world.time_ms += 1000;
  CHECK(world.apply("ben", LockRelease{"build", ben.ticket}).code == Code::ok);
  CHECK(world.events<LockGrantedEvent>().size() == 1);
  CHECK(holder(world) == "");
  CHECK(world.machine.next_deadline_ms() == 0u);  // at once
  const uint64_t bens_fence = world.events<LockGrantedEvent>()[0].fence;
  // Nobody slips in between.
  world.wait(0);
  CHECK(holder(world) == "cleo");
  CHECK(fence(world) > bens_fence);
  CHECK(world.events<LockGrantedEvent>()[0].ticket == cleo.ticket);
}

TEST_CASE("while a lock waits to be handed on, its queue comes first") {
  World world;
  take(world, "ada", 1000);
  const LockResult ben = take(world, "ben", 1000, 50'000);
  take(world, "cleo", 1000, 50'000);
  world.time_ms += 1000;
  world.apply("ben", LockRelease{"build", ben.ticket});
  CHECK(world.apply("dan", acquire(1000)).code == Code::held_by_another);
  CHECK(holder(world) == "cleo");
}

TEST_CASE("the last waiter of a lock that is to be handed on gives up: the lock is free") {
  World world;
  take(world, "ada", 1000);
  const LockResult ben = take(world, "ben", 1000, 50'000);
  take(world, "cleo", 1000, 2'000);
  world.time_ms += 1000;
  world.apply("ben", LockRelease{"build", ben.ticket});
  world.wait(1000);
  CHECK(world.machine.lock("build") == nullptr);
  CHECK(take(world, "dan", 1000).held);
}

TEST_CASE("a waiter's patience ends in log time") {
  World world;
  take(world, "ada", 10'000);
  const LockResult ben = take(world, "ben", 1000, 500);
  world.wait(500);
  CHECK(world.events<LockWaitEndedEvent>() ==
        std::vector<LockWaitEndedEvent>{{"build", "ben", ben.ticket, EndCause::expired}});
  CHECK(world.machine.lock("build")->waiters.empty());
  CHECK(world.apply("ben", LockRelease{"build", ben.ticket}).code == Code::not_holder);
}

TEST_CASE("who has given up by the time the lock is free does not get it") {
  World world;
  take(world, "ada", 1000);
  take(world, "ben", 1000, 900);
  take(world, "cleo", 1000, 5000);
  world.wait(1000);
  CHECK(holder(world) == "cleo");
}

TEST_CASE("a ticket leaves the queue, or releases the lock that it has got meanwhile") {
  World world;
  const LockResult ada = take(world, "ada", 10'000);
  const LockResult ben = take(world, "ben", 10'000, 5000);
  const LockResult cleo = take(world, "cleo", 10'000, 5000);
  CHECK(world.apply("cleo", LockRelease{"build", ben.ticket}).code == Code::not_holder);
  CHECK(world.apply("ben", LockRelease{"build", ben.ticket}).code == Code::ok);
  world.apply("ada", LockRelease{"build", ada.fence});
  CHECK(holder(world) == "cleo");
  CHECK(world.apply("cleo", LockRelease{"build", cleo.ticket}).code == Code::ok);
  CHECK(world.machine.lock("build") == nullptr);
}

TEST_CASE("only the holder extends, only the holder or an admin releases") {
  World world;
  const LockResult ada = take(world, "ada", 1000);
  world.wait(600);
  CHECK(world.apply("ben", LockExtend{"build", ada.fence, 0}).code == Code::not_holder);
  CHECK(world.apply("ada", LockExtend{"build", ada.fence + 1, 0}).code == Code::not_holder);
  const Result extended = world.apply("ada", LockExtend{"build", ada.fence, 0});
  CHECK(extended.code == Code::ok);
  CHECK(body<LockResult>(extended).fence == ada.fence);
  CHECK(body<LockResult>(extended).deadline_ms == world.time_ms + 1000);
  world.wait(600);
  CHECK(holder(world) == "ada");
  CHECK(body<LockResult>(world.apply("ada", LockExtend{"build", ada.fence, 5000})).deadline_ms == world.time_ms + 5000);
  CHECK(world.apply("ben", LockRelease{"build", ada.fence}).code == Code::not_holder);
  CHECK(world.as_admin(LockRelease{"build", ada.fence}).code == Code::ok);
  CHECK(world.events<LockReleasedEvent>()[0].cause == EndCause::revoked);
  CHECK(world.apply("ada", LockRelease{"build", ada.fence}).code == Code::not_holder);
}

TEST_CASE("a new leader extends every lease before it lets any end") {
  World world;
  take(world, "ada", 1000);
  take(world, "ben", 1000, 2000);
  world.wait(900);
  SECTION("with the first entry that it writes") {
    world.elect(60'000);  // nobody could extend while there was no leader
    CHECK(holder(world) == "ada");
    CHECK(world.machine.lock("build")->waiters.size() == 1);
  }
  SECTION("or with any other first entry of its term") {
    ++world.term;
    world.time_ms += 60'000;
    world.apply("cleo", put("a", "b"));
    CHECK(holder(world) == "ada");
  }
  SECTION("also if a command without a time slipped in before it") {
    ++world.term;
    CommandHeader timeless = world.header_of("cleo");
    timeless.leader_time_ms = 0;
    world.apply_with(timeless, put("a", "b"));
    --world.term;
    world.elect(60'000);
    CHECK(holder(world) == "ada");
    CHECK(world.machine.lock("build")->waiters.size() == 1);
  }
  CHECK(world.machine.lock("build")->hold->deadline_ms == world.time_ms + 1000);
  world.wait(999);
  CHECK(holder(world) == "ada");
  world.wait(1);
  CHECK(holder(world) == "ben");
}

TEST_CASE("a new leader shortens no lease") {
  World world;
  const LockResult ada = take(world, "ada", 1000);
  world.apply("ada", LockExtend{"build", ada.fence, 100'000});
  world.apply("ada", LockExtend{"build", ada.fence, 0});
  const uint64_t before = world.machine.lock("build")->hold->deadline_ms;
  world.elect(0);
  CHECK(world.machine.lock("build")->hold->deadline_ms == before);
}

TEST_CASE("a session takes its holds and waits with it") {
  World world;
  CHECK(world.apply("ada", acquire(1000, 0, true)).code == Code::session_required);
  const uint64_t ada = world.open_session("ada", 1000);
  const uint64_t ben = world.open_session("ben", 1000);
  CHECK(world.in_session("ada", ada, 1, acquire(100'000, 0, true)).code == Code::ok);
  CHECK(world.in_session("ben", ben, 1, acquire(100'000, 100'000, true)).code == Code::ok);
  take(world, "cleo", 100'000, 100'000);
  world.wait(1000);  // both sessions expire in one entry: ben, who is gone too, is passed over
  CHECK(holder(world) == "cleo");
  CHECK(world.machine.lock("build")->waiters.empty());
  CHECK(world.events<LockGrantedEvent>().size() == 1);
}

TEST_CASE("a lock that expiring sessions leave behind has one new fence, not two") {
  World world;
  const uint64_t ada = world.open_session("ada", 1000);
  const uint64_t ben = world.open_session("ben", 1000);
  world.in_session("ada", ada, 1, acquire(100'000, 0, true));
  world.in_session("ben", ben, 1, acquire(100'000, 100'000, true));
  world.time_ms += 1000;
  // The entry that ends both sessions asks for the lock itself. Were ben given it in passing, both had this
  // fence.
  const LockResult cleo = take(world, "cleo", 1000);
  REQUIRE(world.events<LockGrantedEvent>().size() == 1);
  CHECK(world.events<LockGrantedEvent>()[0].holder == "cleo");
  CHECK(fence(world) == cleo.fence);
}

TEST_CASE("who has given up does not get the lock of a session that ends at the same moment") {
  World world;
  const uint64_t ada = world.open_session("ada", 1000);
  world.in_session("ada", ada, 1, acquire(100'000, 0, true));
  take(world, "ben", 1000, 900);
  world.wait(1000);
  CHECK(world.machine.lock("build") == nullptr);
  CHECK(world.events<LockGrantedEvent>().empty());
}

TEST_CASE("at the end of time, where every lease ends at once, nothing is handed on in passing") {
  World world;
  take(world, "ada", 1000);
  take(world, "ben", 1000, 50'000);
  ++world.term;
  world.time_ms = UINT64_MAX - 1;  // a new leader: everything is extended as far as numbers go
  world.apply("admin", put("a", "x"));
  CHECK(holder(world) == "ada");
  world.time_ms = UINT64_MAX;
  take(world, "cleo", 1000);
  CHECK(world.events<LockGrantedEvent>().size() == 1);
  CHECK(holder(world) == "cleo");
}

TEST_CASE("locks and queues are limited") {
  World world;
  world.set_limit(&Limits::locks, 2);
  world.set_limit(&Limits::lock_waiters, 1);
  take(world, "ada", 1000);
  take(world, "ben", 1000, 1000);
  CHECK(world.apply("cleo", acquire(1000, 1000)).code == Code::over_limit);
  // The place in the queue counts as much as the hold.
  CHECK(world.apply("ben", LockAcquire{"other", 1000, 0, false}).code == Code::over_limit);
  world.set_limit(&Limits::lock_waiters, 9);
  CHECK(world.apply("cleo", acquire(1000, 1000)).code == Code::over_limit);
  world.set_limit(&Limits::locks, 3);
  CHECK(world.apply("cleo", acquire(1000, 1000)).code == Code::ok);
}
