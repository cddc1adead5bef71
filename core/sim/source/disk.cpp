// The simulated disk: writes whole Readys, and complains of those that break the contract.
#include <kelek/sim/disk.h>

#include <algorithm>

namespace kelek::sim {

using namespace raft;

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

ConfigurationRef Disk::configuration() const {
  for (auto entry = log.rbegin(); entry != log.rend(); ++entry) {
    if (entry->kind != EntryKind::configuration) continue;
    Result<Configuration> decoded = Configuration::decode(entry->payload.bytes());
    if (decoded) return std::make_shared<const Configuration>(std::move(*decoded));
  }
  if (snapshot != nullptr && snapshot->metadata.configuration != nullptr) return snapshot->metadata.configuration;
  return first_configuration != nullptr ? first_configuration : std::make_shared<const Configuration>();
}

void Disk::write_chunk(const ChunkToStore& chunk, Written& written) {
  StoredSnapshot& file = partial[chunk.metadata->id];
  if (chunk.offset_bytes == 0) file = StoredSnapshot{*chunk.metadata, {}};
  if (file.bytes.size() != chunk.offset_bytes) {
    written.broken = "a chunk leaves a gap in its file";
    return;
  }
  file.bytes.append(chunk.data.text());
  if (chunk.is_last() && digest_of(file.bytes) != chunk.metadata->digest) {
    written.damaged.push_back(chunk.metadata->id);
    partial.erase(chunk.metadata->id);
  }
}

void Disk::install(const SnapshotMetadata& metadata, Written& written) {
  const auto file = partial.find(metadata.id);
  if (file == partial.end()) {
    written.broken = "a snapshot is installed that was never received";
    return;
  }
  snapshot = std::make_shared<StoredSnapshot>(file->second);
  partial.clear();
  base = metadata.index;
  base_term = metadata.term;
  log.clear();
}

void Disk::write_hard_state(const HardState& next, Written& written) {
  if (next.term < hard_state.term) {
    written.broken =
        "the durable term goes back from " + std::to_string(hard_state.term) + " to " + std::to_string(next.term);
  } else if (next.term == hard_state.term && hard_state.vote != no_node && next.vote != hard_state.vote) {
    written.broken = "a second vote in term " + std::to_string(next.term);
  } else {
    hard_state = next;
  }
}

void Disk::write_entries(const EntryRange& range, bool replaces, Written& written) {
  const Index first = range.first_index();
  if (first <= base) {
    written.broken = "an entry below the snapshot is written";
  } else if (first > last_index() + 1) {
    written.broken = "a gap in the log before entry " + std::to_string(first);
  } else if (first <= last_index() && !replaces) {
    written.broken = "entries are replaced from " + std::to_string(first) + " on without a word";
  } else {
    log.resize(static_cast<std::size_t>(first - base - 1));
    range.for_each([this](Index, const Entry& entry) { log.push_back(entry); });
  }
}

Disk::Written Disk::write(const Ready& ready) {
  Written written;
  for (const ChunkToStore& chunk : ready.chunks) {
    if (written.broken.empty()) write_chunk(chunk, written);
  }
  if (written.broken.empty() && ready.snapshot != nullptr) install(*ready.snapshot, written);
  if (written.broken.empty() && ready.hard_state) write_hard_state(*ready.hard_state, written);
  for (const EntryRange& range : ready.entries) {
    if (written.broken.empty()) write_entries(range, ready.replaces_entries, written);
  }
  note_repair();
  return written;
}

void Disk::drop_through(Index index) {
  const Index through = std::min(index, last_index());
  if (through <= base) return;
  base_term = term_at(through);
  log.erase(log.begin(), log.begin() + static_cast<std::ptrdiff_t>(through - base));
  base = through;
}

bool Disk::lose_from(Index first) {
  const Index last = last_index();
  if (first <= std::max(base, snapshot_index()) || first > last) return false;
  log.resize(static_cast<std::size_t>(first - base - 1));
  hard_state.commit = std::min(hard_state.commit, first - 1);
  repair_until = std::max(repair_until, last);
  repaired_term = 0;
  return true;
}

void Disk::note_repair() {
  if (repair_until == 0 || hard_state.commit < repair_until) return;
  repair_until = 0;
  repaired_term = hard_state.term;
}

DurableState Disk::load(NodeId owner) {
  // In the terms of which the damage may have hidden a vote it votes for nobody else any more, which a vote for itself
  // says best.
  if (repaired_term != 0 && hard_state.term <= repaired_term && hard_state.vote == no_node) hard_state.vote = owner;
  DurableState state;
  state.hard_state = hard_state;
  state.damaged = repair_until != 0;
  state.repair_until = repair_until;
  state.configuration = first_configuration;
  if (snapshot != nullptr) state.snapshot = snapshot->metadata;
  state.applied = state.snapshot.index;
  state.term_before_entries = base_term;
  for (std::size_t next = 0; next < log.size();) {
    const std::size_t count = std::min<std::size_t>(log.size() - next, EntryRange::max_built_entries);
    EntryRange::Builder builder(base + 1 + next, static_cast<std::uint32_t>(count));
    for (const std::size_t end = next + count; next < end; ++next) {
      builder.add(log[next].term, log[next].kind, log[next].payload);
    }
    state.entries.push_back(builder.finish());
  }
  for (const auto& [id, file] : partial) {
    if (file.bytes.size() >= file.metadata.size_bytes) continue;
    state.partial_snapshot = std::make_shared<const SnapshotMetadata>(file.metadata);
    state.partial_snapshot_bytes = file.bytes.size();
  }
  return state;
}

}  // namespace kelek::sim
