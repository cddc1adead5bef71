// What some mutations do, where that takes more than a word at the place of the rule.
#pragma once

#include <cstdint>
#include <utility>

#include <kelek/raft/message.h>
#include <kelek/raft/ready.h>

#include "log.h"
#include "mutation.h"

namespace kelek::raft {

/// By which an answer of this kind leaves too early.
template <typename Body>
inline constexpr Mutation answer_before_persist = Mutation::none;
template <>
inline constexpr Mutation answer_before_persist<VoteResponse> = Mutation::vote_response_before_persist;
template <>
inline constexpr Mutation answer_before_persist<AppendResponse> = Mutation::append_response_before_persist;

inline void leave_at_once(Ready& ready) {
  for (Message& message : ready.messages_after) ready.messages.push_back(std::move(message));
  ready.messages_after.clear();
}
inline void reset_below(Log& log, const SnapshotMetadata& snapshot) {
  const Index next = snapshot.index + 1;
  const bool has_suffix = next >= log.first_index() && next <= log.last_index();
  const EntryRange suffix = has_suffix ? log.range(next, SIZE_MAX, SIZE_MAX) : EntryRange();
  log.reset(snapshot.index, snapshot.term);
  log.append(suffix);
}

}  // namespace kelek::raft
