// The simulated disk: writes whole Readys, and complains of those that break the contract.
#include "disk.h"

#include <stdexcept>

namespace kelek::raft::testing {
namespace {

[[noreturn]] void broken(const std::string& what) {
  throw std::logic_error("contract with the disk: " + what);
}

}  // namespace

std::array<std::uint8_t, 32> digest_of(const std::string& bytes) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  std::array<std::uint8_t, 32> digest{};
  for (std::uint8_t& part : digest) {
    hash = hash * 0x5851f42d4c957f2dU + 0x14057b7ef767814fU;
    part = static_cast<std::uint8_t>(hash >> 56);
  }
  return digest;
}

Term Disk::term_at(Index index) const {
  if (index == base) return base_term;
  const Entry* entry = entry_at(index);
  return entry != nullptr ? entry->term : 0;
}

const Entry* Disk::entry_at(Index index) const {
  return index > base && index <= last_index() ? &log[static_cast<std::size_t>(index - base - 1)] : nullptr;
}

void Disk::write_chunk(const ChunkToStore& chunk, std::vector<SnapshotId>& damaged) {
  StoredSnapshot& file = partial[chunk.metadata->id];
  if (chunk.offset_bytes == 0) file = StoredSnapshot{*chunk.metadata, {}};
  if (file.bytes.size() != chunk.offset_bytes) broken("a chunk leaves a gap in its file");
  file.bytes.append(chunk.data.text());
  if (chunk.is_last() && digest_of(file.bytes) != chunk.metadata->digest) {
    damaged.push_back(chunk.metadata->id);
    partial.erase(chunk.metadata->id);
  }
}

void Disk::write_hard_state(const HardState& next) {
  if (next.term < hard_state.term) broken("the term goes back");
  if (next.term == hard_state.term && hard_state.vote != no_node && next.vote != hard_state.vote) {
    broken("a second vote in term " + std::to_string(next.term));
  }
  hard_state = next;
}

void Disk::write_entries(const EntryRange& range, bool replaces) {
  const Index first = range.first_index();
  if (first <= base) broken("an entry below the snapshot");
  if (first > last_index() + 1) broken("a gap in the log before entry " + std::to_string(first));
  if (first <= last_index()) {
    if (!replaces) broken("entries are replaced from " + std::to_string(first) + " on without a word");
    log.resize(static_cast<std::size_t>(first - base - 1));
  }
  range.for_each([this](Index, const Entry& entry) { log.push_back(entry); });
}

std::vector<SnapshotId> Disk::write(const Ready& ready) {
  std::vector<SnapshotId> damaged;
  for (const ChunkToStore& chunk : ready.chunks) write_chunk(chunk, damaged);
  if (ready.snapshot != nullptr) {
    const auto file = partial.find(ready.snapshot->id);
    if (file == partial.end()) broken("a snapshot is installed that was never received");
    snapshot = std::make_shared<StoredSnapshot>(file->second);
    partial.clear();
    base = ready.snapshot->index;
    base_term = ready.snapshot->term;
    log.clear();
  }
  if (ready.hard_state) write_hard_state(*ready.hard_state);
  for (const EntryRange& range : ready.entries) write_entries(range, ready.replaces_entries);
  return damaged;
}

void Disk::drop_through(Index index) {
  while (base < index && !log.empty()) {
    base_term = log.front().term;
    log.erase(log.begin());
    ++base;
  }
}

DurableState Disk::load() const {
  DurableState state;
  state.hard_state = hard_state;
  state.configuration = first_configuration;
  if (snapshot != nullptr) state.snapshot = snapshot->metadata;
  state.applied = state.snapshot.index;
  if (!log.empty()) {
    EntryRange::Builder builder(base + 1, static_cast<std::uint32_t>(log.size()));
    for (const Entry& entry : log) builder.add(entry.term, entry.kind, entry.payload);
    state.entries.push_back(builder.finish());
  }
  for (const auto& [id, file] : partial) {
    if (file.bytes.size() >= file.metadata.size_bytes) continue;
    state.partial_snapshot = std::make_shared<const SnapshotMetadata>(file.metadata);
    state.partial_snapshot_bytes = file.bytes.size();
  }
  return state;
}

}  // namespace kelek::raft::testing
