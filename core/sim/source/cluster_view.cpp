// What there is to see of a cluster.
#include <algorithm>

#include <kelek/sim/cluster.h>

#include "data_text.h"

namespace kelek::sim {

using namespace raft;

NodeIds Cluster::up_nodes() const {
  NodeIds up;
  for (const auto& [id, host] : hosts_) {
    if (host.node != nullptr) up.push_back(id);
  }
  return up;
}

NodeIds Cluster::all_nodes() const {
  NodeIds all;
  for (const auto& [id, host] : hosts_) all.push_back(id);
  return all;
}

Term Cluster::highest_term() const {
  Term highest = 0;
  for (const NodeId id : up_nodes()) highest = std::max(highest, term(id));
  return highest;
}

NodeId Cluster::leader() const {
  const Term highest = highest_term();
  for (const NodeId id : up_nodes()) {
    if (term(id) == highest && role(id) == Role::leader) return id;
  }
  return no_node;
}

std::vector<Term> Cluster::log(NodeId id) const {
  const Host& owner = host(id);
  std::vector<Term> terms;
  if (owner.node == nullptr) {
    for (const Entry& entry : owner.disk.log) terms.push_back(entry.term);
    return terms;
  }
  for (Index next = owner.node->status().first_index; next <= owner.node->status().last_index;) {
    const EntryRange range = owner.node->entries_from(next, UINT32_MAX);
    if (range.empty()) break;
    range.for_each([&terms](Index, const Entry& entry) { terms.push_back(entry.term); });
    next = range.end_index();
  }
  return terms;
}

std::optional<Entry> Cluster::entry(NodeId id, Index index) const {
  const Host& owner = host(id);
  if (owner.node == nullptr) {
    const Entry* held = owner.disk.entry_at(index);
    return held != nullptr ? std::optional<Entry>(*held) : std::nullopt;
  }
  if (index == 0) return std::nullopt;
  const EntryRange range = owner.node->entries_from(index, 1);
  if (range.empty() || range.first_index() != index) return std::nullopt;
  return range.at(index);
}

std::vector<std::string> Cluster::data(NodeId id) const {
  const Host& owner = host(id);
  if (owner.node != nullptr) return owner.data;
  return owner.disk.snapshot != nullptr ? unpack_data(owner.disk.snapshot->bytes) : std::vector<std::string>();
}

std::optional<PeerStatus> Cluster::peer(NodeId leader, NodeId id) const {
  const Host& owner = host(leader);
  if (owner.node == nullptr) return std::nullopt;
  for (const PeerStatus& peer : owner.node->peers()) {
    if (peer.id == id) return peer;
  }
  return std::nullopt;
}

bool Cluster::same_logs() const {
  const NodeIds up = up_nodes();
  return std::all_of(up.begin(), up.end(), [&](NodeId id) {
    // The last entry says all: what lies before it agrees by log matching, which is checked after every step.
    return status(id).last_index == status(up.front()).last_index &&
           status(id).last_term == status(up.front()).last_term;
  });
}

const ReadOutcome* Cluster::read_outcome(NodeId id, Token token) const {
  const auto found = host(id).reads.find(token);
  return found != host(id).reads.end() ? &found->second : nullptr;
}

const ProposalOutcome* Cluster::proposal_outcome(NodeId id, Token token) const {
  const auto found = host(id).outcomes.find(token);
  return found != host(id).outcomes.end() ? &found->second : nullptr;
}

}  // namespace kelek::sim
