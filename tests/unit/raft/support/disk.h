// Disk: what one simulated node has made durable, and how a Ready changes it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <kelek/raft/node.h>

namespace kelek::raft::testing {

struct StoredSnapshot {
  SnapshotMetadata metadata;
  std::string bytes;
};

/// A digest for tests: the whole content decides every byte of it.
std::array<std::uint8_t, 32> digest_of(const std::string& bytes);

struct Disk {
  HardState hard_state;
  ConfigurationRef first_configuration;
  /// Entries base + 1 … of the log.
  Index base = 0;
  Term base_term = 0;
  std::vector<Entry> log;
  std::shared_ptr<StoredSnapshot> snapshot;
  /// Snapshots that arrive, by their id.
  std::map<SnapshotId, StoredSnapshot> partial;

  Index last_index() const { return base + log.size(); }
  Term term_at(Index index) const;
  const Entry* entry_at(Index index) const;

  /// Writes the whole of `ready`. Gives the ids of received snapshots that proved damaged. Throws if the
  /// Ready breaks the contract: a gap, a replacement that is not announced, a term or a vote that goes back.
  std::vector<SnapshotId> write(const Ready& ready);
  void drop_through(Index index);
  DurableState load() const;

 private:
  void write_chunk(const ChunkToStore& chunk, std::vector<SnapshotId>& damaged);
  void write_hard_state(const HardState& next);
  void write_entries(const EntryRange& range, bool replaces);
};

}  // namespace kelek::raft::testing
