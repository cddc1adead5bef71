// Commands, results and events: round trips of every kind, and the same bytes for the same value.
#include <catch2/catch.hpp>

#include <kelek/wire/command_codec.h>

#include "examples.h"
#include "same.h"

using namespace kelek;
using namespace kelek::wire;

TEST_CASE("Every command comes back as it was proposed") {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    for (std::size_t kind = 0; kind < machine::command_kinds; ++kind) {
      Sampler sampler = Sampler::random(seed * 100 + kind);
      machine::Command command;
      fill(sampler, command.header);
      fill_alternative(sampler, command.body, kind);
      const raft::Payload payload = command_payload(command);
      const Result<machine::Command> decoded = decode_command(payload.bytes());
      INFO(machine::command_name(machine::command_kind(command)) << ", seed " << seed);
      REQUIRE(decoded.ok());
      CHECK(decoded.value() == command);
      CHECK(command_payload(decoded.value()) == payload);
    }
  }
}

TEST_CASE("Every result comes back as it was given") {
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    Sampler sampler = Sampler::random(seed);
    machine::Result result;
    fill(sampler, result);
    Buffer buffer;
    encode_result(result, buffer);
    const Result<machine::Result> decoded = decode_result(buffer.bytes());
    REQUIRE(decoded.ok());
    CHECK(decoded.value() == result);
  }
}

TEST_CASE("Events come back as they happened") {
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    Sampler sampler = Sampler::random(seed);
    machine::EventBatch batch;
    fill(sampler, batch);
    Buffer buffer;
    encode_events(batch, buffer);
    const Result<machine::EventBatch> decoded = decode_events(buffer.bytes());
    REQUIRE(decoded.ok());
    CHECK(same(decoded.value(), batch));
  }
}

TEST_CASE("Encoding adds to the buffer, so that several documents may follow each other") {
  Buffer buffer;
  encode_result(machine::Result{}, buffer);
  const std::size_t first = buffer.size();
  encode_result(machine::Result{}, buffer);
  CHECK(buffer.size() == 2 * first);
}

TEST_CASE("A kind, an enumerator and a version that nobody knows are refused, and named") {
  // Version 1, empty caller, no admin, session 0, sequence 0, time 0, kind 1 (leader start).
  CHECK(decode(Family::command, bytes_of_hex("97 01 c400 c2 00 00 00 01")).empty());
  CHECK(decode_command(bytes_of_hex("97 02 c400 c2 00 00 00 01")).error().fault == Fault::wrong_version);
  const Result<machine::Command> unknown = decode_command(bytes_of_hex("97 01 c400 c2 00 00 00 63"));
  CHECK(unknown.error().fault == Fault::unknown_kind);
  CHECK(unknown.error().text == "command, byte 9: body: a kind that this version does not have");
  // One value too many, one too few.
  CHECK(decode_command(bytes_of_hex("98 01 c400 c2 00 00 00 01 00")).error().fault == Fault::inconsistent);
  CHECK(decode_command(bytes_of_hex("96 01 c400 c2 00 00 00")).error().fault == Fault::inconsistent);
  // Code 25 of a result.
  CHECK(decode_result(bytes_of_hex("96 01 19 c400 00 00 9100")).error().fault == Fault::out_of_range);
  CHECK(decode_result(bytes_of_hex("96 01 18 c400 00 00 9100")).ok());
}

TEST_CASE("A list that ends within an item is refused") {
  // lock release (kind 21) has two values; a ballot vote's evidence comes in pairs of uri and digest.
  machine::Command command;
  machine::BallotVote vote;
  vote.evidence.resize(2);
  command.body = vote;
  Buffer buffer;
  encode_command(command, buffer);
  Bytes bytes = bytes_of(buffer);
  // The list is the last value: an array of 4 values; take the last value away.
  const std::size_t digest = 2 + 32;
  const std::size_t list = 1 + 2 * (2 + digest);
  CHECK(bytes[bytes.size() - list] == std::byte{0x94});
  bytes[bytes.size() - list] = std::byte{0x93};
  bytes.resize(bytes.size() - digest);
  CHECK(decode_command(bytes).error().fault == Fault::inconsistent);
}
