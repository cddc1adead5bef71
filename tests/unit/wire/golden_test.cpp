// The format does not change by accident: the bytes of one of each kind are in golden.txt, and a few are here
// with their meaning.
#include <catch2/catch.hpp>

#include <fstream>
#include <map>

#include "examples.h"

using namespace kelek;
using namespace kelek::wire;

TEST_CASE("The bytes of every kind are those of golden.txt") {
  std::ifstream file(KELEK_GOLDEN_FILE);
  REQUIRE(file);
  std::map<std::string, std::string> golden;
  std::string name;
  std::string hex;
  while (std::getline(file, name) && std::getline(file, hex)) golden[name] = hex;
  const std::vector<Example> all = examples();
  CHECK(golden.size() == all.size());
  for (const Example& example : all) {
    const std::string key = std::string(family_name(example.family)) + ": " + example.name;
    INFO(key);
    CHECK(golden[key] == hex_of(example.bytes));
  }
}

TEST_CASE("A vote request, byte by byte") {
  raft::Message message;
  message.from = 1;
  message.to = 2;
  message.from_incarnation = 0x1234;
  message.to_incarnation = 0x5678;
  message.term = 300;
  message.body = raft::VoteRequest{70000, 299, true};
  CHECK(hex_of(bytes_of(MessageEncoder().encode(first_group, message))) ==
        "9b"  // eleven values
        "01"  // version
        "01"  // group
        "02"  // kind: vote request
        "01"
        "02"          // from, to
        "cd1234"      // from incarnation
        "cd5678"      // to incarnation
        "cd012c"      // term
        "ce00011170"  // last index
        "cd012b"      // last term
        "c3");        // by transfer
}

TEST_CASE("An append of two entries, byte by byte") {
  raft::Message message;
  message.from = 1;
  message.to = 3;
  message.term = 2;
  raft::AppendRequest& append = message.body.emplace<raft::AppendRequest>();
  append.previous_index = 9;
  append.previous_term = 1;
  append.commit = 8;
  append.round = 5;
  raft::EntryRange::Builder builder(10, 2);
  builder.add(2, raft::EntryKind::empty, {});
  builder.add(2, raft::EntryKind::command, raft::Payload::copy_of("abc"));
  append.entries = builder.finish();
  CHECK(hex_of(bytes_of(MessageEncoder().encode(first_group, message))) ==
        "9d"
        "01"
        "01"
        "04"
        "01"
        "03"
        "00"
        "00"
        "02"  // 13 values: version, group, kind, from, to, incarnations, term
        "09"
        "01"
        "08"
        "05"  // previous index and term, commit, round
        "96"  // two entries of three values
        "02"
        "01"
        "c400"  // term 2, kind empty
        "02"
        "00"
        "c403616263");  // term 2, kind command, "abc"
}

TEST_CASE("A client puts a key, byte by byte") {
  ClientRequest request;
  request.request_id = 7;
  request.deadline_ms = 1000;
  machine::KvPut put;
  put.key = "k";
  put.value = "v";
  request.body = Propose{put, 3, 4};
  const Bytes bytes = bytes_of_hex(
      "98 01 07 cd03e8 01 01"  // 8 values: version, request id, deadline, group, kind: propose
      "98 03 c4016b c40176"    // a body of 8 values: kind: kv put, key, value
      "c0 c2 00 c2 c2"         // no revision, not if absent, no time to live, not bound, no previous record
      "03 04");                // session, sequence
  CHECK(decode(Family::request, bytes).empty());
  CHECK(decode_and_encode(Family::request, bytes) == bytes);
}
