// Looking at a data directory without changing it.
#include <algorithm>

#include <kelek/storage/offline.h>

#include "bytes.h"
#include "data_directory_parts.h"
#include "errors.h"

namespace kelek::storage {
namespace {

/// Watches a recovery and writes down what each segment holds.
class Notes {
 public:
  explicit Notes(DirectoryReport& report) : report_(report) {}

  RecoveryWatch watch() {
    RecoveryWatch watch;
    watch.segment = [this](const SegmentInfo& segment) { begin(segment); };
    watch.record = [this](const SegmentInfo&, const Record& record) { add(record); };
    watch.damage = [this](const SegmentInfo&, const std::string& damage) { report_.segments.back().damage = damage; };
    return watch;
  }

 private:
  void begin(const SegmentInfo& segment) {
    SegmentReport report;
    report.name = segment.name;
    report.size_bytes = segment.size_bytes;
    report.used_bytes = segment_header_bytes;
    report.sequence = segment.header.sequence;
    report.first_index = segment.header.first_index;
    report.first_lsn = segment.header.first_lsn;
    report_.segments.push_back(report);
  }
  void add(const Record& record) {
    SegmentReport& segment = report_.segments.back();
    ++segment.records;
    segment.used_bytes = record.end_bytes();
    if (record.header.type == RecordType::entry) ++segment.entries;
  }

  DirectoryReport& report_;
};

/// The newest configuration: of the last such entry, or of what the log begins with.
void find_configuration(DirectoryReport& report) {
  const Recovered& recovered = report.recovered;
  if (recovered.first_configuration != nullptr) report.configuration = *recovered.first_configuration;
  if (recovered.snapshot.configuration != nullptr) report.configuration = *recovered.snapshot.configuration;
  report.last_index = recovered.last_index();
  report.last_term = recovered.snapshot.term;
  for (const raft::EntryRange& range : recovered.entries) {
    range.for_each([&](raft::Index index, const raft::Entry& entry) {
      report.last_term = entry.term;
      if (entry.kind != raft::EntryKind::configuration || index <= recovered.snapshot.index) return;
      auto decoded = raft::Configuration::decode(entry.payload.bytes());
      if (decoded) {
        report.configuration = *decoded;
      } else {
        report.damage.push_back("Entry " + std::to_string(index) + ": " + decoded.error().text);
      }
    });
  }
}

std::string text_of(const Record& record) {
  const std::string index = std::to_string(record.header.index);
  switch (record.header.type) {
    case RecordType::hard_state: {
      const raft::HardState state = decode_hard_state(record.payload);
      return "hard state: term " + std::to_string(state.term) + ", vote for " + std::to_string(state.vote) +
             ", commit " + std::to_string(state.commit);
    }
    case RecordType::entry: {
      static constexpr const char* kinds[] = {"command", "empty", "configuration"};
      return "entry " + index + " of term " + std::to_string(get64(record.payload.data())) + ": " +
             kinds[record.header.flags] + ", " + std::to_string(record.payload.size() - entry_prefix_bytes) + " bytes";
    }
    case RecordType::truncate: return "entries from " + index + " on are replaced";
    case RecordType::snapshot:
      if (record.header.index == 0) return "first configuration";
      return "snapshot " + hex16(decode_snapshot(record.payload).id) + " of entry " + index +
             (record.header.flags == flag_replaces_log ? ", in place of the log" : "");
    case RecordType::sync:
      return "sync of " + std::to_string(decode_sync(record.payload).count) + " records; durable before: record " +
             std::to_string(decode_sync(record.payload).synced_before);
    case RecordType::seal: return record.header.flags == flag_clean_stop ? "seal: a clean stop" : "seal";
    case RecordType::idle_witness: return "durable: record " + std::to_string(get64(record.payload.data()));
    case RecordType::unwritten: break;
  }
  return "unwritten";
}

}  // namespace

Result<DirectoryReport> inspect(FileSystem& files, const std::string& directory) {
  DirectoryReport report;
  Notes notes(report);
  DataDirectory::Parts parts(files, directory);
  StorageOptions options;
  options.kept_entries = UINT64_MAX;
  Result<Recovered> recovered = parts.open(nullptr, options, false, notes.watch());
  if (!recovered) {
    if (recovered.error().problem != Problem::damaged) return recovered.error();
    report.recovered.identity = parts.identity();
    report.damage.push_back(recovered.error().text);
    return report;
  }
  report.recovered = std::move(*recovered);
  report.damage = report.recovered.report.damage;
  find_configuration(report);
  for (const raft::SnapshotMetadata& snapshot : parts.snapshots().list()) {
    Status verified = parts.snapshot_parts().check(snapshot.id, true);
    const bool known = !verified && std::find(report.damage.begin(), report.damage.end(), verified.error().text) !=
                                        report.damage.end();
    if (!verified && !known) report.damage.push_back(verified.error().text);
    report.snapshots.push_back(snapshot);
  }
  return report;
}

Status for_each_record(FileSystem& files, const std::string& directory,
                       const std::function<bool(const RecordSummary&)>& each) {
  bool wanted = true;
  RecoveryWatch watch;
  watch.record = [&](const SegmentInfo& segment, const Record& record) {
    if (wanted) wanted = each({segment.name, record.offset_bytes, record.header, text_of(record)});
  };
  DataDirectory::Parts parts(files, directory);
  Result<Recovered> recovered = parts.open(nullptr, StorageOptions(), false, watch);
  return recovered ? Status(Nothing{}) : recovered.error();
}

Result<Recovered> recover_read_only(FileSystem& files, const std::string& directory) {
  DataDirectory::Parts parts(files, directory);
  StorageOptions options;
  options.kept_entries = 0;
  return parts.open(nullptr, options, false);
}

}  // namespace kelek::storage
