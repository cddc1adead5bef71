// Snapshots: round trips through pieces of any size, and every way in which the stream can contradict itself.
#include <catch2/catch.hpp>

#include <kelek/machine/machine.h>
#include <kelek/wire/snapshot_codec.h>

#include "../support/allocation_counter.h"
#include "examples.h"

using namespace kelek;
using namespace kelek::wire;

namespace {

Bytes encoded(const machine::State& state) {
  Bytes bytes;
  REQUIRE(encode_snapshot(state, [&](std::span<const std::byte> piece) {
    bytes.insert(bytes.end(), piece.begin(), piece.end());
    return true;
  }));
  return bytes;
}

Result<machine::State> decoded_in_pieces(std::span<const std::byte> bytes, std::size_t piece) {
  SnapshotDecoder decoder;
  while (!bytes.empty()) {
    const std::size_t size = std::min(piece, bytes.size());
    if (!decoder.add(bytes.first(size))) break;
    bytes = bytes.subspan(size);
  }
  return decoder.finish();
}

machine::State sample_state(std::uint64_t seed) {
  Sampler sampler = Sampler::random(seed);
  machine::State state;
  fill(sampler, state);
  return state;
}

// A state with two keys and a topic of two records, and its items, from which streams can be put together.
struct Parts {
  Bytes header, first_key, second_key, topic, first_record, second_record, end;

  Bytes joined(std::initializer_list<const Bytes*> items) const {
    Bytes bytes = bytes_of_hex("c6 00000000");
    for (const Bytes* item : items) bytes.insert(bytes.end(), item->begin(), item->end());
    const std::size_t size = bytes.size() - 5;
    for (std::size_t i = 0; i < 4; ++i) bytes[4 - i] = static_cast<std::byte>(size >> (8 * i));
    return bytes;
  }
};

Parts parts() {
  machine::State state;
  const std::size_t empty = encoded(state).size();
  Parts parts;
  state.kv["a"] = {};
  state.kv["b"] = {};
  state.topics["t"].records.resize(2);
  const Bytes whole = encoded(state);
  const std::size_t end_size = 3;
  const std::size_t key_size = 12;    // array, kind, key of 3 bytes, value of 2 bytes, six numbers: minus one
  const std::size_t record_size = 9;  // array, kind, three numbers, two empty texts
  auto at = whole.begin() + 5;
  const auto take = [&](std::size_t size) {
    Bytes part(at, at + static_cast<std::ptrdiff_t>(size));
    at += static_cast<std::ptrdiff_t>(size);
    return part;
  };
  parts.header = take(empty - 5 - end_size);
  parts.first_key = take(key_size + 1);
  parts.second_key = take(key_size + 1);
  const std::size_t rest = static_cast<std::size_t>(whole.end() - at);
  parts.topic = take(rest - 2 * record_size - end_size);
  parts.first_record = take(record_size);
  parts.second_record = take(record_size);
  parts.end = take(end_size);
  return parts;
}

std::string error_of(const Bytes& bytes) {
  const Result<machine::State> decoded = decode_snapshot(bytes);
  return decoded.ok() ? "" : decoded.error().text;
}

}  // namespace

TEST_CASE("Every state comes back as it was") {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const machine::State state = sample_state(seed);
    const Bytes bytes = encoded(state);
    const Result<machine::State> decoded = decode_snapshot(bytes);
    INFO("seed " << seed);
    REQUIRE(decoded.ok());
    CHECK(decoded.value() == state);
    CHECK(encoded(decoded.value()) == bytes);
  }
}

TEST_CASE("The pieces in which a snapshot comes do not matter") {
  const machine::State state = sample_state(3);
  const Bytes bytes = encoded(state);
  for (const std::size_t piece : {1u, 2u, 5u, 7u, 100u, 4096u, 65536u}) {
    const Result<machine::State> decoded = decoded_in_pieces(bytes, piece);
    INFO("pieces of " << piece);
    REQUIRE(decoded.ok());
    CHECK(decoded.value() == state);
  }
}

