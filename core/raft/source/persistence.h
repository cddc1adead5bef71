// Persistence: which Readys are on their way to the disk, and what of the log and of the votes is durable.
#pragma once

#include <cstdint>
#include <vector>

#include <kelek/raft/digest.h>
#include <kelek/raft/types.h>

namespace kelek::raft {

/// Raft paper, section 5.1: what a server answers by must be durable first. A write that was issued before entries
/// were replaced says nothing of those that replaced them (the ABA problem of asynchronous appends).
class Persistence {
 public:
  /// What a write has in it, as bits. `some` is in every one.
  static constexpr std::uint32_t some = 1;
  static constexpr std::uint32_t must_sync = 2;
  static constexpr std::uint32_t last_chunk = 4;
  static constexpr std::uint32_t snapshot = 8;

  void start(Term term, NodeId vote, Index last) {
    durable_term_ = term;
    durable_vote_ = vote;
    stable_ = last;
  }

  /// A Ready was taken at `tick`; once it is durable, so are term and vote, and the log through `last`. Gives its
  /// number.
  std::uint64_t taken(std::uint64_t tick, Term term, NodeId vote, Index last, std::uint32_t flags);

  /// All through `number` are durable. Gives the flags of all that became so by this; 0 if none did.
  std::uint32_t persisted(std::uint64_t number);

  /// Entries from `from` on are gone, or replaced.
  void truncated(Index from);
  /// The log is replaced by a snapshot that is not durable yet.
  void log_reset();

  void release_memory() {
    if (idle()) writes_.shrink_to_fit();
  }

  void tell(Digest& digest, const Renaming& names) const {
    digest.add(stable_);
    digest.add(durable_term_);
    digest.add(names(durable_vote_));
    digest.add(writes_.size());
    for (const Write& write : writes_) {
      digest.add(write.term);
      digest.add(names(write.vote));
      digest.add(write.last);
      digest.add(write.flags);
    }
  }
  Index stable() const { return stable_; }
  Term durable_term() const { return durable_term_; }
  NodeId durable_vote() const { return durable_vote_; }
  bool idle() const { return writes_.empty(); }
  /// The tick at which the oldest write that needs a sync and is not durable was taken; UINT64_MAX if there is none.
  std::uint64_t oldest_sync_tick() const;

 private:
  struct Write {
    std::uint64_t number;
    std::uint64_t taken_tick;
    Term term;
    NodeId vote;
    Index last;  // lowered if entries are replaced meanwhile
    std::uint64_t flags;
  };
  std::vector<Write> writes_;
  std::uint64_t next_number_ = 1;
  Index stable_ = 0;
  Term durable_term_ = 0;
  NodeId durable_vote_ = no_node;
};

}  // namespace kelek::raft
