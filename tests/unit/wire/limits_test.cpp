// What options allow to be made fits the frames that carry it (known-bugs.md, B72).
#include <catch2/catch.hpp>

#include <kelek/machine/limits.h>
#include <kelek/wire/client_codec.h>
#include <kelek/wire/command_codec.h>
#include <kelek/wire/limits.h>
#include <kelek/wire/message_codec.h>

#include "examples.h"
#include "max_items.h"

using namespace kelek;
using namespace kelek::wire;

namespace {

raft::Message append_with(std::size_t entries, std::size_t payload_bytes) {
  raft::Message message;
  message.from = message.to = ~std::uint64_t{0};
  message.from_incarnation = message.to_incarnation = message.term = ~std::uint64_t{0};
  raft::AppendRequest& append = message.body.emplace<raft::AppendRequest>();
  append.previous_index = std::uint64_t{1} << 60;
  append.previous_term = append.commit = append.round = ~std::uint64_t{0};
  const raft::Payload payload = raft::Payload::copy_of(std::string(payload_bytes, 'x'));
  raft::EntryRange::Builder builder(append.previous_index + 1, static_cast<std::uint32_t>(entries));
  for (std::size_t i = 0; i < entries; ++i) builder.add(~std::uint64_t{0}, raft::EntryKind::command, payload);
  append.entries = builder.finish();
  return message;
}

}  // namespace

TEST_CASE("The largest append that the options allow fits the frame they ask for") {
  for (const std::size_t append_bytes : {std::size_t{1} << 10, std::size_t{1} << 20, std::size_t{16} << 20}) {
    for (const std::uint32_t entries : {1u, 2048u, 4096u}) {
      raft::Options options;
      options.max_append_bytes = append_bytes;
      options.max_append_entries = entries;
      const std::size_t limit = peer_frame_bytes(options, default_entry_bytes);
      MessageEncoder encoder;
      CHECK(encoder.encode(~std::uint64_t{0}, append_with(entries, append_bytes / entries)).size() <= limit);
      CHECK(encoder.encode(~std::uint64_t{0}, append_with(1, default_entry_bytes)).size() <= limit);
    }
  }
  CHECK(peer_frame_bytes(raft::Options(), default_entry_bytes) == default_peer_frame_bytes);
}

TEST_CASE("The largest entry of all fits the largest frame of all") {
  MessageEncoder encoder;
  const raft::Payload frame = encoder.encode(~std::uint64_t{0}, append_with(1, max_entry_bytes)).joined();
  CHECK(frame.size() > max_entry_bytes);
  CHECK(decode_peer_frame(frame).ok());
  CHECK(peer_frame_bytes(raft::Options(), max_entry_bytes) <= max_peer_frame_bytes);
}

TEST_CASE("The largest configuration fits a chunk's frame, and the limit of configurations") {
  std::vector<raft::Member> members;
  for (raft::NodeId id = 1; id <= raft::max_members; ++id) {
    raft::Member member;
    member.id = ~id;
    member.incarnation = ~std::uint64_t{0};
    member.voter = true;
    member.context.assign(raft::max_member_context_bytes, 'x');
    members.push_back(std::move(member));
  }
  auto configuration =
      std::make_shared<const raft::Configuration>(raft::Configuration::make(std::move(members)).value());
  CHECK(configuration->encode().size() <= max_configuration_bytes);
  raft::Message message;
  auto& chunk = message.body.emplace<raft::SnapshotChunk>();
  auto metadata = std::make_shared<raft::SnapshotMetadata>();
  metadata->configuration = configuration;
  chunk.metadata = metadata;
  chunk.data = raft::Payload::copy_of(std::string(raft::Options().snapshot_chunk_bytes, 'x'));
  MessageEncoder encoder;
  const EncodedFrame frame = encoder.encode(1, message);
  CHECK(frame.size() <= peer_frame_bytes(raft::Options(), 0));
  CHECK(decode_peer_frame(frame.joined()).ok());
}

TEST_CASE("A command with the most that the machine's limits can ever allow fits an entry") {
  machine::Limits largest;
  for (const machine::LimitInfo& info : machine::limit_table()) largest.*info.field = info.maximum;
  machine::Command command;
  command.header = {std::string(largest.name_bytes, 'c'), true, ~std::uint64_t{0}, ~std::uint64_t{0},
                    ~std::uint64_t{0}};
  machine::KvTxn txn;
  const std::string key(largest.command_bytes / (3 * largest.txn_operations), 'k');
  machine::KvPut put;
  put.key = key;
  put.if_revision = ~std::uint64_t{0};
  put.ttl_ms = ~std::uint64_t{0};
  machine::KvCompare compare;
  compare.key = key;
  compare.number = ~std::uint64_t{0};
  txn.compares.assign(largest.txn_operations, compare);
  txn.then_operations.assign(largest.txn_operations, put);
  txn.else_operations.assign(largest.txn_operations, put);
  command.body = txn;
  const raft::Payload payload = command_payload(command);
  CHECK(payload.size() <= default_entry_bytes);
  const Result<machine::Command> decoded = decode_command(payload.bytes());
  REQUIRE(decoded.ok());
  CHECK(decoded.value() == command);
}

TEST_CASE("A put of the largest value at the default limits fits a client's frame") {
  const machine::Limits limits;
  machine::KvPut put;
  put.key.assign(limits.key_bytes, 'k');
  put.value.assign(limits.command_bytes - limits.key_bytes, 'v');
  ClientRequest request;
  request.body = Propose{put, ~std::uint64_t{0}, ~std::uint64_t{0}};
  Buffer buffer;
  encode_request(request, buffer);
  CHECK(buffer.size() <= client_frame_bytes);
  CHECK(decode_request(buffer.bytes()).ok());
}

TEST_CASE("Lists may have as many items as the machine's limits can ever allow") {
  const auto maximum = [](std::uint64_t machine::Limits::*field) {
    for (const machine::LimitInfo& info : machine::limit_table()) {
      if (info.field == field) return info.maximum;
    }
    return std::uint64_t{0};
  };
  CHECK(most_operations == maximum(&machine::Limits::txn_operations));
  CHECK(most_electors == maximum(&machine::Limits::electors));
  CHECK(most_evidence == maximum(&machine::Limits::evidence_items));
  CHECK(most_names == std::max(maximum(&machine::Limits::policy_issuers), maximum(&machine::Limits::options)));
  CHECK(max_list_items >= maximum(&machine::Limits::lock_waiters));
  CHECK(max_list_items >= maximum(&machine::Limits::page_items));
}

TEST_CASE("A txn of more operations than could ever be allowed is refused before they are built") {
  Bytes bytes = bytes_of_hex("9a 01 c400 c2 00 00 00 06 90 dd 00002711");
  for (int i = 0; i < 10'001; ++i) {
    for (const int byte : {0x92, 0x03, 0xc4, 0x00}) bytes.push_back(static_cast<std::byte>(byte));
  }
  bytes.push_back(std::byte{0x90});
  const Result<machine::Command> refused = decode_command(bytes);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().fault == Fault::out_of_range);
}
