// Snapshot files as bytes.
#include "snapshot_file.h"

#include <algorithm>
#include <cstring>

#include "bytes.h"
#include "crc32c.h"
#include "errors.h"

namespace kelek::storage {
namespace {

constexpr std::array<std::uint8_t, 8> magic = {'K', 'L', 'K', 'S', 'N', 'P', 0, 1};
constexpr std::uint32_t format_version = 1;
constexpr std::uint64_t header_unit_bytes = 4096;
constexpr std::uint64_t max_header_bytes = std::uint64_t{4} << 20;
/// Far beyond any disk, and far below where sums of sizes would wrap around.
constexpr std::uint64_t max_size_bytes = std::uint64_t{1} << 56;

// Where the fields stand. Configuration and cluster name follow; the last four bytes are the CRC of all
// before.
constexpr std::size_t at_magic = 0;
constexpr std::size_t at_version = 8;
constexpr std::size_t at_header_bytes = 12;
constexpr std::size_t at_cluster = 16;
constexpr std::size_t at_node = 32;
constexpr std::size_t at_incarnation = 40;
constexpr std::size_t at_index = 48;
constexpr std::size_t at_term = 56;
constexpr std::size_t at_id = 64;
constexpr std::size_t at_size = 72;
constexpr std::size_t at_digest = 80;
constexpr std::size_t at_configuration_bytes = 112;
constexpr std::size_t at_name_bytes = 116;
constexpr std::size_t at_block_bytes = 120;
constexpr std::size_t fixed_bytes = 128;

raft::Payload configuration_of(const raft::SnapshotMetadata& metadata) {
  return metadata.configuration != nullptr ? metadata.configuration->encode() : raft::Payload();
}

Error damaged(const File& file, const std::string& what) {
  return make_error(Problem::damaged, "read", file.path(), file.path() + " is damaged: " + what);
}

std::uint64_t blocks_of(std::uint64_t size_bytes) {
  return (size_bytes + snapshot_block_bytes - 1) / snapshot_block_bytes;
}

}  // namespace

std::uint64_t SnapshotHeader::file_bytes() const {
  return header_bytes + metadata.size_bytes + 4 * blocks_of(metadata.size_bytes);
}

std::uint64_t snapshot_header_bytes(const Identity& identity, const raft::SnapshotMetadata& metadata) {
  const std::uint64_t used = fixed_bytes + configuration_of(metadata).size() + identity.cluster_name.size() + 4;
  return (used + header_unit_bytes - 1) / header_unit_bytes * header_unit_bytes;
}

std::vector<std::byte> encode_snapshot_header(const Identity& identity, const raft::SnapshotMetadata& metadata) {
  const raft::Payload configuration = configuration_of(metadata);
  std::vector<std::byte> header(static_cast<std::size_t>(snapshot_header_bytes(identity, metadata)));
  std::byte* at = header.data();
  put_array(at + at_magic, magic);
  put32(at + at_version, format_version);
  put32(at + at_header_bytes, static_cast<std::uint32_t>(header.size()));
  put_array(at + at_cluster, identity.cluster_id);
  put64(at + at_node, identity.node_id);
  put64(at + at_incarnation, identity.incarnation);
  put64(at + at_index, metadata.index);
  put64(at + at_term, metadata.term);
  put64(at + at_id, metadata.id);
  put64(at + at_size, metadata.size_bytes);
  put_array(at + at_digest, metadata.digest);
  put32(at + at_configuration_bytes, static_cast<std::uint32_t>(configuration.size()));
  put32(at + at_name_bytes, static_cast<std::uint32_t>(identity.cluster_name.size()));
  put32(at + at_block_bytes, static_cast<std::uint32_t>(snapshot_block_bytes));
  const auto bytes = configuration.bytes();
  std::copy(bytes.begin(), bytes.end(), at + fixed_bytes);
  const auto name = bytes_of(identity.cluster_name);
  std::copy(name.begin(), name.end(), at + fixed_bytes + bytes.size());
  const std::size_t summed = header.size() - 4;
  put32(at + summed, masked(crc32c({at, summed})));
  return header;
}

Result<SnapshotHeader> read_snapshot_header(File& file) {
  std::vector<std::byte> bytes(header_unit_bytes);
  if (Status read = read_exactly(file, 0, bytes); !read) return read.error();
  if (get_array<8>(bytes.data() + at_magic) != magic || get32(bytes.data() + at_version) != format_version) {
    return damaged(file, "it does not begin as a snapshot of this version does.");
  }
  SnapshotHeader header;
  header.header_bytes = get32(bytes.data() + at_header_bytes);
  if (header.header_bytes % header_unit_bytes != 0 || header.header_bytes == 0 ||
      header.header_bytes > max_header_bytes) {
    return damaged(file, "the length of its header makes no sense.");
  }
  bytes.resize(static_cast<std::size_t>(header.header_bytes));
  if (Status read = read_exactly(file, 0, bytes); !read) return read.error();
  const std::byte* at = bytes.data();
  const std::size_t summed = bytes.size() - 4;
  if (get32(at + summed) != masked(crc32c({at, summed}))) return damaged(file, "its header has a wrong CRC.");
  const std::uint64_t configuration_bytes = get32(at + at_configuration_bytes);
  const std::uint64_t name_bytes = get32(at + at_name_bytes);
  if (fixed_bytes + configuration_bytes + name_bytes > summed || get32(at + at_block_bytes) != snapshot_block_bytes ||
      get64(at + at_size) > max_size_bytes) {
    return damaged(file, "the lengths in its header make no sense.");
  }
  header.identity.cluster_id = get_array<16>(at + at_cluster);
  header.identity.node_id = get64(at + at_node);
  header.identity.incarnation = get64(at + at_incarnation);
  header.identity.cluster_name.assign(reinterpret_cast<const char*>(at + fixed_bytes + configuration_bytes),
                                      static_cast<std::size_t>(name_bytes));
  raft::SnapshotMetadata& metadata = header.metadata;
  metadata.index = get64(at + at_index);
  metadata.term = get64(at + at_term);
  metadata.id = get64(at + at_id);
  metadata.size_bytes = get64(at + at_size);
  metadata.digest = get_array<32>(at + at_digest);
  if (configuration_bytes > 0) {
    auto decoded = raft::Configuration::decode({at + fixed_bytes, static_cast<std::size_t>(configuration_bytes)});
    if (!decoded) return damaged(file, decoded.error().text);
    metadata.configuration = std::make_shared<const raft::Configuration>(std::move(*decoded));
  }
  return header;
}

raft::SnapshotId snapshot_id_of(const raft::SnapshotMetadata& metadata) {
  std::array<std::byte, 24> numbers;
  put64(numbers.data(), metadata.index);
  put64(numbers.data() + 8, metadata.term);
  put64(numbers.data() + 16, metadata.size_bytes);
  Digest digest;
  digest.add(numbers);
  digest.add(std::as_bytes(std::span<const std::uint8_t>(metadata.digest)));
  digest.add(configuration_of(metadata).bytes());
  const std::array<std::uint8_t, 32> all = digest.finish();
  const raft::SnapshotId id = get64(reinterpret_cast<const std::byte*>(all.data()));
  return id != 0 ? id : 1;
}

Status BlockWriter::write_block() {
  const std::size_t size = block_.size();
  block_.resize(size + 4);
  put32(block_.data() + size, masked(crc32c({block_.data(), size})));
  Status written = write_all(file_, header_bytes_ + blocks_ * snapshot_stored_block_bytes, block_);
  block_.clear();
  ++blocks_;
  return written;
}

Status BlockWriter::append(std::span<const std::byte> bytes) {
  digest_.add(bytes);
  size_bytes_ += bytes.size();
  while (!bytes.empty()) {
    const std::size_t part = std::min(bytes.size(), snapshot_block_bytes - block_.size());
    block_.insert(block_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(part));
    bytes = bytes.subspan(part);
    if (block_.size() < snapshot_block_bytes) break;
    if (Status written = write_block(); !written) return written;
  }
  return Nothing{};
}

Status BlockWriter::flush() {
  return block_.empty() ? Status(Nothing{}) : write_block();
}

void BlockWriter::resume(std::uint64_t whole_blocks, const Digest& digest) {
  blocks_ = whole_blocks;
  size_bytes_ = whole_blocks * snapshot_block_bytes;
  digest_ = digest;
}

Status for_each_block(File& file, const SnapshotHeader& header, std::uint64_t first,
                      const std::function<bool(std::span<const std::byte>)>& each) {
  constexpr std::uint64_t blocks_a_read = 16;
  const std::uint64_t blocks = blocks_of(header.metadata.size_bytes);
  std::vector<std::byte> buffer;
  for (std::uint64_t next = first; next < blocks; next += blocks_a_read) {
    const std::uint64_t end = std::min(header.file_bytes(), header.block_offset(next + blocks_a_read));
    buffer.resize(static_cast<std::size_t>(end - header.block_offset(next)));
    Result<std::size_t> read = read_up_to(file, header.block_offset(next), buffer);
    if (!read) return read.error();
    std::span<const std::byte> left(buffer);
    for (std::uint64_t block = next; !left.empty(); ++block) {
      const std::size_t stored = std::min(left.size(), snapshot_stored_block_bytes);
      const auto bytes = left.first(stored - 4);
      const bool whole = static_cast<std::size_t>(left.data() - buffer.data()) + stored <= *read;
      if (!whole || get32(bytes.data() + bytes.size()) != masked(crc32c(bytes))) {
        return damaged(file, "the block at byte " + std::to_string(header.block_offset(block)) +
                                 (whole ? " has a wrong CRC." : " is cut off."));
      }
      if (!each(bytes)) return Nothing{};
      left = left.subspan(stored);
    }
  }
  return Nothing{};
}

Status check_snapshot(File& file, const SnapshotHeader& header, bool with_digest) {
  Digest digest;
  Status read = for_each_block(file, header, 0, [&](std::span<const std::byte> bytes) {
    if (with_digest) digest.add(bytes);
    return true;
  });
  if (!read || !with_digest || digest.finish() == header.metadata.digest) return read;
  return damaged(file, "its digest is not the one in its header.");
}

}  // namespace kelek::storage
