// ExploreWorld: a state of the whole cluster: its nodes, the messages that may still arrive, and what is remembered of
// the past so that the invariants can be told. One step forth, one step back.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "explore_table.h"

namespace kelek::sim {

struct ExploreStep {
  raft::NodeId node = raft::no_node;
  ExploreInput input;

  std::uint64_t key() const {
    return node << 40 | std::uint64_t{static_cast<std::uint8_t>(input.kind)} << 32 | input.number;
  }
  friend bool operator==(const ExploreStep& a, const ExploreStep& b) { return a.key() == b.key(); }
};

/// An answer that its recipient ignores from now on: of an older term, or of this one to who does not ask any more.
/// Terms that are durable never fall, and nobody campaigns or begins to lead twice in one.
bool is_ignored_for_ever(const raft::Message& message, const ExploreView& recipient);

class ExploreWorld {
 public:
  ExploreWorld(const ExploreOptions& options, ExploreTable& table);

  struct Committed {
    ExploreView::Entry entry;
    /// The lowest term of a node that knew it was committed.
    raft::Term known_in = 0;
  };
  /// What one step changed, to take it back.
  struct Change {
    raft::NodeId node = raft::no_node;
    StateNumber before = 0;
    std::uint32_t proposals = 0;
    raft::Term leader_of = 0;  ///< the term that got its leader; 0: none
    bool commits = false;
    std::vector<Committed> committed;  ///< before it, where it commits
    struct Slot {
      std::size_t slot = 0;
      std::vector<MessageNumber> before;
    };
    std::vector<Slot> slots;
    std::size_t slot_count = 0;  ///< of `slots`, which keep their memory
  };

  /// All that can happen, in an order that is always the same.
  void choices(std::vector<ExploreStep>& steps) const;
  /// False: it changes nothing. What is broken by it is in broken().
  bool take(const ExploreStep& step, Change& change);
  void take_back(const Change& change);
  /// What of the invariants can be seen in the state alone.
  void check();
  const std::string& broken() const { return broken_; }

  /// The same for states that are one, and which renaming gives it.
  std::uint64_t digest(std::size_t& renaming) const;
  /// Of a step, as the state calls it under that renaming.
  std::uint64_t digest_of(const ExploreStep& step, std::size_t renaming) const;
  /// `step` was just taken: whether it would have been all the same had `other`, at another node, come first.
  bool commutes(const ExploreStep& other, const ExploreStep& step, const Change& change) const;

 private:
  const ExploreView& view(raft::NodeId id) const { return table_.state(nodes_[static_cast<std::size_t>(id)]).view; }
  std::size_t slot_of(const raft::Message& message) const;
  bool put(MessageNumber number, Change& change);
  void clear_away(raft::NodeId id, Change& change);
  std::vector<MessageNumber>& changed_slot(std::size_t place, Change& change);
  void count(MessageNumber number, std::size_t place, bool in);
  void recount(const std::vector<MessageNumber>& slot, bool in);
  void move(raft::NodeId id, StateNumber to);
  void remember();
  bool has_new_past(const Change& change) const {
    return change.leader_of != 0 || change.proposals != proposals_ || change.commits;
  }

  void check_leader(raft::NodeId id, Change& change);
  void check_complete(raft::NodeId leader);
  void check_commits(raft::NodeId id, Change& change);
  void check_holders(raft::NodeId id, std::size_t count);
  void check_logs(raft::NodeId id);
  void check_matches(raft::NodeId leader);
  void complain(std::string what) {
    if (broken_.empty()) broken_ = std::move(what);
  }

  const ExploreOptions& options_;
  ExploreTable& table_;
  std::array<StateNumber, ExploreOptions::most_nodes + 1> nodes_{};
  std::vector<std::vector<MessageNumber>> slots_;
  /// Of nodes and messages, and of what is remembered, under each renaming.
  std::vector<std::uint64_t> sums_;
  std::vector<std::uint64_t> pasts_;

  std::uint32_t proposals_ = 0;
  std::array<raft::NodeId, ExploreOptions::most_terms + 1> leaders_{};
  std::vector<Committed> committed_;
  std::string broken_;
};

}  // namespace kelek::sim
