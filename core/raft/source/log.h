// Log: the entries a node holds in memory, in blocks that messages and Readys share.
#pragma once

#include <optional>
#include <vector>

#include <kelek/raft/entry.h>
#include <kelek/raft/types.h>

#include "term_runs.h"

namespace kelek::raft {

/// Indexes first_index() … last_index(); before them lies base_index(), of which only the term is known.
/// Knows nothing of commitment, durability or protocol.
class Log {
 public:
  Index first_index() const { return terms_.base() + 1; }
  Index base_index() const { return terms_.base(); }
  Index last_index() const { return terms_.last(); }
  Term last_term() const { return terms_.last_term(); }
  std::optional<Term> term_at(Index index) const { return terms_.term_at(index); }
  bool matches(Index index, Term term) const { return term_at(index) == term; }
  Index last_at_or_below(Index index, Term term) const { return terms_.last_at_or_below(index, term); }
  /// Of all payloads held.
  std::size_t payload_bytes() const { return payload_bytes_; }
  /// Of the entries first … last.
  std::size_t payload_bytes(Index first, Index last) const;

  /// Empty, after (base, term).
  void reset(Index base, Term term);
  void append(Entry entry);
  /// Those of `entries` that come after last_index(); `entries` leaves no gap.
  void append(const EntryRange& entries);
  /// Drops `from` ≥ first_index() and what follows. Ranges given out keep what they show.
  void truncate(Index from);
  /// Drops what lies at or below `through` ≤ last_index().
  void compact(Index through);

  /// From `from` (≥ first_index()) on, at most so many entries and bytes, but one at least if there is one. May hold
  /// less than what is there: what max_blocks blocks hold.
  EntryRange range(Index from, std::size_t max_entries, std::size_t max_bytes) const;
  const Entry& at(Index index) const;
  /// Gives back what is kept for new entries.
  void release_memory();

 private:
  struct Extent {
    Index first;
    BlockRef block;
  };
  std::size_t extent_of(Index index) const;
  BlockRef& block_with_room();
  bool is_worth_keeping(const EntryBlock& block) const;
  static std::uint32_t fitting(std::span<const Entry> available, std::size_t& bytes_left);

  static constexpr std::uint32_t smallest_block = 8;
  static constexpr std::uint32_t largest_block = 512;
  static constexpr std::size_t max_spares = 4;
  static constexpr std::size_t max_kept_bytes = 16384;

  TermRuns terms_;
  std::vector<Extent> extents_;   // consecutive; all but the last are full
  std::vector<BlockRef> spares_;  // emptied by compaction, largest_block each
  std::size_t payload_bytes_ = 0;
};

}  // namespace kelek::raft
