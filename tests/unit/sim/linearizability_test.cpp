// The search for an order: small histories that people can follow, all orders tried, limits, and what is explained.
#include <catch2/catch.hpp>

#include <algorithm>

#include "histories.h"

using namespace kelek::sim::history;
using namespace kelek::sim::history::testing;

namespace {

Judgement judge(const std::vector<Operation>& history) {
  return check_linearizability(history).judgement;
}

/// Whether some order of what is left gives the answers that were given: every order is tried.
bool some_order(const World& world, std::vector<Operation> left) {
  const auto is_open = [](const Operation& each) { return each.ending == Ending::unknown; };
  if (std::all_of(left.begin(), left.end(), is_open)) return true;
  for (std::size_t i = 0; i < left.size(); ++i) {
    const bool may_be_first = std::none_of(left.begin(), left.end(), [&](const Operation& other) {
      return !is_open(other) && other.return_time < left[i].call_time;
    });
    if (!may_be_first) continue;
    World after = world;
    Operation performed = left[i];
    after.perform(performed.action);
    if (!is_open(left[i]) && describe(performed) != describe(left[i])) continue;
    std::vector<Operation> others = left;
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
    if (some_order(after, others)) return true;
  }
  return false;
}

/// A small history in which answers may have gone astray.
std::vector<Operation> doubtful_history(ObjectKind kind, std::uint64_t seed) {
  Making making;
  making.kind = kind;
  making.seed = seed;
  making.operations = 6;
  making.clients = 3;
  making.lose_one_in = 6;
  std::vector<Operation> history = make_history(making);
  Draw draw(seed);
  Operation& one = history[draw.below(history.size())];
  Operation& other = history[draw.below(history.size())];
  const bool alike = one.action.index() == other.action.index() && one.ending == other.ending;
  if (alike && reads_only(one.action)) std::swap(one.action, other.action);
  if (auto* read = std::get_if<ReadTotal>(&one.action)) read->total += draw.below(2);
  if (auto* put = std::get_if<Put>(&one.action)) put->version += put->version == 0 ? 0 : draw.below(2);
  if (auto* append = std::get_if<Append>(&one.action)) append->position = draw.below(4);
  return history;
}

}  // namespace

TEST_CASE("reads that overlap a put may see it or not, and then it stays seen") {
  const Operation put = done(1, Put{"a", 1}, 10, 100);
  CHECK(judge({put, done(2, Get{}, 20, 30), done(2, Get{"a", 1}, 40, 50)}) == Judgement::linearizable);
  CHECK(judge({put, done(2, Get{"a", 1}, 20, 30), done(2, Get{}, 40, 50)}) == Judgement::not_linearizable);
  CHECK(judge({put, done(2, Get{"a", 1}, 20, 30), done(3, Get{}, 25, 50)}) == Judgement::linearizable);
}

TEST_CASE("what returned before another was called comes before it; what meets at one moment overlaps") {
  CHECK(judge({done(1, Put{"a", 1}, 10, 20), done(2, Get{}, 21, 30)}) == Judgement::not_linearizable);
  CHECK(judge({done(1, Put{"a", 1}, 10, 20), done(2, Get{}, 20, 30)}) == Judgement::linearizable);
  CHECK(judge({done(1, Put{"a", 1}, 10, 20), done(2, Get{"a", 1}, 20, 20)}) == Judgement::linearizable);
}

TEST_CASE("a put without an answer may have happened at any time after its call, or never, but once") {
  const Operation put = lost(1, Put{"a", 0}, 10);
  CHECK(judge({put, done(2, Get{}, 1000, 1001)}) == Judgement::linearizable);
  CHECK(judge({put, done(2, Get{}, 1000, 1001), done(2, Get{"a", 1}, 1002, 1003)}) == Judgement::linearizable);
  CHECK(judge({done(2, Get{"a", 1}, 1, 9), put}) == Judgement::not_linearizable);
  CHECK(judge({put, done(2, Get{"a", 1}, 20, 21), done(2, Put{"b", 2}, 22, 23), done(2, Get{"a", 3}, 24, 25)}) ==
        Judgement::not_linearizable);
}

TEST_CASE("what was refused did not happen") {
  Operation refused = done(1, Put{"a", 0}, 10, 20);
  refused.ending = Ending::refused;
  CHECK(judge({refused, done(2, Get{}, 30, 40)}) == Judgement::linearizable);
  CHECK(judge({refused, done(2, Get{"a", 1}, 30, 40)}) == Judgement::not_linearizable);
}

TEST_CASE("keys stand alone, and so do kinds of object under one key") {
  const std::vector<Operation> history = {
      done(1, Put{"a", 1}, 1, 2, "x"),     done(1, Get{}, 3, 4, "y"),        done(1, Append{"a", 0}, 5, 6, "x"),
      done(1, Add{1, 0, 0, 1}, 7, 8, "x"), done(1, Get{"a", 1}, 9, 10, "x"),
  };
  const Verdict verdict = check_linearizability(history);
  CHECK(verdict.linearizable());
  CHECK(verdict.objects.size() == 4);
  CHECK(verdict.left_out == 0);
}

TEST_CASE("an operation that returns before its call is in no order") {
  CHECK(judge({done(1, Put{"a", 1}, 10, 5)}) == Judgement::not_linearizable);
}

TEST_CASE("the verdict is that of trying every order") {
  const ObjectKind kind = GENERATE(ObjectKind::register_, ObjectKind::log, ObjectKind::counter);
  std::size_t wrong = 0;
  constexpr std::size_t histories = 1500;
  for (std::uint64_t seed = 1; seed <= histories; ++seed) {
    const std::vector<Operation> history = doubtful_history(kind, seed);
    const bool expected = some_order(World{}, history);
    CAPTURE(kind_name(kind), seed);
    REQUIRE((judge(history) == Judgement::linearizable) == expected);
    if (!expected) ++wrong;
  }
  CHECK(wrong > histories / 20);
  CHECK(wrong < histories / 2);
}

