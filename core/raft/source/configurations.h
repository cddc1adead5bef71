// Configurations: those that the log holds, and the one of the index before it.
#pragma once

#include <vector>

#include <kelek/raft/invariant.h>
#include <kelek/raft/membership.h>
#include <kelek/raft/types.h>

namespace kelek::raft {

/// The newest in the log is in force as soon as it is there (Raft paper, section 6), and out of force when it is
/// replaced: whatever truncates the log truncates this.
class Configurations {
 public:
  void reset(Index index, ConfigurationRef configuration) {
    history_.clear();
    history_.push_back({index, std::move(configuration)});
  }
  void append(Index index, ConfigurationRef configuration) { history_.push_back({index, std::move(configuration)}); }

  /// True if another one is in force now.
  bool truncate(Index from) {
    const std::size_t before = history_.size();
    while (history_.size() > 1 && history_.back().index >= from) history_.pop_back();
    return history_.size() != before;
  }

  /// Forgets what at(index ≥ `through`) does not need.
  void compact(Index through) {
    std::size_t older = 0;
    while (older + 1 < history_.size() && history_[older + 1].index <= through) ++older;
    history_.erase(history_.begin(), history_.begin() + static_cast<std::ptrdiff_t>(older));
  }

  const ConfigurationRef& in_force() const { return history_.back().configuration; }
  /// Of the entry that put it in force; that of the snapshot, or 0, if it came with that.
  Index index() const { return history_.back().index; }
  /// What would be in force if the newest were rolled back; the newest where there is no other.
  const ConfigurationRef& before_newest() const {
    return (history_.size() > 1 ? history_[history_.size() - 2] : history_.back()).configuration;
  }
  const ConfigurationRef& at(Index index) const {
    auto found = history_.rbegin();
    while (found != history_.rend() && found->index > index) ++found;
    KELEK_INVARIANT(found != history_.rend());  // one is known for every index of the log
    return found->configuration;
  }

 private:
  struct Record {
    Index index;
    ConfigurationRef configuration;
  };
  std::vector<Record> history_;  // never empty once reset() was called
};

}  // namespace kelek::raft
