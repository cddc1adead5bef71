// The scrub: from the oldest segment to the end of what is durable, then from the start again.
#include "scrubber.h"

#include <algorithm>

#include "errors.h"

namespace kelek::storage {

Status Scrubber::open_segment(FileSystem& files, const std::string& folder, const SegmentInfo& segment,
                              std::string& damage) {
  Result<std::unique_ptr<File>> file = files.open(join_path(folder, segment.name), OpenMode::read);
  if (!file) return file.error();
  file_ = std::move(*file);
  file_->forget_cached();
  sequence_ = segment.header.sequence;
  offset_bytes_ = segment_header_bytes;
  next_lsn_ = segment.header.first_lsn;
  chain_ = segment.header.chain;
  buffer_.resize(segment_header_bytes);
  if (Status read = read_exactly(*file_, 0, buffer_); !read) return read;
  if (!decode_segment_header(buffer_)) damage = "The header of " + file_->path() + " is damaged.";
  return Nothing{};
}

Result<bool> Scrubber::check_record(const SegmentInfo& segment, std::uint64_t end_bytes, std::string& damage,
                                    std::uint64_t& read_bytes) {
  if (offset_bytes_ + record_header_bytes > end_bytes) return false;
  buffer_.resize(record_header_bytes);
  if (Status read = read_exactly(*file_, offset_bytes_, buffer_); !read) return read.error();
  const auto header = decode_record_header(buffer_);
  const std::string place = file_->path() + ", byte " + std::to_string(offset_bytes_);
  if (!header || header->generation != segment.header.generation || header->lsn != next_lsn_ ||
      chain_after(chain_, buffer_) != header->chain ||
      record_bytes(header->payload_bytes) > end_bytes - offset_bytes_) {
    damage = place + " (record " + std::to_string(next_lsn_) + "): the header is damaged.";
    return false;
  }
  buffer_.resize(header->payload_bytes);
  if (Status read = read_exactly(*file_, offset_bytes_ + record_header_bytes, buffer_); !read) return read.error();
  if (payload_crc_of(buffer_) != header->payload_crc) {
    damage = place + " (record " + std::to_string(next_lsn_) + ", index " + std::to_string(header->index) +
             "): the payload is damaged.";
  }
  const std::size_t size = record_bytes(header->payload_bytes);
  offset_bytes_ += size;
  read_bytes += size;
  next_lsn_ = header->lsn + 1;
  chain_ = header->chain;
  return damage.empty();
}

Result<ScrubStep> Scrubber::step(FileSystem& files, const std::string& folder, std::span<const SegmentInfo> segments,
                                 std::uint64_t durable_bytes, std::size_t max_bytes) {
  ScrubStep result;
  // What lies before a repair is known to be damaged, and what it held was fetched from the others since: told again,
  // it would send the operator to restart a node that is sound.
  std::size_t first = 0;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    if (segments[i].header.begins_repair) first = i;
  }
  for (std::size_t i = first; i < segments.size(); ++i) {
    const SegmentInfo& segment = segments[i];
    if (segment.header.sequence < sequence_) continue;
    if (segment.header.sequence > sequence_ || file_ == nullptr) {
      Status opened = open_segment(files, folder, segment, result.damage);
      if (!opened) return opened.error();
      result.bytes_read += segment_header_bytes;
    }
    const bool is_last = i + 1 == segments.size();
    const std::uint64_t end_bytes = is_last ? durable_bytes : segment.used_bytes;
    while (result.damage.empty()) {
      if (result.bytes_read >= max_bytes && result.bytes_read > segment_header_bytes) return result;
      Result<bool> more = check_record(segment, end_bytes, result.damage, result.bytes_read);
      if (!more) return more.error();
      if (!*more) break;
    }
    if (!result.damage.empty()) break;
    file_.reset();
    sequence_ = segment.header.sequence + 1;
  }
  // All was read, or damage was found: either way the next call begins again.
  result.finished = true;
  sequence_ = 0;
  file_.reset();
  buffer_ = {};
  return result;
}

}  // namespace kelek::storage
