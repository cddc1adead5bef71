// The first block of a segment as bytes.
#include <algorithm>
#include <cstring>

#include <kelek/storage/record.h>

#include "bytes.h"
#include "crc32c.h"

namespace kelek::storage {
namespace {

constexpr std::array<std::uint8_t, 8> magic = {'K', 'L', 'K', 'W', 'A', 'L', 0, 1};
constexpr std::uint32_t format_version = 1;
constexpr std::uint32_t flag_begins_repair = 1;

// Where the fields stand. Bytes between the last field and the CRC are zero.
constexpr std::size_t at_magic = 0;
constexpr std::size_t at_version = 8;
constexpr std::size_t at_flags = 12;
constexpr std::size_t at_cluster = 16;
constexpr std::size_t at_node = 32;
constexpr std::size_t at_incarnation = 40;
constexpr std::size_t at_sequence = 48;
constexpr std::size_t at_first_index = 56;
constexpr std::size_t at_first_lsn = 64;
constexpr std::size_t at_chain = 72;
constexpr std::size_t at_generation = 76;
constexpr std::size_t at_hard_state = 80;
constexpr std::size_t at_snapshot_index = 104;
constexpr std::size_t at_snapshot = 112;
constexpr std::size_t at_configuration_crc = 168;
constexpr std::size_t at_zero = 172;
constexpr std::size_t at_repair_until = 176;
constexpr std::size_t at_repaired_term = 184;
constexpr std::size_t at_crc = segment_header_bytes - 4;

}  // namespace

void encode_segment_header(const SegmentHeader& header, std::span<std::byte> out) {
  std::fill_n(out.begin(), segment_header_bytes, std::byte{0});
  std::byte* at = out.data();
  put_array(at + at_magic, magic);
  put32(at + at_version, format_version);
  put32(at + at_flags, header.begins_repair ? flag_begins_repair : 0);
  put_array(at + at_cluster, header.identity.cluster_id);
  put64(at + at_node, header.identity.node_id);
  put64(at + at_incarnation, header.identity.incarnation);
  put64(at + at_sequence, header.sequence);
  put64(at + at_first_index, header.first_index);
  put64(at + at_first_lsn, header.first_lsn);
  put32(at + at_chain, header.chain);
  put32(at + at_generation, header.generation);
  encode(header.hard_state, out.subspan(at_hard_state, hard_state_bytes));
  put64(at + at_snapshot_index, header.snapshot_index);
  encode(header.snapshot, out.subspan(at_snapshot, snapshot_prefix_bytes));
  put32(at + at_configuration_crc, header.configuration_crc);
  put32(at + at_zero, 0);
  put64(at + at_repair_until, header.repair_until);
  put64(at + at_repaired_term, header.repaired_term);
  put32(at + at_crc, masked(crc32c(out.first(at_crc))));
}

std::optional<SegmentHeader> decode_segment_header(std::span<const std::byte> bytes) {
  if (bytes.size() < segment_header_bytes) return std::nullopt;
  const std::byte* at = bytes.data();
  if (get_array<8>(at + at_magic) != magic || get32(at + at_version) != format_version) return std::nullopt;
  if (get32(at + at_crc) != masked(crc32c(bytes.first(at_crc)))) return std::nullopt;
  SegmentHeader header;
  header.begins_repair = (get32(at + at_flags) & flag_begins_repair) != 0;
  header.identity.cluster_id = get_array<16>(at + at_cluster);
  header.identity.node_id = get64(at + at_node);
  header.identity.incarnation = get64(at + at_incarnation);
  header.sequence = get64(at + at_sequence);
  header.first_index = get64(at + at_first_index);
  header.first_lsn = get64(at + at_first_lsn);
  header.chain = get32(at + at_chain);
  header.generation = get32(at + at_generation);
  header.hard_state = decode_hard_state(bytes.subspan(at_hard_state, hard_state_bytes));
  header.snapshot_index = get64(at + at_snapshot_index);
  header.snapshot = decode_snapshot(bytes.subspan(at_snapshot, snapshot_prefix_bytes));
  header.configuration_crc = get32(at + at_configuration_crc);
  header.repair_until = get64(at + at_repair_until);
  header.repaired_term = get64(at + at_repaired_term);
  return header;
}

}  // namespace kelek::storage
