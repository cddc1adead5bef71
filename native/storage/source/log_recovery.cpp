// R1: which segments there are and whether they belong together. R2 and R3: what each holds, and whether what
// is wrong with it is a torn write or damage to what was acknowledged.
#include "log_recovery.h"

#include <algorithm>

#include "errors.h"
#include "mutation_effects.h"
#include "segment_names.h"

namespace kelek::storage {
namespace {

/// A header, a batch as large as is allowed, and room to spare; nothing larger is ever made.
constexpr std::uint64_t max_segment_bytes = std::uint64_t{2} << 30;

Error refuse(const std::string& path, const std::string& text) {
  return make_error(Problem::damaged, "recover", path,
                    text + " Wipe this directory and add the node again under a new incarnation.");
}

class Recovery {
 public:
  Recovery(FileSystem& files, const std::string& folder, const Identity& owner, const RecoveryWatch& watch)
      : files_(files), folder_(folder), owner_(owner), watch_(watch) {}

  Result<RecoveredLog> run();

 private:
  Status list();
  Status read_header(SegmentInfo& segment, bool is_last, bool& is_leftover);
  Status read_headers();
  Status check_header(const SegmentInfo& segment) const;
  bool holds_records(const std::vector<std::byte>& bytes) const;
  Status read_segment(std::size_t position);
  void walk(std::size_t position, const std::vector<std::byte>& bytes);
  bool records_end_here(const SegmentWalk& walk, std::size_t position);
  void note_torn(const SegmentWalk::Behind& behind);
  void note_damage(const SegmentInfo& segment, const SegmentWalk& walk);
  std::string path_of(const SegmentInfo& segment) const { return join_path(folder_, segment.name); }

