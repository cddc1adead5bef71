// Txns: every compare, both branches, and all or nothing.
#include "world.h"

using namespace kelek::machine;
using namespace kelek::machine::test;

namespace {

KvCompare compare(std::string key, CompareTarget target, CompareRelation relation, uint64_t number,
                  std::string value = "") {
  return KvCompare{std::move(key), target, relation, number, std::move(value)};
}

bool holds(World& world, KvCompare condition) {
  KvTxn txn;
  txn.compares = {std::move(condition)};
  txn.then_operations = {KvGet{"there"}};
  const Result result = world.apply("ada", txn);
  REQUIRE(result.code == Code::ok);
  return body<TxnResult>(result).compares_held;
}

}  // namespace

TEST_CASE("all compares hold: the first list runs, in order, each seeing the one before") {
  World world;
  world.apply("ada", put("from", "10"));
  KvTxn txn;
  txn.compares = {compare("from", CompareTarget::value, CompareRelation::equal, 0, "10"),
                  compare("to", CompareTarget::version, CompareRelation::equal, 0)};
  txn.then_operations = {put("from", "7"), put("to", "3"), KvGet{"to"}, KvDelete{"from", {}, true}, KvGet{"from"}};
  txn.else_operations = {KvGet{"from"}};
  const Result result = world.apply("ada", txn);
  REQUIRE(result.code == Code::ok);
  const TxnResult& answer = body<TxnResult>(result);
  CHECK(answer.compares_held);
  REQUIRE(answer.operations.size() == 5);
  CHECK(answer.operations[2].record->value == "3");
  CHECK(answer.operations[3].record->value == "7");
  CHECK(answer.operations[3].deleted == 1);
  CHECK_FALSE(answer.operations[4].record);
  CHECK(world.machine.kv_get("to")->mod_revision == result.revision);
  CHECK(world.last.events->events.size() == 3);
}

TEST_CASE("one compare fails: the other list runs") {
  World world;
  world.apply("ada", put("from", "10"));
  KvTxn txn;
  txn.compares = {compare("from", CompareTarget::value, CompareRelation::equal, 0, "10"),
                  compare("from", CompareTarget::version, CompareRelation::greater, 1)};
  txn.then_operations = {put("from", "7")};
  txn.else_operations = {KvGet{"from"}, KvDeleteRange{{"x", "y"}}};
  const Result result = world.apply("ada", txn);
  CHECK_FALSE(body<TxnResult>(result).compares_held);
  CHECK(body<TxnResult>(result).operations[0].record->value == "10");
  CHECK(body<TxnResult>(result).operations[1].deleted == 0);
  CHECK(world.machine.kv_get("from")->value == "10");
}

TEST_CASE("compares of every kind") {
  World world;
  world.apply("ada", put("there", "m"));  // revision 1
  world.apply("ada", put("there", "n"));  // revision 2, version 2
  using T = CompareTarget;
  using R = CompareRelation;
  CHECK(holds(world, compare("there", T::mod_revision, R::equal, 2)));
  CHECK(holds(world, compare("there", T::mod_revision, R::greater, 1)));
  CHECK_FALSE(holds(world, compare("there", T::mod_revision, R::greater, 2)));
  CHECK(holds(world, compare("there", T::create_revision, R::less, 2)));
  CHECK_FALSE(holds(world, compare("there", T::create_revision, R::not_equal, 1)));
  CHECK(holds(world, compare("there", T::version, R::equal, 2)));
  CHECK(holds(world, compare("there", T::value, R::equal, 0, "n")));
  CHECK(holds(world, compare("there", T::value, R::greater, 0, "m")));
  CHECK(holds(world, compare("there", T::value, R::less, 0, "nn")));
  CHECK_FALSE(holds(world, compare("there", T::value, R::not_equal, 0, "n")));
}

TEST_CASE("an absent key has revisions and version 0, and a value unlike any other") {
  World world;
  using T = CompareTarget;
  using R = CompareRelation;
  CHECK(holds(world, compare("absent", T::mod_revision, R::equal, 0)));
  CHECK(holds(world, compare("absent", T::create_revision, R::less, 1)));
  CHECK(holds(world, compare("absent", T::version, R::equal, 0)));
  CHECK(holds(world, compare("absent", T::value, R::not_equal, 0, "")));
  CHECK_FALSE(holds(world, compare("absent", T::value, R::equal, 0, "")));
  CHECK_FALSE(holds(world, compare("absent", T::value, R::less, 0, "a")));
  CHECK_FALSE(holds(world, compare("absent", T::value, R::greater, 0, "a")));
}

