// Ledger: what all nodes of a cluster have done, and the invariants of Raft that it must satisfy.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include <kelek/raft/node.h>
#include <kelek/sim/disk.h>

namespace kelek::sim {

/// What the ledger looks at, of one node.
struct Witness {
  raft::NodeId id = raft::no_node;
  raft::Incarnation incarnation = 0;
  const raft::Node* node = nullptr;  // null while it is down
  const Disk* disk = nullptr;
};

/// Checks, after every step of a node: election safety, leader append-only, log matching, leader completeness, state
/// machine safety (Raft paper, figure 3); that term, commit and applied index never go back at a node that stayed up,
/// nor durable term and vote at all; that nobody votes twice in a term; that nothing leaves before what it promises is
/// durable; that a leader counts only what is durable at a majority; that the configuration in force is the newest in
/// the log; that an answered read reflects all that was committed before it was asked.
class Ledger {
 public:
  /// The first invariant that was broken, in a sentence; empty while there is none.
  const std::string& broken() const { return broken_; }
  /// Notes that something else is broken, which only the caller can see.
  void complain(std::string what);

  /// After every step of `changed`.
  void check(const Witness& changed, const std::vector<Witness>& all);
  /// A message leaves `sender`.
  void released(const Witness& sender, const raft::Message& message, const std::vector<Witness>& all);
  /// The node applies this.
  void applied(raft::NodeId id, raft::Index previous, raft::Index index, const raft::Entry& entry);
  void read_asked(raft::NodeId id, raft::Token token);
  void read_answered(raft::NodeId id, const raft::ReadOutcome& outcome);
  /// It goes down: when it comes back, its commit and applied index may lie behind.
  void stopped(raft::NodeId id);

  /// How often the leadership went to a node or term that it had not been at before.
  std::size_t elections() const { return elections_; }
  raft::Index highest_commit() const { return committed_.size(); }

 private:
  struct Committed {
    raft::Entry entry;
    /// The lowest term in which a node was that knew of the commit. 0: not committed as far as anybody told.
    raft::Term known_in = 0;
  };
  /// What a node was after its last step.
  struct Seen {
    raft::Role role = raft::Role::follower;
    raft::Term term = 0;
    raft::Index commit = 0;
    raft::Index applied = 0;
  };
  /// Entries first … of a node's log.
  struct Log {
    raft::Index first = 1;
    std::vector<raft::Entry> entries;

    raft::Index end() const { return first + entries.size(); }
    bool holds(raft::Index index) const { return index >= first && index < end(); }
    const raft::Entry& at(raft::Index index) const { return entries[static_cast<std::size_t>(index - first)]; }
  };
  using DiskId = std::pair<raft::NodeId, raft::Incarnation>;

  static Log log_of(const raft::Node& node);
  void check_progress(const Witness& witness, const raft::NodeStatus& status);
  void check_durable(const Witness& witness);
  void check_append_only(const Witness& witness, const raft::NodeStatus& status, const Log& log);
  void check_leader(const Witness& witness, const raft::NodeStatus& status, const Log& log);
  void check_complete(raft::NodeId id, raft::Term term, const Log& log, raft::Index index);
  void check_peers(const Witness& witness, const Log& log, const std::vector<Witness>& all);
  void check_commits(const Witness& witness, const raft::NodeStatus& status, const Log& log,
                     const std::vector<Witness>& all);
  void check_new_commit(const Witness& witness, raft::Index index, const std::vector<Witness>& all);
  void check_configuration(const Witness& witness, const Log& log);
  void check_matching(raft::NodeId a, const Log& left, raft::NodeId b, const Log& right);
  void check_vote(const Witness& sender, raft::Term term, raft::NodeId candidate);
  void check_acknowledgement(const Witness& sender, const raft::Message& message,
                             const raft::AppendResponse& acknowledgement, const std::vector<Witness>& all);

  std::string broken_;
  std::map<raft::Term, raft::NodeId> leaders_;
  std::map<std::pair<DiskId, raft::Term>, raft::NodeId> votes_;
  std::map<DiskId, raft::HardState> durable_;
  /// Entry i + 1 at place i.
  std::vector<Committed> committed_;
  std::map<raft::NodeId, Seen> last_seen_;
  std::map<raft::NodeId, Log> logs_;
  std::map<std::pair<raft::NodeId, raft::Token>, raft::Index> read_floors_;
  std::size_t elections_ = 0;
};

}  // namespace kelek::sim
