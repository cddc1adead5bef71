// Ledger: what all nodes of a cluster have done, and the invariants of Raft that it must satisfy.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <kelek/raft/node.h>
#include <kelek/sim/ghost_log.h>

namespace kelek::sim {

/// A message that a node has just handled, as far as it matters once it is gone.
struct Handled {
  raft::MessageKind kind = raft::MessageKind::pre_vote_request;
  raft::Term term = 0;
  bool by_transfer = false;

  static Handled of(const raft::Message& message);
};

/// Ghost state beside the nodes: their logs in memory and on disk as prefixes, votes, leaders, what was committed.
/// Whoever drives the nodes tells it everything in the order in which it happens; the first broken invariant is kept,
/// with its number and name:
///
///   I1 ElectionSafety, I2 LeaderAppendOnly, I3 LogMatching, I4 LeaderCompleteness, I5 StateMachineSafety (Raft paper,
///   figure 3); I6 OneVotePerTerm; I7 VoteDurable, TermDurable; I8 DurableQuorum; I9 AckTrue; I10 MatchTrue;
///   I11 MatchMonotone; I12 CommitMonotone; I13 ConfigMatchesLog; I14 OneUncommittedConfig; I15 ReadLinearizable;
///   I16 ApplyOnce; I17 SameStateHash; I18 TermAdopted; I19 MessageWellFormed; I20 Bounds.
///
/// Each call costs the same however long the logs are.
class Ledger {
 public:
  /// The first invariant that was broken, in a sentence; empty while there is none.
  const std::string& broken() const { return broken_; }
  /// Notes that something else is broken, which only the caller can see.
  void complain(std::string what);
  /// As new, with the memory that it has.
  void clear();
  /// Messages are made by hand, too: a snapshot that nobody is known to have committed is taken as it comes.
  void allow_hand_made() { hand_made_ = true; }

  /// The node comes up with what its disk holds. Another incarnation than before is another disk.
  void started(raft::NodeId id, raft::Incarnation incarnation, const raft::Node& node, const raft::DurableState& state);
  /// It goes down: when it comes back, its commit and applied index may lie behind.
  void stopped(raft::NodeId id);
  /// It goes down while these, the oldest first, were on their way to its disk: any first few of them may have come
  /// through, and nothing else.
  void power_cut(raft::NodeId id, const std::vector<const raft::Ready*>& unsynced);
  /// A fault that is allowed for: its disk lost what it had acknowledged, as its next start will show.
  void lost_durable(raft::NodeId id);

  /// The leader is told that a peer lost what it had acknowledged: its match index may go back.
  void fell_back(raft::NodeId leader);

  /// What the node has just given; before its writes are durable.
  void took(raft::NodeId id, const raft::Ready& ready);
  /// All that this Ready writes is durable; before the node hears of it.
  void persisted(raft::NodeId id, const raft::Ready& ready);
  /// What the disk itself says it holds.
  void disk_holds(raft::NodeId id, const raft::HardState& hard_state, raft::Index last, raft::Term last_term);
  /// A message leaves `sender`.
  void released(raft::NodeId sender, const raft::Message& message);
  /// After every step of the node, once its Readys are taken, if they are taken at once.
  void stepped(raft::NodeId id, const std::optional<Handled>& handled = std::nullopt);

  /// The node applies this, after `previous`.
  void applied(raft::NodeId id, raft::Index previous, raft::Index index, const raft::Entry& entry);
  /// The application's digest of its whole state at an index.
  void state_is(raft::NodeId id, raft::Index index, std::uint64_t digest);
  void read_asked(raft::NodeId id, raft::Token token);
  /// The read was refused at once: nothing follows.
  void read_refused(raft::NodeId id, raft::Token token);
  void read_answered(raft::NodeId id, const raft::ReadOutcome& outcome);

  /// How often the leadership went to a node or term that it had not been at before.
  std::size_t elections() const { return leaders_.size(); }
  raft::Index highest_commit() const { return committed_.size(); }
  raft::Term highest_term() const { return highest_term_; }
  /// Of committed entries.
  raft::Term committed_term(raft::Index index) const { return committed_[static_cast<std::size_t>(index - 1)].term; }
  /// How far the disk of this node holds what is committed.
  raft::Index durable_commit(raft::NodeId id) const;

