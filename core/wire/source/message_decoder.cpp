// Decoding of frames between members: header, then the body of its kind. Entries are read twice: once to see
// that they are all there and well-formed, then into one allocation of the right size.
#include <kelek/wire/message_codec.h>

#include <kelek/wire/reader.h>

#include "configuration_value.h"
#include "get.h"
#include "message_layout.h"

namespace kelek::wire {
namespace {

constexpr const char* document = "peer frame";

// What the next bytes are of `frame`: shared with it, not copied.
raft::Payload get_payload(Reader& reader, const raft::Payload& frame, const char* place) {
  const std::span<const std::byte> bytes = reader.bytes(place, raft::max_payload_bytes);
  if (!reader.ok() || bytes.empty()) return {};
  return frame.slice(static_cast<std::size_t>(bytes.data() - frame.bytes().data()), bytes.size());
}

struct EntryFields {
  raft::Term term = 0;
  raft::EntryKind kind = raft::EntryKind::command;
  std::span<const std::byte> payload;
};

EntryFields get_entry(Reader& reader) {
  EntryFields entry;
  entry.term = reader.integer("term of an entry");
  wire::get(reader, entry.kind, "kind of an entry");
  entry.payload = reader.bytes("payload of an entry", raft::max_payload_bytes);
  return entry;
}

void get_entries(Reader& reader, const raft::Payload& frame, raft::AppendRequest& body) {
  const std::size_t values = reader.array("entries", max_message_entries * entry_slots);
  if (reader.ok() && values % entry_slots != 0) {
    reader.fail(Fault::inconsistent, "entries", "a list that ends within an item");
  }
  const std::size_t count = values / entry_slots;
  if (reader.ok() && body.previous_index > std::numeric_limits<raft::Index>::max() - count - 1) {
    reader.fail(Fault::inconsistent, "entries", "indexes above 2^64 - 1");
  }
  Reader again = reader;
  for (std::size_t i = 0; i < count && reader.ok(); ++i) get_entry(reader);
  reader.leave();
  if (!reader.ok() || count == 0) return;

  raft::EntryRange::Builder builder(body.previous_index + 1, static_cast<std::uint32_t>(count));
  const std::byte* start = frame.bytes().data();
  for (std::size_t i = 0; i < count; ++i) {
    const EntryFields entry = get_entry(again);
    raft::Payload payload;
    if (!entry.payload.empty()) {
      payload = frame.slice(static_cast<std::size_t>(entry.payload.data() - start), entry.payload.size());
    }
    builder.add(entry.term, entry.kind, std::move(payload));
  }
  body.entries = builder.finish();
}

template <typename Body>
void get_message_body(Reader& reader, const raft::Payload&, Body& body, const char* place) {
  wire::get(reader, body, place);
}

void get_message_body(Reader& reader, const raft::Payload& frame, raft::AppendRequest& body, const char* place) {
  body.previous_index = reader.integer(place);
  body.previous_term = reader.integer(place);
  body.commit = reader.integer(place);
  body.round = reader.integer(place);
  get_entries(reader, frame, body);
}

void get_message_body(Reader& reader, const raft::Payload& frame, raft::SnapshotChunk& body, const char* place) {
  raft::SnapshotMetadata metadata;
  metadata.index = reader.integer(place);
  metadata.term = reader.integer(place);
  get(reader, metadata.configuration, "configuration");
  metadata.id = reader.integer(place);
  metadata.size_bytes = reader.integer(place);
  wire::get(reader, metadata.digest, "digest");
  wire::get(reader, body.offset_bytes, place);
  wire::get(reader, body.wanted_bytes, place);
  body.data = get_payload(reader, frame, "data");
  if (reader.ok()) body.metadata = std::make_shared<const raft::SnapshotMetadata>(std::move(metadata));
}

void get_message_body(Reader& reader, const raft::Payload& frame, raft::ProposeRequest& body, const char* place) {
  body.token = reader.integer(place);
  const std::size_t count = reader.array("payloads", max_message_entries);
  for (std::size_t i = 0; i < count && reader.ok(); ++i) {
    body.payloads.push_back(get_payload(reader, frame, "payload"));
  }
  reader.leave();
}

// The body of kind `index`, which has `count` values.
template <std::size_t index = 0>
void get_body_of_kind(Reader& reader, const raft::Payload& frame, raft::MessageBody& body, std::uint64_t kind,
                      std::size_t count) {
  if constexpr (index < raft::message_kinds) {
    if (kind != index) {
      get_body_of_kind<index + 1>(reader, frame, body, kind, count);
      return;
    }
    using Body = std::variant_alternative_t<index, raft::MessageBody>;
    const char* place = raft::name_of(static_cast<raft::MessageKind>(index));
    if (count != body_slots<Body>) {
      reader.fail(Fault::inconsistent, place, "another number of values than this kind has");
      return;
    }
    get_message_body(reader, frame, body.emplace<index>(), place);
  } else {
    reader.fail(Fault::unknown_kind, "kind", "a kind that this version does not have");
  }
}

void get_introduction(Reader& reader, Introduction& introduction, const char* place) {
  for_each_member(introduction, [&](auto& member) { get(reader, member, place); });
}

void check_count(Reader& reader, std::size_t found, std::size_t expected, const char* place) {
  if (reader.ok() && found != expected) {
    reader.fail(Fault::inconsistent, place, "another number of values than this kind has");
  }
}

void get_greeting(Reader& reader, const FrameHeader& header, std::size_t count, Greeting& greeting) {
  greeting.from = header.from;
  greeting.to = header.to;
  greeting.from_incarnation = header.from_incarnation;
  if (header.kind == hello_kind) {
    check_count(reader, count, slots<Hello>, "hello");
    get_introduction(reader, greeting.body.emplace<Hello>().introduction, "hello");
  } else if (header.kind == hello_answer_kind) {
    check_count(reader, count, slots<HelloAnswer>, "answer to a hello");
    HelloAnswer& answer = greeting.body.emplace<HelloAnswer>();
    wire::get(reader, answer.refusal, "refusal");
    answer.text = reader.text("text", max_text_bytes);
    get_introduction(reader, answer.introduction, "answer to a hello");
  } else {
    reader.fail(Fault::unknown_kind, "kind", "a kind that this version does not have");
  }
}

void get_raft_message(Reader& reader, const raft::Payload& frame, const FrameHeader& header, std::size_t count,
                      raft::Message& message) {
  message.from = header.from;
  message.to = header.to;
  message.from_incarnation = header.from_incarnation;
  message.to_incarnation = reader.integer("recipient's incarnation");
  message.term = reader.integer("term");
  constexpr std::size_t more = message_header_slots - header_slots;
  if (reader.ok() && count < more) reader.fail(Fault::inconsistent, "header", "too few values");
  if (reader.ok()) get_body_of_kind(reader, frame, message.body, header.kind, count - more);
}

// The values that follow the header.
std::size_t get_header(Reader& reader, FrameHeader& header) {
  const std::size_t count = reader.array("header", std::numeric_limits<std::size_t>::max());
  const std::uint64_t version = reader.integer("version");
  if (reader.ok() && version != peer_protocol_version) {
    reader.fail(Fault::wrong_version, "version", "a version of the format that is not spoken here");
  }
  header.group = reader.integer("group");
  header.kind = reader.integer("kind");
  header.from = reader.integer("sender");
  header.to = reader.integer("recipient");
  header.from_incarnation = reader.integer("sender's incarnation");
  if (reader.ok() && count < header_slots) reader.fail(Fault::inconsistent, "header", "too few values");
  return reader.ok() ? count - header_slots : 0;
}

}  // namespace

Result<FrameHeader> decode_header(std::span<const std::byte> frame) {
  Reader reader(frame, document);
  FrameHeader header;
  get_header(reader, header);
  if (!reader.ok()) return reader.error();
  return header;
}

Result<PeerFrame> decode_peer_frame(const raft::Payload& frame, std::size_t max_bytes) {
  Reader reader(frame.bytes(), document);
  if (frame.size() > max_bytes) reader.fail(Fault::too_large, "frame", "longer than a frame may be");
  FrameHeader header;
  const std::size_t count = get_header(reader, header);
  PeerFrame result;
  result.group = header.group;
  if (header.is_greeting()) {
    get_greeting(reader, header, count, result.content.emplace<Greeting>());
  } else {
    get_raft_message(reader, frame, header, count, result.content.emplace<raft::Message>());
  }
  reader.leave();
  if (!reader.finish()) return reader.error();
  return result;
}

}  // namespace kelek::wire
