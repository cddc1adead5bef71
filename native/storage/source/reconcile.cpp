// The log decides which snapshot counts; if that one is damaged, an older one and the entries since then may
// do.
#include "reconcile.h"

#include <algorithm>

#include "errors.h"

namespace kelek::storage {
namespace {

class Reconciliation {
 public:
  Reconciliation(RecoveredLog& log, const SnapshotStore::Parts& snapshots) : log_(log), snapshots_(snapshots) {}

  /// Fails only if a file cannot be read at all.
  Status choose();
  const raft::SnapshotMetadata& chosen() const { return chosen_; }

 private:
  Status is_sound(const raft::SnapshotMetadata& snapshot, bool& sound);
  Status find_newest(raft::Index above, raft::Index below, raft::SnapshotMetadata& found);
  Status fall_back();
  void name(const raft::SnapshotMetadata& snapshot);
  void continue_from(const raft::SnapshotMetadata& snapshot, raft::Index repair_until);
  void go_on_from(const raft::SnapshotMetadata& newer);
  LogState& state() { return log_.replayed.state; }

  RecoveredLog& log_;
  const SnapshotStore::Parts& snapshots_;
  raft::SnapshotMetadata chosen_;
};

Status Reconciliation::is_sound(const raft::SnapshotMetadata& snapshot, bool& sound) {
  // All of it: the CRC of a block does not tell that it stands where another one should.
  Status checked = snapshots_.check(snapshot.id, false);
  sound = checked.ok();
  if (sound) return checked;
  if (checked.error().problem != Problem::damaged) return checked;
  log_.report.damage.push_back(checked.error().text);
  return Nothing{};
}

/// The newest sound one between the two, whether the log names it or not: what a snapshot holds was
/// committed. Index 0 if there is none.
Status Reconciliation::find_newest(raft::Index above, raft::Index below, raft::SnapshotMetadata& found) {
  const std::vector<raft::SnapshotMetadata> all = snapshots_.list();
  for (auto one = all.rbegin(); one != all.rend(); ++one) {
    if (one->index <= above || one->index >= below) continue;
    bool sound = false;
    if (Status checked = is_sound(*one, sound); !checked) return checked;
    if (!sound) continue;
    found = *one;
    break;
  }
  return Nothing{};
}

void Reconciliation::name(const raft::SnapshotMetadata& snapshot) {
  LogState& log = state();
  log.snapshot_index = snapshot.index;
  log.snapshot = SnapshotRecord{snapshot.term, snapshot.id, snapshot.size_bytes, snapshot.digest};
  log.configuration_crc = 0;
}

/// The log goes on behind this snapshot (or from nothing), and what it held is to be brought by a leader.
void Reconciliation::continue_from(const raft::SnapshotMetadata& snapshot, raft::Index repair_until) {
  chosen_ = snapshot;
  name(snapshot);
  LogState& log = state();
  log.continue_from(snapshot.index);
  log.hard_state.commit = snapshot.index;
  Replayed& replayed = log_.replayed;
  replayed.damaged = replayed.newly_damaged = true;
  replayed.repair_until = std::max({replayed.repair_until, repair_until, raft::Index{1}});
  replayed.repaired_term = 0;
  log_.clean_seal_bytes = 0;
  log_.chain = 0;
}

Status Reconciliation::fall_back() {
  LogState& log = state();
  const raft::Index wanted = log.snapshot_index;
  const raft::Index last = std::max(log.last_index, wanted);
  log_.report.damage.push_back("The snapshot of entry " + std::to_string(wanted) +
                               ", which the log refers to, is missing or damaged.");
  raft::SnapshotMetadata older;
  if (Status searched = find_newest(0, wanted, older); !searched) return searched;
  const bool has_base = older.index > 0 || log.first_configuration.has_value();
  if (has_base && log.first_index <= older.index + 1 && log.last_index >= wanted) {
    chosen_ = older;  // every entry since then is still in the log
    name(older);
    return Nothing{};
  }
  raft::SnapshotMetadata newest = older;
  if (Status searched = find_newest(wanted, UINT64_MAX, newest); !searched) return searched;
  if (newest.index < last) log_.report.lost.push_back({newest.index + 1, last});
  continue_from(newest, last);
  return Nothing{};
}

/// A sound snapshot that the log did not come to name. What it holds was committed, so the entries that lead
/// up to it are the committed ones, and those behind it stay. Others were replaced since, as was all that
/// follows them: of 1 to 8 of term 1 nothing is left to go on from where a snapshot of entry 6 is of term 2.
void Reconciliation::go_on_from(const raft::SnapshotMetadata& newer) {
  LogState& log = state();
  if (!log.leads_to(newer.index, newer.term)) {
    continue_from(newer, std::max(log.last_index, log.snapshot_index));
    return;
  }
  chosen_ = newer;
  name(newer);
  log.hard_state.commit = std::max(log.hard_state.commit, newer.index);
}

Status Reconciliation::choose() {
  LogState& log = state();
  if (log_.replayed.newly_damaged) {
    // The record of a newer snapshot may be among what is lost.
    raft::SnapshotMetadata newer;
    if (Status searched = find_newest(log.snapshot_index, UINT64_MAX, newer); !searched) return searched;
    if (newer.index > 0) {
      go_on_from(newer);
      return Nothing{};
    }
  }
  if (log.snapshot_index == 0) return Nothing{};
  const auto named = snapshots_.find(log.snapshot.id);
  bool sound = false;
  if (named && named->index == log.snapshot_index && named->term == log.snapshot.term) {
    if (Status checked = is_sound(*named, sound); !checked) return checked;
  }
  if (!sound) return fall_back();
  chosen_ = *named;
  if (log.last_index < chosen_.index || log.first_index > chosen_.index + 1) {
    // A log that ends before its snapshot, or begins too far behind it (B33).
    log_.report.damage.push_back("The log holds entries " + std::to_string(log.first_index) + " to " +
                                 std::to_string(log.last_index) + ", which do not meet its snapshot of entry " +
                                 std::to_string(chosen_.index) + ".");
    const raft::Index last = std::max(log.last_index, chosen_.index);
    if (last > chosen_.index) log_.report.lost.push_back({chosen_.index + 1, last});
    continue_from(chosen_, last);
  }
  return Nothing{};
}

std::vector<raft::EntryRange> ranges_of(LogState& log, raft::Index from) {
  std::vector<raft::EntryRange> ranges;
  for (raft::Index next = std::max(from, log.first_index); next <= log.last_index;) {
    const auto count = static_cast<std::uint32_t>(
        std::min<raft::Index>(log.last_index - next + 1, raft::EntryRange::max_built_entries));
    raft::EntryRange::Builder builder(next, count);
    for (std::uint32_t i = 0; i < count; ++i, ++next) {
      raft::Entry& entry = log.entries[static_cast<std::size_t>(next - log.first_index)];
      builder.add(entry.term, entry.kind, std::move(entry.payload));
    }
    ranges.push_back(builder.finish());
  }
  log.entries.clear();
  return ranges;
}

}  // namespace

Result<Recovered> reconcile(RecoveredLog& log, const Identity& identity, const std::string& path,
                            const SnapshotStore::Parts& snapshots, std::uint64_t kept_entries) {
  Reconciliation reconciliation(log, snapshots);
  if (Status chosen = reconciliation.choose(); !chosen) return chosen.error();
  Recovered recovered;
  recovered.identity = identity;
  recovered.snapshot = reconciliation.chosen();
  Replayed& replayed = log.replayed;
  LogState& state = replayed.state;
  if (recovered.snapshot.index == 0 && state.first_configuration) {
    auto decoded = raft::Configuration::decode(*state.first_configuration);
    if (decoded) recovered.first_configuration = std::make_shared<const raft::Configuration>(std::move(*decoded));
  }
  if (recovered.snapshot.index == 0 && recovered.first_configuration == nullptr) {
    return make_error(Problem::damaged, "recover", path,
                      "The log of " + path +
                          " has lost its first configuration, and there is no snapshot. Wipe this "
                          "directory and add the node again under a new incarnation.");
  }
  recovered.hard_state = state.hard_state;
  if (replayed.repaired_term != 0 && state.hard_state.term <= replayed.repaired_term &&
      state.hard_state.vote == raft::no_node) {
    // A vote in this term may have been lost with the damage. One's own, never asked for, hinders nobody
    // (R4).
    recovered.hard_state.vote = identity.node_id;
  }
  recovered.damaged = replayed.damaged;
  recovered.repair_until = replayed.damaged ? replayed.repair_until : 0;
  const raft::Index kept = std::min<raft::Index>(kept_entries, recovered.snapshot.index);
  recovered.entries = ranges_of(state, recovered.snapshot.index - kept + 1);
  recovered.report = log.report;
  return recovered;
}

}  // namespace kelek::storage