 private:
  struct Committed {
    raft::Term term = 0;
    Prefix prefix = 0;
    /// The lowest term in which a node was that knew of the commit.
    raft::Term known_in = 0;
    /// The application's state after it, where any node told.
    std::uint64_t state = 0;
    bool has_state = false;
  };
  struct ConfigurationLine {
    raft::Index index = 0;
    raft::Payload encoded;
  };
  struct Match {
    raft::NodeId id = raft::no_node;
    raft::Index match = 0;
  };
  struct Vote {
    raft::Term term = 0;
    raft::NodeId candidate = raft::no_node;
  };
  /// What a disk may hold.
  struct Holding {
    raft::Index last = 0;
    Prefix prefix = 0;
    raft::Term term = 0;
    raft::NodeId vote = raft::no_node;
  };
  /// One node and its disk.
  struct Sheet {
    raft::NodeId id = raft::no_node;
    raft::Incarnation incarnation = 0;
    const raft::Node* node = nullptr;  // null while it is down

    GhostLog memory;
    std::vector<ConfigurationLine> configurations;
    raft::ConfigurationRef base_configuration;
    const raft::Configuration* checked_configuration = nullptr;
    bool memory_shrank = false;

    GhostLog durable;
    /// What the disk once held durably and lost by a fault: it counted while it was there.
    std::vector<GhostLog> lost;
    std::uint64_t starts = 0;
    bool loss_allowed = false;
    /// After a power cut.
    std::vector<Holding> may_hold;
    raft::HardState hard_state;
    std::vector<Vote> votes;

    // After its last step.
    raft::Role role = raft::Role::follower;
    raft::Term term = 0;
    raft::Index commit = 0;
    raft::Index applied = 0;
    std::vector<Match> matches;
    std::vector<std::pair<raft::Token, raft::Index>> read_floors;
  };
  struct Leadership {
    raft::Term term = 0;
    raft::NodeId id = raft::no_node;
    raft::Incarnation incarnation = 0;
  };

  void look(Sheet& sheet, const raft::NodeStatus& status);
  Sheet* find(raft::NodeId id);
  const Sheet* find(raft::NodeId id) const;

  // ledger_logs.cpp: how the ghost logs follow the real ones.
  void push_memory(Sheet& sheet, raft::Index index, const raft::Entry& entry);
  void shrink_memory(Sheet& sheet, raft::Index last);
  void follow_entries(Sheet& sheet, const raft::EntryRange& range);
  void follow_memory(Sheet& sheet, const raft::NodeStatus& status);
  void rebase(GhostLog& log, raft::NodeId id, raft::Index index, raft::Term term);
  void load_durable(Sheet& sheet, const raft::DurableState& state);
  void write_hard_state(Sheet& sheet, const raft::HardState& next);
  void write(Sheet& sheet, const raft::Ready& ready);
  static Holding holding(const Sheet& sheet);

  // ledger_checks.cpp
  void check_progress(const Sheet& sheet, const raft::NodeStatus& status);
  void check_leader(Sheet& sheet, const raft::NodeStatus& status);
  void check_complete(const Sheet& sheet, raft::Term term, raft::Index index);
  void check_commits(Sheet& sheet, const raft::NodeStatus& status);
  void check_quorum(const Sheet& sheet, raft::Index index);
  static bool has_held(const Sheet& sheet, raft::Index index, Prefix prefix);
  bool disk_held(const raft::Member& member, raft::Index index, Prefix prefix) const;
  void check_configuration(Sheet& sheet);
  void check_own_configuration(const Sheet& sheet, const raft::NodeStatus& status);
  void check_peers(Sheet& sheet, const raft::NodeStatus& status);
  void check_term_adopted(const Sheet& sheet, const raft::NodeStatus& status, const Handled& handled);
  void check_bounds(const Sheet& sheet, const raft::NodeStatus& status);

  // ledger_messages.cpp: what may leave.
  void check_vote(Sheet& sender, raft::Term term, raft::NodeId candidate);
  void check_acknowledgement(const Sheet& sender, const raft::Message& message, raft::Index match);
  void check_append(const Sheet& sender, const raft::Message& message, const raft::AppendRequest& append);
  void check_heartbeat(const Sheet& sender, const raft::Message& message, const raft::HeartbeatRequest& heartbeat);

  bool hand_made_ = false;
  std::string broken_;
  std::deque<Sheet> sheets_;  // stay where they are
  /// Of disks that are no more: what they held counted while it was there.
  std::vector<Sheet> retired_;
  PrefixTable prefixes_;
  std::vector<Leadership> leaders_;
  std::vector<Committed> committed_;  // entry i + 1 at place i
  raft::Term highest_term_ = 0;
};

}  // namespace kelek::sim
