// What tests ask of the cluster: requests, crashes, snapshots, links, and what there is to see.
#include <algorithm>
#include <sstream>
#include <stdexcept>

#include "cluster.h"

namespace kelek::raft::testing {

Status Cluster::campaign(NodeId id) {
  const Status begun = node(id).campaign();
  work(host(id));
  return begun;
}

Result<Proposed> Cluster::propose(NodeId id, const std::string& data, std::size_t times, Token token) {
  const std::vector<Payload> payloads(times, Payload::copy_of(data));
  Result<Proposed> proposed = node(id).propose(payloads, token);
  work(host(id));
  return proposed;
}

Status Cluster::read(NodeId id, Token token, ReadMode mode) {
  ledger_.read_asked(id, token);
  const Status asked = node(id).read(token, mode);
  work(host(id));
  return asked;
}

Result<Index> Cluster::change(NodeId id, std::string_view operations, bool explicit_leave) {
  MembershipChange wish;
  wish.explicit_leave = explicit_leave;
  std::istringstream words{std::string(operations)};
  for (std::string word; words >> word && word != "leave";) {
    MemberOperation operation;
    operation.id = std::stoull(word.substr(1));
    operation.kind = word[0] == '+'   ? MemberOperation::Kind::add_voter
                     : word[0] == '~' ? MemberOperation::Kind::add_learner
                                      : MemberOperation::Kind::remove;
    const auto known = hosts_.find(operation.id);
    if (word[0] != '-' && known != hosts_.end()) operation.incarnation = known->second.incarnation;
    wish.operations.push_back(operation);
  }
  Result<Index> changed = node(id).change(wish);
  work(host(id));
  return changed;
}

Status Cluster::transfer(NodeId from, NodeId to) {
  const Status begun = node(from).transfer(to);
  work(host(from));
  return begun;
}

void Cluster::persist(NodeId id, std::size_t count) {
  Host& writer = host(id);
  for (std::size_t i = 0; i < count && !writer.pending.empty(); ++i) {
    write_oldest(writer);
    work(writer);
  }
}

void Cluster::crash(NodeId id) {
  Host& crashed = host(id);
  crashed.node.reset();
  crashed.pending.clear();
  crashed.unapplied.clear();
}

void Cluster::restart(NodeId id) {
  start(host(id));
}

void Cluster::wipe(NodeId id) {
  Host& wiped = host(id);
  if (wiped.node != nullptr) throw std::logic_error("only a crashed node loses its disk");
  wiped.disk = Disk();
  wiped.disk.first_configuration = std::make_shared<const Configuration>();
  wiped.snapshots.clear();
  wiped.incarnation = ++last_incarnation_ + 1000;
  wiped.starts = 0;
}

SnapshotMetadata Cluster::snapshot(NodeId id, std::optional<Index> index) {
  Host& owner = host(id);
  const Index at = index.value_or(owner.applied);
  const auto basis = owner.node->snapshot_basis(at);
  if (!basis) throw std::logic_error("no snapshot: " + basis.error().text);
  std::string bytes;
  for (std::size_t i = 0; i < owner.data_size_at.at(at); ++i) bytes += owner.data[i] + "\n";
  StoredSnapshot stored;
  stored.metadata.index = basis->index;
  stored.metadata.term = basis->term;
  stored.metadata.configuration = basis->configuration;
  stored.metadata.id = ++last_snapshot_id_;
  stored.metadata.size_bytes = bytes.size();
  stored.metadata.digest = digest_of(bytes);
  stored.bytes = std::move(bytes);
  owner.snapshots[stored.metadata.id] = stored;
  owner.disk.snapshot = std::make_shared<StoredSnapshot>(stored);
  const Status told = owner.node->snapshot_stored(stored.metadata);
  if (!told) throw std::logic_error("snapshot refused: " + told.error().text);
  work(owner);
  return stored.metadata;
}

Index Cluster::compact(NodeId id, Index index) {
  Host& owner = host(id);
  const Index through = owner.node->compact(index);
  owner.disk.drop_through(through);
  work(owner);
  return through;
}

void Cluster::isolate(NodeId id) {
  for (const auto& [other, host] : hosts_) {
    if (other == id) continue;
    cut(id, other);
    cut(other, id);
  }
}

void Cluster::partition(const std::vector<NodeIds>& groups) {
  for (const NodeIds& group : groups) {
    for (const NodeId member : group) {
      for (const auto& [other, host] : hosts_) {
        if (std::find(group.begin(), group.end(), other) == group.end()) cut(member, other);
      }
    }
  }
}

NodeIds Cluster::up_nodes() const {
  NodeIds up;
  for (const auto& [id, host] : hosts_) {
    if (host.node != nullptr) up.push_back(id);
  }
  return up;
}

NodeId Cluster::leader() const {
  Term highest = 0;
  for (const NodeId id : up_nodes()) highest = std::max(highest, term(id));
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
    range.for_each([&terms](Index, const Entry& entry) { terms.push_back(entry.term); });
    next = range.end_index();
  }
  return terms;
}

PeerStatus Cluster::peer(NodeId leader, NodeId id) const {
  for (const PeerStatus& peer : host(leader).node->peers()) {
    if (peer.id == id) return peer;
  }
  throw std::logic_error("node " + std::to_string(leader) + " keeps no record of node " + std::to_string(id));
}

bool Cluster::same_logs() const {
  const NodeIds up = up_nodes();
  for (const NodeId id : up) {
    // The last entry says all: what lies before it agrees by log matching, which is checked after every step.
    if (status(id).last_index != status(up.front()).last_index) return false;
    if (status(id).last_term != status(up.front()).last_term) return false;
  }
  return true;
}

Index Cluster::snapshot_index(NodeId id) const {
  const Host& owner = host(id);
  return owner.disk.snapshot != nullptr ? owner.disk.snapshot->metadata.index : 0;
}

const ReadOutcome* Cluster::read_outcome(NodeId id, Token token) const {
  const auto found = host(id).reads.find(token);
  return found != host(id).reads.end() ? &found->second : nullptr;
}

const ProposalOutcome* Cluster::proposal_outcome(NodeId id, Token token) const {
  const auto found = host(id).outcomes.find(token);
  return found != host(id).outcomes.end() ? &found->second : nullptr;
}

Message message_of(NodeId from, NodeId to, Term term, MessageBody body) {
  Message message;
  message.from = from;
  message.to = to;
  message.term = term;
  message.body = std::move(body);
  return message;
}

EntryRange entries_of(Index first, const std::vector<Term>& terms) {
  EntryRange::Builder builder(first, static_cast<std::uint32_t>(terms.size()));
  for (std::size_t i = 0; i < terms.size(); ++i) {
    builder.add(terms[i], EntryKind::command, Payload::copy_of(std::to_string(first + i)));
  }
  return builder.finish();
}

AppendRequest append_of(Index previous, Term previous_term, const std::vector<Term>& terms, Index commit) {
  AppendRequest request;
  request.previous_index = previous;
  request.previous_term = previous_term;
  request.commit = commit;
  request.entries = entries_of(previous + 1, terms);
  return request;
}

}  // namespace kelek::raft::testing
