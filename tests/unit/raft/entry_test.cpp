// Ranges of entries: parts, several blocks, and what they keep alive.
#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include <kelek/raft/entry.h>

using namespace kelek::raft;

namespace {

/// A block with room for `capacity` entries that holds `count`, with the data "first", "first + 1", ….
BlockRef block_of(std::uint32_t capacity, std::uint32_t count, std::uint64_t first) {
  BlockRef block(EntryBlock::allocate(capacity));
  for (std::uint32_t i = 0; i < count; ++i) {
    block->push(Entry{Payload::copy_of(std::to_string(first + i)), EntryKind::command, 1});
  }
  return block;
}

std::string text_of(const EntryRange& range) {
  std::string text;
  range.for_each([&text](Index index, const Entry& entry) {
    text += std::to_string(index) + "=" + std::string(entry.payload.text()) + " ";
  });
  return text;
}

/// Entries 10 … 18 in three blocks: 2 of 3, all of 4, 3 of 8.
EntryRange three_blocks() {
  EntryRange range;
  CHECK(range.add(block_of(3, 3, 9), 1, 2, 10));
  CHECK(range.add(block_of(4, 4, 12), 0, 4, 12));
  CHECK(range.add(block_of(8, 5, 16), 0, 3, 16));
  return range;
}

}  // namespace

TEST_CASE("a range knows where it begins and ends") {
  const EntryRange range = three_blocks();
  CHECK(range.first_index() == 10);
  CHECK(range.last_index() == 18);
  CHECK(range.end_index() == 19);
  CHECK(range.size() == 9);
  CHECK(text_of(range) == "10=10 11=11 12=12 13=13 14=14 15=15 16=16 17=17 18=18 ");
  CHECK(range.payload_bytes() == 18);
  for (Index index = 10; index <= 18; ++index) CHECK(range.at(index).payload.text() == std::to_string(index));
}

TEST_CASE("every part of a range is what it should be") {
  const EntryRange range = three_blocks();
  for (Index begin = 8; begin <= 20; ++begin) {
    for (std::size_t count = 0; count <= 10; ++count) {
      const EntryRange part = range.from(begin).first(count);
      std::string expected;
      const Index first = std::max<Index>(begin, 10);
      for (Index index = first; index <= 18 && index < first + count; ++index) {
        expected += std::to_string(index) + "=" + std::to_string(index) + " ";
      }
      CHECK(text_of(part) == expected);
      CHECK(part.empty() == expected.empty());
    }
  }
}

TEST_CASE("a range holds so many blocks and no more") {
  EntryRange range;
  Index next = 1;
  for (std::size_t i = 0; i < EntryRange::max_blocks; ++i, ++next) REQUIRE(range.add(block_of(1, 1, next), 0, 1, next));
  CHECK_FALSE(range.add(block_of(1, 1, next), 0, 1, next));
  CHECK(range.size() == EntryRange::max_blocks);
}

TEST_CASE("a range keeps what it shows, and lets go of the rest") {
  BlockRef first = block_of(2, 2, 1);
  BlockRef second = block_of(2, 1, 3);
  EntryRange range;
  REQUIRE(range.add(first, 0, 2, 1));
  REQUIRE(range.add(second, 0, 1, 3));
  CHECK(first->is_shared());
  EntryRange head = range.first(1);
  EntryRange tail = range.from(3);
  range = EntryRange();
  CHECK(first->is_shared());
  CHECK(second->is_shared());
  head = EntryRange();
  CHECK_FALSE(first->is_shared());
  CHECK(second->is_shared());
  EntryRange moved = std::move(tail);
  CHECK(text_of(moved) == "3=3 ");
  CHECK(tail.empty());
  moved = EntryRange();
  CHECK_FALSE(second->is_shared());
}

TEST_CASE("a block that nobody shares can be used again") {
  BlockRef block = block_of(4, 4, 1);
  const Payload kept = (*block.get())[3].payload;
  block->truncate(1);
  CHECK(block->size() == 1);
  block->push(Entry{Payload::copy_of("new"), EntryKind::empty, 2});
  CHECK((*block.get())[1].payload.text() == "new");
  CHECK(kept.text() == "4");
}

TEST_CASE("a builder puts entries together") {
  EntryRange::Builder builder(5, 3);
  builder.add(1, EntryKind::empty, Payload());
  builder.add(2, EntryKind::command, Payload::copy_of("a"));
  builder.add(2, EntryKind::configuration, Payload::copy_of("b"));
  const EntryRange range = builder.finish();
  CHECK(range.first_index() == 5);
  CHECK(range.size() == 3);
  CHECK(range.at(5).kind == EntryKind::empty);
  CHECK(range.at(6).term == 2);
  CHECK(range.at(7).payload.text() == "b");
  EntryRange::Builder none(5, 0);
  CHECK(none.finish().empty());
}
