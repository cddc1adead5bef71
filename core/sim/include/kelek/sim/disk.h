// Disk: what one simulated node has made durable, and how a Ready changes it.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <kelek/raft/node.h>

namespace kelek::sim {

struct StoredSnapshot {
  raft::SnapshotMetadata metadata;
  std::string bytes;
};

/// A digest for simulations: the whole content decides every byte of it.
std::array<std::uint8_t, 32> digest_of(const std::string& bytes);

struct Disk {
  raft::HardState hard_state;
  raft::ConfigurationRef first_configuration;
  /// Entries base + 1 … of the log.
  raft::Index base = 0;
  raft::Term base_term = 0;
  std::vector<raft::Entry> log;
  std::shared_ptr<StoredSnapshot> snapshot;
  /// Snapshots that arrive, by their id.
  std::map<raft::SnapshotId, StoredSnapshot> partial;
  /// What was acknowledged up to here is lost in part, until a leader has brought the commit index this far again
  /// (durability.md, R4). 0: nothing is.
  raft::Index repair_until = 0;
  /// In which that happened: the damage may have hidden a vote of this term, or of an earlier one.
  raft::Term repaired_term = 0;

  raft::Index last_index() const { return base + log.size(); }
  raft::Index snapshot_index() const { return snapshot != nullptr ? snapshot->metadata.index : 0; }
  raft::Term term_at(raft::Index index) const;
  const raft::Entry* entry_at(raft::Index index) const;
  /// The newest in the log, else that of the snapshot, else the first one. Never null.
  raft::ConfigurationRef configuration() const;

  struct Written {
    /// Received snapshots that proved damaged.
    std::vector<raft::SnapshotId> damaged;
    /// How the Ready breaks the contract: a gap, a replacement that is not announced, a term or a vote that goes
    /// back. Empty if it does not; otherwise the rest of it was not written.
    std::string broken;
  };
  /// Writes the whole of `ready`.
  Written write(const raft::Ready& ready);
  void drop_through(raft::Index index);
  /// While its node is down: entries from `first` on are gone, though they were acknowledged, and it will know of it.
  /// False, and nothing happens, where no entry is held there or a snapshot covers it.
  bool lose_from(raft::Index first);
  /// What its node starts from.
  raft::DurableState load(raft::NodeId owner);

 private:
  void write_chunk(const raft::ChunkToStore& chunk, Written& written);
  void install(const raft::SnapshotMetadata& metadata, Written& written);
  void write_hard_state(const raft::HardState& next, Written& written);
  void write_entries(const raft::EntryRange& range, bool replaces, Written& written);
  void note_repair();
};

}  // namespace kelek::sim
