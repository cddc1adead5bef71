// Frames between members: round trips, views instead of copies, and entries that are encoded once for all.
#include <catch2/catch.hpp>

#include <limits>

#include <kelek/wire/message_codec.h>

#include "../support/allocation_counter.h"
#include "examples.h"
#include "same.h"

using namespace kelek;
using namespace kelek::wire;

namespace {

raft::EntryRange entries_of(raft::Index first, std::size_t count, std::size_t payload_bytes) {
  raft::EntryRange::Builder builder(first, static_cast<std::uint32_t>(count));
  for (std::size_t i = 0; i < count; ++i) {
    builder.add(7, raft::EntryKind::command,
                raft::Payload::copy_of(std::string(payload_bytes, static_cast<char>('a' + i % 26))));
  }
  return builder.finish();
}

raft::Message append_of(raft::NodeId to, const raft::EntryRange& entries) {
  raft::Message message;
  message.from = 1;
  message.to = to;
  message.term = 7;
  raft::AppendRequest& append = message.body.emplace<raft::AppendRequest>();
  append.previous_index = entries.empty() ? 0 : entries.first_index() - 1;
  append.entries = entries;
  return message;
}

raft::Message decoded_message(const raft::Payload& frame) {
  Result<PeerFrame> decoded = decode_peer_frame(frame);
  REQUIRE(decoded.ok());
  return std::get<raft::Message>(decoded->content);
}

}  // namespace

TEST_CASE("Every message comes back as it was sent") {
  MessageEncoder encoder;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    for (std::size_t kind = 0; kind < raft::message_kinds; ++kind) {
      Sampler sampler = Sampler::random(seed * 100 + kind);
      const raft::Message message = sample_message(sampler, static_cast<raft::MessageKind>(kind));
      const raft::Payload frame = encoder.encode(seed, message).joined();
      Result<PeerFrame> decoded = decode_peer_frame(frame);
      INFO(raft::name_of(message.kind()) << ", seed " << seed);
      REQUIRE(decoded.ok());
      CHECK(decoded->group == seed);
      CHECK(decoded->from() == message.from);
      CHECK(decoded->to() == message.to);
      CHECK(same(std::get<raft::Message>(decoded->content), message));
    }
  }
}

TEST_CASE("Greetings come back as they were sent") {
  MessageEncoder encoder;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Sampler sampler = Sampler::random(seed);
    const Greeting greeting = sample_greeting(sampler, seed % 2 == 1);
    Result<PeerFrame> decoded = decode_peer_frame(encoder.encode(3, greeting).joined());
    REQUIRE(decoded.ok());
    CHECK(decoded->group == 3);
    CHECK(decoded->from() == greeting.from);
    CHECK(same(std::get<Greeting>(decoded->content), greeting));
  }
  Greeting blank;
  blank.body = Hello{};
  Result<PeerFrame> decoded = decode_peer_frame(encoder.encode(1, blank).joined());
  REQUIRE(decoded.ok());
  CHECK(std::get<Hello>(std::get<Greeting>(decoded->content).body).introduction.genesis == nullptr);
}

TEST_CASE("The header can be read without the body") {
  MessageEncoder encoder;
  raft::Message message = append_of(2, entries_of(5, 3, 10));
  message.from_incarnation = 99;
  const Bytes bytes = bytes_of(encoder.encode(4, message));
  Result<FrameHeader> header = decode_header(bytes);
  REQUIRE(header.ok());
  CHECK(header->group == 4);
  CHECK(header->kind == static_cast<std::uint64_t>(raft::MessageKind::append_request));
  CHECK(header->from == 1);
  CHECK(header->to == 2);
  CHECK(header->from_incarnation == 99);
  CHECK_FALSE(header->is_greeting());
  CHECK(decode_header(bytes_of(encoder.encode(4, Greeting{})))->is_greeting());
}

TEST_CASE("Payloads are views of the frame, and keep it alive") {
  raft::Payload last;
  {
    raft::Payload frame = MessageEncoder().encode(1, append_of(2, entries_of(5, 64, 256))).joined();
    const raft::Message message = decoded_message(frame);
    const auto& entries = std::get<raft::AppendRequest>(message.body).entries;
    CHECK(entries.first_index() == 5);
    entries.for_each([&](raft::Index, const raft::Entry& entry) {
      CHECK(entry.payload.bytes().data() > frame.bytes().data());
      CHECK(entry.payload.bytes().data() < frame.bytes().data() + frame.size());
    });
    last = entries.at(68).payload;
  }
  CHECK(last.text() == std::string(256, static_cast<char>('a' + 63 % 26)));
}

TEST_CASE("An append takes one allocation for all its entries") {
  const raft::Payload frame = MessageEncoder().encode(1, append_of(2, entries_of(5, 64, 256))).joined();
  const test::AllocationCounter counter;
  Result<PeerFrame> decoded = decode_peer_frame(frame);
  CHECK(counter.calls() == 1);
  CHECK(decoded.ok());
}

