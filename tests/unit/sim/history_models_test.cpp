// Each kind of object: what its answers may be, and that the mutants of each are found.
#include <catch2/catch.hpp>

#include <tuple>

#include "histories.h"

using namespace kelek::sim::history;
using namespace kelek::sim::history::testing;

namespace {

bool holds(const std::vector<Operation>& history) {
  const Verdict verdict = check_linearizability(history);
  CHECK(verdict.judgement != Judgement::unknown);
  return verdict.linearizable();
}

/// In a row, by one process.
std::vector<Operation> in_a_row(const std::vector<Action>& actions) {
  std::vector<Operation> history;
  std::uint64_t time = 1;
  for (const Action& action : actions) {
    history.push_back(done(1, action, time, time + 1));
    time += 2;
  }
  return history;
}

bool row_holds(const std::vector<Action>& actions) {
  return holds(in_a_row(actions));
}

constexpr std::uint64_t seeds = 25;

}  // namespace

TEST_CASE("objects that work give histories that are linearizable") {
  Making making;
  making.kind = GENERATE(ObjectKind::register_, ObjectKind::log, ObjectKind::lock, ObjectKind::counter,
                         ObjectKind::configuration);
  making.lose_one_in = GENERATE(0U, 25U);
  // A lock that a lost client holds is never free again: then all others are told so.
  for (making.seed = 1; making.seed <= seeds; ++making.seed) {
    CAPTURE(kind_name(making.kind), making.seed, making.lose_one_in);
    CHECK(holds(make_history(making)));
  }
}

TEST_CASE("every mutant of every kind of object is found, by every seed") {
  Making making;
  making.kind = GENERATE(ObjectKind::register_, ObjectKind::log, ObjectKind::lock, ObjectKind::counter,
                         ObjectKind::configuration);
  making.mutant = GENERATE(Mutant::stale_read, Mutant::lost_update, Mutant::double_apply, Mutant::reordered_ack);
  making.operations = 400;
  for (making.seed = 1; making.seed <= seeds; ++making.seed) {
    CAPTURE(kind_name(making.kind), static_cast<int>(making.mutant), making.seed);
    CHECK_FALSE(holds(make_history(making)));
  }
}

TEST_CASE("a register counts the versions of a value, from its creation on") {
  CHECK(row_holds(
      {Put{"a", 1}, Put{"a", 2}, Get{"a", 2}, Delete{true}, Get{}, Put{"b", 1}, Delete{true}, Delete{false}}));
  CHECK_FALSE(row_holds({Put{"a", 1}, Put{"a", 1}}));
  CHECK_FALSE(row_holds({Put{"a", 1}, Delete{true}, Put{"a", 2}}));
  CHECK_FALSE(row_holds({Delete{true}}));
  CHECK(row_holds({Put{"a", 0}, Put{"b", 0}, Get{"b", 0}, Delete{std::nullopt}, Get{}}));
}

TEST_CASE("compare and set writes where the comparison holds, and is answered so") {
  CHECK(row_holds({CompareAndSet{std::nullopt, "a", true, 1}, CompareAndSet{"a", "b", true, 2}, Get{"b", 2},
                   CompareAndSet{"a", "c", false, 0}, CompareAndSet{std::nullopt, "c", false, 0}, Get{"b", 2}}));
  CHECK_FALSE(row_holds({Put{"a", 1}, CompareAndSet{"a", "b", false, 0}}));
  CHECK_FALSE(row_holds({Put{"a", 1}, CompareAndSet{"b", "c", true, 2}}));
  const Operation unanswered = lost(2, CompareAndSet{"a", "b", false, 0}, 3);
  CHECK(holds({done(1, Put{"a", 1}, 1, 2), unanswered, done(1, Get{"b", 2}, 4, 5)}));
  CHECK_FALSE(holds({done(1, Put{"c", 1}, 1, 2), unanswered, done(1, Get{"b", 2}, 4, 5)}));
}

TEST_CASE("a log shows what was lost, doubled and reordered") {
  CHECK(row_holds({ReadLog{0, {}}, Append{"a", 0}, Append{"b", 1}, ReadLog{0, {"a", "b"}}, ReadLog{1, {"b"}},
                   ReadLog{2, {}}, ReadLog{9, {}}}));
  CHECK_FALSE(row_holds({Append{"a", 0}, Append{"b", 1}, ReadLog{0, {"b"}}}));
  CHECK_FALSE(row_holds({Append{"a", 0}, Append{"b", 1}, ReadLog{0, {"a", "a", "b"}}}));
  CHECK_FALSE(row_holds({Append{"a", std::nullopt}, Append{"b", std::nullopt}, ReadLog{0, {"b", "a"}}}));
  CHECK_FALSE(row_holds({Append{"a", 0}, Append{"b", 1}, ReadLog{1, {}}}));
  CHECK_FALSE(row_holds({Append{"a", 1}}));
  CHECK(holds({done(1, Append{"a", std::nullopt}, 1, 9), done(2, Append{"b", std::nullopt}, 1, 9),
               done(1, ReadLog{0, {"b", "a"}}, 10, 11)}));
}

