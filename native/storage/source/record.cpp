// Records as bytes.
#include <kelek/storage/record.h>

#include <algorithm>
#include <cstring>

#include "bytes.h"
#include "crc32c.h"
#include "mutation.h"

namespace kelek::storage {
namespace {

// Where the fields of a record's header stand.
constexpr std::size_t at_header_crc = 0;
constexpr std::size_t at_length = 4;
constexpr std::size_t at_type = 8;
constexpr std::size_t at_flags = 9;
constexpr std::size_t at_group = 10;  // the number of the group: there is one, and it is 0
constexpr std::size_t at_generation = 12;
constexpr std::size_t at_lsn = 16;
constexpr std::size_t at_index = 24;
constexpr std::size_t at_chain = 32;
constexpr std::size_t at_payload_crc = 36;

std::uint32_t header_crc(const std::byte* header) {
  return masked(crc32c({header + at_length, record_header_bytes - at_length}));
}

/// What encode could have written for this type.
bool plausible(const RecordHeader& header) {
  switch (header.type) {
    case RecordType::unwritten: return false;
    case RecordType::hard_state: return header.payload_bytes == hard_state_bytes;
    case RecordType::entry:
      return header.payload_bytes >= entry_prefix_bytes && header.payload_bytes <= max_record_payload_bytes;
    case RecordType::truncate: return header.payload_bytes == 0;
    case RecordType::snapshot:
      return header.payload_bytes >= snapshot_prefix_bytes && header.payload_bytes <= max_record_payload_bytes;
    case RecordType::sync: return header.payload_bytes == sync_bytes;
    case RecordType::seal: return header.payload_bytes == seal_bytes;
    case RecordType::idle_witness: return header.payload_bytes == witness_bytes;
  }
  return false;
}

}  // namespace

std::uint32_t chain_after(std::uint32_t previous_chain, std::span<const std::byte> header) {
  std::array<std::byte, record_header_bytes> copy;
  std::copy_n(header.begin(), record_header_bytes, copy.begin());
  put32(copy.data() + at_header_crc, 0);
  put32(copy.data() + at_chain, 0);
  return crc32c(previous_chain, copy);
}

std::uint32_t payload_crc_of(std::span<const std::byte> payload) {
  return masked(crc32c(payload));
}

void start_record_header(const RecordHeader& header, std::span<std::byte> out) {
  std::byte* at = out.data();
  put32(at + at_header_crc, 0);
  put32(at + at_length, header.payload_bytes);
  at[at_type] = static_cast<std::byte>(header.type);
  at[at_flags] = static_cast<std::byte>(header.flags);
  put16(at + at_group, 0);
  put64(at + at_index, header.index);
  put32(at + at_payload_crc, header.payload_crc);
}

// The CRCs are taken of copies that are put together from whole words: a processor that reads eight bytes at once
// which it has just written as two times four waits until they have left its store buffer, which costs more than the
// CRC itself.
std::uint32_t stamp_record_header(std::uint32_t generation, std::uint64_t lsn, std::uint32_t previous_chain,
                                  std::span<std::byte> out) {
  std::byte* at = out.data();
  const std::uint64_t length = get32(at + at_length);
  const std::uint64_t kind = get32(at + at_type) | std::uint64_t{generation} << 32;
  const std::uint64_t index = get64(at + at_index);
  const std::uint64_t payload_crc = get32(at + at_payload_crc);
  std::array<std::byte, record_header_bytes> chained;
  put64(chained.data(), length << 32);
  put64(chained.data() + 8, kind);
  put64(chained.data() + 16, lsn);
  put64(chained.data() + 24, index);
  put64(chained.data() + 32, payload_crc << 32);
  const std::uint32_t chain = crc32c(previous_chain, chained);
  std::array<std::byte, record_header_bytes - at_length> summed;
  put64(summed.data(), length | kind << 32);
  put64(summed.data() + 8, kind >> 32 | lsn << 32);
  put64(summed.data() + 16, lsn >> 32 | index << 32);
  put64(summed.data() + 24, index >> 32 | std::uint64_t{chain} << 32);
  put32(summed.data() + 32, static_cast<std::uint32_t>(payload_crc));
  put32(at + at_header_crc, masked(crc32c(summed)));
  put32(at + at_generation, generation);
  put64(at + at_lsn, lsn);
  put32(at + at_chain, chain);
  return chain;
}

std::uint32_t encode_record_header(const RecordHeader& header, std::uint32_t previous_chain, std::span<std::byte> out) {
  start_record_header(header, out);
  return stamp_record_header(header.generation, header.lsn, previous_chain, out);
}

std::optional<RecordHeader> decode_record_header(std::span<const std::byte> bytes) {
  if (bytes.size() < record_header_bytes) return std::nullopt;
  const std::byte* at = bytes.data();
  const auto type = std::to_integer<std::uint8_t>(at[at_type]);
  if (type == 0 || type > last_record_type || get16(at + at_group) != 0) return std::nullopt;
  RecordHeader header;
  header.type = static_cast<RecordType>(type);
  header.payload_bytes = get32(at + at_length);
  if (!plausible(header)) return std::nullopt;
  if (get32(at + at_header_crc) != header_crc(at) && !mutated(Mutation::header_crc_not_checked)) return std::nullopt;
  header.flags = std::to_integer<std::uint8_t>(at[at_flags]);
  header.generation = get32(at + at_generation);
  header.lsn = get64(at + at_lsn);
  header.index = get64(at + at_index);
  header.chain = get32(at + at_chain);
  header.payload_crc = get32(at + at_payload_crc);
  return header;
}

void encode(const raft::HardState& state, std::span<std::byte> out) {
  put64(out.data(), state.term);
  put64(out.data() + 8, state.vote);
  put64(out.data() + 16, state.commit);
}

raft::HardState decode_hard_state(std::span<const std::byte> bytes) {
  return {get64(bytes.data()), get64(bytes.data() + 8), get64(bytes.data() + 16)};
}

void encode(const SyncRecord& record, std::span<std::byte> out) {
  put32(out.data(), record.count);
  put32(out.data() + 4, record.batch_crc);
  put64(out.data() + 8, record.synced_before);
}

SyncRecord decode_sync(std::span<const std::byte> bytes) {
  return {get32(bytes.data()), get32(bytes.data() + 4), get64(bytes.data() + 8)};
}

void encode(const SealRecord& record, std::span<std::byte> out) {
  put64(out.data(), record.last_lsn);
  put64(out.data() + 8, record.synced_before);
  put32(out.data() + 16, record.chain);
  put32(out.data() + 20, 0);
}

SealRecord decode_seal(std::span<const std::byte> bytes) {
  return {get64(bytes.data()), get64(bytes.data() + 8), get32(bytes.data() + 16)};
}

void encode(const SnapshotRecord& record, std::span<std::byte> out) {
  put64(out.data(), record.term);
  put64(out.data() + 8, record.id);
  put64(out.data() + 16, record.size_bytes);
  put_array(out.data() + 24, record.digest);
}

SnapshotRecord decode_snapshot(std::span<const std::byte> bytes) {
  SnapshotRecord record;
  record.term = get64(bytes.data());
  record.id = get64(bytes.data() + 8);
  record.size_bytes = get64(bytes.data() + 16);
  record.digest = get_array<32>(bytes.data() + 24);
  return record;
}

}  // namespace kelek::storage
