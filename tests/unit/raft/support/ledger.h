// Ledger: what all nodes of a cluster have done, and the invariants of Raft that it must satisfy.
#pragma once

#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <kelek/raft/node.h>

#include "disk.h"

namespace kelek::raft::testing {

/// An invariant of Raft is broken.
class Broken : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

/// What the ledger looks at, of one node.
struct Witness {
  NodeId id = no_node;
  Incarnation incarnation = 0;
  const Node* node = nullptr;  // null while it is down
  const Disk* disk = nullptr;
};

class Ledger {
 public:
  /// After every step.
  void check(const std::vector<Witness>& all);
  /// A message leaves `sender`.
  void released(const Witness& sender, const Message& message, const std::vector<Witness>& all);
  /// The node applies this.
  void applied(NodeId id, Index previous, Index index, const Entry& entry);
  void read_asked(NodeId id, Token token);
  void read_answered(NodeId id, const ReadOutcome& outcome);
  /// It starts again: commit index and applied index may go back.
  void restarted(NodeId id) { last_seen_.erase(id); }

  std::size_t elections() const { return elections_; }
  Index highest_commit() const { return committed_.empty() ? 0 : committed_.rbegin()->first; }

 private:
  struct Committed {
    Term term = 0;
    EntryKind kind = EntryKind::command;
    std::string data;
    /// The lowest term in which a node was that knew of the commit.
    Term known_in = 0;
  };
  struct Seen {
    Term term = 0;
    Index commit = 0;
    Index applied = 0;
  };

  void check_progress(const Witness& witness);
  void check_leader(const Witness& witness, const std::vector<Witness>& all);
  void check_commits(const Witness& witness, const std::vector<Witness>& all);
  void check_configuration(const Witness& witness) const;
  void check_matching(const Witness& a, const Witness& b) const;

  std::map<Term, NodeId> leaders_;
  std::map<std::pair<std::pair<NodeId, Incarnation>, Term>, NodeId> votes_;
  std::map<Index, Committed> committed_;
  std::map<NodeId, Seen> last_seen_;
  std::map<std::pair<NodeId, Token>, Index> read_floors_;
  std::size_t elections_ = 0;
};

}  // namespace kelek::raft::testing