TEST_CASE("Entries are encoded once for all followers") {
  MessageEncoder encoder;
  const raft::EntryRange entries = entries_of(5, 64, 256);
  const Bytes second = bytes_of(encoder.encode(1, append_of(2, entries)));
  const EncodedFrame again = encoder.encode(1, append_of(3, entries));
  const test::AllocationCounter counter;
  const EncodedFrame third = encoder.encode(1, append_of(3, entries));
  CHECK(counter.calls() == 0);
  CHECK(third.tail.data() == again.tail.data());
  const Bytes bytes = bytes_of(third);
  CHECK(bytes.size() == second.size());
  const raft::Message message = decoded_message(raft::Payload::copy_of(bytes));
  CHECK(message.to == 3);
  CHECK(same(std::get<raft::AppendRequest>(message.body).entries, entries));
}

TEST_CASE("Entries of the same indexes that are not the same entries are told apart") {
  MessageEncoder encoder;
  const raft::EntryRange old_entries = entries_of(5, 4, 10);
  const raft::EntryRange new_entries = entries_of(5, 4, 11);
  bytes_of(encoder.encode(1, append_of(2, old_entries)));
  const Bytes frame = bytes_of(encoder.encode(1, append_of(3, new_entries)));
  CHECK(same(std::get<raft::AppendRequest>(decoded_message(raft::Payload::copy_of(frame)).body).entries, new_entries));
  // A part of what was encoded is not the whole.
  for (const raft::EntryRange& part : {new_entries.from(6), new_entries.first(3), raft::EntryRange()}) {
    const Bytes bytes = bytes_of(encoder.encode(1, append_of(3, part)));
    CHECK(same(std::get<raft::AppendRequest>(decoded_message(raft::Payload::copy_of(bytes)).body).entries, part));
  }
  encoder.release();
  const Bytes bytes = bytes_of(encoder.encode(1, append_of(3, new_entries)));
  CHECK(bytes == frame);
}

TEST_CASE("Entries that were replaced in the midst of the log are encoded anew") {
  const auto block_of = [](const char* text) {
    raft::BlockRef block(raft::EntryBlock::allocate(2));
    for (int i = 0; i < 2; ++i) {
      raft::Entry entry;
      entry.payload = raft::Payload::copy_of(text);
      block->push(std::move(entry));
    }
    return block;
  };
  const raft::BlockRef kept = block_of("kept");
  raft::EntryRange before;
  REQUIRE(before.add(kept, 0, 2, 5));
  REQUIRE(before.add(block_of("old"), 0, 2, 7));
  raft::EntryRange after;
  REQUIRE(after.add(kept, 0, 2, 5));
  REQUIRE(after.add(block_of("new"), 0, 2, 7));
  MessageEncoder encoder;
  bytes_of(encoder.encode(1, append_of(2, before)));
  const raft::Payload frame = encoder.encode(1, append_of(2, after)).joined();
  CHECK(same(std::get<raft::AppendRequest>(decoded_message(frame).body).entries, after));
}

TEST_CASE("The data of a snapshot chunk are sent from where they lie") {
  raft::Message message;
  auto& chunk = message.body.emplace<raft::SnapshotChunk>();
  chunk.metadata = std::make_shared<raft::SnapshotMetadata>();
  chunk.data = raft::Payload::copy_of(std::string(100'000, 'x'));
  chunk.wanted_bytes = 100'000;
  MessageEncoder encoder;
  const EncodedFrame frame = encoder.encode(1, message);
  CHECK(frame.tail.data() == chunk.data.bytes().data());
  const raft::Payload joined = frame.joined();
  CHECK(joined.size() == frame.size());
  CHECK(same(decoded_message(joined), message));
}

TEST_CASE("Indexes that leave the range of 64 bits are refused") {
  raft::Message message = append_of(2, entries_of(5, 2, 1));
  std::get<raft::AppendRequest>(message.body).previous_index = std::numeric_limits<raft::Index>::max() - 2;
  const Result<PeerFrame> decoded = decode_peer_frame(MessageEncoder().encode(1, message).joined());
  REQUIRE_FALSE(decoded.ok());
  CHECK(decoded.error().fault == Fault::inconsistent);
}

TEST_CASE("A frame above the limit is refused before anything else") {
  const raft::Payload frame = MessageEncoder().encode(1, append_of(2, entries_of(5, 64, 256))).joined();
  CHECK(decode_peer_frame(frame, frame.size()).ok());
  const Result<PeerFrame> decoded = decode_peer_frame(frame, frame.size() - 1);
  REQUIRE_FALSE(decoded.ok());
  CHECK(decoded.error().fault == Fault::too_large);
}
