// The bytes of the log: headers of segments and of records, as README.md draws them. Little-endian throughout.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include <kelek/raft/types.h>
#include <kelek/storage/identity.h>

namespace kelek::storage {

enum class RecordType : std::uint8_t {
  unwritten = 0,
  /// Payload: term, vote, commit, 8 bytes each.
  hard_state = 1,
  /// Payload: term (8 bytes), then the entry's bytes. `flags` is its EntryKind, `index` its index.
  entry = 2,
  /// Entries from `index` on are no more. No payload.
  truncate = 3,
  /// Payload: SnapshotRecord, then the configuration. `index` is the snapshot's; flag 1: it replaces the log.
  snapshot = 4,
  /// Closes a batch. Payload: SyncRecord.
  sync = 5,
  /// Closes a segment; flag 1: a clean stop. Payload: SealRecord.
  seal = 6,
  /// The last batch is durable. Payload: synced_before (8 bytes).
  idle_witness = 7,
};
inline constexpr std::uint8_t last_record_type = 7;
inline constexpr std::uint8_t flag_replaces_log = 1;
inline constexpr std::uint8_t flag_clean_stop = 1;

inline constexpr std::size_t record_header_bytes = 40;
inline constexpr std::size_t segment_header_bytes = 4096;
inline constexpr std::size_t hard_state_bytes = 24;
inline constexpr std::size_t entry_prefix_bytes = 8;
inline constexpr std::size_t sync_bytes = 16;
inline constexpr std::size_t seal_bytes = 24;
inline constexpr std::size_t witness_bytes = 8;
inline constexpr std::size_t snapshot_prefix_bytes = 56;
/// An entry's prefix and the largest payload that propose takes: one limit for propose, append and recovery (B72).
inline constexpr std::size_t max_record_payload_bytes = raft::max_payload_bytes + entry_prefix_bytes;

struct RecordHeader {
  std::uint32_t payload_bytes = 0;
  RecordType type = RecordType::unwritten;
  std::uint8_t flags = 0;
  /// The segment's.
  std::uint32_t generation = 0;
  std::uint64_t lsn = 0;
  /// Of entries, truncations and snapshots their own; of all others the last index of the log at that place.
  raft::Index index = 0;
  std::uint32_t chain = 0;
  std::uint32_t payload_crc = 0;
};

struct SyncRecord {
  /// Records of the batch, this one not among them.
  std::uint32_t count = 0;
  /// CRC32C over the header CRCs of those records.
  std::uint32_t batch_crc = 0;
  /// The last LSN known durable when the batch was written.
  std::uint64_t synced_before = 0;
};

struct SealRecord {
  std::uint64_t last_lsn = 0;
  std::uint64_t synced_before = 0;
  std::uint32_t chain = 0;
};

struct SnapshotRecord {
  raft::Term term = 0;
  std::uint64_t id = 0;
  std::uint64_t size_bytes = 0;
  std::array<std::uint8_t, 32> digest{};
};

/// The first 4,096 bytes of a segment.
struct SegmentHeader {
  Identity identity;  // without the cluster's name
  std::uint64_t sequence = 0;
  /// Drawn at random and repeated by every record: bytes of an earlier life of the file, and bytes that somebody
  /// made to look like a record within an entry, have another one.
  std::uint32_t generation = 0;
  /// The index that the next entry would have when the segment began.
  raft::Index first_index = 1;
  std::uint64_t first_lsn = 1;
  /// Of the last record before.
  std::uint32_t chain = 0;
  raft::HardState hard_state;
  raft::Index snapshot_index = 0;
  SnapshotRecord snapshot;
  /// CRC32C of the snapshot's configuration.
  std::uint32_t configuration_crc = 0;
  /// Not 0: acknowledged entries were lost before this segment; the log is continued at first_index, and is whole
  /// again once `commit` has reached this (R4).
  raft::Index repair_until = 0;
  /// Set by the first segment after a loss alone: what follows does not hang on what came before.
  bool begins_repair = false;
  /// The term in which the repair was finished: a vote that the damage may have hidden was cast in it, or before.
  raft::Term repaired_term = 0;
};

constexpr std::size_t padded(std::size_t size_bytes) {
  return (size_bytes + 7) & ~std::size_t{7};
}
/// What a record takes in its segment.
constexpr std::size_t record_bytes(std::size_t payload_bytes) {
  return record_header_bytes + padded(payload_bytes);
}

/// Writes what is known while a batch is put together: length, type, flags, index, CRC of the payload.
void start_record_header(const RecordHeader& header, std::span<std::byte> out);
/// Fills in the rest once its place is known, computes the chain and the header's CRC, and gives the chain.
std::uint32_t stamp_record_header(std::uint32_t generation, std::uint64_t lsn, std::uint32_t previous_chain,
                                  std::span<std::byte> out);
/// Both.
std::uint32_t encode_record_header(const RecordHeader& header, std::uint32_t previous_chain, std::span<std::byte> out);
/// None unless the CRC fits and the header is one that encode could have written. The payload is not looked at.
std::optional<RecordHeader> decode_record_header(std::span<const std::byte> bytes);
/// The chain that this header must have after `previous_chain`.
std::uint32_t chain_after(std::uint32_t previous_chain, std::span<const std::byte> header);
std::uint32_t payload_crc_of(std::span<const std::byte> payload);

void encode(const raft::HardState& state, std::span<std::byte> out);
void encode(const SyncRecord& record, std::span<std::byte> out);
void encode(const SealRecord& record, std::span<std::byte> out);
void encode(const SnapshotRecord& record, std::span<std::byte> out);
/// `bytes` has the size that the type demands.
raft::HardState decode_hard_state(std::span<const std::byte> bytes);
SyncRecord decode_sync(std::span<const std::byte> bytes);
SealRecord decode_seal(std::span<const std::byte> bytes);
SnapshotRecord decode_snapshot(std::span<const std::byte> bytes);

/// `out` has segment_header_bytes.
void encode_segment_header(const SegmentHeader& header, std::span<std::byte> out);
/// None unless magic, version and CRC fit.
std::optional<SegmentHeader> decode_segment_header(std::span<const std::byte> bytes);

}  // namespace kelek::storage
