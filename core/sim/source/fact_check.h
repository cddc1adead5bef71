// FactCheck: whether a fact holds now, and what is so instead.
#pragma once

#include <functional>

#include <kelek/sim/player.h>

namespace kelek::sim {

/// What there is to see of a fact.
struct Finding {
  bool holds = false;
  /// What is so, in words that can follow "expected …, but ".
  std::string seen;
};

class FactCheck {
 public:
  explicit FactCheck(const Player& player) : player_(player), cluster_(player.cluster_) {}

  /// Of the fact with its "not".
  Finding check(const FactWord& fact) const;

  Finding operator()(const LeaderFact& fact) const;
  Finding operator()(const RoleFact& fact) const;
  Finding operator()(const NumberFact& fact) const;
  Finding operator()(const LogFact& fact) const;
  Finding operator()(const EntryFact& fact) const;
  Finding operator()(const SameLogFact& fact) const;
  Finding operator()(const DataFact& fact) const;
  Finding operator()(const ConfigFact& fact) const;
  Finding operator()(const ReadFact& fact) const;
  Finding operator()(const InFlightFact& fact) const;
  Finding operator()(const MatchFact& fact) const;
  Finding operator()(const SnapshotFact& fact) const;
  Finding operator()(const RequestFact& fact) const;
  Finding operator()(const TransferringFact& fact) const;

 private:
  /// The first of the nodes of which `of_one` does not hold decides; all must hold.
  Finding each(const NodesWord& nodes, const std::function<Finding(raft::NodeId)>& of_one) const;
  /// As `each`, of a node that may be written `leader`.
  Finding one(const NodeWord& node, const std::function<Finding(raft::NodeId)>& of_one) const;
  std::uint64_t number(NumberFact::What what, raft::NodeId id) const;
  raft::Index first_index(raft::NodeId id) const;
  raft::Index last_index(raft::NodeId id) const;
  raft::ConfigurationRef configuration(raft::NodeId id) const;

  const Player& player_;
  const Cluster& cluster_;
};

/// "nobody leads term 3", "node 2 leads term 3".
std::string who_leads(const Cluster& cluster);
/// Which nodes a word means now.
NodeIds nodes_of(const Cluster& cluster, const NodesWord& nodes);
Which which_of(const Cluster& cluster, const WhichWord& which);

}  // namespace kelek::sim
