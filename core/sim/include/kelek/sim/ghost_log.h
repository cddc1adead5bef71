// GhostLog: a log as the ledger sees it: of each entry its term, and a digest of the whole log up to it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <kelek/raft/entry.h>
#include <kelek/sim/random.h>

namespace kelek::sim {

/// Two logs are the same through an index where their prefixes at it are the same: one comparison says what would take
/// a walk over both.
using Prefix = std::uint64_t;
inline constexpr Prefix empty_prefix = 0x243f6a8885a308d3U;

std::uint64_t digest_of_bytes(std::span<const std::byte> bytes);
/// Of a log that ends with `entry` and was `before` without it.
Prefix prefix_after(Prefix before, const raft::Entry& entry);

class GhostLog {
 public:
  raft::Index last() const { return lines_.size(); }
  raft::Term last_term() const { return lines_.empty() ? 0 : lines_.back().term; }
  raft::Term term_at(raft::Index index) const { return index == 0 || index > last() ? 0 : line(index).term; }
  /// `index` ≤ last().
  Prefix prefix_at(raft::Index index) const { return index == 0 ? empty_prefix : line(index).prefix; }
  bool holds(raft::Index index, Prefix prefix) const { return index <= last() && prefix_at(index) == prefix; }

  void clear() { lines_.clear(); }
  /// Drops what lies behind `index`.
  void truncate(raft::Index index) {
    if (index < last()) lines_.resize(static_cast<std::size_t>(index));
  }
  void push(raft::Term term, Prefix prefix) { lines_.push_back({term, prefix}); }

 private:
  struct Line {
    raft::Term term;
    Prefix prefix;
  };
  const Line& line(raft::Index index) const { return lines_[static_cast<std::size_t>(index - 1)]; }

  std::vector<Line> lines_;  // of entries 1 …
};

/// (index, term) → prefix, for ever: what log matching says of all logs that there ever were.
class PrefixTable {
 public:
  PrefixTable() { clear(); }
  void clear();
  /// Notes it, or gives what was noted before.
  Prefix note(raft::Index index, raft::Term term, Prefix prefix);

 private:
  struct Slot {
    raft::Index index = 0;  // 0: free
    raft::Term term = 0;
    Prefix prefix = 0;
  };
  static constexpr std::size_t first_size = 1024;

  Slot& slot_of(raft::Index index, raft::Term term);
  void grow();

  std::vector<Slot> slots_;
  std::size_t used_ = 0;
};

}  // namespace kelek::sim
