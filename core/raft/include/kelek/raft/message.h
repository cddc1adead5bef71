// What members say to each other: fifteen messages, one struct each.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <variant>
#include <vector>

#include <kelek/raft/entry.h>
#include <kelek/raft/membership.h>
#include <kelek/raft/result.h>
#include <kelek/raft/types.h>

namespace kelek::raft {

/// Numbers the rounds in which a leader asks its followers whether they still follow; grows within a term.
/// Answers repeat it. It confirms reads and leases (thesis, sections 6.4 and 6.4.1). 0: no answer is wanted.
using Round = std::uint64_t;

/// "Would you vote for me in term next_term?" Changes nothing at who is asked (thesis, section 9.6).
struct PreVoteRequest {
  Term next_term = 0;
  Index last_index = 0;
  Term last_term = 0;
};

struct PreVoteResponse {
  /// The next_term of the request that this answers.
  Term next_term = 0;
  bool granted = false;
};

/// Raft paper, figure 2, RequestVote.
struct VoteRequest {
  Index last_index = 0;
  Term last_term = 0;
  /// The leader told the asker to go (TimeoutNow): a leader heard of lately is no reason to refuse.
  bool by_transfer = false;
};

struct VoteResponse {
  bool granted = false;
};

/// Raft paper, figure 2, AppendEntries. `entries` follow the entry (previous_index, previous_term).
struct AppendRequest {
  Index previous_index = 0;
  Term previous_term = 0;
  Index commit = 0;
  Round round = 0;
  EntryRange entries;
};

struct AppendResponse {
  /// The previous_index of the request that this answers.
  Index previous_index = 0;
  bool accepted = false;
  /// Accepted: the log is the leader's through here, and durable.
  Index match_index = 0;
  /// Rejected: where the leader should look next: the last entry here at or below the rejected place, and its term.
  Index hint_index = 0;
  Term hint_term = 0;
  Round round = 0;
};

/// Keeps followers from electing, tells the commit index (never above what the follower is known to hold), and asks
/// for an answer if round is not 0.
struct HeartbeatRequest {
  Index commit = 0;
  Round round = 0;
};

struct HeartbeatResponse {
  Round round = 0;
  /// How far this term's appends were accepted and are durable; 0 if none was.
  Index match_index = 0;
};

/// Names one stored snapshot; the core compares it and never looks inside.
using SnapshotId = std::uint64_t;

/// What a snapshot is of. Raft paper, section 7: the last included index and term, and the configuration there.
struct SnapshotMetadata {
  Index index = 0;
  Term term = 0;
  ConfigurationRef configuration;
  SnapshotId id = 0;
  std::uint64_t size_bytes = 0;
  /// Of the whole, made and checked by the storage.
  std::array<std::uint8_t, 32> digest{};
};

/// A part of a snapshot. The core says which part; who sends it fills in `data` (wanted_bytes long) from its storage.
struct SnapshotChunk {
  std::shared_ptr<const SnapshotMetadata> metadata;
  std::uint64_t offset_bytes = 0;
  std::uint32_t wanted_bytes = 0;
  Payload data;
};

struct SnapshotResponse {
  enum class Progress : std::uint8_t {
    /// Send what follows next_offset_bytes (again from 0 if the whole proved damaged).
    more,
    /// Installed, or not needed any more: the log is the leader's through match_index.
    done,
  };
  SnapshotId id = 0;
  Progress progress = Progress::more;
  std::uint64_t next_offset_bytes = 0;
  Index match_index = 0;
};

/// "Campaign now": the last step of a leadership transfer (thesis, section 3.10).
struct TimeoutNow {};

/// How a read is made sure of.
enum class ReadMode : std::uint8_t {
  /// By a round of the leader's, or by its lease where options say so.
  linearizable,
  /// Never by the lease.
  quorum,
};

/// A follower asks for a read index on behalf of its caller (thesis, section 6.4). Carries no term.
struct ReadRequest {
  Token token = 0;
  ReadMode mode = ReadMode::linearizable;
};

struct ReadResponse {
  Token token = 0;
  /// none: answered at `index`.
  Refusal refusal = Refusal::none;
  Index index = 0;
};

/// A follower hands a proposal to the leader, once: whoever gets it and does not lead refuses it. Carries no term.
struct ProposeRequest {
  /// Numbers the forwarded proposals of `from` since its start.
  Token token = 0;
  std::vector<Payload> payloads;
};

struct ProposeResponse {
  Token token = 0;
  /// none: appended at first_index in entry_term. That is not yet committed.
  Refusal refusal = Refusal::none;
  Index first_index = 0;
  Term entry_term = 0;
  NodeId leader = no_node;
};

using MessageBody = std::variant<PreVoteRequest, PreVoteResponse, VoteRequest, VoteResponse, AppendRequest,
                                 AppendResponse, HeartbeatRequest, HeartbeatResponse, SnapshotChunk, SnapshotResponse,
                                 TimeoutNow, ReadRequest, ReadResponse, ProposeRequest, ProposeResponse>;

/// The alternatives of MessageBody in their order; the number is part of the wire format.
enum class MessageKind : std::uint8_t {
  pre_vote_request,
  pre_vote_response,
  vote_request,
  vote_response,
  append_request,
  append_response,
  heartbeat_request,
  heartbeat_response,
  snapshot_chunk,
  snapshot_response,
  timeout_now,
  read_request,
  read_response,
  propose_request,
  propose_response,
};
inline constexpr std::size_t message_kinds = std::variant_size_v<MessageBody>;

/// "append request" and so on.
const char* name_of(MessageKind kind);

struct Message {
  /// Not defaulted: a vector would set the whole body to zero before it makes an empty one of it.
  Message() {}

  NodeId from = no_node;
  NodeId to = no_node;
  Incarnation from_incarnation = 0;
  /// The disk that the sender means: another one of the same id must not take the message as its own.
  Incarnation to_incarnation = 0;
  /// The sender's term; 0 in the four that carry none (read and propose, request and response).
  Term term = 0;
  MessageBody body;

  MessageKind kind() const { return static_cast<MessageKind>(body.index()); }
};

}  // namespace kelek::raft
