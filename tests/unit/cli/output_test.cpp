// What people see: columns that line up, colours only where wanted, nothing that harms a terminal.
#include <catch2/catch.hpp>

#include <cstdlib>

#include "output.h"

using namespace kelek::cli;

TEST_CASE("columns line up, numbers to the right, text in UTF-8 too") {
  Output output;
  output.color = false;
  Table table({"name", "count"});
  table.align_right(1);
  table.add({"kelek", "3"});
  table.add({"größe", "12345"});
  CHECK(table.text(output) == "name   count\nkelek      3\ngröße  12345");
}

TEST_CASE("colours are painted only where they are wanted") {
  Output output;
  output.color = false;
  CHECK(output.paint(Color::red, "x") == "x");
  output.color = true;
  CHECK(output.paint(Color::red, "x") == "\033[31mx\033[0m");
  CHECK_FALSE(colors_wanted(-1));
  setenv("NO_COLOR", "1", 1);
  CHECK_FALSE(colors_wanted(1));
  unsetenv("NO_COLOR");
}

TEST_CASE("what came from others cannot move the cursor") {
  CHECK(printable("a\033[2Jb\nc") == "a\\x1b[2Jb\\x0ac");
  CHECK(printable("a\nb", true) == "a\nb");
}

TEST_CASE("times, sizes and lengths in words") {
  CHECK(time_text(0).empty());
  CHECK(time_text(1'500) == "1970-01-01T00:00:01.500Z");
  CHECK(duration_text(999) == "999 ms");
  CHECK(duration_text(61'000) == "1 min 1 s");
  CHECK(bytes_text(1'023) == "1023 B");
  CHECK(bytes_text(1'536) == "1.5 KiB");
  CHECK(shortened("abcdef", 4) == "abc…");
  CHECK(wrapped("one two three", 7, "  ") == "one two\n  three");
}

TEST_CASE("bytes that are no text are given in base64") {
  Json json;
  put_bytes(json, "value", "text");
  put_bytes(json, "raw", std::string_view("\xff\x00", 2));
  CHECK(dump(json) == R"({"value":"text","raw_base64":"/wA="})");
}
