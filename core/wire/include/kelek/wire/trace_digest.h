// OutputDigest: one number for all that came out of a node, made while it is recorded and again while it is replayed.
#pragma once

#include <cstdint>

#include <kelek/raft/node.h>
#include <kelek/wire/mark.h>

namespace kelek::wire {

/// Of all that a message says, but for the data of a chunk, which who sends it fills in, and for payloads, whose
/// number and terms count alone.
std::uint64_t digest_of(const raft::Message& message);

class OutputDigest {
 public:
  /// `mark`: mark_of_bytes while recording, mark_of while replaying.
  using Mark = PayloadMark (*)(const raft::Payload&);
  explicit OutputDigest(Mark mark) : mark_(mark) {}

  void add(std::uint64_t number) { digest_ = fold(digest_ ^ number, number); }
  void add(const raft::Result<raft::Proposed>& proposed);
  void add(const raft::Status& status);
  void add(const raft::Result<raft::Index>& index);
  /// Also the payloads of what was committed: each one counts once.
  void add(const raft::Ready& ready);

  std::uint64_t value() const { return digest_; }

 private:
  void add_range(const raft::EntryRange& range);

  Mark mark_;
  std::uint64_t digest_ = 0;
};

}  // namespace kelek::wire
