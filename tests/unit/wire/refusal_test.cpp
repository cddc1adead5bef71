// Bytes that nobody should believe: cut short, damaged, too deep, too many (security.md T7, known-bugs.md
// B76). All are refused, or mean something else that is well-formed; none takes memory for what it only
// claims.
#include <catch2/catch.hpp>

#include <kelek/wire/client_codec.h>
#include <kelek/wire/command_codec.h>
#include <kelek/wire/snapshot_codec.h>

#include "../support/allocation_counter.h"
#include "examples.h"

using namespace kelek;
using namespace kelek::wire;

namespace {

constexpr Family families[] = {Family::peer,   Family::request, Family::server,  Family::command,
                               Family::result, Family::events,  Family::snapshot};
// What a refusal may have allocated, the copy that these tests make of a peer's frame and the error's text
// included.
constexpr std::size_t refusal_bytes = 64 * 1024;

void check_refused_cheaply(Family family, const Bytes& bytes) {
  const test::AllocationCounter counter;
  const std::string error = decode(family, bytes);
  const std::size_t allocated = counter.bytes();
  INFO(family_name(family) << " " << hex_of(std::span(bytes).first(std::min<std::size_t>(bytes.size(), 64))));
  CHECK_FALSE(error.empty());
  CHECK(allocated <= refusal_bytes);
}

}  // namespace

TEST_CASE("Everything that is cut short anywhere is refused") {
  for (const Example& example : examples()) {
    for (std::size_t size = 0; size < example.bytes.size(); ++size) {
      const Bytes cut(example.bytes.begin(), example.bytes.begin() + static_cast<std::ptrdiff_t>(size));
      if (!decode(example.family, cut).empty()) continue;
      FAIL_CHECK(family_name(example.family) << " " << example.name << " was taken when cut to " << size << " bytes");
    }
  }
}

TEST_CASE("Everything with a byte more behind it is refused") {
  for (const Example& example : examples()) {
    for (const int more : {0x00, 0x90, 0xc0, 0xc6}) {
      Bytes longer = example.bytes;
      longer.push_back(static_cast<std::byte>(more));
      INFO(family_name(example.family) << " " << example.name);
      CHECK_FALSE(decode(example.family, longer).empty());
    }
  }
}

TEST_CASE("One wrong byte anywhere is refused, or is another value that goes round") {
  std::size_t taken = 0;
  std::size_t refused = 0;
  for (const Example& example : examples()) {
    for (std::size_t at = 0; at < example.bytes.size(); ++at) {
      Bytes damaged = example.bytes;
      for (const int byte : {0x00, 0x01, 0x7f, 0x80, 0x91, 0x9f, 0xa1, 0xc0, 0xc1, 0xc3,
                             0xc4, 0xc6, 0xcb, 0xcc, 0xcf, 0xd3, 0xdc, 0xdd, 0xdf, 0xff}) {
        damaged[at] = static_cast<std::byte>(byte);
        const Bytes again = decode_and_encode(example.family, damaged);
        if (again.empty()) {
          ++refused;
          continue;
        }
        ++taken;
        // What was taken means the same when it is written anew.
        if (decode_and_encode(example.family, again) != again) {
          FAIL_CHECK(family_name(example.family) << " " << example.name << ", byte " << at);
        }
      }
    }
  }
  CHECK(taken > 0);
  CHECK(refused > taken);
}

TEST_CASE("Bombs of five bytes are refused") {
  for (const char* hex : {"dd ffffffff", "df ffffffff", "db ffffffff", "c6 ffffffff", "c9 ffffffff", "dd 7fffffff",
                          "dd 00ffffff", "c6 7fffffff", "dc ffff 0000", "de ffff 0000", "91 dd ffffff",
                          "9f 01 01 01 01", "c1 c1 c1 c1 c1", "ff ff ff ff ff", "00 00 00 00 00"}) {
    for (const Family family : families) check_refused_cheaply(family, bytes_of_hex(hex));
  }
}

TEST_CASE("Counts and lengths that are not there take no memory, wherever they stand") {
  // In the place of each byte of each example: the heads of the largest arrays, maps, texts and bytes.
  for (const Example& example : examples()) {
    for (std::size_t at = 0; at < example.bytes.size(); ++at) {
      for (const char* hex : {"dd ffffffff", "c6 ffffffff"}) {
        Bytes bytes(example.bytes.begin(), example.bytes.begin() + static_cast<std::ptrdiff_t>(at));
        const Bytes bomb = bytes_of_hex(hex);
        // There it would be the end of the bytes that stand there, and well-formed.
        if (at + bomb.size() == example.bytes.size()) continue;
        bytes.insert(bytes.end(), bomb.begin(), bomb.end());
        const test::AllocationCounter counter;
        const std::string error = decode(example.family, bytes);
        if (!error.empty() && counter.bytes() <= refusal_bytes) continue;
        FAIL_CHECK(family_name(example.family) << " " << example.name << ", byte " << at);
      }
    }
  }
}

TEST_CASE("A great list of nothing is refused before it is built") {
  // An append of 4,096 entries that are there, but for the last one's payload.
  Bytes bytes = bytes_of_hex("9d 01 01 04 01 03 00 00 02 09 01 08 05 dc 3000");
  for (int i = 0; i < 4096; ++i) {
    for (const int byte : {0x02, 0x00, 0xc4, 0x00}) bytes.push_back(static_cast<std::byte>(byte));
  }
  CHECK(decode(Family::peer, bytes).empty());
  bytes.back() = std::byte{1};
  check_refused_cheaply(Family::peer, bytes);
  // One entry more than a message may have.
  bytes = bytes_of_hex("9d 01 01 04 01 03 00 00 02 09 01 08 05 dc 3003");
  for (int i = 0; i < 4097 * 4; ++i) bytes.push_back(std::byte{0});
  check_refused_cheaply(Family::peer, bytes);
}

TEST_CASE("Nesting is refused at the fifth level, however deep it goes") {
  for (const std::size_t depth : {5u, 100u, 10'000u, 1'000'000u}) {
    const Bytes bytes(depth, std::byte{0x91});
    for (const Family family : families) {
      if (depth > 10'000 && family == Family::peer) continue;  // the copy that decode() makes is larger than allowed
      check_refused_cheaply(family, bytes);
    }
  }
}

TEST_CASE("Errors name the document, the place and the offset, and hold nothing of the input") {
  const std::string error = decode(Family::peer, bytes_of_hex("9b 01 01 02 01 02 00 00 03 05 05 05"));
  CHECK(error == "peer frame, byte 11: vote request: neither true nor false");
  CHECK(decode(Family::peer, bytes_of_hex("9b 02 01 02 01 02 00 00 03 05 05 c3")) ==
        "peer frame, byte 2: version: a version of the format that is not spoken here");
}

TEST_CASE("Frames of every kind with too few or too many values are refused") {
  for (const Example& example : examples()) {
    if (example.family == Family::snapshot) continue;
    // The outermost array's count, one more and one less.
    for (const int change : {-1, 1}) {
      Bytes bytes = example.bytes;
      std::byte& count = bytes[0] == std::byte{0xdc} ? bytes[2] : bytes[0];
      count = static_cast<std::byte>(std::to_integer<int>(count) + change);
      INFO(family_name(example.family) << " " << example.name);
      CHECK_FALSE(decode(example.family, bytes).empty());
    }
  }
}
