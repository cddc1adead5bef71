// Encoding of frames between members. Entries go into a buffer of their own, which serves every follower.
#include <kelek/wire/message_codec.h>

#include <new>

#include "configuration_value.h"
#include "message_layout.h"
#include "packer.h"
#include "put.h"

namespace kelek::wire {
namespace {

// Bytes right behind their owner: one allocation for both.
class JoinedBytes final : public raft::PayloadOwner {
 public:
  static JoinedBytes* allocate(std::size_t size) {
    void* memory = ::operator new(sizeof(JoinedBytes) + size);
    return new (memory) JoinedBytes;
  }
  std::byte* bytes() { return reinterpret_cast<std::byte*>(this + 1); }

 private:
  void destroy() override {
    this->~JoinedBytes();
    ::operator delete(this);
  }
};

template <typename Body>
void put_body_of_message(Writer& writer, const Body& body) {
  wire::put(writer, body);
}

// The entries follow as the tail.
void put_body_of_message(Writer& writer, const raft::AppendRequest& body) {
  writer.integer(body.previous_index);
  writer.integer(body.previous_term);
  writer.integer(body.commit);
  writer.integer(body.round);
}

// The data follow as the tail.
void put_body_of_message(Writer& writer, const raft::SnapshotChunk& body) {
  static const raft::SnapshotMetadata none;
  const raft::SnapshotMetadata& metadata = body.metadata != nullptr ? *body.metadata : none;
  writer.integer(metadata.index);
  writer.integer(metadata.term);
  put(writer, metadata.configuration);
  writer.integer(metadata.id);
  writer.integer(metadata.size_bytes);
  wire::put(writer, metadata.digest);
  writer.integer(body.offset_bytes);
  writer.integer(body.wanted_bytes);
  Packer(writer.buffer()).pack_bin(static_cast<std::uint32_t>(body.data.size()));
}

void put_body_of_message(Writer& writer, const raft::ProposeRequest& body) {
  writer.integer(body.token);
  writer.array(body.payloads.size());
  for (const raft::Payload& payload : body.payloads) writer.bytes(payload.bytes());
}

void put_introduction(Writer& writer, const Introduction& introduction) {
  for_each_member(introduction, [&](const auto& member) { put(writer, member); });
}

void put_header(Writer& writer, std::size_t values, GroupId group, std::uint64_t kind, raft::NodeId from,
                raft::NodeId to, raft::Incarnation from_incarnation) {
  writer.array(values);
  writer.integer(peer_protocol_version);
  writer.integer(group);
  writer.integer(kind);
  writer.integer(from);
  writer.integer(to);
  writer.integer(from_incarnation);
}

}  // namespace

raft::Payload EncodedFrame::joined() const {
  if (size() > max_peer_frame_bytes) return {};
  JoinedBytes* owner = JoinedBytes::allocate(size());
  if (!head.empty()) std::memcpy(owner->bytes(), head.data(), head.size());
  if (!tail.empty()) std::memcpy(owner->bytes() + head.size(), tail.data(), tail.size());
  return raft::Payload::owned_by(*owner, {owner->bytes(), size()});
}

raft::NodeId PeerFrame::from() const {
  return std::visit([](const auto& what) { return what.from; }, content);
}

raft::NodeId PeerFrame::to() const {
  return std::visit([](const auto& what) { return what.to; }, content);
}

EncodedFrame MessageEncoder::encode(GroupId group, const raft::Message& message) {
  head_.clear();
  Writer writer(head_);
  EncodedFrame frame;
  std::visit(
      [&](const auto& body) {
        using Body = std::remove_cv_t<std::remove_reference_t<decltype(body)>>;
        put_header(writer, message_header_slots + body_slots<Body>, group, message.body.index(), message.from,
                   message.to, message.from_incarnation);
        writer.integer(message.to_incarnation);
        writer.integer(message.term);
        put_body_of_message(writer, body);
        if constexpr (std::is_same_v<Body, raft::AppendRequest>) {
          if (!holds(body.entries)) encode_entries(body.entries);
          frame.tail = entries_bytes_.bytes();
        }
        if constexpr (std::is_same_v<Body, raft::SnapshotChunk>) frame.tail = body.data.bytes();
      },
      message.body);
  frame.head = head_.bytes();
  return frame;
}

EncodedFrame MessageEncoder::encode(GroupId group, const Greeting& greeting) {
  head_.clear();
  Writer writer(head_);
  if (const auto* hello = std::get_if<Hello>(&greeting.body)) {
    put_header(writer, header_slots + slots<Hello>, group, hello_kind, greeting.from, greeting.to,
               greeting.from_incarnation);
    put_introduction(writer, hello->introduction);
  } else {
    const auto& answer = std::get<HelloAnswer>(greeting.body);
    put_header(writer, header_slots + slots<HelloAnswer>, group, hello_answer_kind, greeting.from, greeting.to,
               greeting.from_incarnation);
    wire::put(writer, answer.refusal);
    wire::put(writer, answer.text);
    put_introduction(writer, answer.introduction);
  }
  return {head_.bytes(), {}};
}

void MessageEncoder::release() {
  entries_ = raft::EntryRange();
  entries_bytes_.clear();
}

// Entries are immutable where they lie, and entries_ keeps them there: ranges that begin and end at the same
// entries of the same indexes are the same. (What is replaced in the middle of a log replaces all that
// follows, so that the last entry lies elsewhere.)
bool MessageEncoder::holds(const raft::EntryRange& entries) const {
  if (entries_.empty() || entries.size() != entries_.size() || entries.first_index() != entries_.first_index()) {
    return false;
  }
  return &entries.at(entries.first_index()) == &entries_.at(entries_.first_index()) &&
         &entries.at(entries.last_index()) == &entries_.at(entries_.last_index());
}

void MessageEncoder::encode_entries(const raft::EntryRange& entries) {
  entries_ = entries;
  entries_bytes_.clear();
  Packer packer(entries_bytes_);
  packer.pack_array(static_cast<std::uint32_t>(entries.size() * entry_slots));
  entries.for_each([&](raft::Index, const raft::Entry& entry) {
    packer.pack_uint64(entry.term);
    packer.pack_uint8(static_cast<std::uint8_t>(entry.kind));
    pack_bytes(entries_bytes_, entry.payload.bytes());
  });
}

}  // namespace kelek::wire
