// Traces as bytes: the encoder is fed by a RecordedNode, the reader gives records back. TRACE.md has the format.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <kelek/wire/limits.h>
#include <kelek/wire/mark.h>
#include <kelek/wire/reader.h>
#include <kelek/wire/result.h>
#include <kelek/wire/trace.h>
#include <kelek/wire/writer.h>

namespace kelek::wire {

/// Writes records one after the other into a buffer that whoever owns the file empties. Allocates nothing but the
/// buffer's growth. One thread.
class TraceEncoder {
 public:
  explicit TraceEncoder(bool with_payloads) : with_payloads_(with_payloads), writer_(buffer_) {}
  TraceEncoder(const TraceEncoder&) = delete;
  TraceEncoder& operator=(const TraceEncoder&) = delete;

  /// The first record, those of the entries held, and the one that says that the node is made.
  void begin(const TraceBegin& begin);
  /// `now_us` by the steady clock; before the first input of a turn. Nothing where it is as before.
  void time(std::uint64_t now_us);
  void step(const raft::Message& message);
  void propose(raft::Token token, std::span<const raft::Payload> payloads);
  void change(const raft::MembershipChange& change);
  void snapshot_stored(const raft::SnapshotMetadata& snapshot);
  /// Any record of plain numbers (the others have calls of their own, above).
  template <typename Record>
  void add(const Record& record);
  /// Any record at all, as a reader gave it; of stand-ins the marks.
  void put_again(const TraceWhat& what);

  bool with_payloads() const { return with_payloads_; }
  Buffer& buffer() { return buffer_; }
  /// Since the beginning.
  std::uint64_t records() const { return records_; }

 private:
  void head(std::size_t kind, std::size_t values);
  void payload(const raft::Payload& payload, bool whole);
  void entries(const raft::EntryRange& entries);
  void metadata(const raft::SnapshotMetadata& snapshot);
  void body(const raft::AppendRequest& request);
  void body(const raft::SnapshotChunk& chunk);
  void body(const raft::ProposeRequest& request);
  template <typename Body>
  void body(const Body& other);

  const bool with_payloads_;
  Buffer buffer_;
  Writer writer_;
  std::uint64_t records_ = 0;
  std::uint64_t now_us_ = 0;
  /// What is encoded may be what a reader gave.
  bool has_stand_ins_ = false;
};

/// What a file begins with, and what stands before each block.
std::span<const std::byte> trace_magic();
std::array<std::byte, trace_block_header_bytes> trace_block_header(std::uint32_t number,
                                                                   std::span<const std::byte> records);

/// Reads a file block by block. What it allocates follows the bytes that are there; payloads that were recorded by
/// their mark are stand-ins that share one piece of zeros.
class TraceReader {
 public:
  /// Fills as much of `into` as there is; less than all of it means the end.
  using Read = std::function<std::size_t(std::span<std::byte> into)>;
  explicit TraceReader(Read read) : read_(std::move(read)) {}

  enum class Next : std::uint8_t {
    record,
    /// The file ends behind a block.
    end,
    /// The file ends within a block: its process was killed while it wrote, or the file was cut.
    torn,
    /// error() says what and where.
    error,
  };
  /// After anything but `record` it says the same for ever.
  Next next(TraceRecord& record);
  const Error& error() const { return error_; }
  /// Of the next byte.
  std::uint64_t offset() const;

 private:
  bool begin_block();
  bool read_magic();
  /// Appends what the source has, at most `count`; gives how much.
  std::size_t fill(std::vector<std::byte>& into, std::size_t count);
  bool stop(Next why);
  bool refuse(Fault fault, const std::string& text);

  Read read_;
  raft::Payload block_;
  std::optional<Reader> reader_;
  std::shared_ptr<const std::byte[]> zeros_;
  std::size_t zero_bytes_ = 0;
  std::uint64_t block_offset_ = 0;
  std::uint64_t end_offset_ = 0;
  std::uint32_t block_number_ = 0;
  std::uint64_t records_ = 0;
  Next state_ = Next::record;
  bool begun_ = false;
  Error error_;
};

}  // namespace kelek::wire
