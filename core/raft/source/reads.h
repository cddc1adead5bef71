// Reads: those that wait for a quorum to confirm that the leader still leads (thesis, section 6.4).
#pragma once

#include <cstdint>
#include <vector>

#include <kelek/raft/message.h>
#include <kelek/raft/types.h>

namespace kelek::raft {

/// At a leader. All reads that wait when a Ready is taken share one round.
struct WaitingRead {
  Token token = 0;
  /// Who asked: this node, or a follower that forwarded.
  NodeId origin = no_node;
  Incarnation origin_incarnation = 0;
  /// 0: the leader has not committed in its term yet; then its commit index of that moment.
  Index index = 0;
  /// 0: not sent out yet.
  Round round = 0;
};

class Reads {
 public:
  std::size_t size() const { return waiting_.size(); }
  bool empty() const { return waiting_.empty(); }
  bool wants_round() const { return unsent_ > 0; }

  void add(const WaitingRead& read) {
    waiting_.push_back(read);
    if (read.index == 0)
      ++unindexed_;
    else
      ++unsent_;
  }
  /// The first commit of the term: reads that came before get their index (known from etcd 7331, TiKV 1632).
  void first_commit(Index commit) {
    if (unindexed_ == 0) return;
    for (WaitingRead& read : waiting_) {
      if (read.index == 0) read.index = commit;
    }
    unsent_ += unindexed_;
    unindexed_ = 0;
  }
  /// All that wait for a round go with `round`.
  void send_with(Round round) {
    if (unsent_ == 0) return;
    for (auto read = waiting_.rbegin(); read != waiting_.rend() && read->round == 0; ++read) {
      if (read->index != 0) read->round = round;
    }
    unsent_ = 0;
  }
  /// Calls f(read) for those whose round is confirmed, and forgets them.
  template <typename Function>
  void confirm(Round confirmed, Function&& f) {
    std::size_t done = 0;
    while (done < waiting_.size() && waiting_[done].round != 0 && waiting_[done].round <= confirmed) {
      f(waiting_[done++]);
    }
    waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(done));
  }
  template <typename Function>
  void give_up(Function&& f) {
    for (const WaitingRead& read : waiting_) f(read);
    waiting_.clear();
    unsent_ = unindexed_ = 0;
  }

 private:
  std::vector<WaitingRead> waiting_;  // in the order in which they came
  std::size_t unindexed_ = 0;
  std::size_t unsent_ = 0;
};

}  // namespace kelek::raft
