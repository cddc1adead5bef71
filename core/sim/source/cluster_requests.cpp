// What is asked of the cluster: requests, crashes, snapshots, links.
#include <algorithm>

#include <kelek/sim/cluster.h>

#include "data_text.h"

namespace kelek::sim {

using namespace raft;

Status Cluster::campaign(NodeId id) {
  Status begun = node(id).campaign();
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
  Status asked = node(id).read(token, mode);
  if (asked) {
    host(id).waiting_reads.insert(token);
  } else {
    ledger_.read_refused(id, token);
  }
  work(host(id));
  return asked;
}

Result<Index> Cluster::change(NodeId id, MembershipChange wish) {
  for (MemberOperation& operation : wish.operations) {
    const auto known = hosts_.find(operation.id);
    const bool adds =
        operation.kind == MemberOperation::Kind::add_voter || operation.kind == MemberOperation::Kind::add_learner;
    if (adds && known != hosts_.end()) operation.incarnation = known->second.incarnation;
  }
  Result<Index> changed = node(id).change(wish);
  work(host(id));
  return changed;
}

Status Cluster::transfer(NodeId from, NodeId to) {
  Status begun = node(from).transfer(to);
  work(host(from));
  return begun;
}

void Cluster::peer_fell_back(NodeId leader, NodeId id, Index last) {
  ledger_.fell_back(leader);
  node(leader).peer_fell_back(id, last);
}

Disk& Cluster::disk(NodeId id) {
  Host& owner = host(id);
  if (owner.node == nullptr) ledger_.lost_durable(id);
  return owner.disk;
}

void Cluster::timeout(NodeId id, std::uint32_t ticks) {
  host(id).timeout_ticks = ticks;
  node(id).set_election_timeout(ticks);
}

void Cluster::persist(NodeId id, std::size_t count) {
  Host& writer = host(id);
  for (std::size_t i = 0; i < count && !writer.pending.empty() && !fault_; ++i) write_step(writer);
}

void Cluster::crash(NodeId id) {
  Host& crashed = host(id);
  crashed.node.reset();
  crashed.pending.clear();
  crashed.unapplied.clear();
  for (const Token token : crashed.waiting_reads) crashed.reads[token] = ReadOutcome{token, Refusal::aborted, 0};
  crashed.waiting_reads.clear();
  ledger_.stopped(id);
}

void Cluster::restart(NodeId id) {
  if (!fault_) start(host(id));
}

void Cluster::wipe(NodeId id) {
  Host& wiped = host(id);
  wiped.disk = Disk();
  wiped.disk.first_configuration = std::make_shared<const Configuration>();
  wiped.snapshots.clear();
  wiped.incarnation = ++last_incarnation_ + 1000;
  wiped.starts = 0;
}

Result<SnapshotMetadata> Cluster::snapshot(NodeId id, std::optional<Index> index) {
  Host& owner = host(id);
  const Index at = index.value_or(owner.applied);
  const Result<SnapshotBasis> basis = owner.node->snapshot_basis(at);
  if (!basis) return basis.error();
  const auto size = owner.data_size_at.find(at);
  if (size == owner.data_size_at.end()) {
    return Error{Refusal::out_of_range, no_node, "what was applied at entry " + std::to_string(at) + " is not known"};
  }
  StoredSnapshot stored;
  stored.bytes = pack_data(owner.data, size->second);
  stored.metadata.index = basis->index;
  stored.metadata.term = basis->term;
  stored.metadata.configuration = basis->configuration;
  stored.metadata.id = ++last_snapshot_id_;
  stored.metadata.size_bytes = stored.bytes.size();
  stored.metadata.digest = digest_of(stored.bytes);
  owner.snapshots[stored.metadata.id] = stored;
  owner.disk.snapshot = std::make_shared<StoredSnapshot>(stored);
  const Status told = owner.node->snapshot_stored(stored.metadata);
  if (!told) return told.error();
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
  std::map<NodeId, std::size_t> group_of;
  for (std::size_t group = 0; group < groups.size(); ++group) {
    for (const NodeId member : groups[group]) group_of[member] = group;
  }
  // Who is in no group stays together with the others that are in none.
  for (const auto& [from, sender] : hosts_) {
    const std::size_t group = group_of.insert({from, groups.size()}).first->second;
    for (const auto& [to, receiver] : hosts_) {
      if (group_of.insert({to, groups.size()}).first->second != group) cut(from, to);
    }
  }
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

}  // namespace kelek::sim
