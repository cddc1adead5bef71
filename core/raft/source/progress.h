// Progress: what a leader knows of one follower, and what it has sent to it that is not answered yet.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include <kelek/raft/message.h>
#include <kelek/raft/status.h>
#include <kelek/raft/types.h>

namespace kelek::raft {

/// Appends with entries on their way to a follower: a ring that grows to what is used.
class InflightAppends {
 public:
  std::uint32_t count() const { return count_; }
  std::size_t bytes() const { return bytes_; }
  void add(Index last, std::size_t bytes);
  /// All that end at or below `match` are answered.
  void answered(Index match);
  void clear() { first_ = count_ = 0, bytes_ = 0; }
  void release_memory() {
    if (count_ == 0) *this = InflightAppends();
  }

 private:
  struct Append {
    Index last;
    std::size_t bytes;
  };
  std::vector<Append> ring_;
  std::uint32_t first_ = 0;
  std::uint32_t count_ = 0;
  std::size_t bytes_ = 0;
};

/// A snapshot on its way to a follower.
struct SnapshotTransfer {
  std::shared_ptr<const SnapshotMetadata> metadata;
  std::uint64_t answered_bytes = 0;
  std::uint64_t sent_bytes = 0;
  bool any_sent = false;
};

/// What had been sent before each heartbeat that is on its way: an answer that has less tells of a loss. The newest
/// heartbeat alone would not do. Counter-example: answers take longer than the time between heartbeats; then none
/// that comes is to the newest, and a lost append is never sent again.
class HeartbeatMarks {
 public:
  void sent(Round round, std::uint64_t before) {
    // An earlier heartbeat tells the same, or those on their way are enough to tell.
    if (count_ == marks_.size() || (count_ > 0 && marks_[count_ - 1].before == before)) return;
    marks_[count_++] = {round, before};
  }
  /// What had been sent, at least, before the heartbeat that is answered; 0: nothing that was not looked at already.
  std::uint64_t answered(Round round) {
    std::uint32_t known = 0;
    while (known < count_ && marks_[known].round <= round) ++known;
    if (known == 0) return 0;
    const std::uint64_t before = marks_[known - 1].before;
    for (std::uint32_t left = known; left < count_; ++left) marks_[left - known] = marks_[left];
    count_ -= known;
    return before;
  }
  void clear() { count_ = 0; }

 private:
  struct Mark {
    Round round;
    std::uint64_t before;
  };
  std::array<Mark, 4> marks_{};
  std::uint32_t count_ = 0;
};

struct Progress {
  NodeId id = no_node;
  Incarnation incarnation = 0;
  bool voter = false;
  bool outgoing = false;

  ReplicationState state = ReplicationState::probe;
  /// A probe is on its way: nothing more until an answer of any kind.
  bool probing = false;
  /// Known to agree with our log, durably. Only grows, but for a disk that lost what it held (fell_back).
  Index match = 0;
  /// The next to send; always above match.
  Index next = 1;
  /// The commit index told last.
  Index commit_told = 0;
  InflightAppends inflight;
  /// Only in the state of that name.
  std::unique_ptr<SnapshotTransfer> snapshot;

  std::uint64_t heard_tick = 0;
  Round round_answered = 0;
  /// Of entries, in the state `replicate`: the last index; of a snapshot: bytes, and 1 for having begun. Emptied where
  /// the state changes.
  HeartbeatMarks marks;

  void become_probe();
  void become_replicate();
  void become_snapshot(std::shared_ptr<const SnapshotMetadata> metadata);
  /// Its log ends at `last_index` now, below match: nothing of it is counted until an append verifies it again.
  void fell_back(Index last_index);
  /// The follower holds our log through `index`, durably. True if that is news.
  bool acknowledged(Index index);
  bool window_full(std::uint32_t max_appends, std::size_t max_bytes) const {
    return inflight.count() >= max_appends || inflight.bytes() >= max_bytes;
  }
};

}  // namespace kelek::raft
