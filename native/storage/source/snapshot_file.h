// Snapshot files: a header, then blocks of 64 KiB, each followed by its CRC32C. A partial one has the same form.
#pragma once

#include <sodium.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <kelek/raft/message.h>
#include <kelek/storage/file.h>
#include <kelek/storage/identity.h>

namespace kelek::storage {

inline constexpr std::size_t snapshot_block_bytes = std::size_t{64} << 10;
inline constexpr std::size_t snapshot_stored_block_bytes = snapshot_block_bytes + 4;

struct SnapshotHeader {
  Identity identity;
  raft::SnapshotMetadata metadata;
  std::uint64_t header_bytes = 0;

  /// Where the stored form of block `number` begins.
  std::uint64_t block_offset(std::uint64_t number) const { return header_bytes + number * snapshot_stored_block_bytes; }
  std::uint64_t file_bytes() const;
};

/// How long the header will be: that hangs on names and configuration alone.
std::uint64_t snapshot_header_bytes(const Identity& identity, const raft::SnapshotMetadata& metadata);
std::vector<std::byte> encode_snapshot_header(const Identity& identity, const raft::SnapshotMetadata& metadata);
/// Refused (damaged) with the file's name.
Result<SnapshotHeader> read_snapshot_header(File& file);

/// Names a snapshot by what it is of and what it holds: the same wherever it was made.
raft::SnapshotId snapshot_id_of(const raft::SnapshotMetadata& metadata);

/// SHA-256 of what went through it.
class Digest {
 public:
  Digest() { crypto_hash_sha256_init(&state_); }
  void add(std::span<const std::byte> bytes) {
    crypto_hash_sha256_update(&state_, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  }
  /// Once.
  std::array<std::uint8_t, 32> finish() {
    std::array<std::uint8_t, 32> digest{};
    crypto_hash_sha256_final(&state_, digest.data());
    return digest;
  }

 private:
  crypto_hash_sha256_state state_;
};

/// Appends bytes to a file as blocks.
class BlockWriter {
 public:
  BlockWriter(File& file, std::uint64_t header_bytes) : file_(file), header_bytes_(header_bytes) {}

  /// Whole blocks are written as they fill.
  Status append(std::span<const std::byte> bytes);
  /// Writes the last block, which may be short.
  Status flush();
  /// Takes up where whole blocks that are in the file already end; they went through `digest`.
  void resume(std::uint64_t whole_blocks, const Digest& digest);

  std::uint64_t size_bytes() const { return size_bytes_; }
  Digest& digest() { return digest_; }

 private:
  Status write_block();

  File& file_;
  const std::uint64_t header_bytes_;
  std::uint64_t size_bytes_ = 0;
  std::uint64_t blocks_ = 0;
  std::vector<std::byte> block_;
  Digest digest_;
};

/// Reads blocks `first` … and calls `each` with the checked bytes of one after the other, until it gives false or
/// the snapshot ends. Refused (damaged) with file and byte at the first bad one.
Status for_each_block(File& file, const SnapshotHeader& header, std::uint64_t first,
                      const std::function<bool(std::span<const std::byte>)>& each);
/// Checks all blocks, and the digest if `with_digest`.
Status check_snapshot(File& file, const SnapshotHeader& header, bool with_digest);

}  // namespace kelek::storage
