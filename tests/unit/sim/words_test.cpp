// Lines as words: blanks, quotes, comments, and where what is wrong stands.
#include <catch2/catch.hpp>

#include "playing.h"
#include "words.h"

using namespace kelek::sim;
using namespace kelek::sim::testing;

namespace {

std::vector<std::string> words(const std::string& line) {
  const auto cut = cut_line(line, 1);
  REQUIRE(cut.ok());
  std::vector<std::string> texts;
  for (const Word& word : cut->words) texts.push_back(word.text);
  return texts;
}

std::string problem(const std::string& line) {
  const auto cut = cut_line(line, 7);
  REQUIRE_FALSE(cut.ok());
  return describe(cut.error(), "f");
}

}  // namespace

TEST_CASE("words are separated by blanks, and a comment ends the line") {
  CHECK(words("") == std::vector<std::string>{});
  CHECK(words(" \t# nothing") == std::vector<std::string>{});
  CHECK(words("\ttick  1,2 \t3 ") == std::vector<std::string>{"tick", "1,2", "3"});
  CHECK(words("tick 1#2") == std::vector<std::string>{"tick", "1"});
}

TEST_CASE("a quote holds blanks, hashes, quotes and backslashes") {
  CHECK(words(R"(propose 1 "a b # c")") == std::vector<std::string>{"propose", "1", "a b # c"});
  CHECK(words(R"(x "" y)") == std::vector<std::string>{"x", "", "y"});
  CHECK(words(R"(x "say \"no\" \\ yes"#)") == std::vector<std::string>{"x", "say \"no\" \\ yes"});
}

TEST_CASE("what is wrong with a word is told with its place") {
  CHECK(problem(R"(propose 1 "a b)") == "f:7:11: the quote is not closed");
  CHECK(problem(R"(propose 1 a"b")") == "f:7:12: a quote begins within a word");
  CHECK(problem(R"(propose 1 "a"b)") == "f:7:14: a blank is missing after the quote");
  CHECK(problem(R"(propose 1 "a\n")") == "f:7:13: a backslash stands before a quote or another backslash only");
  CHECK(problem("tick\x01") == "f:7:5: a control character");
  CHECK(problem(std::string(max_line_bytes + 1, 'x')) == "f:7:1: the line is longer than 16384 bytes");
}

TEST_CASE("columns count characters, not bytes") {
  CHECK(problem("\"\xc3\xa9\xe2\x82\xac\" \"") == "f:7:6: the quote is not closed");
}

TEST_CASE("a line may end with a carriage return") {
  CHECK(said_of("cluster voters=1\r\nexpect term 1 0\r\n") == passes);
}
