// ExploreHost: one real node with its disk, as the explorer sees it: what happens to it, and what comes out.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include <kelek/raft/node.h>
#include <kelek/sim/disk.h>
#include <kelek/sim/explore.h>

namespace kelek::sim {

/// What happens to one node.
struct ExploreInput {
  enum class Kind : std::uint8_t { campaign, heartbeat, propose, crash, persist, deliver };
  Kind kind = Kind::campaign;
  /// propose: which entry. deliver: the message, by its number in the table.
  std::uint32_t number = 0;
};

/// Of a node's state, what the invariants look at.
struct ExploreView {
  struct Entry {
    raft::Term term = 0;
    /// Of the command; 0: none.
    std::uint64_t content = 0;
    friend bool operator==(const Entry& a, const Entry& b) { return a.term == b.term && a.content == b.content; }
  };
  struct Match {
    raft::NodeId id = raft::no_node;
    raft::Index match = 0;
  };
  raft::Role role = raft::Role::follower;
  raft::Term term = 0;
  raft::Index commit = 0;
  raft::Term durable_term = 0;
  std::vector<Entry> log;
  /// On its disk.
  std::vector<Entry> durable;
  /// Of a leader.
  std::vector<Match> matches;
  std::uint32_t heartbeats = 0;
  std::uint32_t crashes = 0;
  std::size_t pending_writes = 0;
};

class ExploreHost {
 public:
  ExploreHost(const ExploreOptions& options, raft::NodeId id);

  /// `message`: what is delivered. Appends to `sent` what leaves. Gives the first breach that the node alone shows.
  std::string take(const ExploreInput& input, const raft::Message* message, std::vector<raft::Message>& sent);

  std::uint64_t digest(const raft::Renaming& names) const;
  ExploreView view() const;

 private:
  void start();
  std::string settle(std::vector<raft::Message>& sent);
  std::string write_oldest(std::vector<raft::Message>& sent);
  std::string check_release(const raft::Message& message) const;
  std::string check_step(const ExploreView& before, const ExploreInput& input, const raft::Message* message) const;

  const ExploreOptions& options_;
  raft::NodeId id_;
  Disk disk_;
  std::unique_ptr<raft::Node> node_;
  std::deque<raft::Ready> pending_;
  bool restarted_ = false;
  std::uint32_t crashes_ = 0;
  std::uint32_t heartbeats_ = 0;
  raft::Term heartbeats_term_ = 0;
};

/// Of a message, with the nodes under other names.
std::uint64_t digest_of(const raft::Message& message, const raft::Renaming& names);

}  // namespace kelek::sim