TEST_CASE("appends that nobody was answered are placed by what is read later, without trying all orders") {
  std::vector<Operation> history;
  std::vector<std::string> all;
  for (std::uint64_t i = 0; i < 40; ++i) {
    all.push_back("r" + std::to_string(39 - i));
    history.push_back(lost(i, Append{"r" + std::to_string(i), std::nullopt}, 1));
    history.push_back(lost(50 + i, Append{"never " + std::to_string(i), std::nullopt}, 1));
  }
  history.push_back(done(100, Append{"last", 40}, 10, 20));
  history.push_back(done(100, ReadLog{36, {"r3", "r2", "r1", "r0", "last"}}, 30, 40));
  all.push_back("last");
  history.push_back(done(100, ReadLog{0, all}, 50, 60));
  const Verdict verdict = check_linearizability(history);
  CHECK(verdict.linearizable());
  CHECK(verdict.steps < 10'000);
}

TEST_CASE("a log that is wrong is explained by what came before, not by what comes later") {
  const std::vector<Operation> history = {
      done(1, Append{"a", std::nullopt}, 1, 2),
      done(2, ReadLog{0, {"a"}}, 3, 4),
      done(2, ReadLog{0, {"b"}}, 5, 6),
      done(2, ReadLog{0, {"b", "c"}}, 7, 8),
  };
  const Verdict verdict = check_linearizability(history);
  REQUIRE(verdict.judgement == Judgement::not_linearizable);
  CHECK(verdict.objects.at(0).explanation.blocked == 2);
}

TEST_CASE("a lock has one holder, and its fences only grow") {
  CHECK(row_holds({Acquire{0, true, 5}, Acquire{0, false, 0}, Release{4, false}, Release{5, true}, Release{5, false},
                   Acquire{0, true, 9}}));
  CHECK_FALSE(row_holds({Acquire{0, true, 5}, Acquire{0, true, 6}}));
  CHECK_FALSE(row_holds({Acquire{0, true, 5}, Release{5, true}, Acquire{0, true, 5}}));
  CHECK_FALSE(row_holds({Acquire{0, true, 5}, Release{5, true}, Acquire{0, true, 4}}));
  CHECK_FALSE(row_holds({Acquire{0, false, 0}}));
  CHECK_FALSE(row_holds({Acquire{0, true, 5}, Release{5, false}}));
  CHECK_FALSE(row_holds({Acquire{0, true, 5}, Release{4, true}}));
}

TEST_CASE("a hold ends by itself when its lease is over, and not before") {
  const Operation held = done(1, Acquire{100, true, 5}, 10, 20);
  CHECK_FALSE(holds({held, done(2, Acquire{100, true, 6}, 30, 109)}));
  CHECK(holds({held, done(2, Acquire{100, true, 6}, 30, 110)}));
  CHECK(holds({held, done(2, Acquire{100, false, 0}, 500, 510)}));
  CHECK(holds({held, done(1, Release{5, false}, 200, 210), done(2, Acquire{100, true, 6}, 220, 230)}));
  CHECK_FALSE(holds({held, done(1, Release{5, false}, 50, 60)}));
  CHECK_FALSE(holds({held, done(1, Release{5, false}, 200, 210), done(2, Acquire{100, false, 0}, 220, 230)}));
}

TEST_CASE("an acquire without an answer may hold the lock with a fence that nobody knows") {
  const Operation unanswered = lost(1, Acquire{}, 1);
  CHECK(holds({unanswered, done(2, Acquire{0, false, 0}, 2, 3)}));
  CHECK(holds({unanswered, done(2, Acquire{0, true, 4}, 2, 3)}));
  CHECK_FALSE(holds({unanswered, done(2, Acquire{0, false, 0}, 2, 3), done(2, Acquire{0, true, 4}, 4, 5)}));
}

TEST_CASE("of many acquires without an answer it makes no difference which of them holds the lock") {
  std::vector<Operation> history;
  std::uint64_t time = 100;
  for (std::uint64_t i = 0; i < 60; ++i) history.push_back(lost(i, Acquire{1000, false, 0}, i));
  for (std::uint64_t i = 0; i < 40; ++i) {
    history.push_back(done(100, Acquire{1000, false, 0}, time, time + 1));
    history.push_back(done(100, Acquire{1000, true, 10 + i}, time + 2, time + 3));
    history.push_back(done(100, Release{10 + i, true}, time + 4, time + 5));
    time += 10;
  }
  const Verdict verdict = check_linearizability(history);
  CHECK(verdict.linearizable());
  CHECK(verdict.steps < 10'000);
  history.push_back(done(101, Acquire{1000, true, 5}, time, time + 1));
  const Verdict wrong = check_linearizability(history);
  CHECK(wrong.judgement == Judgement::not_linearizable);
  CHECK(wrong.steps < 100'000);
}

TEST_CASE("a counter counts once what comes again in a session") {
  const Add first{2, 7, 1, 2};
  CHECK(row_holds({first, first, ReadTotal{2}, Add{3, 7, 2, 5}, ReadTotal{5}, Add{1, 0, 0, 6}, Add{1, 0, 0, 7}}));
  CHECK_FALSE(row_holds({first, Add{2, 7, 1, 4}, ReadTotal{4}}));
  CHECK_FALSE(row_holds({first, first, ReadTotal{4}}));
  // The first try was not answered: together they count once.
  const Operation unanswered = lost(1, Add{2, 7, 1, std::nullopt}, 1);
  CHECK(holds({unanswered, done(2, Add{2, 7, 1, 2}, 2, 3), done(2, ReadTotal{2}, 4, 5)}));
  CHECK_FALSE(holds({unanswered, done(2, Add{2, 7, 1, 2}, 2, 3), done(2, ReadTotal{4}, 4, 5)}));
  CHECK_FALSE(holds({lost(1, Add{2, 0, 0, std::nullopt}, 1), done(2, ReadTotal{4}, 4, 5)}));
}

TEST_CASE("members that are read are those of the newest change, and its index grows") {
  CHECK(row_holds(
      {ReadMembers{{1, 2, 3}, 4}, ReadMembers{{3, 2, 1}, 4}, ChangeMembers{{1, 2}, 6}, ReadMembers{{1, 2}, 6}}));
  CHECK_FALSE(row_holds({ReadMembers{{1, 2, 3}, 4}, ReadMembers{{1, 2}, 4}}));
  CHECK_FALSE(row_holds({ReadMembers{{1, 2, 3}, 4}, ReadMembers{{1, 2, 3}, 5}}));
  CHECK_FALSE(row_holds({ChangeMembers{{1, 2}, 6}, ReadMembers{{1, 2, 3}, 0}}));
  CHECK_FALSE(row_holds({ChangeMembers{{1, 2}, 6}, ChangeMembers{{1}, 6}}));
  CHECK(holds({done(1, ReadMembers{{1, 2, 3}, 4}, 1, 2), lost(1, ChangeMembers{{1, 2}, 0}, 3),
               done(2, ReadMembers{{1, 2}, 9}, 4, 5), done(2, ReadMembers{{1, 2}, 9}, 6, 7)}));
  CHECK_FALSE(holds({done(1, ReadMembers{{1, 2, 3}, 4}, 1, 2), lost(1, ChangeMembers{{1, 2}, 0}, 3),
                     done(2, ReadMembers{{1, 2}, 3}, 4, 5)}));
}

TEST_CASE("stale reads may be old, and never go back") {
  const auto stale = [](std::uint64_t process, Action action, std::uint64_t call, std::uint64_t revision) {
    Operation operation = done(process, std::move(action), call, call + 1);
    operation.stale = true;
    operation.revision = revision;
    return operation;
  };
  const std::vector<Operation> writes = {done(1, Put{"a", 1}, 1, 2), done(1, Put{"b", 2}, 3, 4),
                                         done(1, Append{"a", 0}, 5, 6, "x"), done(1, Append{"b", 1}, 7, 8, "x")};
  const auto faults = [&](std::vector<Operation> reads) {
    reads.insert(reads.end(), writes.begin(), writes.end());
    CHECK(holds(reads));
    return check_stale_reads(reads);
  };
  CHECK(faults({stale(2, Get{"a", 1}, 10, 1), stale(2, Get{"b", 2}, 12, 2), stale(3, Get{"a", 1}, 14, 1)}).empty());
  CHECK(faults({stale(2, Get{"b", 2}, 10, 2), stale(2, Get{"a", 1}, 12, 1)}).size() == 1);
  CHECK(faults({stale(2, Get{"c", 1}, 10, 1)}).size() == 1);
  CHECK(faults({stale(2, Get{"b", 2}, 0, 1)}).at(0).find("before anybody wrote it") != std::string::npos);
  CHECK(faults({stale(2, ReadLog{0, {"a"}}, 10, 3), stale(2, ReadLog{0, {"a", "b"}}, 12, 4)}).empty());
  CHECK(faults({stale(2, ReadLog{0, {"a", "b"}}, 10, 4), stale(2, ReadLog{0, {"a"}}, 12, 4)}).size() == 1);
  CHECK(faults({stale(2, ReadLog{0, {"a", "b"}}, 10, 4), stale(2, ReadLog{0, {"b", "a"}}, 12, 4)}).size() == 2);
}