TEST_CASE("a txn that would pass a limit does nothing at all") {
  World world;
  world.set_limit(&Limits::keys, 2);
  world.apply("ada", put("a", "x"));
  KvTxn txn;
  txn.then_operations = {put("b", "y"), put("c", "y")};
  CHECK(world.apply("ada", txn).code == Code::over_limit);
  CHECK(world.machine.kv_count({}).keys == 1);
  CHECK(world.last.events == nullptr);
  txn.then_operations.pop_back();
  CHECK(world.apply("ada", txn).code == Code::ok);
  world.set_limit(&Limits::kv_bytes, 1024);
  txn.then_operations = {put("a", std::string(600, 'x')), put("b", std::string(600, 'x'))};
  CHECK(world.apply("ada", txn).code == Code::over_limit);
  CHECK(world.machine.kv_get("a")->value == "x");
  world.set_limit(&Limits::range_delete_keys, 1);
  txn.then_operations = {put("a", "y"), KvDeleteRange{{"", ""}}};
  CHECK(world.apply("ada", txn).code == Code::over_limit);
  CHECK(world.machine.kv_get("a")->value == "x");
}

TEST_CASE("the values that a txn answers with are limited together") {
  World world;
  world.set_limit(&Limits::result_bytes, 1024);
  world.apply("ada", put("a", std::string(600, 'x')));
  KvTxn txn;
  txn.then_operations = {KvGet{"a"}};
  CHECK(world.apply("ada", txn).code == Code::ok);
  txn.then_operations.push_back(KvGet{"a"});
  CHECK(world.apply("ada", txn).code == Code::over_limit);
  // Also those that the txn itself writes first.
  txn.then_operations = {put("b", std::string(2000, 'x')), KvGet{"b"}};
  CHECK(world.apply("ada", txn).code == Code::over_limit);
}

TEST_CASE("a txn can bind to its session") {
  World world;
  KvPut bound = put("a", "x");
  bound.bind_to_session = true;
  KvTxn txn;
  txn.then_operations = {bound};
  CHECK(world.apply("ada", txn).code == Code::session_required);
  const uint64_t session = world.open_session("ada");
  CHECK(world.in_session("ada", session, 1, txn).code == Code::ok);
  world.apply("ada", SessionClose{session});
  CHECK_FALSE(world.machine.kv_get("a"));
}

TEST_CASE("a txn cannot bind more to its session than single puts can") {
  World world;
  world.set_limit(&Limits::session_bindings, 2);
  const uint64_t session = world.open_session("ada");
  const auto bound = [](const std::string& key) {
    KvPut command = put(key, "x");
    command.bind_to_session = true;
    return command;
  };
  KvTxn txn;
  txn.then_operations = {bound("a"), bound("b"), bound("c")};
  CHECK(world.in_session("ada", session, 1, txn).code == Code::over_limit);
  CHECK(world.machine.kv_count({}).keys == 0);
  txn.then_operations = {bound("a"), bound("b")};
  CHECK(world.in_session("ada", session, 2, txn).code == Code::ok);
  CHECK(world.in_session("ada", session, 3, txn).code == Code::ok);  // the same keys again
}

TEST_CASE("the ranges of a txn count together") {
  World world;
  world.set_limit(&Limits::range_delete_keys, 3);
  for (const char* key : {"a1", "a2", "b1", "b2"}) world.apply("ada", put(key, "x"));
  KvTxn txn;
  txn.then_operations = {KvDeleteRange{prefix_range("a")}, KvDeleteRange{prefix_range("b")}};
  CHECK(world.apply("ada", txn).code == Code::over_limit);
  CHECK(world.machine.kv_count({}).keys == 4);
  world.set_limit(&Limits::range_delete_keys, 4);
  CHECK(world.apply("ada", txn).code == Code::ok);
  CHECK(world.machine.kv_count({}).keys == 0);
}
