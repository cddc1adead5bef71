// ResultLedger: brings together what the core says (this proposal was committed at this index) and what the machine
// says (this is the answer of that index), whichever comes first.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <utility>

#include <kelek/machine/result.h>
#include <kelek/raft/types.h>

namespace kelek::runtime {

/// At the leader the core's word comes first: it hands out the outcome with the committed entry or before it. At a
/// follower the entry may be applied before the leader's answer arrives; so while forwarded proposals are out, the
/// newest results are kept, at most so many of them, and of so many bytes in all.
class ResultLedger {
 public:
  ResultLedger(std::size_t max_kept, std::size_t max_kept_bytes)
      : max_kept_(max_kept), max_kept_bytes_(max_kept_bytes) {}

  /// A proposal was handed over with a token, or its outcome came.
  void proposal_out() { ++outstanding_; }
  void proposal_settled();

  enum class Found : unsigned char { now, later, lost };
  /// The proposal `token` was committed at `index`: its result is there now (in `result`), comes later by
  /// applied(), or was not kept.
  Found committed(raft::Token token, raft::Index index, machine::Result& result);

  /// The entry at `index`, the next one, was applied. Gives the token that waits for it.
  std::optional<raft::Token> applied(raft::Index index, const machine::Result& result);
  /// Entries without a result, and a restored machine: everything through `index` is applied.
  void skipped_to(raft::Index index);

  /// Those that wait for an index at or below `index` will never hear of it: a snapshot stepped over it.
  std::optional<raft::Token> take_skipped();

  std::size_t kept() const { return results_.size(); }
  std::size_t kept_bytes() const { return kept_bytes_; }

 private:
  struct Waiting {
    raft::Index index;
    raft::Token token;
  };
  struct Kept {
    raft::Index index;
    machine::Result result;
    std::size_t size_bytes;
  };
  void keep(raft::Index index, const machine::Result& result);

  std::size_t max_kept_;
  std::size_t max_kept_bytes_;
  std::size_t kept_bytes_ = 0;
  std::size_t outstanding_ = 0;
  raft::Index applied_ = 0;
  std::deque<Waiting> waiting_;  // by index
  std::deque<Kept> results_;     // by index
};

}  // namespace kelek::runtime
