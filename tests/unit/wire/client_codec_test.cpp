// Frames between clients and coordinators: round trips of every request, query, answer and event.
#include <catch2/catch.hpp>

#include <kelek/wire/client_codec.h>

#include "examples.h"
#include "same.h"

using namespace kelek;
using namespace kelek::wire;

namespace {

constexpr std::size_t no_limit = std::size_t{1} << 30;

}  // namespace

TEST_CASE("Every request comes back as it was asked") {
  Buffer buffer;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    for (std::size_t kind = 0; kind < std::variant_size_v<RequestBody>; ++kind) {
      Sampler sampler = Sampler::random(seed * 100 + kind);
      const ClientRequest request = sample_request(sampler, kind);
      encode_request(request, buffer);
      const Result<ClientRequest> decoded = decode_request(buffer.bytes(), no_limit);
      INFO(request_name(request.kind()) << ", seed " << seed);
      REQUIRE(decoded.ok());
      CHECK(same(decoded.value(), request));
    }
  }
}

TEST_CASE("Every answer comes back as it was given") {
  Buffer buffer;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    for (std::size_t kind = 0; kind < std::variant_size_v<ResponseBody>; ++kind) {
      Sampler sampler = Sampler::random(seed * 100 + kind);
      const ClientResponse response = sample_response(sampler, kind);
      encode_response(response, buffer);
      const Result<ServerFrame> decoded = decode_server_frame(buffer.bytes(), no_limit);
      INFO("body " << kind << ", seed " << seed);
      REQUIRE(decoded.ok());
      CHECK(same(decoded.value(), ServerFrame(response)));
    }
  }
}

TEST_CASE("Events of a watch come back as they happened") {
  Buffer buffer;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Sampler sampler = Sampler::random(seed);
    const EventFrame frame = sample_event_frame(sampler);
    encode_event_frame(frame, buffer);
    const Result<ServerFrame> decoded = decode_server_frame(buffer.bytes(), no_limit);
    REQUIRE(decoded.ok());
    CHECK(same(decoded.value(), ServerFrame(frame)));
  }
}

TEST_CASE("A text that is too long is cut, so that the answer still arrives") {
  ClientResponse response;
  response.text.assign(max_text_bytes + 1, 'x');
  Buffer buffer;
  encode_response(response, buffer);
  const Result<ServerFrame> decoded = decode_server_frame(buffer.bytes());
  REQUIRE(decoded.ok());
  CHECK(std::get<ClientResponse>(decoded.value()).text.size() == max_text_bytes);
}

TEST_CASE("A request that cannot be read can still be answered") {
  ClientRequest request;
  request.request_id = 77;
  request.body = Propose{machine::KvPut{}, 0, 0};
  Buffer buffer;
  encode_request(request, buffer);
  Bytes bytes = bytes_of(buffer);
  bytes.pop_back();
  CHECK_FALSE(decode_request(bytes).ok());
  CHECK(request_id_of(bytes) == 77);
  // Another version of the protocol has it at the same place.
  bytes[1] = std::byte{9};
  CHECK(decode_request(bytes).error().fault == Fault::wrong_version);
  CHECK(request_id_of(bytes) == 77);
  CHECK(request_id_of({}) == 0);
  CHECK(request_id_of(bytes_of_hex("c0")) == 0);
}

TEST_CASE("A client frame above the limit is refused before anything else") {
  ClientRequest request;
  machine::KvPut put;
  put.value.assign(client_frame_bytes, 'x');
  request.body = Propose{put, 0, 0};
  Buffer buffer;
  encode_request(request, buffer);
  const Result<ClientRequest> decoded = decode_request(buffer.bytes());
  REQUIRE_FALSE(decoded.ok());
  CHECK(decoded.error().fault == Fault::too_large);
}
