// BatchBuffer: the records of one batch, encoded into one piece of memory that is used again and again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include <kelek/raft/entry.h>
#include <kelek/storage/log.h>
#include <kelek/storage/record.h>

namespace kelek::storage {

/// Where a record goes.
struct Place {
  std::uint32_t generation = 0;
  /// The next LSN.
  Lsn lsn = 1;
  /// Of the record before.
  std::uint32_t chain = 0;
};

class BatchBuffer {
 public:
  /// Adds a record whose payload is already bytes.
  void add(RecordType type, std::uint8_t flags, raft::Index index, std::span<const std::byte> payload);
  void add(RecordType type, std::uint8_t flags, raft::Index index, std::span<const std::byte> first,
           std::span<const std::byte> second);
  void add_entry(raft::Index index, const raft::Entry& entry);

  /// Gives every record its generation, LSN and chain, and moves `place` behind the last one. With `closing`,
  /// adds the SYNC record that closes the batch.
  void stamp(Place& place);
  void close(Place& place, raft::Index last_index, Lsn synced_before);

  bool empty() const { return size_ == 0; }
  std::size_t size_bytes() const { return size_; }
  std::uint32_t count() const { return count_; }
  std::span<const std::byte> bytes() const { return {memory_.get(), size_}; }
  /// The same with zeros behind, `size_bytes` in all; valid until the next call.
  std::span<const std::byte> padded_to(std::size_t size_bytes);
  /// The same, and the records a second time at byte `echo_bytes`.
  std::span<const std::byte> echoed_at(std::size_t echo_bytes, std::size_t size_bytes);
  /// Where the batch ends now, to go back to.
  struct Mark {
    std::size_t size = 0;
    std::uint32_t count = 0;
  };
  Mark mark() const { return {size_, count_}; }
  void go_back_to(const Mark& mark) {
    size_ = mark.size;
    count_ = mark.count;
  }
  /// Forgets the records; memory far above the ordinary is given back.
  void clear();

 private:
  struct Free {
    void operator()(std::byte* memory) const;
  };
  std::byte* extend(std::size_t bytes);

  std::unique_ptr<std::byte, Free> memory_;
  std::size_t capacity_ = 0;
  std::size_t size_ = 0;
  std::uint32_t count_ = 0;
  std::uint32_t batch_crc_ = 0;
};

}  // namespace kelek::storage
