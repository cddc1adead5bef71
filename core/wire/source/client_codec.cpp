// Frames between clients and coordinators: version first, what is for the frame's way, then kind and body.
#include <kelek/wire/client_codec.h>

#include <kelek/wire/command_codec.h>
#include <kelek/wire/reader.h>

#include "client_layout.h"
#include "get.h"
#include "put.h"

namespace kelek::wire {
namespace {

constexpr std::uint64_t response_frame = 0;
constexpr std::uint64_t events_frame = 1;

// Values in front of a body's kind.
constexpr std::size_t request_header_slots = 4;
constexpr std::size_t response_header_slots = 11;
constexpr std::size_t events_slots = 7;

constexpr const char* request_document = "client request";
constexpr const char* server_document = "server frame";

void check_size(Reader& reader, std::size_t size, std::size_t max_bytes) {
  if (size > max_bytes) reader.fail(Fault::too_large, "frame", "longer than a frame may be");
}

void check_version(Reader& reader) {
  const std::uint64_t version = reader.integer("version");
  if (reader.ok() && version != client_protocol_version) {
    reader.fail(Fault::wrong_version, "version", "a version of the client protocol that is not spoken here");
  }
}

void get_response(Reader& reader, ClientResponse& response, std::size_t count) {
  get(reader, response.request_id, "request id");
  get(reader, response.outcome, "outcome");
  get(reader, response.code, "refusal code");
  response.text = reader.text("text", max_text_bytes);
  get(reader, response.leader, "leader");
  response.leader_address = reader.text("leader's address", max_text_bytes);
  get(reader, response.member, "member");
  get(reader, response.term, "term");
  get(reader, response.revision, "revision");
  if (reader.ok() && count <= response_header_slots) reader.fail(Fault::inconsistent, "response", "too few values");
  get_body(reader, response.body, reader.ok() ? count - response_header_slots : 0, "response body");
}

void get_event_frame(Reader& reader, EventFrame& frame, std::size_t count) {
  get(reader, frame.watch_id, "watch id");
  get(reader, frame.state, "watch state");
  get(reader, frame.first_revision, "first revision");
  get(reader, frame.next_revision, "next revision");
  if (reader.ok() && count != events_slots) reader.fail(Fault::inconsistent, "events", "another number of values");
  const std::size_t batches = reader.array("batches", max_list_items);
  for (std::size_t i = 0; i < batches && reader.ok(); ++i) {
    const std::span<const std::byte> document = reader.bytes("batch", client_frame_bytes);
    if (!reader.ok()) break;
    Result<machine::EventBatch> batch = decode_events(document);
    if (!batch.ok()) {
      reader.fail(batch.error().fault, "batch", "events that make no sense");
      break;
    }
    frame.batches.push_back(std::make_shared<const machine::EventBatch>(std::move(batch.value())));
  }
  reader.leave();
}

// An error text or address that is too long to be read is cut where it is written.
std::string_view cut(const std::string& text) {
  return std::string_view(text).substr(0, max_text_bytes);
}

}  // namespace

void encode_request(const ClientRequest& request, Buffer& buffer) {
  buffer.clear();
  Writer writer(buffer);
  writer.array(request_header_slots + 1 + slots_of(request.body));
  writer.integer(client_protocol_version);
  writer.integer(request.request_id);
  writer.integer(request.deadline_ms);
  writer.integer(request.group);
  put_body(writer, request.body);
}

Result<ClientRequest> decode_request(std::span<const std::byte> frame, std::size_t max_bytes) {
  Reader reader(frame, request_document);
  check_size(reader, frame.size(), max_bytes);
  ClientRequest request;
  const std::size_t count = reader.array("frame", std::numeric_limits<std::size_t>::max());
  check_version(reader);
  get(reader, request.request_id, "request id");
  get(reader, request.deadline_ms, "deadline");
  get(reader, request.group, "group");
  if (reader.ok() && count <= request_header_slots) reader.fail(Fault::inconsistent, "request", "too few values");
  get_body(reader, request.body, reader.ok() ? count - request_header_slots : 0, "request body");
  reader.leave();
  if (!reader.finish()) return reader.error();
  return request;
}

std::uint64_t request_id_of(std::span<const std::byte> frame) {
  Reader reader(frame, request_document);
  reader.array("frame", std::numeric_limits<std::size_t>::max());
  reader.integer("version");
  return reader.integer("request id");
}

void encode_response(const ClientResponse& response, Buffer& buffer) {
  buffer.clear();
  Writer writer(buffer);
  writer.array(response_header_slots + 1 + slots_of(response.body));
  writer.integer(client_protocol_version);
  writer.integer(response_frame);
  writer.integer(response.request_id);
  put(writer, response.outcome);
  put(writer, response.code);
  writer.bytes(cut(response.text));
  writer.integer(response.leader);
  writer.bytes(cut(response.leader_address));
  writer.integer(response.member);
  writer.integer(response.term);
  writer.integer(response.revision);
  put_body(writer, response.body);
}

void encode_event_frame(const EventFrame& frame, Buffer& buffer) {
  buffer.clear();
  Writer writer(buffer);
  writer.array(events_slots);
  writer.integer(client_protocol_version);
  writer.integer(events_frame);
  writer.integer(frame.watch_id);
  put(writer, frame.state);
  writer.integer(frame.first_revision);
  writer.integer(frame.next_revision);
  writer.array(frame.batches.size());
  for (const machine::SharedEventBatch& batch : frame.batches) {
    const std::size_t begun = writer.begin_bytes();
    encode_events(*batch, buffer);
    writer.end_bytes(begun);
  }
}

Result<ServerFrame> decode_server_frame(std::span<const std::byte> frame, std::size_t max_bytes) {
  Reader reader(frame, server_document);
  check_size(reader, frame.size(), max_bytes);
  ServerFrame result;
  const std::size_t count = reader.array("frame", std::numeric_limits<std::size_t>::max());
  check_version(reader);
  const std::uint64_t kind = reader.integer("kind of frame");
  if (kind == response_frame) {
    get_response(reader, result.emplace<ClientResponse>(), count);
  } else if (kind == events_frame) {
    get_event_frame(reader, result.emplace<EventFrame>(), count);
  } else {
    reader.fail(Fault::unknown_kind, "kind of frame", "a kind that this version does not have");
  }
  reader.leave();
  if (!reader.finish()) return reader.error();
  return result;
}

}  // namespace kelek::wire
