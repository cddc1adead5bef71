// What can be tuned, with the defaults, and the one place that says what is allowed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <kelek/raft/types.h>

namespace kelek::raft {

struct Options {
  NodeId id = no_node;
  Incarnation incarnation = 0;

  /// A follower that hears nothing campaigns after election_ticks … 2·election_ticks − 1 ticks (+ its delay).
  /// Raft paper, section 5.2.
  std::uint32_t election_ticks = 10;
  /// Below election_ticks.
  std::uint32_t heartbeat_ticks = 1;
  /// Added to every election timeout: who should lead has less. Never keeps anybody from leading.
  std::uint32_t election_delay_ticks = 0;
  /// Draws the timeouts, together with `id` and the number of the election, so that two nodes never draw alike.
  std::uint64_t seed = 1;
  /// Another value at every start of this node (a counter of starts, or random): keeps answers to what an earlier
  /// start asked apart from answers to what this one asks.
  std::uint64_t start_salt = 0;

  /// Ask before raising the term (thesis, section 9.6).
  bool pre_vote = true;
  /// A leader that a majority does not answer steps down, and voters with a leader refuse others (section 6.2).
  bool check_quorum = true;
  /// Reads at the leader without a round while its lease holds (section 6.4.1). Needs check_quorum, and the same
  /// value and election_ticks at all members: the lease rests on what the others promise.
  bool lease_reads = false;
  /// How much faster another member's clock may run: the lease is this much shorter than election_ticks.
  std::uint32_t lease_drift_ticks = 2;
  /// A leader whose disk has not finished a write for so long steps down. 0: never.
  std::uint32_t disk_stall_ticks = 20;

  /// One append holds at most so many entries, and so many bytes unless a single entry is larger.
  std::uint32_t max_append_entries = 2048;
  std::size_t max_append_bytes = std::size_t{1} << 20;
  /// Appends with entries to one follower that are not answered yet.
  std::size_t max_inflight_bytes = std::size_t{16} << 20;
  std::uint32_t max_inflight_appends = 256;

  /// Entries handed to the application and not yet reported by applied(), and their payload bytes: where either is
  /// reached, nothing more is handed out. So these also bound what one Ready brings; the last entry may pass the bytes.
  std::uint32_t max_unapplied_entries = 65536;
  std::size_t max_unapplied_bytes = std::size_t{16} << 20;
  /// Payload bytes appended in this leadership and not committed: beyond, proposals are refused.
  std::size_t max_uncommitted_bytes = std::size_t{64} << 20;
  /// Reads that wait, and proposals forwarded that wait, each.
  std::size_t max_waiting = 65536;

  std::uint32_t snapshot_chunk_bytes = 256 * 1024;
  /// Chunks to one follower that are not answered yet.
  std::uint32_t max_inflight_chunks = 4;
  /// While a follower receives a snapshot the log behind it is kept, up to so many bytes of payload.
  std::size_t max_kept_for_snapshot_bytes = std::size_t{256} << 20;

  /// Empty if all is well; otherwise one sentence for each thing that is not.
  std::vector<std::string> validate() const;
};

}  // namespace kelek::raft
