// The log in memory: blocks that messages share, truncation that leaves them alone, ranges within limits.
#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "log.h"

using namespace kelek::raft;

namespace {

Entry entry_of(Term term, std::string_view text) {
  return Entry{Payload::copy_of(text), EntryKind::command, term};
}

Log log_of(Index count, Term term = 1) {
  Log log;
  for (Index i = 1; i <= count; ++i) log.append(entry_of(term, "e" + std::to_string(i)));
  return log;
}

std::vector<std::string> texts(const EntryRange& range) {
  std::vector<std::string> found;
  range.for_each([&](Index, const Entry& entry) { found.emplace_back(entry.payload.text()); });
  return found;
}

}  // namespace

TEST_CASE("every index is found, across blocks of growing size") {
  const Log log = log_of(2000);
  for (Index i = 1; i <= 2000; ++i) REQUIRE(log.at(i).payload.text() == "e" + std::to_string(i));
  CHECK(log.first_index() == 1);
  CHECK(log.last_index() == 2000);
}

TEST_CASE("a range respects entries and bytes, and holds one entry at least") {
  const Log log = log_of(9);  // "e1" … "e9": two bytes each
  CHECK(log.range(3, 2, SIZE_MAX).last_index() == 4);
  CHECK(log.range(3, 100, 5).last_index() == 4);
  CHECK(log.range(3, 100, 6).last_index() == 5);
  CHECK(log.range(3, 100, 0).size() == 1);
  CHECK(log.range(10, 5, SIZE_MAX).empty());
}

TEST_CASE("a long range comes in pieces that leave nothing out") {
  const Log log = log_of(5000);
  Index next = 1;
  while (next <= 5000) {
    const EntryRange range = log.range(next, SIZE_MAX, SIZE_MAX);
    REQUIRE(range.first_index() == next);
    range.for_each([&](Index index, const Entry& entry) {
      REQUIRE(entry.payload.text() == "e" + std::to_string(index));
      REQUIRE(index == next++);
    });
  }
  CHECK(next == 5001);
}

TEST_CASE("truncation does not change what a message shows") {
  Log log = log_of(12);
  const EntryRange sent = log.range(1, SIZE_MAX, SIZE_MAX);
  log.truncate(6);
  for (Index i = 6; i <= 12; ++i) log.append(entry_of(2, "new"));
  CHECK(texts(sent).at(5) == "e6");
  CHECK(texts(sent).size() == 12);
  CHECK(log.at(6).payload.text() == "new");
  CHECK(log.at(5).payload.text() == "e5");
  CHECK(log.term_at(6) == 2);
}

TEST_CASE("truncation at every place, with and without a reader, leaves the prefix") {
  for (const bool shared : {false, true}) {
    for (Index from = 1; from <= 50; ++from) {
      Log log = log_of(50);
      const EntryRange reader = shared ? log.range(1, SIZE_MAX, SIZE_MAX) : EntryRange();
      log.truncate(from);
      log.append(entry_of(3, "x"));
      REQUIRE(log.last_index() == from);
      for (Index i = 1; i < from; ++i) REQUIRE(log.at(i).payload.text() == "e" + std::to_string(i));
      REQUIRE(log.at(from).payload.text() == "x");
    }
  }
}

TEST_CASE("bytes are counted through appends, truncation and compaction") {
  Log log = log_of(9);
  CHECK(log.payload_bytes() == 18);
  CHECK(log.payload_bytes(2, 4) == 6);
  log.truncate(9);
  CHECK(log.payload_bytes() == 16);
  log.compact(3);
  CHECK(log.payload_bytes() == 10);
  log.compact(8);
  CHECK(log.payload_bytes() == 0);
  log.append(entry_of(1, "abc"));
  CHECK(log.payload_bytes() == 3);
}

TEST_CASE("compaction keeps what follows, and appending goes on") {
  Log log = log_of(1500);
  log.compact(1400);
  CHECK(log.first_index() == 1401);
  CHECK(log.term_at(1400) == 1);
  CHECK(log.term_at(1399) == std::nullopt);
  CHECK(log.at(1401).payload.text() == "e1401");
  log.append(entry_of(2, "after"));
  CHECK(log.at(1501).payload.text() == "after");
}

TEST_CASE("a block that a message shows is not used again by compaction") {
  Log log = log_of(2048);
  const EntryRange sent = log.range(600, 100, SIZE_MAX);
  log.compact(2048);
  for (int i = 0; i < 2048; ++i) log.append(entry_of(2, "reused"));
  CHECK(texts(sent).front() == "e600");
  CHECK(texts(sent).back() == "e699");
}

TEST_CASE("a range of another log is appended without what is there already") {
  const Log source = log_of(40);
  Log target = log_of(10);
  target.append(source.range(5, SIZE_MAX, SIZE_MAX));
  CHECK(target.last_index() == 40);
  CHECK(target.at(40).payload.text() == "e40");
  CHECK(target.payload_bytes() == source.payload_bytes());
}

TEST_CASE("parts of a range are ranges") {
  const Log log = log_of(1200);
  const EntryRange whole = log.range(1, 1000, SIZE_MAX);
  const EntryRange part = whole.from(400).first(200);
  CHECK(part.first_index() == 400);
  CHECK(part.last_index() == 599);
  CHECK(part.at(599).payload.text() == "e599");
  CHECK(whole.from(2000).empty());
  EntryRange moved = whole;
  moved = std::move(moved);  // NOLINT: a range survives being moved to itself
  CHECK(moved.size() == whole.size());
}
