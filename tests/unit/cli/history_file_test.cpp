// History files: what is read is what was written, and what is wrong is told with its line.
#include <catch2/catch.hpp>

#include "history_file.h"

using namespace kelek::cli;
using namespace kelek::sim::history;

namespace {

Operation only(const std::string& line) {
  const HistoryFile file = parse_history(line, "h");
  REQUIRE(file.operations.size() == 1);
  return file.operations[0];
}

std::string problem(const std::string& text) {
  try {
    parse_history(text, "h");
  } catch (const Failed& failure) {
    CHECK(failure.exit_code == exit_bad_use);
    return failure.text;
  }
  return "";
}

}  // namespace

TEST_CASE("every operation is written and read back the same") {
  const std::string text = R"({"process":1,"op":"get","key":"a","out":{"value":"x","version":2},"call":1,"return":2}
{"process":1,"op":"get","key":"a","out":{"value":null},"call":3,"return":4,"stale":true,"revision":7}
{"process":1,"op":"put","key":"a","in":{"value":"x"},"out":{"version":1},"call":5,"return":6}
{"process":1,"op":"put","key":"a","in":{"value":"x"},"out":null,"call":7,"return":null}
{"process":1,"op":"put","key":"a","in":{"value":"x"},"out":{"refused":"refused"},"call":8,"return":null}
{"process":1,"op":"cas","key":"a","in":{"expected":null,"value":"x"},"out":{"done":true,"version":1},"call":9,"return":10}
{"process":1,"op":"cas","key":"a","in":{"expected":"w","value":"x"},"out":{"done":false},"call":11,"return":12}
{"process":1,"op":"delete","key":"a","out":{"existed":true},"call":13,"return":14}
{"process":1,"op":"append","key":"a","in":{"record":"r"},"out":{"position":0},"call":15,"return":16}
{"process":1,"op":"read","key":"a","in":{"from":1},"out":{"records":["r","s"]},"call":17,"return":18}
{"process":1,"op":"acquire","key":"a","in":{"lease":100},"out":{"got":true,"fence":9},"call":19,"return":20}
{"process":1,"op":"acquire","key":"a","out":{"got":false},"call":21,"return":22}
{"process":1,"op":"release","key":"a","in":{"fence":9},"out":{"done":true},"call":23,"return":24}
{"process":1,"op":"add","key":"a","in":{"amount":2,"session":3,"sequence":4},"out":{"total":5},"call":25,"return":26}
{"process":1,"op":"total","key":"a","out":{"total":5},"call":27,"return":28}
{"process":1,"op":"change_members","key":"a","in":{"members":[1,2]},"out":{"index":5},"call":29,"return":30}
{"process":1,"op":"members","key":"a","out":{"members":[1,2],"index":5},"call":31,"return":32}
)";
  const HistoryFile file = parse_history(text, "h");
  std::string again;
  for (const Operation& operation : file.operations) again += history_line(operation) + "\n";
  CHECK(again == text);
}

TEST_CASE("blank lines and what a file says about itself are skipped, and lines are counted") {
  const HistoryFile file = parse_history(
      "{\"about\":\"a lost update\"}\n\n"
      R"({"process":1,"op":"get","key":"a","out":{"value":null},"call":1,"return":2})",
      "h");
  REQUIRE(file.lines.size() == 1);
  CHECK(file.lines[0] == 3);
}

TEST_CASE("what may be left out is left out") {
  CHECK(
      std::get<Put>(only(R"({"process":1,"op":"put","key":"a","in":{"value":""},"out":{},"call":1,"return":1})").action)
          .version == 0);
  CHECK(std::get<Add>(only(R"({"process":1,"op":"add","key":"a","out":{},"call":1,"return":1})").action).amount == 1);
  CHECK(only(R"({"process":1,"op":"get","key":"a","call":1,"return":null})").ending == Ending::unknown);
}

TEST_CASE("what is wrong is told with file and line") {
  CHECK(problem("{}") == "h:1: \"process\" is missing");
  CHECK(problem("\n{\"process\"") == "h:2: not JSON");
  CHECK(problem("[1]") == "h:1: an object is wanted here");
  CHECK(problem(R"({"process":-1,"op":"get"})") == "h:1: \"process\" must be a whole number from 0 on");
  CHECK(problem(R"({"process":1,"key":"a","op":"fly"})").find("h:1: \"fly\" is no operation: get, put") == 0);
  CHECK(problem(R"({"process":1,"key":"a","op":"put"})") == "h:1: \"value\" of \"in\" is missing");
  CHECK(problem(R"({"process":1,"key":"a","op":"put","in":{"value":"x","valeu":"y"}})") ==
        "h:1: \"valeu\" of \"in\" is not known");
  CHECK(problem(R"({"process":1,"key":"a","op":"get","call":1})") ==
        "h:1: \"return\" is missing: a time, or null where the outcome is unknown");
  CHECK(problem(R"({"process":1,"key":"a","op":"get","call":1,"out":{"value":"x"},"return":null})") ==
        "h:1: \"out\" tells an answer, and \"return\" no time of it");
  CHECK(problem(R"({"process":1,"key":"a","op":"get","call":2,"out":{"value":"x"},"return":1})") ==
        "h:1: \"return\" is before \"call\"");
  CHECK(problem(R"({"process":1,"key":"a","op":"get","call":1,"out":{},"return":2})") ==
        "h:1: \"value\" is missing: a text, or null where there is nothing");
  CHECK(problem(R"({"process":1,"key":"a","op":"get","call":1,"out":{"value":"x"},"return":2,"tale":true})") ==
        "h:1: \"tale\" is not known");
  CHECK(problem(R"({"process":1,"key":"a","op":"put","in":{"value":"x"},"call":1,"out":{},"return":2,"stale":true})") ==
        "h:1: only reads can be stale");
  CHECK(problem(std::string(max_history_line_bytes + 1, 'x')).find("h:1: longer than") == 0);
  CHECK(problem(R"({"process":1,"key":"a","op":"get","call":1,"out":{"value":null},"return":9})"
                "\n"
                R"({"process":1,"key":"b","op":"get","call":5,"out":{"value":null},"return":9})") ==
        "h:2: process 1 calls this before it is answered what it called in line 1");
}

TEST_CASE("a file that is not there") {
  CHECK_THROWS_AS(read_history_file("/nowhere/at/all"), Failed);
}
