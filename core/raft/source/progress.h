// Progress: what a leader knows of one follower, and what it has sent to it that is not answered yet.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include <kelek/raft/digest.h>
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
  void tell(Digest& digest) const {
    digest.add(count_);
    for (std::uint32_t i = 0; i < count_; ++i) {
      const Append& append = ring_[(first_ + i) % ring_.size()];
      digest.add(append.last);
      digest.add(append.bytes);
    }
  }
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

/// What had been sent before the oldest and the newest heartbeat that is on its way: an answer that has less tells of a
/// loss. The newest alone would not do. Counter-example: answers take longer than the time between heartbeats; then
/// none that comes is to the newest, and a lost append is never sent again. Small, since every follower has it: the
/// newest is kept as a distance, which may say less than was sent, never more.
class HeartbeatMarks {
 public:
  void sent(Round round, std::uint64_t before) {
    if (before <= before_ + newer_more_) return;  // an earlier heartbeat tells the same
    const std::uint32_t rounds = static_cast<std::uint32_t>(round) - round_;
    if (before_ == 0) {
      before_ = before;
      round_ = static_cast<std::uint32_t>(round);
    } else if (rounds <= most) {
      newer_rounds_ = static_cast<std::uint16_t>(rounds);
      newer_more_ = static_cast<std::uint16_t>(std::min<std::uint64_t>(before - before_, most));
    }
  }
  /// What had been sent, at least, before the heartbeat that is answered; 0: nothing that was not looked at already.
  std::uint64_t answered(Round round) {
    const auto rounds = static_cast<std::int32_t>(static_cast<std::uint32_t>(round) - round_);
    if (round == 0 || before_ == 0 || rounds < 0) return 0;
    const HeartbeatMarks known = *this;
    clear();
    if (known.newer_rounds_ == 0 || rounds >= known.newer_rounds_) return known.before_ + known.newer_more_;
    before_ = known.before_ + known.newer_more_;
    round_ = known.round_ + known.newer_rounds_;
    return known.before_;
  }
  void clear() { *this = HeartbeatMarks(); }
  void tell(Digest& digest) const {
    digest.add(before_);
    digest.add(round_);
    digest.add(newer_rounds_);
    digest.add(newer_more_);
  }

 private:
  static constexpr std::uint32_t most = 0xffff;

  std::uint64_t before_ = 0;
  std::uint32_t round_ = 0;
  std::uint16_t newer_rounds_ = 0;
  std::uint16_t newer_more_ = 0;
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
