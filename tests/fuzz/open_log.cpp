// Opening a data directory whose log or other files say anything at all: it opens, or is refused with a
// reason; and what was opened is found the same when it is opened again.
//
// The first byte chooses. Even: what follows is a row of records (kind, flags, index, size of the payload,
// payload) which are written with right checksums and chain, so that recovery itself is reached. Odd: what
// follows changes bytes of one file of a sound directory (place in two bytes, what to mix in).
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <kelek/storage/data_directory.h>
#include <kelek/storage/offline.h>
#include <kelek/storage/record.h>
#include <kelek/storage/simulated_disk.h>

using namespace kelek;

namespace {

constexpr const char* directory = "/node";
constexpr std::size_t segment_bytes = 8192;

storage::Identity identity() {
  storage::Identity identity;
  identity.cluster_id.fill(0x5a);
  identity.cluster_name = "reviews";
  identity.node_id = 1;
  identity.incarnation = 7;
  return identity;
}

storage::StorageOptions options() {
  storage::StorageOptions options;
  options.log.segment_bytes = segment_bytes;
  options.log.background = false;
  return options;
}

template <class Outcome>
void must(const Outcome& outcome) {
  if (!outcome.ok()) std::abort();
}

// A sound directory with entries of two terms and a snapshot.
std::unique_ptr<storage::SimulatedDisk> sound_disk() {
  auto disk = std::make_unique<storage::SimulatedDisk>();
  const raft::NodeId voters[] = {1, 2, 3};
  must(storage::DataDirectory::create(*disk, directory, identity(), raft::Configuration::of_voters(voters), options()));
  auto opened = storage::DataDirectory::open(*disk, directory, identity(), options());
  must(opened);
  storage::Log& log = opened->directory->log();
  raft::EntryRange::Builder builder(1, 8);
  for (int i = 0; i < 8; ++i) builder.add(1, raft::EntryKind::command, raft::Payload::copy_of(std::string("entry")));
  const raft::EntryRange entries = builder.finish();
  const raft::HardState state{1, 1, 6};
  must(log.stage(&state, {&entries, 1}));
  must(log.commit());
  raft::SnapshotMetadata basis;
  basis.index = 4;
  basis.term = 1;
  basis.configuration = std::make_shared<const raft::Configuration>(raft::Configuration::of_voters(voters));
  const std::string state_bytes = "the state of a machine";
  const auto snapshot = opened->directory->snapshots().write(basis, std::as_bytes(std::span(state_bytes)));
  must(snapshot);
  must(log.stage_snapshot(*snapshot, storage::SnapshotUse::compacts));
  must(log.commit());
  must(log.close());
  return disk;
}

std::string only_segment(const storage::SimulatedDisk& disk) {
  for (const std::string& path : disk.paths()) {
    if (path.size() > 4 && path.substr(path.size() - 4) == ".wal") return path;
  }
  std::abort();
}

// Takes what it can from the front of the input, zeros where that ends.
class Source {
 public:
  explicit Source(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}
  bool empty() const { return bytes_.empty(); }
  std::uint8_t byte() {
    if (bytes_.empty()) return 0;
    const std::uint8_t value = bytes_.front();
    bytes_ = bytes_.subspan(1);
    return value;
  }

