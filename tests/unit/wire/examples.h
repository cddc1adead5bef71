// Examples of everything that goes over the wire: for golden bytes, for what is cut and damaged in tests, and
// as seeds of the fuzz targets.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <kelek/wire/client_protocol.h>
#include <kelek/wire/message_codec.h>

#include "sampler.h"

namespace kelek::wire {

using Bytes = std::vector<std::byte>;

/// Which decoder an example is for.
enum class Family { peer, request, server, command, result, events, snapshot };
const char* family_name(Family family);

struct Example {
  Family family = Family::peer;
  std::string name;
  Bytes bytes;
};

/// One of every kind, of every family, with counting values.
std::vector<Example> examples();

/// Decodes by the family's decoder; the error's text, or empty if there was none.
std::string decode(Family family, std::span<const std::byte> bytes);
/// Decodes, encodes again, and gives those bytes; empty if it does not decode.
Bytes decode_and_encode(Family family, std::span<const std::byte> bytes);

raft::Message sample_message(Sampler& sampler, raft::MessageKind kind);
Greeting sample_greeting(Sampler& sampler, bool is_answer);
ClientRequest sample_request(Sampler& sampler, std::size_t kind);
ClientResponse sample_response(Sampler& sampler, std::size_t kind);
EventFrame sample_event_frame(Sampler& sampler);

Bytes bytes_of(const EncodedFrame& frame);
Bytes bytes_of(const Buffer& buffer);
Bytes bytes_of_hex(std::string_view hex);
std::string hex_of(std::span<const std::byte> bytes);

}  // namespace kelek::wire
