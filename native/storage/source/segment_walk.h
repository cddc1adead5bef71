// SegmentWalk: reads the records of one segment in order, says where and why that ends, and steps over
// damage.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include <kelek/storage/log.h>
#include <kelek/storage/record.h>

namespace kelek::storage {

/// A record whose header, place, chain and payload are sound (R2). Views into the bytes that were walked.
struct Record {
  RecordHeader header;
  std::uint64_t offset_bytes = 0;
  std::span<const std::byte> header_bytes;
  std::span<const std::byte> payload;

  std::uint64_t end_bytes() const { return offset_bytes + record_bytes(payload.size()); }
};

class SegmentWalk {
 public:
  enum class Stop : std::uint8_t {
    none,
    end_of_file,
    unwritten,  ///< zeros, or bytes of an earlier life of the file
    bad_header,
    wrong_order,  ///< another LSN or another chain than follows
    bad_payload,  ///< the header is sound and names what is lost
  };

  /// `bytes` is the whole segment, `header` what its first block says.
  SegmentWalk(std::span<const std::byte> bytes, const SegmentHeader& header);

  /// The next record, or none: then stop() says why.
  std::optional<Record> next();
  /// Takes back the record that next() gave last: its meaning contradicts what came before.
  void reject(const Record& record);

  Stop stop() const { return stop_; }
  std::uint64_t offset_bytes() const { return offset_; }
  Lsn next_lsn() const { return next_lsn_; }
  std::uint32_t chain() const { return chain_; }
  /// The greatest LSN that any sound header had.
  Lsn greatest_lsn() const { return greatest_lsn_; }

  /// R3: whether a sound SYNC, SEAL or IDLE-WITNESS behind the place of the stop says that the record missing
  /// there was durable, and so may have been acknowledged.
  bool was_acknowledged() const;
  /// Sound headers at or behind the place of the stop.
  struct Behind {
    std::uint64_t count = 0;
    /// Where the last of them ends; of the stop if there is none.
    std::uint64_t end_bytes = 0;
    Lsn greatest_lsn = 0;
  };
  Behind behind() const;

  /// Goes on at the next sound header behind the place of the stop. False if there is none.
  bool resume();
  /// A few words for reports: why and where.
  std::string describe_stop() const;

 private:
  std::optional<RecordHeader> header_at(std::uint64_t offset_bytes) const;
  bool payload_is_sound(const RecordHeader& header, std::uint64_t offset_bytes) const;
  std::uint64_t behind_stop() const;

  std::span<const std::byte> bytes_;
  std::uint32_t generation_;
  Lsn first_lsn_;
  std::uint64_t offset_ = segment_header_bytes;
  Lsn next_lsn_;
  std::uint32_t chain_;
  Lsn greatest_lsn_;
  bool resumed_ = false;
  bool rejected_ = false;
  Stop stop_ = Stop::none;
  std::optional<RecordHeader> lost_;
};

}  // namespace kelek::storage
