// The writer writes the shortest forms, and its buffer keeps its memory.
#include <catch2/catch.hpp>

#include <kelek/wire/writer.h>

#include "../support/allocation_counter.h"
#include "examples.h"

using namespace kelek::wire;

TEST_CASE("Every value has its shortest form") {
  Buffer buffer;
  Writer writer(buffer);
  writer.integer(0);
  writer.integer(127);
  writer.integer(128);
  writer.integer(255);
  writer.integer(256);
  writer.integer(65536);
  writer.integer(std::uint64_t{1} << 32);
  writer.nil();
  writer.boolean(true);
  writer.boolean(false);
  writer.bytes(std::string_view("abc"));
  writer.bytes(std::string_view());
  writer.array(2);
  writer.array(16);
  CHECK(hex_of(buffer.bytes()) == "007fcc80ccffcd0100ce00010000cf0000000100000000c0c3c2c403616263c40092dc0010");
}

TEST_CASE("Lengths take as many bytes as they need") {
  for (const std::size_t size : {255u, 256u, 65535u, 65536u}) {
    Buffer buffer;
    Writer(buffer).bytes(std::string(size, 'x'));
    CHECK(buffer.size() == size + (size < 256 ? 2u : size < 65536 ? 3u : 5u));
  }
}

TEST_CASE("A document in a document gets its length afterwards") {
  Buffer buffer;
  Writer writer(buffer);
  const std::size_t outer = writer.begin_bytes();
  writer.integer(1);
  const std::size_t inner = writer.begin_bytes();
  writer.bytes(std::string(300, 'x'));
  writer.end_bytes(inner);
  writer.end_bytes(outer);
  const std::string hex = hex_of(buffer.bytes());
  CHECK(hex.substr(0, 22) ==
        "c600000135"
        "01"
        "c60000012f");
  CHECK(buffer.size() == 5 + 1 + 5 + 303);
}

TEST_CASE("A buffer that was filled once allocates nothing the second time") {
  Buffer buffer;
  Writer writer(buffer);
  for (int i = 0; i < 1000; ++i) writer.integer(1'000'000);
  buffer.clear();
  const kelek::test::AllocationCounter counter;
  for (int i = 0; i < 1000; ++i) writer.integer(1'000'000);
  CHECK(counter.calls() == 0);
  CHECK(buffer.size() == 5000);
  buffer.truncate(10);
  CHECK(buffer.size() == 10);
  buffer.shrink(100'000);
  CHECK(buffer.size() == 10);
  buffer.shrink(16);
  CHECK(buffer.size() == 0);
}