TEST_CASE("A large state leaves in blocks, and a sink that gives up ends it") {
  machine::State state;
  for (int i = 0; i < 10'000; ++i) state.kv["key " + std::to_string(i)].value = std::string(100, 'v');
  std::size_t largest = 0;
  std::size_t blocks = 0;
  CHECK(encode_snapshot(state, [&](std::span<const std::byte> piece) {
    largest = std::max(largest, piece.size());
    ++blocks;
    return true;
  }));
  CHECK(blocks > 10);
  CHECK(largest < snapshot_block_bytes + 1000);
  std::size_t before_failure = 3;
  std::size_t calls = 0;
  CHECK_FALSE(encode_snapshot(state, [&](std::span<const std::byte>) {
    ++calls;
    return --before_failure > 0;
  }));
  CHECK(calls == 3);
  const Bytes bytes = encoded(state);
  CHECK(decoded_in_pieces(bytes, 1000).value() == state);
}

TEST_CASE("The state of a machine that ran is restored from its snapshot") {
  machine::Machine machine;
  machine::Command command;
  command.header.caller = "agent";
  command.body = machine::KvPut{"key", "value", {}, false, 0, false, false};
  machine.apply(1, 1, command);
  command.body = machine::TopicAppend{"topic", "record", {}, true};
  machine.apply(2, 1, command);
  Result<machine::State> decoded = decode_snapshot(encoded(machine.state()));
  REQUIRE(decoded.ok());
  const machine::RestoreOutcome restored = machine::Machine::restore(std::move(decoded.value()));
  REQUIRE(restored.machine.has_value());
  CHECK(restored.machine->state_hash() == machine.state_hash());
  CHECK(restored.machine->revision() == 2);
}

TEST_CASE("The items of a snapshot come in their order, and as many as are announced") {
  const Parts p = parts();
  const auto whole = {&p.header, &p.first_key, &p.second_key, &p.topic, &p.first_record, &p.second_record, &p.end};
  CHECK(error_of(p.joined(whole)).empty());

  CHECK(error_of(p.joined({&p.header, &p.second_key, &p.first_key})).find("not above the key") != std::string::npos);
  CHECK(error_of(p.joined({&p.header, &p.first_key, &p.first_key})).find("not above the key") != std::string::npos);
  CHECK(error_of(p.joined({&p.header, &p.first_key, &p.topic})).find("fewer items") != std::string::npos);
  CHECK(error_of(p.joined({&p.header, &p.first_key, &p.second_key, &p.second_key})).find("more items") !=
        std::string::npos);
  CHECK(
      error_of(p.joined({&p.header, &p.first_key, &p.second_key, &p.topic, &p.first_record, &p.end})).find("missing") !=
      std::string::npos);
  CHECK(error_of(p.joined({&p.header, &p.first_key, &p.first_record})).find("belongs to nothing") != std::string::npos);
  CHECK(error_of(p.joined({&p.header, &p.first_key, &p.second_key, &p.topic, &p.first_record, &p.second_record,
                           &p.second_record}))
            .find("belongs to nothing") != std::string::npos);
  CHECK(error_of(p.joined({&p.header, &p.first_key, &p.second_key, &p.topic, &p.first_record, &p.second_record,
                           &p.first_key}))
            .find("out of their order") != std::string::npos);
  CHECK(error_of(p.joined({&p.header, &p.end})).find("fewer items") != std::string::npos);
  CHECK(error_of(p.joined({&p.first_key})).find("header") != std::string::npos);
  Bytes wrong_total = p.end;
  wrong_total.back() = std::byte{6};
  CHECK(error_of(p.joined({&p.header, &p.first_key, &p.second_key, &p.topic, &p.first_record, &p.second_record,
                           &wrong_total}))
            .find("another number") != std::string::npos);
}

TEST_CASE("A snapshot that ends early, or goes on behind its end, is refused") {
  const Parts p = parts();
  const Bytes whole =
      p.joined({&p.header, &p.first_key, &p.second_key, &p.topic, &p.first_record, &p.second_record, &p.end});
  CHECK(error_of({}).find("ends before its end") != std::string::npos);
  CHECK(error_of(p.joined({&p.header, &p.first_key})).find("ends before its end") != std::string::npos);
  Bytes twice = whole;
  twice.insert(twice.end(), whole.begin(), whole.end());
  CHECK(error_of(twice).find("behind the end") != std::string::npos);
  CHECK(error_of(p.joined({&p.header, &p.first_key, &p.second_key, &p.topic, &p.first_record, &p.second_record, &p.end,
                           &p.first_key}))
            .find("behind the end") != std::string::npos);
  CHECK(error_of(bytes_of_hex("c6 00000000")).find("empty block") != std::string::npos);
  CHECK_FALSE(decoded_in_pieces(bytes_of_hex("c6 00000000"), 1).ok());
  CHECK(error_of(bytes_of_hex("c4 01 00 00 00")).find("not a block") != std::string::npos);
}

TEST_CASE("A block that claims a great length takes no memory for it") {
  const Bytes head = bytes_of_hex("c6 03ffffff 00");
  const test::AllocationCounter counter;
  SnapshotDecoder decoder;
  CHECK(decoder.add(head));
  CHECK(counter.bytes() < 8 * 1024);
  SnapshotDecoder greedy;
  CHECK_FALSE(greedy.add(bytes_of_hex("c6 04000001 00")));
  CHECK(greedy.finish().error().fault == Fault::out_of_range);
}
