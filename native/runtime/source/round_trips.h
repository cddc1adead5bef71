// RoundTrips: how long members take to answer a heartbeat, for status.
#pragma once

#include <cstdint>
#include <map>

#include <kelek/raft/message.h>

namespace kelek::runtime {

/// One heartbeat a member is timed at a time. What an answer takes includes the other's own turn, and its disk where
/// that keeps its loop.
class RoundTrips {
 public:
  void sent(raft::NodeId to, raft::Round round, std::uint64_t now_us) {
    Timed& timed = members_[to];
    // One that was never answered gives way after a while, or nothing would be timed any more.
    if (timed.round != 0 && now_us - timed.sent_us < give_up_us) return;
    timed.round = round;
    timed.sent_us = now_us;
  }

  void answered(raft::NodeId from, raft::Round round, std::uint64_t now_us) {
    const auto found = members_.find(from);
    if (found == members_.end() || found->second.round == 0 || found->second.round != round) return;
    Timed& timed = found->second;
    timed.round = 0;
    const std::uint64_t took_us = now_us - timed.sent_us;
    // As TCP smooths its own (RFC 6298): one slow answer moves it by an eighth.
    timed.smoothed_us = timed.smoothed_us == 0 ? took_us : (7 * timed.smoothed_us + took_us) / 8;
  }

  /// 0 while none was timed. Those of another leadership are gone.
  std::uint64_t microseconds(raft::NodeId node) const {
    const auto found = members_.find(node);
    return found == members_.end() ? 0 : found->second.smoothed_us;
  }

  void clear() { members_.clear(); }

 private:
  static constexpr std::uint64_t give_up_us = 1'000'000;
  struct Timed {
    raft::Round round = 0;
    std::uint64_t sent_us = 0;
    std::uint64_t smoothed_us = 0;
  };
  std::map<raft::NodeId, Timed> members_;
};

}  // namespace kelek::runtime
