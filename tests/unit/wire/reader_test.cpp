// What the strict cursor takes, and all that it refuses.
#include <catch2/catch.hpp>

#include <kelek/wire/reader.h>

#include "examples.h"

using namespace kelek::wire;

namespace {

struct Case {
  const char* hex;
  std::uint64_t value;
};

}  // namespace

TEST_CASE("Numbers are read in every width, also longer than need be") {
  const Case cases[] = {
      {"00", 0},
      {"7f", 127},
      {"cc 05", 5},
      {"cc ff", 255},
      {"cd 0005", 5},
      {"cd ffff", 65535},
      {"ce 00000005", 5},
      {"ce ffffffff", 4294967295u},
      {"cf 0000000000000005", 5},
      {"cf ffffffffffffffff", 18446744073709551615u},
  };
  for (const Case& one : cases) {
    const Bytes bytes = bytes_of_hex(one.hex);
    Reader reader(bytes, "test");
    INFO(one.hex);
    CHECK(reader.integer("number") == one.value);
    CHECK(reader.finish());
  }
}

TEST_CASE("A number is refused above its maximum, with the place and the offset") {
  const Bytes bytes = bytes_of_hex("01 cc ff");
  Reader reader(bytes, "test");
  CHECK(reader.integer("first") == 1);
  CHECK(reader.integer("second", 254) == 0);
  CHECK_FALSE(reader.ok());
  CHECK(reader.error().fault == Fault::out_of_range);
  CHECK(reader.error().text.find("test") != std::string::npos);
  CHECK(reader.error().text.find("second") != std::string::npos);
  CHECK(reader.error().offset_bytes == 3);
}

TEST_CASE("Types that the format does not have are refused wherever they stand") {
  // Negative numbers, floats, extensions, maps, strings, the byte that is never used.
  const char* foreign[] = {
      "ff",       "e0",       "d0 80",       "d1 8000", "d2 80000000", "ca 3f800000", "cb 0000000000000000",
      "d4 01 00", "c7 00 01", "c8 0000 01",  "80",      "de 0000",     "df 00000000", "a0",
      "d9 00",    "da 0000",  "db 00000000", "c1",      "d8 0000"};
  for (const char* hex : foreign) {
    INFO(hex);
    const Bytes bytes = bytes_of_hex(hex);
    Reader number(bytes, "test");
    number.integer("place");
    CHECK_FALSE(number.ok());
    Reader truth(bytes, "test");
    truth.boolean("place");
    CHECK_FALSE(truth.ok());
    Reader text(bytes, "test");
    text.bytes("place", 1000);
    CHECK_FALSE(text.ok());
    Reader array(bytes, "test");
    array.array("place", 1000);
    CHECK_FALSE(array.ok());
    Reader nil(bytes, "test");
    CHECK_FALSE(nil.take_nil());
    CHECK(nil.ok());
  }
}

TEST_CASE("nil is taken only where it is asked for") {
  const Bytes bytes = bytes_of_hex("c0 c0");
  Reader reader(bytes, "test");
  CHECK(reader.take_nil());
  CHECK(reader.ok());
  reader.integer("number");
  CHECK(reader.error().fault == Fault::wrong_type);
}

TEST_CASE("Bytes are views into the input, in every width of their length") {
  for (const char* hex : {"c4 03 616263", "c5 0003 616263", "c6 00000003 616263"}) {
    const Bytes bytes = bytes_of_hex(hex);
    Reader reader(bytes, "test");
    const std::string_view text = reader.text("text", 3);
    CHECK(text == "abc");
    CHECK(reinterpret_cast<const std::byte*>(text.data()) + 3 == bytes.data() + bytes.size());
    CHECK(reader.finish());
  }
  const Bytes long_text = bytes_of_hex("c4 03 616263");
  Reader limited(long_text, "test");
  CHECK(limited.bytes("text", 2).empty());
  CHECK(limited.error().fault == Fault::out_of_range);
}

TEST_CASE("Lengths and counts beyond the bytes that are left are refused") {
  for (const char* hex : {"c4 02 61", "c5 ffff", "c6 ffffffff", "c6 80000000 61", "c4", "c5 00", "c6 000000"}) {
    INFO(hex);
    const Bytes bytes = bytes_of_hex(hex);
    Reader reader(bytes, "test");
    reader.bytes("bytes", std::size_t{1} << 40);
    CHECK(reader.error().fault == Fault::truncated);
  }
  for (const char* hex : {"91", "9f 00", "dc ffff", "dd ffffffff", "dd 7fffffff 00", "dc", "dd 0000"}) {
    INFO(hex);
    const Bytes bytes = bytes_of_hex(hex);
    Reader reader(bytes, "test");
    CHECK(reader.array("array", std::size_t{1} << 40) == 0);
    CHECK(reader.error().fault == Fault::truncated);
  }
  for (const char* hex : {"", "cc", "cd 00", "ce 000000", "cf 00000000000000"}) {
    INFO(hex);
    const Bytes bytes = bytes_of_hex(hex);
    Reader reader(bytes, "test");
    reader.integer("number");
    CHECK(reader.error().fault == Fault::truncated);
  }
}

TEST_CASE("Arrays within each other go as deep as the format does, and no deeper") {
  const Bytes four = bytes_of_hex("91 91 91 91 05");
  Reader reader(four, "test");
  for (int i = 0; i < 4; ++i) CHECK(reader.array("array", 1) == 1);
  CHECK(reader.integer("number") == 5);
  CHECK(reader.finish());

  const Bytes five = bytes_of_hex("91 91 91 91 91 05");
  Reader deeper(five, "test");
  for (int i = 0; i < 5; ++i) deeper.array("array", 1);
  CHECK(deeper.error().fault == Fault::too_deep);

  const Bytes beside = bytes_of_hex("92 91 91 91 05 91 05");
  Reader leaving(beside, "test");
  leaving.array("outer", 2);
  for (int i = 0; i < 3; ++i) leaving.array("inner", 1);
  CHECK(leaving.integer("number") == 5);
  for (int i = 0; i < 3; ++i) leaving.leave();
  CHECK(leaving.array("inner", 1) == 1);
  CHECK(leaving.integer("number") == 5);
  CHECK(leaving.finish());
}

TEST_CASE("An array of another number of values is refused at its own place") {
  const Bytes bytes = bytes_of_hex("00 92 01 02");
  Reader reader(bytes, "test");
  reader.integer("number");
  reader.array_of("array", 3);
  CHECK(reader.error().fault == Fault::inconsistent);
  CHECK(reader.error().offset_bytes == 1);
}

TEST_CASE("The first fault is kept, and nothing is read after it") {
  const Bytes bytes = bytes_of_hex("c3 05 c0");
  Reader reader(bytes, "test");
  reader.integer("first");
  CHECK(reader.integer("second") == 0);
  CHECK_FALSE(reader.boolean("third"));
  CHECK(reader.bytes("fourth", 10).empty());
  CHECK(reader.array("fifth", 10) == 0);
  CHECK_FALSE(reader.take_nil());
  CHECK_FALSE(reader.finish());
  CHECK(reader.error().text == "test, byte 0: first: not a number from 0 to 2^64 - 1");
}

TEST_CASE("What stands behind the end is refused") {
  const Bytes bytes = bytes_of_hex("05 06");
  Reader reader(bytes, "test");
  reader.integer("number");
  CHECK_FALSE(reader.finish());
  CHECK(reader.error().fault == Fault::trailing);
  CHECK(reader.error().offset_bytes == 1);
}
