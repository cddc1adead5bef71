// The order of entries, log time, the running hash, and what entries without a command do.
#include "world.h"

using namespace kelek::machine;
using namespace kelek::machine::test;

TEST_CASE("a new machine is empty, at index 0") {
  const Machine machine;
  CHECK(machine.revision() == 0);
  CHECK(machine.term() == 0);
  CHECK(machine.time_ms() == 0);
  CHECK(machine.state_hash() == 0);
  CHECK_FALSE(machine.next_deadline_ms());
  CHECK(machine.state() == State{});
}

TEST_CASE("only the next entry is applied; any other changes nothing at all") {
  World world;
  world.apply("ada", put("a", "x"));
  const uint64_t hash = full_hash(world.machine.state());
  Command command{world.header_of("ada"), put("a", "y")};
  command.header.leader_time_ms += 1'000'000;
  CHECK(world.machine.apply(1, 1, command).result.code == Code::out_of_order);
  CHECK(world.machine.apply(3, 1, command).result.code == Code::out_of_order);
  CHECK(world.machine.apply(2, 0, command).result.code == Code::out_of_order);
  CHECK_FALSE(world.machine.apply_empty(3, 1));
  CHECK_FALSE(world.machine.apply_empty(2, 0));
  CHECK(world.machine.apply_undecodable(1, 1, "x").result.code == Code::out_of_order);
  CHECK(full_hash(world.machine.state()) == hash);
  CHECK(world.machine.apply(2, 1, command).result.code == Code::ok);
}

TEST_CASE("entries without a command are revisions too") {
  World world;
  CHECK(world.machine.apply_empty(1, 1));
  const uint64_t hash = world.machine.state_hash();
  CHECK(world.machine.apply_empty(2, 3));
  CHECK(world.machine.revision() == 2);
  CHECK(world.machine.term() == 3);
  CHECK(world.machine.time_ms() == 0);
  CHECK(world.machine.state_hash() != hash);
  world.term = 3;
  CHECK(world.apply("ada", put("a", "x")).revision == 3);
  CHECK(world.last.result.term == 3);
}

TEST_CASE("a payload that cannot be decoded does nothing, with the same answer everywhere") {
  Machine machine;
  const ApplyOutcome outcome = machine.apply_undecodable(1, 1, "trailing bytes");
  CHECK(outcome.result.code == Code::invalid);
  CHECK(outcome.result.reason == "trailing bytes");
  CHECK(outcome.result.revision == 1);
  CHECK(machine.revision() == 1);
}

TEST_CASE("log time is the largest leader time seen") {
  World world;
  world.apply("ada", put("a", "x"));
  CHECK(world.machine.time_ms() == 1'000);
  world.time_ms = 500;
  world.apply("ada", put("a", "y"));
  CHECK(world.machine.time_ms() == 1'000);
  world.wait(600);
  CHECK(world.machine.time_ms() == 1'100);
}

TEST_CASE("a clock at the end of time wraps nothing around") {
  World world;
  world.time_ms = UINT64_MAX - 5;
  const uint64_t session = world.open_session("ada", 1000);
  CHECK(world.machine.session(session)->deadline_ms == UINT64_MAX);
  KvPut command = put("a", "x");
  command.ttl_ms = 1000;
  CHECK(world.apply("ada", command).code == Code::ok);
  CHECK(world.apply("ada", LockAcquire{"lock", 1000, 0, false}).code == Code::ok);
  world.wait(5);
  CHECK(world.machine.session(session) == nullptr);
  CHECK_FALSE(world.machine.kv_get("a"));
  CHECK(world.machine.lock("lock") == nullptr);
}

TEST_CASE("a command of a bad shape is refused, but log time goes on") {
  World world;
  world.time_ms = 9'000;
  const Result result = world.apply("ada", put("", "x"));
  CHECK(result.code == Code::invalid);
  CHECK(result.reason == "key is empty");
  CHECK(world.machine.time_ms() == 9'000);
}

TEST_CASE("the next deadline is the soonest of all") {
  World world;
  world.open_session("ada", 9'000);
  CHECK(world.machine.next_deadline_ms() == 10'000u);
  world.apply("ada", review());
  CHECK(world.machine.next_deadline_ms() == 10'000u);
  KvPut command = put("a", "x");
  command.ttl_ms = 5'000;
  world.apply("ada", command);
  CHECK(world.machine.next_deadline_ms() == 6'000u);
  world.apply("ada", LockAcquire{"lock", 4'000, 0, false});
  CHECK(world.machine.next_deadline_ms() == 5'000u);
  world.apply("ben", LockAcquire{"lock", 4'000, 3'000, false});
  CHECK(world.machine.next_deadline_ms() == 4'000u);
  world.as_admin(SetLimits{[&world] {
    Limits limits = world.machine.limits();
    limits.grant_request_ms = 2'000;
    return limits;
  }()});
  world.apply("ada", GrantRequest{{"", "deploy", "web", 1, 0, 0}, ""});
  CHECK(world.machine.next_deadline_ms() == 3'000u);
}

TEST_CASE("the same entries give the same hash; any difference gives another") {
  const auto run = [](const std::string& value, uint64_t term, uint64_t time_ms) {
    World world;
    world.term = term;
    world.time_ms = time_ms;
    world.apply("ada", put("a", value));
    return world.machine.state_hash();
  };
  CHECK(run("x", 1, 1) == run("x", 1, 1));
  CHECK(run("x", 1, 1) != run("y", 1, 1));
  CHECK(run("x", 1, 1) != run("x", 2, 1));
  CHECK(run("x", 1, 1) != run("x", 1, 2));
  World refused;
  refused.time_ms = 1;
  refused.apply("ada", put("", ""));
  CHECK(refused.machine.state_hash() != run("x", 1, 1));
}

TEST_CASE("the hash is a fixed function: members of different builds agree") {
  World world;
  world.apply("ada", put("key", "value"));
  CHECK(world.machine.state_hash() == 0x5eec72333dad7b2bull);
}

TEST_CASE("a moved machine goes on") {
  World world;
  world.apply("ada", put("a", "x"));
  Machine moved = std::move(world.machine);
  CHECK(moved.kv_get("a")->value == "x");
  world.machine = std::move(moved);
  CHECK(world.apply("ada", put("b", "x")).code == Code::ok);
}