 private:
  std::span<const std::uint8_t> bytes_;
};

std::size_t natural_size(storage::RecordType type) {
  switch (type) {
    case storage::RecordType::hard_state: return storage::hard_state_bytes;
    case storage::RecordType::entry: return storage::entry_prefix_bytes + 5;
    case storage::RecordType::snapshot: return storage::snapshot_prefix_bytes;
    case storage::RecordType::sync: return storage::sync_bytes;
    case storage::RecordType::seal: return storage::seal_bytes;
    case storage::RecordType::idle_witness: return storage::witness_bytes;
    default: return 0;
  }
}

void write_records(storage::SimulatedDisk& disk, Source& source) {
  const std::string path = only_segment(disk);
  std::vector<std::byte> bytes = disk.contents(path);
  const auto header = storage::decode_segment_header(std::span(bytes).first(storage::segment_header_bytes));
  if (!header) std::abort();
  std::fill(bytes.begin() + storage::segment_header_bytes, bytes.end(), std::byte{0});
  std::uint64_t lsn = header->first_lsn;
  std::uint32_t chain = header->chain;
  std::size_t at = storage::segment_header_bytes;
  while (!source.empty()) {
    storage::RecordHeader record;
    record.type = static_cast<storage::RecordType>(source.byte() % (storage::last_record_type + 1));
    record.flags = source.byte() % 4;
    record.index = source.byte();
    const std::uint8_t size = source.byte();
    // Mostly the size that this kind has; sometimes another.
    const std::size_t payload_bytes = size < 0xf0 ? natural_size(record.type) : size - 0xf0u;
    if (at + storage::record_bytes(payload_bytes) > bytes.size()) return disk.set_contents(path, std::move(bytes));
    const std::span<std::byte> payload = std::span(bytes).subspan(at + storage::record_header_bytes, payload_bytes);
    // Numbers of eight bytes, most of them small.
    for (std::size_t i = 0; i < payload_bytes; i += 8) payload[i] = std::byte{source.byte()};
    record.payload_bytes = static_cast<std::uint32_t>(payload_bytes);
    record.payload_crc = storage::payload_crc_of(payload);
    record.generation = header->generation;
    record.lsn = lsn++;
    chain = storage::encode_record_header(record, chain, std::span(bytes).subspan(at, storage::record_header_bytes));
    at += storage::record_bytes(payload_bytes);
  }
  disk.set_contents(path, std::move(bytes));
}

void change_bytes(storage::SimulatedDisk& disk, Source& source) {
  std::vector<std::string> files;
  for (const std::string& path : disk.paths()) {
    if (!disk.contents(path).empty()) files.push_back(path);
  }
  const std::string& path = files[source.byte() % files.size()];
  std::vector<std::byte> bytes = disk.contents(path);
  while (!source.empty()) {
    const std::size_t place = (source.byte() | static_cast<std::size_t>(source.byte()) << 8) % bytes.size();
    bytes[place] ^= std::byte{source.byte()};
  }
  disk.set_contents(path, std::move(bytes));
}

std::string describe(const storage::Recovered& found) {
  std::string text = std::to_string(found.hard_state.term) + " " + std::to_string(found.snapshot.index) + " " +
                     std::to_string(found.snapshot.term);
  for (const raft::EntryRange& range : found.entries) {
    range.for_each([&text, &found](raft::Index index, const raft::Entry& entry) {
      if (index <= found.snapshot.index) return;  // kept for slow followers, as it happens
      text += " " + std::to_string(index) + ":" + std::to_string(entry.term) + ":" + std::string(entry.payload.text());
    });
  }
  return text;
}

// A vote stays what it was. Only where damage may have hidden one, it may be taken up by the node's own.
bool votes_agree(const storage::Recovered& before, const storage::Recovered& after) {
  const raft::NodeId vote = before.hard_state.vote;
  return after.hard_state.vote == vote ||
         (before.damaged && vote == raft::no_node && after.hard_state.vote == before.identity.node_id);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::unique_ptr<storage::SimulatedDisk> sound = sound_disk();
  const std::unique_ptr<storage::SimulatedDisk> disk = sound->clone();
  Source source(std::span(data, size));
  if (source.byte() % 2 == 0) {
    write_records(*disk, source);
  } else {
    change_bytes(*disk, source);
  }
  const auto looked = storage::inspect(*disk, directory);
  auto opened = storage::DataDirectory::open(*disk, directory, identity(), options());
  if (!opened.ok()) {
    if (opened.error().text.empty()) std::abort();
    return 0;
  }
  if (!looked.ok()) std::abort();  // what can be run on can be looked at
  const storage::Recovered first = std::move(opened->recovered);
  opened->directory.reset();
  const auto again = storage::DataDirectory::open(*disk, directory, identity(), options());
  if (!again.ok() || describe(again->recovered) != describe(first)) std::abort();
  if (!votes_agree(first, again->recovered)) std::abort();
  return 0;
}
