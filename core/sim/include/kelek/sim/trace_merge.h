// TraceMerge: several recorded runs of one cluster told as one story, in an order in which nothing is heard before it
// is said.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <kelek/sim/replay.h>

namespace kelek::sim {

/// An event of one of the nodes.
struct ToldEvent {
  const raft::TraceEvent& event;
  /// By the clock of the node's own machine.
  std::uint64_t wall_us = 0;
  /// The receipt of a message that no file says was sent: its sender was killed before it wrote that down, or was not
  /// recorded. What follows is true; why, nobody knows.
  bool unexplained = false;
};

/// Each record goes to its run as soon as the messages that it hears were sent in the story; among those that can go
/// on, the one whose clock is behind goes first. So clocks only decide where causes do not.
class TraceMerge {
 public:
  using Listener = std::function<void(const ToldEvent&)>;
  explicit TraceMerge(Listener listener) : listener_(std::move(listener)) {}

  /// Runs of one node (it was restarted) are told one after the other, by the time at which they began.
  void add(std::string name, wire::TraceReader::Read read);
  /// One record of one run. False: all are at their end.
  bool step();

  std::size_t size() const { return runs_.size(); }
  const RecordedRun& run(std::size_t position) const { return runs_[position]->run; }
  std::uint64_t unexplained() const { return unexplained_; }

 private:
  /// One run, and what hears its node.
  struct Told final : raft::Observer {
    Told(TraceMerge& owner, std::string name, wire::TraceReader::Read read)
        : merge(owner), run(std::move(name), std::move(read), this) {}
    void observe(const raft::TraceEvent& event) override;

    TraceMerge& merge;
    RecordedRun run;
    raft::NodeId node = raft::no_node;
    std::uint64_t began_us = 0;
  };

  void read_beginnings();
  bool has_begun_before(const Told& told) const;
  bool may_still_send(raft::NodeId sender) const;
  bool waits(Told& told) const;

  Listener listener_;
  std::vector<std::unique_ptr<Told>> runs_;
  bool begun_ = false;
  /// Messages that were sent and not heard yet, by their digest.
  std::map<std::uint64_t, std::uint32_t> on_their_way_;
  std::uint64_t unexplained_ = 0;
};

}  // namespace kelek::sim