  FileSystem& files_;
  const std::string folder_;
  const Identity owner_;
  const RecoveryWatch& watch_;
  RecoveredLog result_;
  Replay replay_;
  Lsn kept_lsn_ = 0;
  std::uint32_t kept_chain_ = 0;
  std::uint64_t seal_bytes_ = 0;  // of the last record, if it is a clean SEAL
  std::uint64_t end_bytes_ = segment_header_bytes;
  Lsn greatest_lsn_ = 0;
};

Status Recovery::list() {
  Result<std::vector<std::string>> names = files_.list(folder_);
  if (!names) return names.error();
  for (const std::string& name : *names) {
    if (const auto parsed = parse_segment_name(name)) {
      SegmentInfo segment;
      segment.name = name;
      result_.segments.push_back(segment);
    } else if (is_temporary(name)) {
      result_.leftovers.push_back(name);
    } else {
      result_.report.notes.push_back(join_path(folder_, name) + " does not belong here; it is left alone.");
    }
  }
  for (std::size_t i = 1; i < result_.segments.size(); ++i) {
    const auto before = parse_segment_name(result_.segments[i - 1].name);
    const auto here = parse_segment_name(result_.segments[i].name);
    if (here->sequence == before->sequence + 1) continue;
    return refuse(path_of(result_.segments[i]), "Between the segments " + result_.segments[i - 1].name + " and " +
                                                    result_.segments[i].name + " of " + folder_ + " some are missing.");
  }
  return Nothing{};
}

bool Recovery::holds_records(const std::vector<std::byte>& bytes) const {
  const std::span<const std::byte> all(bytes);
  for (std::size_t at = 0; at + record_header_bytes <= all.size(); at += 8) {
    if (decode_record_header(all.subspan(at, record_header_bytes))) return true;
  }
  return false;
}

Status Recovery::check_header(const SegmentInfo& segment) const {
  const SegmentHeader& header = segment.header;
  const auto named = parse_segment_name(segment.name);
  if (!(header.identity == owner_)) {
    Identity other = header.identity;
    other.cluster_name = other.cluster_id == owner_.cluster_id ? owner_.cluster_name : "?";
    return make_error(Problem::wrong_owner, "recover", path_of(segment),
                      path_of(segment) + " belongs to " + describe(other) + ", not to " + describe(owner_) + ".");
  }
  if (header.sequence != named->sequence || header.first_index != named->first_index) {
    return refuse(path_of(segment), path_of(segment) + " does not have the name that its header gives it.");
  }
  return Nothing{};
}

Status Recovery::read_header(SegmentInfo& segment, bool is_last, bool& is_leftover) {
  Result<std::unique_ptr<File>> file = files_.open(path_of(segment), OpenMode::read);
  if (!file) return file.error();
  Result<std::uint64_t> size = (*file)->size();
  if (!size) return size.error();
  segment.size_bytes = *size;
  if (*size > max_segment_bytes) {
    return refuse(path_of(segment), path_of(segment) + " has " + std::to_string(*size) + " bytes: too many.");
  }
  std::vector<std::byte> first(segment_header_bytes);
  Result<std::size_t> read = read_up_to(**file, 0, first);
  if (!read) return read.error();
  first.resize(*read);
  const auto header = decode_segment_header(first);
  if (header) {
    segment.header = *header;
    return check_header(segment);
  }
  if (is_last) {
    Result<std::vector<std::byte>> bytes = read_whole(files_, path_of(segment), max_segment_bytes);
    if (!bytes) return bytes.error();
    is_leftover = !holds_records(*bytes);
    if (is_leftover) return Nothing{};
  }
  return refuse(path_of(segment), "The header of " + path_of(segment) + " is damaged.");
}

Status Recovery::read_headers() {
  for (std::size_t i = 0; i < result_.segments.size(); ++i) {
    bool is_leftover = false;
    const bool is_last = i + 1 == result_.segments.size();
    Status read = read_header(result_.segments[i], is_last, is_leftover);
    if (!read) return read;
    if (!is_leftover) continue;
    result_.report.notes.push_back(path_of(result_.segments[i]) + " was never finished; it is removed.");
    result_.leftovers.push_back(result_.segments[i].name);
    result_.segments.pop_back();
  }
  if (result_.segments.empty()) return refuse(folder_, "The log in " + folder_ + " is gone.");
  return Nothing{};
}

void Recovery::note_torn(const SegmentWalk::Behind& behind) {
  result_.report.torn_records += replay_.open_records() + behind.count;
  if (behind.end_bytes > replay_.kept_bytes()) {
    result_.report.torn_bytes += behind.end_bytes - replay_.kept_bytes();
  }
}

void Recovery::note_damage(const SegmentInfo& segment, const SegmentWalk& walk) {
  const std::string text = path_of(segment) + ", " + walk.describe_stop() + ".";
  result_.report.damage.push_back(text);
  if (watch_.damage) watch_.damage(segment, text);
}

/// The walk has stopped. True if nothing acknowledged is missing: the segment ends well, or at a torn write
/// (R3).
bool Recovery::records_end_here(const SegmentWalk& walk, std::size_t position) {
  const bool is_last = position + 1 == result_.segments.size();
  if (!is_last) {
    const SegmentHeader& next = result_.segments[position + 1].header;
    if (!next.begins_repair) {
      return next.first_lsn == walk.next_lsn() && next.chain == walk.chain() && !replay_.batch_is_open();
    }
    // A repair stands on what was kept when it began, whatever still speaks for it today.
    if (replay_.is_short_of(next)) return false;
  }
  if (walk.was_acknowledged() && !mutated(Mutation::truncated_at_any_wrong_crc)) return false;
  const bool ends = walk.stop() == SegmentWalk::Stop::unwritten || walk.stop() == SegmentWalk::Stop::end_of_file;
  const SegmentWalk::Behind behind = walk.behind();
  greatest_lsn_ = std::max(greatest_lsn_, behind.greatest_lsn);
  if (!ends || replay_.batch_is_open() || behind.count > 0) note_torn(behind);
  return true;
}

void Recovery::walk(std::size_t position, const std::vector<std::byte>& bytes) {
  SegmentInfo& segment = result_.segments[position];
  SegmentWalk walk(bytes, segment.header);
  kept_lsn_ = segment.header.first_lsn - 1;
  kept_chain_ = segment.header.chain;
  seal_bytes_ = 0;
  end_bytes_ = segment_header_bytes;
  for (;;) {
    const std::optional<Record> record = walk.next();
    if (record && replay_.take(*record)) {
      if (watch_.record) watch_.record(segment, *record);
      ++result_.report.records;
      end_bytes_ = record->end_bytes();
      if (replay_.batch_is_open()) continue;
      kept_lsn_ = record->header.lsn;
      kept_chain_ = record->header.chain;
      const bool clean = record->header.type == RecordType::seal && record->header.flags == flag_clean_stop;
      seal_bytes_ = clean ? record->offset_bytes : 0;
      continue;
    }
    if (record) walk.reject(*record);
    if (records_end_here(walk, position)) break;
    note_damage(segment, walk);
    if (position + 1 == result_.segments.size()) result_.tail_is_damaged = true;
    replay_.lose();
    seal_bytes_ = 0;
    if (!walk.resume()) break;
  }
  segment.used_bytes = std::max(replay_.kept_bytes(), end_bytes_);
  greatest_lsn_ = std::max({greatest_lsn_, walk.greatest_lsn(), walk.next_lsn() - 1});
}

Status Recovery::read_segment(std::size_t position) {
  SegmentInfo& segment = result_.segments[position];
  Result<std::vector<std::byte>> bytes = read_whole(files_, path_of(segment), max_segment_bytes);
  if (!bytes) return bytes.error();
  if (bytes->size() < segment_header_bytes) {
    return refuse(path_of(segment), path_of(segment) + " became shorter while it was read.");
  }
  if (watch_.segment) watch_.segment(segment);
  replay_.begin_segment(segment.header);
  walk(position, *bytes);
  ++result_.report.segments;
  result_.report.bytes += segment.used_bytes;
  if (position + 1 == result_.segments.size()) {
    segment.used_bytes = replay_.kept_bytes();
    result_.tail = std::move(*bytes);
  }
  replay_.drop_open_batch();
  return Nothing{};
}

Result<RecoveredLog> Recovery::run() {
  if (Status listed = list(); !listed) return listed.error();
  if (Status read = read_headers(); !read) return read.error();
  for (std::size_t i = 0; i < result_.segments.size(); ++i) {
    if (Status read = read_segment(i); !read) return read.error();
  }
  result_.replayed = replay_.finish(result_.report);
  if (mutated(Mutation::hard_state_in_a_file_of_its_own)) {
    result_.replayed.state.hard_state = read_apart(files_, folder_);
  }
  result_.last_lsn = kept_lsn_;
  result_.chain = kept_chain_;
  SegmentInfo& last = result_.segments.back();
  if (result_.replayed.newly_damaged) {
    // Nothing is cut off: where a second record is damaged, what tells the first from a torn write may stand
    // behind both. LSNs that may have been given out are not given out again.
    last.used_bytes = result_.tail.size();
    result_.last_lsn = greatest_lsn_;
    result_.chain = 0;
    seal_bytes_ = 0;
  }
  result_.tail.resize(static_cast<std::size_t>(last.used_bytes));
  result_.clean_seal_bytes = seal_bytes_;
  result_.report.clean_stop = seal_bytes_ != 0;
  return std::move(result_);
}

}  // namespace

Result<RecoveredLog> recover_log(FileSystem& files, const std::string& folder, const Identity& owner,
                                 const RecoveryWatch& watch) {
  return Recovery(files, folder, owner, watch).run();
}

}  // namespace kelek::storage
