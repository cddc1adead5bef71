// Keys and values: conditions, ttl, binding to sessions, ranges and limits.
#include "world.h"

using namespace kelek::machine;
using namespace kelek::machine::test;

TEST_CASE("a put makes a record, the next one changes it") {
  World world;
  const Result first = world.apply("ada", put("plan", "a"));
  CHECK(first.code == Code::ok);
  CHECK(first.revision == 1);
  const Result second = world.apply("ada", put("plan", "b"));
  const KvRecord* record = world.machine.kv_get("plan");
  REQUIRE(record);
  CHECK(record->value == "b");
  CHECK(record->create_revision == first.revision);
  CHECK(record->mod_revision == second.revision);
  CHECK(record->version == 2);
  CHECK(world.events<KvPutEvent>() == std::vector<KvPutEvent>{{"plan", "b", 1, 2}});
  CHECK(world.machine.kv_bytes() == 5);
}

TEST_CASE("if_absent creates once") {
  World world;
  KvPut command = put("plan", "a");
  command.if_absent = true;
  CHECK(world.apply("ada", command).code == Code::ok);
  command.value = "b";
  const Result refused = world.apply("ben", command);
  CHECK(refused.code == Code::exists);
  REQUIRE(body<KvResult>(refused).record);
  CHECK(body<KvResult>(refused).record->mod_revision == 1);
  CHECK(body<KvResult>(refused).record->value.empty());
  CHECK(world.machine.kv_get("plan")->value == "a");
}

TEST_CASE("if_revision changes only what was read") {
  World world;
  world.apply("ada", put("plan", "a"));
  KvPut command = put("plan", "b");
  command.if_revision = 1;
  CHECK(world.apply("ada", command).code == Code::ok);
  const Result refused = world.apply("ben", command);
  CHECK(refused.code == Code::revision_mismatch);
  CHECK(refused.reason == "the key was last changed at revision 2, not at 1");
  CHECK(body<KvResult>(refused).record->mod_revision == 2);
  command.if_revision = 0;
  CHECK(world.apply("ben", command).code == Code::revision_mismatch);
  command.key = "other";
  CHECK(world.apply("ben", command).code == Code::ok);  // revision 0: is absent
  command.key = "third";
  command.if_revision = 3;
  CHECK(world.apply("ben", command).code == Code::revision_mismatch);
}

TEST_CASE("delete removes, answers with what was there if asked, and knows conditions") {
  World world;
  world.apply("ada", put("plan", "a"));
  KvDelete command;
  command.key = "plan";
  command.want_previous = true;
  command.if_revision = 7;
  CHECK(world.apply("ada", command).code == Code::revision_mismatch);
  command.if_revision = 1;
  const Result result = world.apply("ada", command);
  CHECK(result.code == Code::ok);
  CHECK(body<KvResult>(result).deleted == 1);
  CHECK(body<KvResult>(result).record->value == "a");
  CHECK(world.machine.kv_get("plan") == nullptr);
  CHECK(world.machine.kv_bytes() == 0);
  command.if_revision.reset();
  CHECK(world.apply("ada", command).code == Code::not_found);
}

TEST_CASE("a put answers with what was there if asked") {
  World world;
  KvPut command = put("plan", "a");
  command.want_previous = true;
  CHECK_FALSE(body<KvResult>(world.apply("ada", command)).record);
  command.value = "b";
  CHECK(body<KvResult>(world.apply("ada", command)).record->value == "a");
}

TEST_CASE("a range delete removes what is in it, and nothing beside") {
  World world;
  for (const char* key : {"a", "b/1", "b/2", "b/3", "c"}) world.apply("ada", put(key, "x"));
  const Result result = world.apply("ada", KvDeleteRange{prefix_range("b/")});
  CHECK(body<KvResult>(result).deleted == 3);
  CHECK(world.events<KvDeleteEvent>().size() == 3);
  CHECK(world.machine.kv_count({}).keys == 2);
  CHECK(body<KvResult>(world.apply("ada", KvDeleteRange{{"", ""}})).deleted == 2);
  CHECK(world.machine.kv_bytes() == 0);
}

TEST_CASE("the range of a prefix ends before the next prefix") {
  CHECK(prefix_range("b/") == KeyRange{"b/", "b0"});
  CHECK(prefix_range("a\xff") == KeyRange{"a\xff", "b"});
  CHECK(prefix_range("\xff\xff") == KeyRange{"\xff\xff", ""});
  CHECK(prefix_range("") == KeyRange{"", ""});
}

TEST_CASE("a range is read in pages") {
  World world;
  for (const char* key : {"a", "b", "c", "d", "e"}) world.apply("ada", put(key, std::string(1000, 'x')));
  KvPage page = world.machine.kv_range({{"b", "e"}, 2, false});
  REQUIRE(page.items.size() == 2);
  CHECK(page.items[0].key == "b");
  CHECK(page.items[0].record.value.size() == 1000);
  CHECK(page.more);
  page = world.machine.kv_range({{page.next_key, "e"}, 2, false});
  REQUIRE(page.items.size() == 1);
  CHECK(page.items[0].key == "d");
  CHECK_FALSE(page.more);
  page = world.machine.kv_range({{"", ""}, 0, true});
  CHECK(page.items.size() == 5);
  CHECK(page.items[4].record.value.empty());
  CHECK(page.items[4].record.mod_revision == 5);
  world.set_limit(&Limits::page_bytes, 2100);
  page = world.machine.kv_range({{"", ""}, 0, false});
  CHECK(page.items.size() == 2);
  CHECK(page.next_key == "c");
  CHECK(world.machine.kv_count({"b", ""}).keys == 4);
  world.set_limit(&Limits::page_items, 3);
  CHECK(world.machine.kv_count({"b", ""}).more);
  CHECK(world.machine.kv_range({{"", ""}, 100, true}).items.size() == 3);
}

