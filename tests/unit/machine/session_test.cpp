// Sessions: exactly once, in order, and never a new start by accident.
#include "indexes.h"
#include "world.h"

using namespace kelek::machine;
using namespace kelek::machine::test;

TEST_CASE("a retried command is applied once, and gets the same answer") {
  World world;
  const uint64_t session = world.open_session("ada");
  TopicAppend append;
  append.topic = "plan";
  append.payload = "once";
  append.create_if_missing = true;
  const Result first = world.in_session("ada", session, 1, append);
  world.apply("ben", put("a", "b"));
  const uint64_t hash_before = world.machine.state_hash();
  const Result second = world.in_session("ada", session, 1, append);
  CHECK(second == first);
  CHECK(second.revision < world.machine.revision());
  CHECK(world.last.replayed);
  CHECK(world.last.events == nullptr);
  CHECK(world.machine.topic("plan")->records.size() == 1);
  CHECK(world.machine.state_hash() != hash_before);
}

TEST_CASE("a refusal is an answer too: the retry is refused alike, whatever has changed since") {
  World world;
  const uint64_t session = world.open_session("ada");
  KvDelete command;
  command.key = "plan";
  CHECK(world.in_session("ada", session, 1, command).code == Code::not_found);
  world.apply("ben", put("plan", "b"));
  CHECK(world.in_session("ada", session, 1, command).code == Code::not_found);
  CHECK(world.machine.kv_get("plan"));
}

TEST_CASE("older answers are kept for a while; then a retry is told that it was applied") {
  World world;
  world.set_limit(&Limits::session_results, 3);
  const uint64_t session = world.open_session("ada");
  std::vector<Result> answers;
  for (uint64_t i = 1; i <= 5; ++i) {
    answers.push_back(world.in_session("ada", session, i, put("key", std::to_string(i))));
  }
  for (uint64_t i = 3; i <= 5; ++i) CHECK(world.in_session("ada", session, i, put("key", "other")) == answers[i - 1]);
  CHECK(world.in_session("ada", session, 2, put("key", "other")).code == Code::stale_sequence);
  CHECK(world.machine.kv_get("key")->value == "5");
}

TEST_CASE("kept answers are limited in bytes, but the newest is always kept") {
  World world;
  world.set_limit(&Limits::session_result_bytes, 100);
  const uint64_t session = world.open_session("ada");
  world.apply("ada", put("key", std::string(1000, 'x')));
  KvPut command = put("key", "y");
  world.in_session("ada", session, 1, command);
  command.want_previous = true;
  command.value = std::string(1000, 'z');
  world.in_session("ada", session, 2, command);
  const Result answer = world.in_session("ada", session, 3, command);
  CHECK(body<KvResult>(answer).record->value.size() == 1000);
  CHECK(world.in_session("ada", session, 3, command) == answer);
  CHECK(world.machine.session(session)->results.size() == 1);
}

TEST_CASE("a gap is refused and uses no sequence: the missing command goes first") {
  World world;
  const uint64_t session = world.open_session("ada");
  const Result gap = world.in_session("ada", session, 2, put("key", "second"));
  CHECK(gap.code == Code::sequence_gap);
  CHECK(gap.reason == "the next sequence is 1, not 2");
  CHECK(world.in_session("ada", session, 1, put("key", "first")).code == Code::ok);
  CHECK(world.in_session("ada", session, 2, put("key", "second")).code == Code::ok);
  CHECK(world.machine.kv_get("key")->value == "second");
}

TEST_CASE("a session expires in log time, and is then refused for good") {
  World world;
  const uint64_t session = world.open_session("ada", 1000);
  world.wait(999);
  CHECK(world.in_session("ada", session, 1, put("key", "x")).code == Code::ok);  // and lives on by that
  world.wait(999);
  CHECK(world.apply("ada", SessionKeepAlive{session}).code == Code::ok);
  CHECK(body<SessionResult>(world.last.result).deadline_ms == world.time_ms + 1000);
  world.wait(1000);
  CHECK(world.events<SessionEndedEvent>() == std::vector<SessionEndedEvent>{{session, "ada", EndCause::expired}});
  CHECK(world.in_session("ada", session, 2, put("key", "y")).code == Code::expired_session);
  CHECK(world.in_session("ada", session, 1, put("key", "x")).code == Code::expired_session);
  CHECK(world.apply("ada", SessionKeepAlive{session}).code == Code::expired_session);
  CHECK(world.machine.kv_get("key")->value == "x");
}

TEST_CASE("a command that comes at the very end of its session is late") {
  World world;
  const uint64_t session = world.open_session("ada", 1000);
  world.time_ms += 1000;
  CHECK(world.in_session("ada", session, 1, put("key", "x")).code == Code::expired_session);
  CHECK_FALSE(world.machine.kv_get("key"));
}

TEST_CASE("a session that never was is an error, never a new start") {
  World world;
  CHECK(world.in_session("ada", 77, 1, put("key", "x")).code == Code::unknown_session);
  CHECK(world.apply("ada", SessionKeepAlive{77}).code == Code::unknown_session);
  CHECK(world.apply("ada", SessionClose{77}).code == Code::unknown_session);
  CHECK_FALSE(world.machine.kv_get("key"));
  CHECK(world.machine.state().sessions.empty());
}

