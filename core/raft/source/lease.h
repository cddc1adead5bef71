// Lease: until when a leader may answer reads by itself (thesis, section 6.4.1).
#pragma once

#include <cstdint>
#include <vector>

#include <kelek/raft/message.h>

namespace kelek::raft {

/// Starts at the sending of the round that a quorum answered, not when answers arrive: measured on etcd/raft 3.6,
/// a lease that starts with the answers serves reads that are nine ticks stale. Void for good once a transfer told
/// its heir to go.
class Lease {
 public:
  void round_sent(Round round, std::uint64_t tick) {
    if (!sent_.empty() && sent_.back().tick == tick) return;  // an earlier round of this tick begins no later
    if (sent_.size() == max_rounds) sent_.erase(sent_.begin());
    sent_.push_back({round, tick});
  }
  /// Rounds up to `confirmed` were answered by a quorum.
  void confirm(Round confirmed) {
    std::size_t answered = 0;
    while (answered < sent_.size() && sent_[answered].round <= confirmed) {
      start_tick_ = sent_[answered].tick;
      started_ = true;
      ++answered;
    }
    if (answered > 1) sent_.erase(sent_.begin(), sent_.begin() + static_cast<std::ptrdiff_t>(answered - 1));
  }
  void end_for_good() { void_ = true; }
  /// `length_ticks`: the smallest election timeout less the drift.
  bool holds(std::uint64_t now_ticks, std::uint64_t length_ticks) const {
    return started_ && !void_ && now_ticks < start_tick_ + length_ticks;
  }

 private:
  static constexpr std::size_t max_rounds = 64;
  struct Sent {
    Round round;
    std::uint64_t tick;
  };
  std::vector<Sent> sent_;
  std::uint64_t start_tick_ = 0;
  bool started_ = false;
  bool void_ = false;
};

}  // namespace kelek::raft
