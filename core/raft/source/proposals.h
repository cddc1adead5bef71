// Proposals: those whose proposer wants to hear what became of them.
#pragma once

#include <cstdint>
#include <vector>

#include <kelek/raft/message.h>
#include <kelek/raft/ready.h>
#include <kelek/raft/types.h>

#include "log.h"

namespace kelek::raft {

/// A proposal is placed once it has an index and a term; what is committed there tells its fate, wherever that is
/// learned: at the leader, or at a follower that forwarded it. Nothing is ever guessed (Jepsen on RedisRaft, 2020).
class Proposals {
 public:
  std::size_t waiting() const { return placed_.size() + forwarded_.size(); }

  void placed(Token token, Index first, Index last, Term term);
  void forwarded(Token token, Token request, std::uint32_t entries, std::uint64_t deadline_tick);
  /// The leader's answer to a forwarded one.
  void answered(const ProposeResponse& answer, std::vector<ProposalOutcome>& outcomes);
  /// Those that are placed at or below `commit`.
  void committed(Index commit, const Log& log, std::vector<ProposalOutcome>& outcomes);
  /// The log up to `index` was replaced by a snapshot: what lay there cannot be told any more.
  void skipped(Index index, std::vector<ProposalOutcome>& outcomes);
  /// Forwarded ones that nobody answered in time.
  void expire(std::uint64_t now_ticks, std::vector<ProposalOutcome>& outcomes);
  std::uint64_t next_deadline_tick() const;

 private:
  struct Placed {
    Token token;
    Index first;
    Index last;
    Term term;
  };
  struct Forwarded {
    Token token;
    Token request;
    std::uint64_t deadline_tick;
    std::uint32_t entries;
  };
  static ProposalOutcome judge(const Placed& proposal, const Log& log);

  std::vector<Placed> placed_;        // in the order of their last index
  std::vector<Forwarded> forwarded_;  // in the order of their requests
};

}  // namespace kelek::raft
