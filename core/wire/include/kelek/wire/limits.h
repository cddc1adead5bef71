// Every limit of the wire in one place. Sockets, decoders and encoders use these and no others
// (known-bugs.md, B72).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <kelek/raft/entry.h>
#include <kelek/raft/options.h>
#include <kelek/raft/types.h>

namespace kelek::wire {

/// Arrays within each other in one document, the outermost counted.
inline constexpr std::size_t max_depth = 4;

/// Entries of one append, and payloads of one forwarded proposal.
inline constexpr std::size_t max_message_entries = raft::EntryRange::max_built_entries;

/// What an entry takes beside its payload, at the most: array, term, kind and length.
inline constexpr std::size_t entry_overhead_bytes = 16;
/// What a message takes beside entries, payloads and configurations, at the most.
inline constexpr std::size_t message_overhead_bytes = 1024;
/// A configuration as bytes, at the most (membership.h: max_members with full contexts).
inline constexpr std::size_t max_configuration_bytes = raft::max_members * (raft::max_member_context_bytes + 64) + 64;

/// Frames between members, unless the options below need more. The limit is the socket's (before any memory
/// is taken) and the decoder's.
inline constexpr std::size_t default_peer_frame_bytes = std::size_t{8} << 20;

/// The largest payload of an entry that a coordinator proposes unless told otherwise: a command with all
/// strings that machine::limit_table() can ever allow (4 MiB), and its structure.
inline constexpr std::size_t default_entry_bytes = std::size_t{6} << 20;

/// No frame between members is ever longer, whatever the options: a frame is held as one raft::Payload.
inline constexpr std::size_t max_peer_frame_bytes = raft::max_payload_bytes;
/// The largest payload of an entry that a frame can carry. Who proposes through the wire keeps to it, or to
/// less.
inline constexpr std::size_t max_entry_bytes =
    max_peer_frame_bytes - max_message_entries * entry_overhead_bytes - message_overhead_bytes;

/// What the socket between members has to let through for these options and entries of up to `entry_bytes`
/// (at most max_entry_bytes): one append of max_append_bytes or of one large entry, one forwarded proposal,
/// one snapshot chunk with its configuration. From default_peer_frame_bytes to max_peer_frame_bytes.
inline std::size_t peer_frame_bytes(const raft::Options& options, std::size_t entry_bytes) {
  const std::size_t entries = std::min<std::size_t>(options.max_append_entries, max_message_entries);
  const std::size_t append = std::max(options.max_append_bytes, entry_bytes) +
                             std::max<std::size_t>(entries, 1) * entry_overhead_bytes + message_overhead_bytes;
  const std::size_t chunk = options.snapshot_chunk_bytes + max_configuration_bytes + message_overhead_bytes;
  return std::min(std::max({default_peer_frame_bytes, append, chunk}), max_peer_frame_bytes);
}

/// Frames from and to clients: a command of machine::Limits::command_bytes (1 MiB), and headroom for what
/// surrounds it. An answer that would be longer is cut to a page by who answers.
inline constexpr std::size_t client_frame_bytes = (std::size_t{1} << 20) + (std::size_t{64} << 10);

/// One command as an entry's payload, or one result, or the events of one entry.
inline constexpr std::size_t max_document_bytes = raft::max_payload_bytes;

/// Texts for people (reasons, addresses, versions) in envelopes and status.
inline constexpr std::size_t max_text_bytes = 4096;
/// Items of one list, other than entries. (Bytes that are left bound it too.)
inline constexpr std::size_t max_list_items = std::size_t{1} << 20;

/// One section of a snapshot, decoded at once.
inline constexpr std::size_t max_snapshot_block_bytes = raft::max_payload_bytes;
/// A snapshot is written in blocks of about so many bytes (one more item may be added to a block that has
/// less).
inline constexpr std::size_t snapshot_block_bytes = 64 * 1024;

}  // namespace kelek::wire
