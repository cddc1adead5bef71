// Encoding a batch: payloads are copied and summed once; headers are finished when the segment is known.
#include "batch_buffer.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <new>

#include "bytes.h"
#include "crc32c.h"

namespace kelek::storage {
namespace {

constexpr std::size_t alignment = 4096;
constexpr std::size_t first_capacity = std::size_t{64} << 10;
constexpr std::size_t kept_capacity = std::size_t{8} << 20;

}  // namespace

void BatchBuffer::Free::operator()(std::byte* memory) const {
  ::operator delete (static_cast<void*>(memory), std::align_val_t{alignment});
}

std::byte* BatchBuffer::extend(std::size_t bytes) {
  if (size_ + bytes > capacity_) {
    const std::size_t capacity = std::max({first_capacity, 2 * capacity_, size_ + bytes});
    std::unique_ptr<std::byte, Free> memory(
        static_cast<std::byte*>(::operator new (capacity, std::align_val_t{alignment})));
    if (size_ > 0) std::memcpy(memory.get(), memory_.get(), size_);
    memory_ = std::move(memory);
    capacity_ = capacity;
  }
  std::byte* const start = memory_.get() + size_;
  size_ += bytes;
  return start;
}

void BatchBuffer::add(RecordType type, std::uint8_t flags, raft::Index index, std::span<const std::byte> payload) {
  add(type, flags, index, payload, {});
}

void BatchBuffer::add(RecordType type, std::uint8_t flags, raft::Index index, std::span<const std::byte> first,
                      std::span<const std::byte> second) {
  const std::size_t size = first.size() + second.size();
  std::byte* const start = extend(record_bytes(size));
  std::byte* const payload = start + record_header_bytes;
  if (!first.empty()) std::memcpy(payload, first.data(), first.size());
  if (!second.empty()) std::memcpy(payload + first.size(), second.data(), second.size());
  std::memset(payload + size, 0, padded(size) - size);
  RecordHeader header;
  header.payload_bytes = static_cast<std::uint32_t>(size);
  header.type = type;
  header.flags = flags;
  header.index = index;
  header.payload_crc = payload_crc_of({payload, size});
  start_record_header(header, {start, record_header_bytes});
  ++count_;
}

void BatchBuffer::add_entry(raft::Index index, const raft::Entry& entry) {
  std::array<std::byte, entry_prefix_bytes> prefix;
  put64(prefix.data(), entry.term);
  add(RecordType::entry, static_cast<std::uint8_t>(entry.kind), index, prefix, entry.payload.bytes());
}

void BatchBuffer::stamp(Place& place) {
  batch_crc_ = 0;
  for (std::size_t at = 0; at < size_;) {
    std::byte* const header = memory_.get() + at;
    place.chain = stamp_record_header(place.generation, place.lsn++, place.chain, {header, record_header_bytes});
    batch_crc_ = crc32c(batch_crc_, {header, 4});
    at += record_bytes(get32(header + 4));
  }
}

void BatchBuffer::close(Place& place, raft::Index last_index, Lsn synced_before) {
  stamp(place);
  const std::size_t start = size_;
  std::array<std::byte, sync_bytes> payload;
  encode(SyncRecord{count_, batch_crc_, synced_before}, payload);
  add(RecordType::sync, 0, last_index, payload);
  std::byte* const header = memory_.get() + start;
  place.chain = stamp_record_header(place.generation, place.lsn++, place.chain, {header, record_header_bytes});
}

std::span<const std::byte> BatchBuffer::padded_to(std::size_t size_bytes) {
  const std::size_t zeros = size_bytes - size_;
  std::memset(extend(zeros), 0, zeros);
  size_ -= zeros;
  return {memory_.get(), size_bytes};
}

std::span<const std::byte> BatchBuffer::echoed_at(std::size_t echo_bytes, std::size_t size_bytes) {
  const std::span<const std::byte> padded = padded_to(size_bytes);
  std::memcpy(memory_.get() + echo_bytes, memory_.get(), size_);
  return padded;
}

void BatchBuffer::clear() {
  size_ = 0;
  count_ = 0;
  if (capacity_ > kept_capacity) {
    memory_.reset();
    capacity_ = 0;
  }
}

}  // namespace kelek::storage
