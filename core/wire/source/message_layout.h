// The fields of Raft's messages and of greetings, in the order of the wire. Three bodies are not here, since
// they hold views of the frame: append_request, snapshot_chunk and propose_request (message_codec.cpp,
// message_decoder.cpp).
#pragma once

#include <tuple>

#include <kelek/raft/message.h>
#include <kelek/wire/envelope.h>

#include "layout.h"

namespace kelek::wire {

template <>
struct Layout<raft::PreVoteRequest> {
  using T = raft::PreVoteRequest;
  static constexpr auto members = std::make_tuple(&T::next_term, &T::last_index, &T::last_term);
};
template <>
struct Layout<raft::PreVoteResponse> {
  using T = raft::PreVoteResponse;
  static constexpr auto members = std::make_tuple(&T::next_term, &T::granted);
};
template <>
struct Layout<raft::VoteRequest> {
  using T = raft::VoteRequest;
  static constexpr auto members = std::make_tuple(&T::last_index, &T::last_term, &T::by_transfer);
};
template <>
struct Layout<raft::VoteResponse> {
  static constexpr auto members = std::make_tuple(&raft::VoteResponse::granted);
};
template <>
struct Layout<raft::AppendResponse> {
  using T = raft::AppendResponse;
  static constexpr auto members =
      std::make_tuple(&T::previous_index, &T::accepted, &T::match_index, &T::hint_index, &T::hint_term, &T::round);
};
template <>
struct Layout<raft::HeartbeatRequest> {
  using T = raft::HeartbeatRequest;
  static constexpr auto members = std::make_tuple(&T::commit, &T::round);
};
template <>
struct Layout<raft::HeartbeatResponse> {
  using T = raft::HeartbeatResponse;
  static constexpr auto members = std::make_tuple(&T::round, &T::match_index);
};
template <>
struct Layout<raft::SnapshotResponse> {
  using T = raft::SnapshotResponse;
  static constexpr auto members = std::make_tuple(&T::id, &T::progress, &T::next_offset_bytes, &T::match_index);
};
template <>
struct Layout<raft::TimeoutNow> {
  static constexpr auto members = std::make_tuple();
};
template <>
struct Layout<raft::ReadRequest> {
  static constexpr auto members = std::make_tuple(&raft::ReadRequest::token, &raft::ReadRequest::mode);
};
template <>
struct Layout<raft::ReadResponse> {
  using T = raft::ReadResponse;
  static constexpr auto members = std::make_tuple(&T::token, &T::refusal, &T::index);
};
template <>
struct Layout<raft::ProposeResponse> {
  using T = raft::ProposeResponse;
  static constexpr auto members = std::make_tuple(&T::token, &T::refusal, &T::first_index, &T::entry_term, &T::leader);
};
template <>
struct Layout<KnownIncarnation> {
  using T = KnownIncarnation;
  static constexpr auto members = std::make_tuple(&T::node, &T::incarnation);
};
template <>
struct Layout<Introduction> {
  using T = Introduction;
  static constexpr auto members =
      std::make_tuple(&T::cluster, &T::oldest_version, &T::newest_version, &T::software, &T::blank, &T::repairing,
                      &T::term, &T::last_index, &T::last_term, &T::heard, &T::genesis, &T::present);
};
template <>
struct Layout<Hello> {
  static constexpr auto members = std::make_tuple(&Hello::introduction);
};
template <>
struct Layout<HelloAnswer> {
  using T = HelloAnswer;
  static constexpr auto members = std::make_tuple(&T::refusal, &T::text, &T::introduction);
};

/// The values of each body in the frame's array, behind the header.
template <typename Body>
inline constexpr std::size_t body_slots = slots<Body>;
template <>
inline constexpr std::size_t body_slots<raft::AppendRequest> = 5;
template <>
inline constexpr std::size_t body_slots<raft::SnapshotChunk> = 9;
template <>
inline constexpr std::size_t body_slots<raft::ProposeRequest> = 2;

/// Every frame: version, group, kind, sender, recipient, the sender's incarnation.
inline constexpr std::size_t header_slots = 6;
/// A Raft message: the incarnation it is meant for, and the term.
inline constexpr std::size_t message_header_slots = header_slots + 2;

inline constexpr std::uint64_t hello_kind = 64;
inline constexpr std::uint64_t hello_answer_kind = 65;

/// Values of one entry in the list of entries: term, kind, payload.
inline constexpr std::size_t entry_slots = 3;

}  // namespace kelek::wire
