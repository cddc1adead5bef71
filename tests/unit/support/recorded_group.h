// A group of recorded nodes in one thread: messages arrive in the order in which they were sent, disks are vectors, and
// every run of every node leaves a trace, as a coordinator's would.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <kelek/wire/recorded_node.h>

namespace kelek::testing {

using Bytes = std::vector<std::byte>;

/// The records as a file; a block each time that there were some thousand bytes.
class TraceFileOf {
 public:
  TraceFileOf();
  void add(std::span<const std::byte> records);
  const Bytes& bytes() const { return bytes_; }

 private:
  Bytes bytes_;
  std::uint32_t blocks_ = 0;
};

/// Reads bytes as a file.
wire::TraceReader::Read source_of(Bytes bytes);

class RecordedGroup {
 public:
  explicit RecordedGroup(std::size_t size, bool with_payloads = false);

  wire::RecordedNode& node(raft::NodeId id) { return *members_.at(id).node; }
  void tick(raft::NodeId id, int times = 1);
  /// Until nothing moves.
  void settle();
  /// Ticks `id` until it leads.
  void elect(raft::NodeId id);
  void propose(raft::NodeId id, const std::string& text);
  /// Of what is applied; then the log before it is dropped.
  void snapshot(raft::NodeId id);
  /// As after a kill: its trace has no end, and a new one begins.
  void restart(raft::NodeId id);
  /// A node that has nothing yet.
  void join(raft::NodeId id);
  /// Ends all traces that are open.
  void finish();

  /// All that were made, in the order of their beginnings.
  const std::vector<Bytes>& files() const { return files_; }
  raft::NodeId leader() const;

 private:
  struct Member {
    raft::NodeId id = raft::no_node;
    std::unique_ptr<wire::TraceEncoder> encoder;
    std::unique_ptr<TraceFileOf> file;
    std::unique_ptr<wire::RecordedNode> node;
    raft::HardState hard_state;
    raft::SnapshotMetadata snapshot;
    raft::Index first = 1;
    std::vector<raft::Entry> log;
    std::uint64_t starts = 0;
  };

  void start(Member& member);
  void close(Member& member);
  bool work(Member& member);
  void store(Member& member, const raft::Ready& ready);

  bool with_payloads_;
  raft::ConfigurationRef configuration_;
  std::map<raft::NodeId, Member> members_;
  std::deque<raft::Message> on_their_way_;
  std::vector<Bytes> files_;
  std::uint64_t now_us_ = 1'700'000'000'000'000;
};

}  // namespace kelek::testing