TEST_CASE("a closed session is refused, and after many others it counts as unknown") {
  World world;
  world.set_limit(&Limits::ended_sessions, 1);
  const uint64_t first = world.open_session("ada");
  const uint64_t second = world.open_session("ada");
  CHECK(world.apply("ada", SessionClose{first}).code == Code::ok);
  CHECK(world.in_session("ada", first, 1, put("key", "x")).code == Code::expired_session);
  CHECK(world.apply("ada", SessionClose{second}).code == Code::ok);
  CHECK(world.in_session("ada", first, 1, put("key", "x")).code == Code::unknown_session);
  CHECK(world.in_session("ada", second, 1, put("key", "x")).code == Code::expired_session);
}

TEST_CASE("nobody uses the session of another") {
  World world;
  const uint64_t session = world.open_session("ada");
  CHECK(world.in_session("ben", session, 1, put("key", "x")).code == Code::forbidden);
  CHECK(world.apply("ben", SessionKeepAlive{session}).code == Code::forbidden);
  CHECK(world.apply("ben", SessionClose{session}).code == Code::forbidden);
  CHECK(world.machine.session(session)->last_sequence == 0);
}

TEST_CASE("a new leader extends sessions before it ends any") {
  World world;
  const uint64_t session = world.open_session("ada", 1000);
  world.elect(60'000);
  CHECK(world.in_session("ada", session, 1, put("key", "x")).code == Code::ok);
}

TEST_CASE("a session that opens before the first leader has told the time outlives that moment") {
  World world;
  CommandHeader timeless = world.header_of("ada");
  timeless.leader_time_ms = 0;
  const uint64_t session = body<SessionResult>(world.apply_with(timeless, SessionOpen{1'000})).session_id;
  world.apply_with(world.header_of(""), LeaderStart{});
  CHECK(world.in_session("ada", session, 1, put("key", "x")).code == Code::ok);
}

TEST_CASE("a refused session command does not keep the session alive") {
  World world;
  const uint64_t session = world.open_session("ada", 1000);
  world.wait(500);
  world.in_session("ada", session, 5, put("key", "x"));
  world.in_session("ben", session, 1, put("key", "x"));
  world.wait(500);
  CHECK(world.machine.session(session) == nullptr);
}

TEST_CASE("sessions are limited") {
  World world;
  world.set_limit(&Limits::sessions, 1);
  world.open_session("ada");
  CHECK(world.apply("ben", SessionOpen{1000}).code == Code::over_limit);
}

TEST_CASE("which answers a session drops does not hang on how a reason is worded") {
  // Members of two versions: if the longer wording made one of them drop an answer earlier, the same retry
  // would be answered differently, and their states would part.
  Result terse;
  terse.code = Code::not_found;
  terse.body = KvResult{KvRecord{std::string(100, 'x')}, 0};
  Result wordy = terse;
  wordy.reason = std::string(500, 'w');
  CHECK(answer_size(terse) == answer_size(wordy));
  CHECK(answer_size(terse) > 100);
}

TEST_CASE("large answers under sessions are bounded for all sessions together") {
  World world;
  world.set_limit(&Limits::sessions, 3);
  world.set_limit(&Limits::session_result_bytes, 1'024);
  world.apply("ada", put("key", std::string(2'000, 'x')));
  KvTxn read;
  read.then_operations = {KvGet{"key"}};
  const uint64_t first = world.open_session("ada");
  const uint64_t second = world.open_session("ben");
  CHECK(world.in_session("ada", first, 1, read).code == Code::ok);
  CHECK(world.in_session("ben", second, 1, read).code == Code::over_limit);
  KvDelete erase;
  erase.key = "key";
  erase.want_previous = true;
  CHECK(world.in_session("ben", second, 2, erase).code == Code::over_limit);
  KvPut replace = put("key", "y");
  replace.want_previous = true;
  CHECK(world.in_session("ben", second, 3, replace).code == Code::over_limit);
  // Small ones, and those that nobody keeps, are given as ever.
  CHECK(world.in_session("ben", second, 4, put("other", "z")).code == Code::ok);
  CHECK(world.apply("ben", read).code == Code::ok);
  world.apply("ada", SessionClose{first});
  CHECK(world.in_session("ben", second, 5, read).code == Code::ok);
}

TEST_CASE("a great many sessions that expire together go over several entries, and none is used meanwhile") {
  World world;
  world.set_limit(&Limits::range_delete_keys, 4);
  std::vector<uint64_t> sessions;
  for (int i = 0; i < 5; ++i) {
    sessions.push_back(world.open_session("ada", 1000));
    KvPut bound = put("key " + std::to_string(i), "x");
    bound.bind_to_session = true;
    world.in_session("ada", sessions.back(), 1, bound);
  }
  world.wait(1000);  // two events a session: the end and the key
  CHECK(world.machine.state().sessions.size() == 3);
  CHECK(*world.machine.next_deadline_ms() <= world.machine.time_ms());  // the leader ticks again at once
  SECTION("what is left is refused like what is gone") {
    const Result refused = world.in_session("ada", sessions[4], 2, put("late", "x"));
    CHECK(refused.code == Code::expired_session);
    CHECK(world.apply("ada", SessionKeepAlive{sessions[4]}).code == Code::expired_session);
    CHECK_FALSE(world.machine.kv_get("late"));
  }
  SECTION("a new leader does not bring it back") {
    world.elect(0);
    CHECK(world.in_session("ada", sessions[4], 2, put("late", "x")).code == Code::expired_session);
  }
  world.wait(0);
  world.wait(0);
  CHECK(world.machine.state().sessions.empty());
  CHECK(world.machine.kv_count({}).keys == 0);
}
