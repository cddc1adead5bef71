// A group of nodes in one thread, driven by hand: takes each node's Ready, calls it durable, delivers its
// messages.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <kelek/raft/node.h>

namespace kelek::bench {

struct GroupOptions {
  std::uint64_t size = 3;
  bool check_quorum = false;
  /// Each log is compacted after so many applied entries.
  std::uint64_t compact_every = 1024;
};

/// The options of a member, and what a first start of a group of voters 1 … size begins with.
raft::Options options_of(raft::NodeId id, const GroupOptions& group);
raft::ConfigurationRef configuration_of(std::uint64_t size);

class Group {
 public:
  explicit Group(const GroupOptions& options);
  Group(const GroupOptions& options, const raft::ConfigurationRef& configuration);

  /// Node 1, which elect() makes the leader.
  raft::Node& leader() { return *members_.front().node; }
  raft::Node& node(raft::NodeId id) { return *members_[id - 1].node; }
  std::uint64_t size() const { return members_.size(); }

  /// Each member takes one Ready; its messages arrive at once. False when nothing moves any more.
  bool pass();
  void settle() {
    while (pass()) {
    }
  }
  /// Node 1 campaigns, and everything settles.
  void elect();
  /// Compacts those logs that have grown enough (or all of them).
  void compact(bool all = false);

  /// Messages to or from this member are lost.
  void cut_off(raft::NodeId id) { cut_off_ = id; }
  void reconnect() { cut_off_ = raft::no_node; }

  bool all_applied() const;
  raft::Index applied(raft::NodeId id) const { return members_[id - 1].applied; }
  /// Messages delivered, and reads answered, so far.
  const std::uint64_t& messages() const { return messages_; }
  std::uint64_t reads() const { return reads_; }

  /// Drops what the driver itself keeps for each member.
  void forget_readys();
  /// Destroys a member; the group is of no more use but for this.
  void destroy(raft::NodeId id) { members_[id - 1].node.reset(); }

 private:
  struct Member {
    std::unique_ptr<raft::Node> node;
    std::unique_ptr<raft::Ready> ready;
    raft::Index applied = 0;
    raft::Index compacted = 0;
  };
  void handle(Member& member);
  void deliver(std::vector<raft::Message>& messages);

  std::vector<Member> members_;
  std::uint64_t compact_every_;
  std::uint64_t messages_ = 0;
  std::uint64_t reads_ = 0;
  raft::NodeId cut_off_ = raft::no_node;
};

/// Ends the program with a sentence where `condition` does not hold: a bench that measures nonsense must not
/// report.
void require(bool condition, const char* what);

}  // namespace kelek::bench
