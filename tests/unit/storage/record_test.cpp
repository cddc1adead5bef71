// The bytes of the log, written out: a change of any of them is a change of the format.
#include <catch2/catch.hpp>

#include <kelek/storage/record.h>

#include "batch_buffer.h"
#include "bytes.h"
#include "crc32c.h"
#include "storage_support.h"

namespace kelek::storage::test {
namespace {

std::string hex(std::span<const std::byte> bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (const std::byte byte : bytes) {
    text += digits[std::to_integer<unsigned>(byte) >> 4];
    text += digits[std::to_integer<unsigned>(byte) & 15];
  }
  return text;
}

/// CRC32C bit by bit, as its definition says: an independent opinion on the golden bytes.
std::uint32_t crc_by_definition(std::uint32_t crc, std::span<const std::byte> bytes) {
  crc = ~crc;
  for (const std::byte byte : bytes) {
    crc ^= std::to_integer<std::uint32_t>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82f63b78U : 0);
  }
  return ~crc;
}

SegmentHeader some_header() {
  SegmentHeader header;
  header.identity = identity_of_node();
  header.sequence = 3;
  header.generation = 0xa1b2c3d4;
  header.first_index = 11;
  header.first_lsn = 21;
  header.chain = 0x01020304;
  header.hard_state = {5, 2, 10};
  header.snapshot_index = 9;
  header.snapshot.term = 4;
  header.snapshot.id = 0x1122334455667788;
  header.snapshot.size_bytes = 1000;
  header.snapshot.digest[0] = 0xee;
  header.configuration_crc = 0x0badcafe;
  header.repair_until = 8;
  header.repaired_term = 3;
  return header;
}

}  // namespace

TEST_CASE("CRC32C is the one of iSCSI, by instruction and by table") {
  const auto check = bytes_of("123456789");
  REQUIRE(crc32c(check) == 0xe3069283U);
  REQUIRE(crc32c_portable(0, check) == 0xe3069283U);
  REQUIRE(crc32c({}) == 0);
  std::vector<std::byte> bytes(5000);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>((i * 131 + i / 7) & 0xff);
  for (std::size_t size = 0; size < bytes.size(); size = size * 9 / 8 + 1) {
    const auto part = std::span<const std::byte>(bytes).subspan(size % 13, std::min(size, bytes.size() - 13));
    REQUIRE(crc32c(77, part) == crc32c_portable(77, part));
    REQUIRE(crc32c(77, part) == crc_by_definition(77, part));
    const std::size_t half = part.size() / 2;
    REQUIRE(crc32c(crc32c(part.first(half)), part.subspan(half)) == crc32c(part));
  }
}

TEST_CASE("A batch has these bytes") {
  BatchBuffer batch;
  std::array<std::byte, hard_state_bytes> state;
  encode(raft::HardState{5, 2, 10}, state);
  batch.add(RecordType::truncate, 0, 11, {});
  batch.add(RecordType::hard_state, 0, 10, state);
  entry(11, 5, "hello").for_each([&](raft::Index index, const raft::Entry& one) { batch.add_entry(index, one); });
  Place place{0xa1b2c3d4, 21, 0x01020304};
  batch.close(place, 11, 20);
  REQUIRE(place.lsn == 25);
  const auto bytes = batch.bytes();
  REQUIRE(bytes.size() == 40 + 64 + 56 + 56);
  REQUIRE(hex(bytes.subspan(0, 40)) ==
          "a17cca76"
          "00000000"
          "03"
          "00"
          "0000"
          "d4c3b2a1"
          "1500000000000000"
          "0b00000000000000"
          "3fd1ac84"
          "d8ea82a2");
  REQUIRE(hex(bytes.subspan(40 + 4, 28)) ==
          "18000000"
          "01"
          "00"
          "0000"
          "d4c3b2a1"
          "1600000000000000"
          "0a00000000000000");
  REQUIRE(hex(bytes.subspan(80, 24)) ==
          "0500000000000000"
          "0200000000000000"
          "0a00000000000000");
  REQUIRE(hex(bytes.subspan(104 + 4, 28)) ==
          "0d000000"
          "02"
          "00"
          "0000"
          "d4c3b2a1"
          "1700000000000000"
          "0b00000000000000");
  REQUIRE(hex(bytes.subspan(144, 16)) ==
          "0500000000000000"
          "68656c6c6f"
          "000000");
  REQUIRE(hex(bytes.subspan(160 + 4, 28)) ==
          "10000000"
          "05"
          "00"
          "0000"
          "d4c3b2a1"
          "1800000000000000"
          "0b00000000000000");
  REQUIRE(hex(bytes.subspan(200, 4)) == "03000000");
  REQUIRE(hex(bytes.subspan(208, 8)) == "1400000000000000");
}

