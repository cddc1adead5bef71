// Runs that turn: the same way up to the turn, another behind it; and the search for what was not seen yet.
#include <algorithm>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include <kelek/sim/steering.h>

using namespace kelek::sim;

namespace {

Report run(const Lineage& lineage) {
  SeedOptions options;
  options.turns = lineage.turns;
  return run_seed(lineage.seed, options);
}

}  // namespace

TEST_CASE("a lineage is a text, and what is no such text is none") {
  const Lineage lineage{42, {{1500, 7}, {2300, 9}}};
  CHECK(lineage.text() == "42@1500:7@2300:9");
  const auto again = Lineage::parse(lineage.text());
  REQUIRE(again);
  CHECK(again->text() == lineage.text());
  CHECK(Lineage::parse("42")->turns.empty());
  for (const char* wrong :
       {"", "x", "42@", "42@5", "42@5:", "42@5:6x", "42@5:6@5:7", "42@9:6@5:7", "1234567890123456789", " 42", "-1"}) {
    CHECK_FALSE(Lineage::parse(wrong));
  }
  std::string long_one = "1";
  for (int turn = 1; turn <= 17; ++turn) long_one += "@" + std::to_string(turn) + ":1";
  CHECK_FALSE(Lineage::parse(long_one));
}

TEST_CASE("a run that turns goes the same way up to there, and another from there on") {
  const Report straight = run({7, {}});
  const Report turned = run({7, {{straight.events / 2, 1}}});
  CHECK(turned.digest != straight.digest);
  CHECK(run({7, {{straight.events / 2, 1}}}).digest == turned.digest);
  CHECK(run({7, {{straight.events / 2, 2}}}).digest != turned.digest);
  // A turn behind the end is none.
  CHECK(run({7, {{straight.events + 1, 1}}}).digest == straight.digest);
  // Shapes met before the turn are the same, at the same events.
  REQUIRE(straight.shapes.size() == straight.shape_events.size());
  std::size_t before = 0;
  while (before < straight.shapes.size() && straight.shape_events[before] < straight.events / 2) ++before;
  REQUIRE(before > 0);
  REQUIRE(turned.shapes.size() >= before);
  for (std::size_t i = 0; i < before; ++i) CHECK(turned.shapes[i] == straight.shapes[i]);
}

TEST_CASE("what met something new is turned away from, and the same calls steer the same way") {
  const auto steer = [](std::size_t runs) {
    Steering steering(1);
    std::vector<std::string> taken;
    for (std::size_t i = 0; i < runs; ++i) {
      const Lineage lineage = steering.next();
      taken.push_back(lineage.text());
      const Report report = run(lineage);
      CHECK(report.violation.empty());
      steering.learn(lineage, report);
    }
    CHECK(steering.shapes() > 0);
    CHECK(steering.kept() > 0);
    return taken;
  };
  const std::vector<std::string> first = steer(60);
  CHECK(first == steer(60));
  CHECK(std::count_if(first.begin(), first.end(),
                      [](const std::string& text) { return text.find('@') != std::string::npos; }) > 10);
}
