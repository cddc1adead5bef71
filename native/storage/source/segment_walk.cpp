// Walking a segment: rules R2 and R3 for its bytes; what they mean is Replay's business.
#include "segment_walk.h"

#include <algorithm>

#include "bytes.h"
#include "mutation.h"

namespace kelek::storage {

SegmentWalk::SegmentWalk(std::span<const std::byte> bytes, const SegmentHeader& header)
    : bytes_(bytes),
      generation_(header.generation),
      first_lsn_(header.first_lsn),
      next_lsn_(header.first_lsn),
      chain_(header.chain),
      greatest_lsn_(header.first_lsn - 1) {}

std::optional<RecordHeader> SegmentWalk::header_at(std::uint64_t offset_bytes) const {
  if (offset_bytes + record_header_bytes > bytes_.size()) return std::nullopt;
  const auto header = decode_record_header(bytes_.subspan(static_cast<std::size_t>(offset_bytes), record_header_bytes));
  if (!header || header->lsn < first_lsn_) return std::nullopt;
  if (header->generation != generation_ && !mutated(Mutation::generation_not_checked)) return std::nullopt;
  // No more records fit before this place than it claims to follow.
  const std::uint64_t most_before = (offset_bytes - segment_header_bytes) / record_header_bytes;
  if (header->lsn - first_lsn_ > most_before) return std::nullopt;
  if (record_bytes(header->payload_bytes) > bytes_.size() - offset_bytes) return std::nullopt;
  return header;
}

bool SegmentWalk::payload_is_sound(const RecordHeader& header, std::uint64_t offset_bytes) const {
  const auto start = static_cast<std::size_t>(offset_bytes) + record_header_bytes;
  return payload_crc_of(bytes_.subspan(start, header.payload_bytes)) == header.payload_crc;
}

std::optional<Record> SegmentWalk::next() {
  stop_ = Stop::none;
  lost_.reset();
  if (offset_ + record_header_bytes > bytes_.size()) {
    stop_ = Stop::end_of_file;
    return std::nullopt;
  }
  const auto raw = bytes_.subspan(static_cast<std::size_t>(offset_), record_header_bytes);
  const std::optional<RecordHeader> header = header_at(offset_);
  if (!header) {
    const bool zeros = std::all_of(raw.begin(), raw.end(), [](std::byte b) { return b == std::byte{0}; });
    const auto earlier = decode_record_header(raw);
    const bool stale = earlier.has_value() && earlier->generation != generation_;
    stop_ = zeros || stale ? Stop::unwritten : Stop::bad_header;
    return std::nullopt;
  }
  if (header->lsn < next_lsn_) {  // the copy of a witness, or of a SEAL: what follows it was written elsewhere
    stop_ = Stop::unwritten;
    return std::nullopt;
  }
  const bool chained = resumed_ || mutated(Mutation::chain_not_checked) || chain_after(chain_, raw) == header->chain;
  if (header->lsn != next_lsn_ || !chained) {
    stop_ = Stop::wrong_order;
    return std::nullopt;
  }
  greatest_lsn_ = std::max(greatest_lsn_, header->lsn);
  if (!payload_is_sound(*header, offset_)) {
    stop_ = Stop::bad_payload;
    lost_ = header;
    return std::nullopt;
  }
  Record record;
  record.header = *header;
  record.offset_bytes = offset_;
  record.header_bytes = raw;
  record.payload = bytes_.subspan(static_cast<std::size_t>(offset_) + record_header_bytes, header->payload_bytes);
  offset_ = record.end_bytes();
  next_lsn_ = header->lsn + 1;
  chain_ = header->chain;
  resumed_ = false;
  return record;
}

void SegmentWalk::reject(const Record& record) {
  stop_ = Stop::wrong_order;
  lost_ = record.header;
  offset_ = record.offset_bytes;
  next_lsn_ = record.header.lsn;
}

std::uint64_t SegmentWalk::behind_stop() const {
  return lost_ ? offset_ + record_bytes(lost_->payload_bytes) : offset_;
}

bool SegmentWalk::was_acknowledged() const {
  for (std::uint64_t at = offset_; at + record_header_bytes <= bytes_.size(); at += 8) {
    const auto header = header_at(at);
    if (!header || header->lsn < next_lsn_ || !payload_is_sound(*header, at)) continue;
    const auto payload = bytes_.subspan(static_cast<std::size_t>(at) + record_header_bytes, header->payload_bytes);
    Lsn synced_before = 0;
    if (header->type == RecordType::sync) synced_before = decode_sync(payload).synced_before;
    if (header->type == RecordType::seal) synced_before = decode_seal(payload).synced_before;
    if (header->type == RecordType::idle_witness) synced_before = get64(payload.data());
    if (synced_before >= next_lsn_) return true;
  }
  return false;
}

SegmentWalk::Behind SegmentWalk::behind() const {
  Behind behind;
  behind.end_bytes = offset_;
  for (std::uint64_t at = offset_; at + record_header_bytes <= bytes_.size(); at += 8) {
    const auto header = header_at(at);
    if (!header || header->lsn < next_lsn_) continue;
    ++behind.count;
    behind.end_bytes = at + record_bytes(header->payload_bytes);
    behind.greatest_lsn = std::max(behind.greatest_lsn, header->lsn);
  }
  return behind;
}

bool SegmentWalk::resume() {
  const Lsn smallest = lost_ ? next_lsn_ + 1 : next_lsn_;
  // A header that is sound but stands where another was expected may itself be the next one; a lost one may
  // not.
  for (std::uint64_t at = behind_stop(); at + record_header_bytes <= bytes_.size(); at += 8) {
    const auto header = header_at(at);
    if (!header || header->lsn < smallest) continue;
    offset_ = at;
    next_lsn_ = header->lsn;
    resumed_ = true;
    return true;
  }
  return false;
}

std::string SegmentWalk::describe_stop() const {
  const std::string place = "byte " + std::to_string(offset_) + " (record " + std::to_string(next_lsn_);
  switch (stop_) {
    case Stop::bad_payload:
      if (lost_->type == RecordType::entry) {
        return place + ", entry " + std::to_string(lost_->index) + "): the payload is damaged";
      }
      return place + "): the payload is damaged";
    case Stop::bad_header: return place + "): the header is damaged";
    case Stop::wrong_order: return place + "): this record does not follow the one before";
    case Stop::end_of_file: return place + "): the file ends";
    case Stop::unwritten:
    case Stop::none: break;
  }
  return place + "): nothing is written here, though records follow";
}

}  // namespace kelek::storage
