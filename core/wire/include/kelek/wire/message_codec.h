// Frames between members: one Raft message or one greeting each. FORMAT.md has the bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <variant>

#include <kelek/raft/message.h>
#include <kelek/raft/payload.h>
#include <kelek/wire/envelope.h>
#include <kelek/wire/limits.h>
#include <kelek/wire/result.h>
#include <kelek/wire/writer.h>

namespace kelek::wire {

/// A greeting with what the header says of its sender.
struct Greeting {
  raft::NodeId from = raft::no_node;
  raft::NodeId to = raft::no_node;
  raft::Incarnation from_incarnation = 0;
  std::variant<Hello, HelloAnswer> body;
};

struct PeerFrame {
  GroupId group = first_group;
  std::variant<raft::Message, Greeting> content;

  raft::NodeId from() const;
  raft::NodeId to() const;
};

/// A frame in two parts, `head` followed by `tail`. What is large (entries, snapshot data) is in the tail, so
/// that who sends it copies it once, from where it lies into the socket's own memory.
struct EncodedFrame {
  std::span<const std::byte> head;
  std::span<const std::byte> tail;

  std::size_t size() const { return head.size() + tail.size(); }
  /// Both in one piece: one allocation, one copy. Empty if the frame is longer than max_peer_frame_bytes.
  raft::Payload joined() const;
};

/// Encodes frames into memory that it uses again and again. One thread at a time.
///
/// The entries of an append are encoded once for all followers: as long as one append after the other carries
/// the same entries, only the head is written anew.
class MessageEncoder {
 public:
  /// The spans stay valid until the next call, and the tail as long as `message` (and what it holds) lives.
  /// Never fails: what a correct Node gives fits the limits.
  EncodedFrame encode(GroupId group, const raft::Message& message);
  EncodedFrame encode(GroupId group, const Greeting& greeting);

  /// Lets go of the entries of the last append (it keeps them to know them again). To be called when a
  /// Ready's messages are through.
  void release();

 private:
  bool holds(const raft::EntryRange& entries) const;
  void encode_entries(const raft::EntryRange& entries);

  Buffer head_;
  Buffer entries_bytes_;
  raft::EntryRange entries_;
};

/// What can be said of a frame without reading its body: for routing, and for refusing who speaks for another
/// (security.md T3) before anything is decoded.
struct FrameHeader {
  GroupId group = 0;
  std::uint64_t kind = 0;
  raft::NodeId from = raft::no_node;
  raft::NodeId to = raft::no_node;
  raft::Incarnation from_incarnation = 0;

  bool is_greeting() const { return kind >= 64; }
};
Result<FrameHeader> decode_header(std::span<const std::byte> frame);

/// Strict: see FORMAT.md, "What is refused". Entries and payloads of the result share `frame`; nothing is
/// copied but configurations and texts. Never throws but bad_alloc, which the limits keep far away.
Result<PeerFrame> decode_peer_frame(const raft::Payload& frame, std::size_t max_bytes = max_peer_frame_bytes);

}  // namespace kelek::wire
