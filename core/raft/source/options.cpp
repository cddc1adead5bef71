// What options are allowed, and why others are not.
#include <kelek/raft/options.h>

#include <kelek/raft/entry.h>

namespace kelek::raft {
namespace {

/// The longest election timeout that still leaves room for all sums of ticks: 2 · election + delay.
constexpr std::uint32_t max_election_ticks = 1'000'000'000;

class Reasons {
 public:
  void at_least(const char* name, std::uint64_t value, std::uint64_t bound) {
    if (value < bound) add(name, value, "must be at least " + std::to_string(bound));
  }
  void at_most(const char* name, std::uint64_t value, std::uint64_t bound, const char* why = "") {
    if (value > bound) add(name, value, "must be at most " + std::to_string(bound) + why);
  }
  void below(const char* name, std::uint64_t value, const char* other, std::uint64_t bound) {
    if (value >= bound) add(name, value, "must be below " + std::string(other) + ", which is " + std::to_string(bound));
  }
  void add(const char* name, std::uint64_t value, const std::string& rule) {
    all_.push_back(std::string(name) + " is " + std::to_string(value) + " but " + rule + ".");
  }
  void add(const std::string& sentence) { all_.push_back(sentence); }
  std::vector<std::string> take() { return std::move(all_); }

 private:
  std::vector<std::string> all_;
};

void check_times(const Options& options, Reasons& reasons) {
  reasons.at_least("election_ticks", options.election_ticks, 2);
  reasons.at_most("election_ticks", options.election_ticks, max_election_ticks);
  reasons.at_least("heartbeat_ticks", options.heartbeat_ticks, 1);
  // A follower must hear from its leader before it loses patience.
  reasons.below("heartbeat_ticks", options.heartbeat_ticks, "election_ticks", options.election_ticks);
  reasons.at_most("election_delay_ticks", options.election_delay_ticks, max_election_ticks);
  if (options.lease_reads && !options.check_quorum) {
    // Without it voters do not refuse others while they have a leader: a lease would promise what nobody keeps.
    reasons.add("lease_reads is on but check_quorum is off: a lease needs voters that keep to their leader.");
  }
  if (options.lease_reads) {
    reasons.below("lease_drift_ticks", options.lease_drift_ticks, "election_ticks", options.election_ticks);
  }
}

void check_sizes(const Options& options, Reasons& reasons) {
  reasons.at_least("max_append_entries", options.max_append_entries, 1);
  reasons.at_most("max_append_entries", options.max_append_entries, EntryRange::max_built_entries,
                  ", the most that one message can hold");
  reasons.at_least("max_append_bytes", options.max_append_bytes, 1);
  reasons.at_most("max_append_bytes", options.max_append_bytes, max_payload_bytes);
  reasons.at_least("max_inflight_appends", options.max_inflight_appends, 1);
  reasons.at_least("max_inflight_bytes", options.max_inflight_bytes, 1);
  reasons.at_least("max_uncommitted_bytes", options.max_uncommitted_bytes, 1);
  reasons.at_least("max_unapplied_entries", options.max_unapplied_entries, 1);
  reasons.at_least("max_unapplied_bytes", options.max_unapplied_bytes, 1);
  reasons.at_least("max_waiting", options.max_waiting, 1);
  reasons.at_least("snapshot_chunk_bytes", options.snapshot_chunk_bytes, 1);
  reasons.at_most("snapshot_chunk_bytes", options.snapshot_chunk_bytes, max_payload_bytes);
  reasons.at_least("max_inflight_chunks", options.max_inflight_chunks, 1);

  // Sums of a limit and one entry, or one message, are taken everywhere.
  constexpr std::uint64_t max_total_bytes = std::uint64_t{SIZE_MAX} / 4;
  reasons.at_most("max_inflight_bytes", options.max_inflight_bytes, max_total_bytes);
  reasons.at_most("max_uncommitted_bytes", options.max_uncommitted_bytes, max_total_bytes);
  reasons.at_most("max_unapplied_bytes", options.max_unapplied_bytes, max_total_bytes);
  reasons.at_most("max_kept_for_snapshot_bytes", options.max_kept_for_snapshot_bytes, max_total_bytes);
}

}  // namespace

std::vector<std::string> Options::validate() const {
  Reasons reasons;
  if (id == no_node) reasons.add("id is 0 but 0 is nobody: members are numbered from 1.");
  check_times(*this, reasons);
  check_sizes(*this, reasons);
  return reasons.take();
}

}  // namespace kelek::raft