TEST_CASE("a key with a ttl goes when log time says so") {
  World world;
  KvPut command = put("lease", "x");
  command.ttl_ms = 500;
  world.apply("ada", command);
  CHECK(world.machine.next_deadline_ms() == world.time_ms + 500);
  world.wait(499);
  CHECK(world.machine.kv_get("lease"));
  world.wait(1);
  CHECK_FALSE(world.machine.kv_get("lease"));
  CHECK(world.events<KvDeleteEvent>() == std::vector<KvDeleteEvent>{{"lease", EndCause::expired}});
  CHECK_FALSE(world.machine.next_deadline_ms());
}

TEST_CASE("another put renews or removes the ttl") {
  World world;
  KvPut command = put("lease", "x");
  command.ttl_ms = 500;
  world.apply("ada", command);
  world.wait(400);
  world.apply("ada", command);
  world.wait(400);
  CHECK(world.machine.kv_get("lease"));
  command.ttl_ms = 0;
  world.apply("ada", command);
  world.wait(10'000);
  CHECK(world.machine.kv_get("lease"));
}

TEST_CASE("a great many keys that expire together go over several entries") {
  World world;
  world.set_limit(&Limits::range_delete_keys, 3);
  for (int i = 0; i < 7; ++i) {
    KvPut command = put("key " + std::to_string(i), "x");
    command.ttl_ms = 500;
    world.apply("ada", command);
  }
  world.wait(500);
  CHECK(world.machine.kv_count({}).keys == 4);
  CHECK(*world.machine.next_deadline_ms() <= world.machine.time_ms());  // the leader ticks again at once
  world.wait(0);
  world.wait(0);
  CHECK(world.machine.kv_count({}).keys == 0);
}

TEST_CASE("a key that is bound to a session goes with it") {
  World world;
  KvPut command = put("member/ada", "here");
  command.bind_to_session = true;
  CHECK(world.apply("ada", command).code == Code::session_required);
  const uint64_t session = world.open_session("ada");
  CHECK(world.in_session("ada", session, 1, command).code == Code::ok);
  command.key = "member/ada/2";
  CHECK(world.in_session("ada", session, 2, command).code == Code::ok);
  // Written again without a binding, it stays.
  CHECK(world.in_session("ada", session, 3, put("member/ada/2", "stays")).code == Code::ok);
  world.apply("ada", SessionClose{session});
  CHECK_FALSE(world.machine.kv_get("member/ada"));
  CHECK(world.machine.kv_get("member/ada/2"));
  CHECK(world.events<KvDeleteEvent>() == std::vector<KvDeleteEvent>{{"member/ada", EndCause::session_ended}});
}

TEST_CASE("what is bound to one session is limited") {
  World world;
  world.set_limit(&Limits::session_bindings, 1);
  const uint64_t session = world.open_session("ada");
  KvPut command = put("a", "x");
  command.bind_to_session = true;
  CHECK(world.in_session("ada", session, 1, command).code == Code::ok);
  CHECK(world.in_session("ada", session, 2, command).code == Code::ok);  // the same key again
  command.key = "b";
  CHECK(world.in_session("ada", session, 3, command).code == Code::over_limit);
}

TEST_CASE("keys and bytes are limited, and a refused put leaves no trace") {
  World world;
  world.set_limit(&Limits::keys, 2);
  world.apply("ada", put("a", "x"));
  world.apply("ada", put("b", "x"));
  const Result refused = world.apply("ada", put("c", "x"));
  CHECK(refused.code == Code::over_limit);
  CHECK(refused.reason == "the store has 3 keys, the limit keys is 2");
  CHECK(world.apply("ada", put("b", "y")).code == Code::ok);
  world.set_limit(&Limits::kv_bytes, 1024);
  CHECK(world.apply("ada", put("a", std::string(1021, 'x'))).code == Code::ok);
  CHECK(world.apply("ada", put("b", "yy")).code == Code::over_limit);
  CHECK(world.apply("ada", put("b", "")).code == Code::ok);  // what gets smaller always fits
  CHECK(world.machine.kv_bytes() == 1023);
}

TEST_CASE("a range delete over the limit is refused as a whole") {
  World world;
  world.set_limit(&Limits::range_delete_keys, 2);
  for (const char* key : {"a", "b", "c"}) world.apply("ada", put(key, "x"));
  CHECK(world.apply("ada", KvDeleteRange{{"", ""}}).code == Code::over_limit);
  CHECK(world.machine.kv_count({}).keys == 3);
  CHECK(world.apply("ada", KvDeleteRange{{"b", ""}}).code == Code::ok);
}

TEST_CASE("an answer does not carry a value over the limit") {
  World world;
  world.set_limit(&Limits::result_bytes, 1024);
  world.apply("ada", put("a", std::string(2000, 'x')));
  KvPut command = put("a", "y");
  command.want_previous = true;
  CHECK(world.apply("ada", command).code == Code::over_limit);
  KvDelete erase;
  erase.key = "a";
  erase.want_previous = true;
  CHECK(world.apply("ada", erase).code == Code::over_limit);
  erase.want_previous = false;
  CHECK(world.apply("ada", erase).code == Code::ok);
}