TEST_CASE("Every CRC of a record covers what the format says") {
  BatchBuffer batch;
  entry(7, 3, "some bytes").for_each([&](raft::Index index, const raft::Entry& one) { batch.add_entry(index, one); });
  Place place{99, 5, 0xdeadbeef};
  batch.close(place, 7, 4);
  std::vector<std::byte> bytes(batch.bytes().begin(), batch.bytes().end());
  const std::span<const std::byte> all(bytes);
  const auto payload = all.subspan(record_header_bytes, 18);
  REQUIRE(get32(bytes.data() + 36) == masked(crc_by_definition(0, payload)));
  REQUIRE(get32(bytes.data()) == masked(crc_by_definition(0, all.subspan(4, 36))));
  std::vector<std::byte> bare(bytes.begin(), bytes.begin() + 40);
  put32(bare.data(), 0);
  put32(bare.data() + 32, 0);
  REQUIRE(get32(bytes.data() + 32) == crc_by_definition(0xdeadbeef, bare));
  const std::size_t sync = record_bytes(18);
  REQUIRE(get32(bytes.data() + sync + 44) == crc_by_definition(0, all.first(4)));
  REQUIRE(place.chain == get32(bytes.data() + sync + 32));
}

TEST_CASE("A record's header is read back, and every damaged bit of it is seen") {
  RecordHeader header;
  header.payload_bytes = 24;
  header.type = RecordType::hard_state;
  header.generation = 9;
  header.lsn = 12;
  header.index = 4;
  std::array<std::byte, record_header_bytes> bytes;
  const std::uint32_t chain = encode_record_header(header, 17, bytes);
  const auto read = decode_record_header(bytes);
  REQUIRE(read.has_value());
  REQUIRE(read->lsn == 12);
  REQUIRE(read->chain == chain);
  REQUIRE(chain_after(17, bytes) == chain);
  REQUIRE(chain_after(18, bytes) != chain);
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    bytes[bit / 8] ^= std::byte{1} << static_cast<int>(bit % 8);
    REQUIRE_FALSE(decode_record_header(bytes).has_value());
    bytes[bit / 8] ^= std::byte{1} << static_cast<int>(bit % 8);
  }
  REQUIRE_FALSE(decode_record_header(std::vector<std::byte>(record_header_bytes)).has_value());
}

TEST_CASE("The header of a segment has these bytes, and every damaged bit of it is seen") {
  std::vector<std::byte> bytes(segment_header_bytes, std::byte{0xff});
  encode_segment_header(some_header(), bytes);
  REQUIRE(hex(std::span<const std::byte>(bytes).first(80)) ==
          "4b4c4b57414c0001"
          "01000000"
          "00000000"
          "101112131415161718191a1b1c1d1e1f"
          "0100000000000000"
          "0700000000000000"
          "0300000000000000"
          "0b00000000000000"
          "1500000000000000"
          "04030201"
          "d4c3b2a1");
  REQUIRE(hex(std::span<const std::byte>(bytes).subspan(80, 32)) ==
          "0500000000000000"
          "0200000000000000"
          "0a00000000000000"
          "0900000000000000");
  const auto read = decode_segment_header(bytes);
  REQUIRE(read.has_value());
  REQUIRE(read->identity == identity_of_node());
  REQUIRE(read->sequence == 3);
  REQUIRE(read->hard_state == raft::HardState{5, 2, 10});
  REQUIRE(read->snapshot.id == 0x1122334455667788);
  REQUIRE(read->snapshot.digest[0] == 0xee);
  REQUIRE(read->repair_until == 8);
  REQUIRE(read->repaired_term == 3);
  REQUIRE_FALSE(read->begins_repair);
  for (std::size_t bit = 0; bit < 8 * bytes.size(); bit += bit < 2000 ? 1 : 97) {
    bytes[bit / 8] ^= std::byte{1} << static_cast<int>(bit % 8);
    REQUIRE_FALSE(decode_segment_header(bytes).has_value());
    bytes[bit / 8] ^= std::byte{1} << static_cast<int>(bit % 8);
  }
}

TEST_CASE("What propose accepts, the log can hold and read back (B72)") {
  RecordHeader header;
  header.type = RecordType::entry;
  std::array<std::byte, record_header_bytes> bytes;
  header.payload_bytes = static_cast<std::uint32_t>(raft::max_payload_bytes + entry_prefix_bytes);
  encode_record_header(header, 0, bytes);
  REQUIRE(decode_record_header(bytes).has_value());
  ++header.payload_bytes;
  encode_record_header(header, 0, bytes);
  REQUIRE_FALSE(decode_record_header(bytes).has_value());
}

}  // namespace kelek::storage::test
