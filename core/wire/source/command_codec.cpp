// Documents of the machine: version first, then the fields of the struct, the kind and fields of its body
// last.
#include <kelek/wire/command_codec.h>

#include <kelek/wire/reader.h>

#include "get.h"
#include "put.h"

namespace kelek::wire {
namespace {

/// Enters the document's array and checks its version; gives how many values follow.
std::size_t enter(Reader& reader, std::span<const std::byte> bytes, std::uint64_t expected_version) {
  if (bytes.size() > max_document_bytes) reader.fail(Fault::too_large, "document", "longer than it may be");
  const std::size_t count = reader.array("document", std::numeric_limits<std::size_t>::max());
  const std::uint64_t version = reader.integer("version");
  if (reader.ok() && version != expected_version) {
    reader.fail(Fault::wrong_version, "version", "a version of the format that is not read here");
  }
  return reader.ok() ? count - 1 : 0;
}

void expect(Reader& reader, std::size_t found, std::size_t expected) {
  if (reader.ok() && found != expected) {
    reader.fail(Fault::inconsistent, "document", "another number of values than this has");
  }
}

}  // namespace

void encode_command(const machine::Command& command, Buffer& buffer) {
  Writer writer(buffer);
  writer.array(1 + slots<machine::CommandHeader> + 1 + slots_of(command.body));
  writer.integer(command_version);
  put(writer, command.header);
  put_body(writer, command.body);
}

raft::Payload CommandEncoder::payload_of(const machine::Command& command) {
  buffer_.clear();
  encode_command(command, buffer_);
  raft::Payload payload = raft::Payload::copy_of(buffer_.bytes());
  buffer_.shrink(kept_bytes);
  return payload;
}

raft::Payload command_payload(const machine::Command& command) {
  return CommandEncoder().payload_of(command);
}

Result<machine::Command> decode_command(std::span<const std::byte> bytes) {
  Reader reader(bytes, "command");
  machine::Command command;
  const std::size_t count = enter(reader, bytes, command_version);
  constexpr std::size_t header = slots<machine::CommandHeader>;
  if (reader.ok() && count <= header) reader.fail(Fault::inconsistent, "header", "too few values");
  get(reader, command.header, "header");
  get_body(reader, command.body, reader.ok() ? count - header : 0, "body");
  reader.leave();
  if (!reader.finish()) return reader.error();
  return command;
}

void encode_result(const machine::Result& result, Buffer& buffer) {
  Writer writer(buffer);
  writer.array(1 + slots<machine::Result>);
  writer.integer(result_version);
  put(writer, result);
}

Result<machine::Result> decode_result(std::span<const std::byte> bytes) {
  Reader reader(bytes, "result");
  machine::Result result;
  expect(reader, enter(reader, bytes, result_version), slots<machine::Result>);
  get(reader, result, "result");
  reader.leave();
  if (!reader.finish()) return reader.error();
  return result;
}

void encode_events(const machine::EventBatch& batch, Buffer& buffer) {
  Writer writer(buffer);
  writer.array(1 + slots<machine::EventBatch>);
  writer.integer(events_version);
  put(writer, batch);
}

Result<machine::EventBatch> decode_events(std::span<const std::byte> bytes) {
  Reader reader(bytes, "events");
  machine::EventBatch batch;
  expect(reader, enter(reader, bytes, events_version), slots<machine::EventBatch>);
  get(reader, batch, "events");
  reader.leave();
  if (!reader.finish()) return reader.error();
  return batch;
}

}  // namespace kelek::wire