TEST_CASE("the order of the operations in the history means nothing") {
  Making making;
  making.lose_one_in = 20;
  std::vector<Operation> history = make_history(making);
  std::reverse(history.begin(), history.end());
  CHECK(judge(history) == Judgement::linearizable);
}

TEST_CASE("ten thousand operations on one key are judged in about as many steps") {
  Making making;
  making.kind = GENERATE(ObjectKind::register_, ObjectKind::log, ObjectKind::lock, ObjectKind::counter,
                         ObjectKind::configuration);
  making.operations = 10'000;
  making.clients = 8;
  const Verdict verdict = check_linearizability(make_history(making));
  CHECK(verdict.linearizable());
  CHECK(verdict.steps < 100'000);
}

TEST_CASE("at a limit the verdict is unknown, and says which limit") {
  // Nine puts that nobody was answered, and a read of what none of them wrote: all their orders have to be tried.
  std::vector<Operation> history;
  for (std::uint64_t i = 0; i < 9; ++i) history.push_back(lost(i, Put{"v" + std::to_string(i), 0}, i));
  history.push_back(done(10, Get{"v0", 0}, 20, 21));
  history.push_back(done(10, Get{"w", 0}, 22, 23));
  CHECK(judge(history) == Judgement::not_linearizable);

  CheckLimits few_steps;
  few_steps.max_steps = 100;
  const Verdict by_steps = check_linearizability(history, few_steps);
  CHECK(by_steps.judgement == Judgement::unknown);
  CHECK(by_steps.objects.at(0).limit == "steps");
  CHECK(by_steps.objects.at(0).steps == 100);
  CHECK(by_steps.text().find("not decided within the limit of steps") != std::string::npos);

  CheckLimits little_memory;
  little_memory.max_memory_bytes = 20'000;
  const Verdict by_memory = check_linearizability(history, little_memory);
  CHECK(by_memory.judgement == Judgement::unknown);
  CHECK(by_memory.objects.at(0).limit == "memory");
}

TEST_CASE("one bad key is worse than one that is not decided") {
  std::vector<Operation> history;
  for (std::uint64_t i = 0; i < 9; ++i) history.push_back(lost(i, Put{"v" + std::to_string(i), 0}, i, "hard"));
  history.push_back(done(10, Get{"v0", 0}, 20, 21, "hard"));
  history.push_back(done(10, Get{"w", 0}, 22, 23, "hard"));
  history.push_back(done(11, Get{"w", 0}, 22, 23, "bad"));
  CheckLimits limits;
  limits.max_steps = 100;
  CHECK(check_linearizability(history, limits).judgement == Judgement::not_linearizable);
}

TEST_CASE("what is not linearizable is explained by the shortest beginning that is not") {
  const std::vector<Operation> history = {
      done(1, Put{"a", 1}, 1000, 1010),    done(2, Put{"b", 2}, 1020, 1050), done(3, Get{"b", 2}, 1025, 1030),
      lost(4, Append{"z", {}}, 1030),      done(1, Get{"a", 1}, 1040, 1045), done(3, Get{"later", 7}, 1100, 1110),
      done(5, Get{"b", 2}, 500, 600, "y"),
  };
  const Verdict verdict = check_linearizability(history);
  REQUIRE(verdict.judgement == Judgement::not_linearizable);
  REQUIRE(verdict.objects.size() == 3);
  const Explanation& why = verdict.objects.at(0).explanation;
  CHECK(why.blocked == 4);
  CHECK(why.order == std::vector<std::size_t>{0, 1, 2});
  CHECK(why.stuck == std::vector<std::size_t>{4});
  CHECK("\n" + why.text == R"(
register "x" is not linearizable.
  No order of its operations gets past this answer:
    process 1    get -> "a" version 1                          [40, 45]
  The order that comes furthest places 3 operations:
    process 1    put "a" -> ok version 1                       [0, 10]
    process 2    put "b" -> ok version 2                       [20, 50]
    process 3    get -> "b" version 2                          [25, 30]
  Then the key holds "b" version 2.
  In time, not to scale (= fits nowhere, > outcome unknown):
    process 1    |-----|                                           put "a" -> ok version 1
    process 2                 |---------------------------------|  put "b" -> ok version 2
    process 3                        |-----|                       get -> "b" version 2
    process 1                                     |======|         get -> "a" version 1
)");
  CHECK("\n" + verdict.text() == R"(
not linearizable: 7 operations on 3 objects, 0 of them without part in it; 6 steps
register "x" is not linearizable.
  No order of its operations gets past this answer:
    process 1    get -> "a" version 1                          [40, 45]
  The order that comes furthest places 3 operations:
    process 1    put "a" -> ok version 1                       [0, 10]
    process 2    put "b" -> ok version 2                       [20, 50]
    process 3    get -> "b" version 2                          [25, 30]
  Then the key holds "b" version 2.
  In time, not to scale (= fits nowhere, > outcome unknown):
    process 1    |-----|                                           put "a" -> ok version 1
    process 2                 |---------------------------------|  put "b" -> ok version 2
    process 3                        |-----|                       get -> "b" version 2
    process 1                                     |======|         get -> "a" version 1
register "y" is not linearizable.
  No order of its operations gets past this answer:
    process 5    get -> "b" version 2                          [0, 100]
  Nothing comes before it; then there is nothing under the key.
  In time, not to scale (= fits nowhere, > outcome unknown):
    process 5    |==============================================|  get -> "b" version 2
)");
}
