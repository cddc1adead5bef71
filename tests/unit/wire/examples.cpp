// Builds the examples, and gives every family's decoder and encoder one form.
#include "examples.h"

#include <kelek/wire/client_codec.h>
#include <kelek/wire/command_codec.h>
#include <kelek/wire/snapshot_codec.h>

namespace kelek::wire {
namespace {

Bytes encoded(const raft::Message& message) {
  return bytes_of(MessageEncoder().encode(first_group, message));
}
Bytes encoded(const Greeting& greeting) {
  return bytes_of(MessageEncoder().encode(first_group, greeting));
}

template <typename Value>
Bytes encoded(void (*encode)(const Value&, Buffer&), const Value& value) {
  Buffer buffer;
  encode(value, buffer);
  return bytes_of(buffer);
}

Bytes encoded(const ServerFrame& frame) {
  if (const auto* response = std::get_if<ClientResponse>(&frame)) return encoded(encode_response, *response);
  return encoded(encode_event_frame, std::get<EventFrame>(frame));
}

Bytes encoded(const machine::State& state) {
  Bytes bytes;
  encode_snapshot(state, [&](std::span<const std::byte> piece) {
    bytes.insert(bytes.end(), piece.begin(), piece.end());
    return true;
  });
  return bytes;
}

Bytes encoded(const PeerFrame& frame) {
  MessageEncoder encoder;
  return std::visit([&](const auto& content) { return bytes_of(encoder.encode(frame.group, content)); }, frame.content);
}

// Calls f with what decoding gave.
template <typename Function>
void with_decoded(Family family, std::span<const std::byte> bytes, Function&& f) {
  switch (family) {
    case Family::peer: return f(decode_peer_frame(raft::Payload::copy_of(bytes)));
    case Family::request: return f(decode_request(bytes));
    case Family::server: return f(decode_server_frame(bytes));
    case Family::command: return f(decode_command(bytes));
    case Family::result: return f(decode_result(bytes));
    case Family::events: return f(decode_events(bytes));
    case Family::snapshot: return f(decode_snapshot(bytes));
  }
}

Bytes encoded_again(const PeerFrame& frame) {
  return encoded(frame);
}
Bytes encoded_again(const ClientRequest& request) {
  return encoded(encode_request, request);
}
Bytes encoded_again(const ServerFrame& frame) {
  return encoded(frame);
}
Bytes encoded_again(const machine::Command& command) {
  return encoded(encode_command, command);
}
Bytes encoded_again(const machine::Result& result) {
  return encoded(encode_result, result);
}
Bytes encoded_again(const machine::EventBatch& batch) {
  return encoded(encode_events, batch);
}
Bytes encoded_again(const machine::State& state) {
  return encoded(state);
}

void add_peer_examples(std::vector<Example>& all) {
  for (std::size_t kind = 0; kind < raft::message_kinds; ++kind) {
    Sampler sampler = Sampler::counting();
    const auto message_kind = static_cast<raft::MessageKind>(kind);
    all.push_back({Family::peer, raft::name_of(message_kind), encoded(sample_message(sampler, message_kind))});
  }
  Sampler sampler = Sampler::counting();
  all.push_back({Family::peer, "hello", encoded(sample_greeting(sampler, false))});
  all.push_back({Family::peer, "hello answer", encoded(sample_greeting(sampler, true))});
}

void add_machine_examples(std::vector<Example>& all) {
  for (std::size_t kind = 0; kind < machine::command_kinds; ++kind) {
    Sampler sampler = Sampler::counting();
    machine::Command command;
    fill(sampler, command.header);
    fill_alternative(sampler, command.body, kind);
    all.push_back({Family::command, machine::command_name(static_cast<machine::CommandKind>(kind)),
                   encoded(encode_command, command)});
  }
  for (std::size_t kind = 0; kind < std::variant_size_v<machine::ResultBody>; ++kind) {
    Sampler sampler = Sampler::counting();
    machine::Result result;
    fill(sampler, result);
    fill_alternative(sampler, result.body, kind);
    all.push_back({Family::result, "body " + std::to_string(kind), encoded(encode_result, result)});
  }
  for (std::size_t kind = 0; kind < machine::event_kinds; ++kind) {
    Sampler sampler = Sampler::counting();
    machine::EventBatch batch;
    batch.revision = 1;
    batch.term = 2;
    batch.time_ms = 3;
    batch.size_bytes = 4;
    fill_alternative(sampler, batch.events.emplace_back(), kind);
    all.push_back(
        {Family::events, machine::event_name(static_cast<machine::EventKind>(kind)), encoded(encode_events, batch)});
  }
}

void add_client_examples(std::vector<Example>& all) {
  for (std::size_t kind = 0; kind < std::variant_size_v<RequestBody>; ++kind) {
    Sampler sampler = Sampler::counting();
    all.push_back({Family::request, request_name(static_cast<RequestKind>(kind)),
                   encoded(encode_request, sample_request(sampler, kind))});
  }
  for (std::size_t kind = 0; kind < std::variant_size_v<QueryBody>; ++kind) {
    Sampler sampler = Sampler::counting();
    ClientRequest request = sample_request(sampler, static_cast<std::size_t>(RequestKind::query));
    fill_alternative(sampler, std::get<Query>(request.body).body, kind);
    all.push_back({Family::request, "query " + std::to_string(kind), encoded(encode_request, request)});
  }
  for (std::size_t kind = 0; kind < std::variant_size_v<ResponseBody>; ++kind) {
    Sampler sampler = Sampler::counting();
    all.push_back(
        {Family::server, "response " + std::to_string(kind), encoded(encode_response, sample_response(sampler, kind))});
  }
  Sampler sampler = Sampler::counting();
  all.push_back({Family::server, "events", encoded(encode_event_frame, sample_event_frame(sampler))});
}

}  // namespace

const char* family_name(Family family) {
  constexpr const char* names[] = {"peer", "request", "server", "command", "result", "events", "snapshot"};
  return names[static_cast<std::size_t>(family)];
}

std::vector<Example> examples() {
  std::vector<Example> all;
  add_peer_examples(all);
  add_machine_examples(all);
  add_client_examples(all);
  Sampler sampler = Sampler::counting();
  machine::State state;
  all.push_back({Family::snapshot, "empty", encoded(state)});
  fill(sampler, state);
  all.push_back({Family::snapshot, "full", encoded(state)});
  return all;
}

std::string decode(Family family, std::span<const std::byte> bytes) {
  std::string error;
  with_decoded(family, bytes, [&](const auto& result) {
    if (!result.ok()) error = result.error().text;
  });
  return error;
}

Bytes decode_and_encode(Family family, std::span<const std::byte> bytes) {
  Bytes again;
  with_decoded(family, bytes, [&](const auto& result) {
    if (result.ok()) again = encoded_again(result.value());
  });
  return again;
}

raft::ConfigurationRef sample_configuration(Sampler& sampler) {
  std::vector<raft::Member> members;
  for (raft::NodeId id = 1; id <= 3; ++id) {
    raft::Member member;
    member.id = id;
    member.incarnation = sampler.number();
    member.voter = id != 3;
    member.learner = id == 3;
    member.context = sampler.text().substr(0, raft::max_member_context_bytes);
    members.push_back(std::move(member));
  }
  return std::make_shared<const raft::Configuration>(
      raft::Configuration::make(std::move(members), sampler.chance()).value());
}

namespace {

void fill_body(Sampler& sampler, raft::AppendRequest& body) {
  body.previous_index = sampler.number(std::uint64_t{1} << 60);
  fill(sampler, body.previous_term);
  fill(sampler, body.commit);
  fill(sampler, body.round);
  const std::size_t count = sampler.list_size();
  raft::EntryRange::Builder builder(body.previous_index + 1, static_cast<std::uint32_t>(count));
  for (std::size_t i = 0; i < count; ++i) {
    const raft::Term term = sampler.number();
    raft::EntryKind kind{};
    fill(sampler, kind);
    builder.add(term, kind, sample_payload(sampler));
  }
  body.entries = builder.finish();
}

void fill_body(Sampler& sampler, raft::SnapshotChunk& body) {
  auto metadata = std::make_shared<raft::SnapshotMetadata>();
  fill(sampler, metadata->index);
  fill(sampler, metadata->term);
  metadata->configuration = sample_configuration(sampler);
  fill(sampler, metadata->id);
  fill(sampler, metadata->size_bytes);
  fill(sampler, metadata->digest);
  body.metadata = std::move(metadata);
  fill(sampler, body.offset_bytes);
  fill(sampler, body.wanted_bytes);
  body.data = sample_payload(sampler);
}

void fill_body(Sampler& sampler, raft::ProposeRequest& body) {
  fill(sampler, body.token);
  fill(sampler, body.payloads);
}

template <Struct Body>
void fill_body(Sampler& sampler, Body& body) {
  fill(sampler, body);
}

template <std::size_t index = 0>
void fill_message_body(Sampler& sampler, raft::MessageBody& body, std::size_t kind) {
  if constexpr (index < raft::message_kinds) {
    if (kind == index) {
      fill_body(sampler, body.emplace<index>());
    } else {
      fill_message_body<index + 1>(sampler, body, kind);
    }
  }
}

}  // namespace

raft::Message sample_message(Sampler& sampler, raft::MessageKind kind) {
  raft::Message message;
  fill(sampler, message.from);
  fill(sampler, message.to);
  fill(sampler, message.from_incarnation);
  fill(sampler, message.to_incarnation);
  fill(sampler, message.term);
  fill_message_body(sampler, message.body, static_cast<std::size_t>(kind));
  return message;
}

Greeting sample_greeting(Sampler& sampler, bool is_answer) {
  Greeting greeting;
  fill(sampler, greeting.from);
  fill(sampler, greeting.to);
  fill(sampler, greeting.from_incarnation);
  fill_alternative(sampler, greeting.body, is_answer ? 1 : 0);
  if (auto* answer = std::get_if<HelloAnswer>(&greeting.body))
    answer->text.resize(std::min<std::size_t>(answer->text.size(), max_text_bytes));
  return greeting;
}

ClientRequest sample_request(Sampler& sampler, std::size_t kind) {
  ClientRequest request;
  fill(sampler, request.request_id);
  fill(sampler, request.deadline_ms);
  fill(sampler, request.group);
  fill_alternative(sampler, request.body, kind);
  return request;
}

ClientResponse sample_response(Sampler& sampler, std::size_t kind) {
  ClientResponse response;
  fill(sampler, response.request_id);
  fill(sampler, response.outcome);
  fill(sampler, response.code);
  response.text = sampler.text().substr(0, max_text_bytes);
  fill(sampler, response.leader);
  response.leader_address = sampler.text().substr(0, max_text_bytes);
  fill(sampler, response.member);
  fill(sampler, response.term);
  fill(sampler, response.revision);
  fill_alternative(sampler, response.body, kind);
  return response;
}

EventFrame sample_event_frame(Sampler& sampler) {
  EventFrame frame;
  fill(sampler, frame.watch_id);
  fill(sampler, frame.state);
  fill(sampler, frame.first_revision);
  fill(sampler, frame.next_revision);
  for (std::size_t left = sampler.list_size(); left > 0; --left) {
    auto batch = std::make_shared<machine::EventBatch>();
    fill(sampler, *batch);
    frame.batches.push_back(std::move(batch));
  }
  return frame;
}

Bytes bytes_of(const EncodedFrame& frame) {
  Bytes bytes(frame.head.begin(), frame.head.end());
  bytes.insert(bytes.end(), frame.tail.begin(), frame.tail.end());
  return bytes;
}

Bytes bytes_of(const Buffer& buffer) {
  return Bytes(buffer.bytes().begin(), buffer.bytes().end());
}

Bytes bytes_of_hex(std::string_view hex) {
  Bytes bytes;
  unsigned digits = 0;
  unsigned value = 0;
  for (char c : hex) {
    if (c == ' ') continue;
    value = value * 16 + static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10);
    if (++digits % 2 == 0) {
      bytes.push_back(static_cast<std::byte>(value));
      value = 0;
    }
  }
  return bytes;
}

std::string hex_of(std::span<const std::byte> bytes) {
  std::string hex;
  for (std::byte byte : bytes) {
    hex.push_back("0123456789abcdef"[std::to_integer<unsigned>(byte) >> 4]);
    hex.push_back("0123456789abcdef"[std::to_integer<unsigned>(byte) & 15]);
  }
  return hex;
}

}  // namespace kelek::wire
