// What one record is read with: the reader in its block, and what payloads are made of.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include <kelek/wire/mark.h>
#include <kelek/wire/reader.h>
#include <kelek/wire/trace.h>

namespace kelek::wire {

struct TraceValues {
  Reader& reader;
  const raft::Payload& block;
  std::shared_ptr<const std::byte[]>& zeros;
  std::size_t& zero_bytes;

  void record(TraceWhat& what);

 private:
  struct Fill;
  raft::Payload payload(const char* place);
  raft::EntryRange entries(raft::Index first);
  raft::SnapshotMetadata metadata();
  bool optional_metadata(raft::SnapshotMetadata& into);
  std::vector<raft::Payload> payloads();
  void begin(TraceBegin& begin);
  void change(raft::MembershipChange& change);
  void step(raft::Message& message, std::size_t count);
  void body(raft::AppendRequest& body);
  void body(raft::SnapshotChunk& body);
  void body(raft::ProposeRequest& body);
  template <typename Body>
  void body(Body& body);
  template <std::size_t index = 0>
  void body_of_kind(raft::MessageBody& into, std::uint64_t kind, std::size_t count);
  template <std::size_t index = 0>
  void what_of_kind(TraceWhat& what, std::uint64_t kind, std::size_t count);
  void expect(std::size_t found, std::size_t expected);
  const std::shared_ptr<const std::byte[]>& zeros_of(std::size_t size);
};

}  // namespace kelek::wire
