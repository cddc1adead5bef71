// The machine of a host: entries applied, snapshots taken and loaded.
#include <kelek/wire/snapshot_codec.h>

#include "world.h"

namespace kelek::sim {

using namespace raft;

void World::apply(Host& host, const EntryRange& range) {
  range.for_each([&](Index index, const Entry& entry) {
    if (!broken()) apply_entry(host, index, entry);
  });
  if (broken()) return;
  host.node->applied(host.applied);
  clients_.applied(host);
  if (host.repair_until != 0 && host.node->status().commit >= host.repair_until) host.repair_until = 0;
}

void World::apply_entry(Host& host, Index index, const Entry& entry) {
  ledger_.applied(host.id, host.applied, index, entry);
  if (broken()) return;
  const machine::Command* command = clients_.command_at(index, entry);
  if (command != nullptr) {
    const machine::ApplyOutcome outcome = host.machine.apply(index, entry.term, *command);
    clients_.committed(index, command, &outcome.result);
  } else {
    host.machine.apply_empty(index, entry.term);
    clients_.committed(index, nullptr, nullptr);
  }
  host.applied = index;
  ledger_.state_is(host.id, index, host.machine.state_hash());
}

void World::load_snapshot(Host& host, Index index) {
  const std::string bytes = host.disk->newest_snapshot();
  wire::Result<machine::State> state = wire::decode_snapshot(std::as_bytes(std::span(bytes)));
  if (!state) return ledger_.complain("I17 SameStateHash: a snapshot cannot be read: " + state.error().text);
  machine::RestoreOutcome restored = machine::Machine::restore(std::move(*state));
  if (!restored.machine) return ledger_.complain("I17 SameStateHash: a snapshot is refused: " + restored.reason);
  host.machine = std::move(*restored.machine);
  host.applied = index;
  host.snapshot_index = index;
  if (host.machine.revision() != index) {
    return ledger_.complain("I17 SameStateHash: a snapshot is of another revision than it says");
  }
  ledger_.state_is(host.id, index, host.machine.state_hash());
  if (host.up()) clients_.applied(host);
}

void World::snapshot_if_due(Host& host) {
  if (swarm_.snapshot_distance == 0 || host.applied < host.snapshot_index + swarm_.snapshot_distance || broken()) {
    return;
  }
  const Result<SnapshotBasis> basis = host.node->snapshot_basis(host.applied);
  if (!basis) return;
  std::string bytes;
  wire::encode_snapshot(host.machine.state(), [&bytes](std::span<const std::byte> part) {
    bytes.append(reinterpret_cast<const char*>(part.data()), part.size());
    return true;
  });
  SnapshotMetadata metadata;
  metadata.index = basis->index;
  metadata.term = basis->term;
  metadata.configuration = basis->configuration;
  if (!host.disk->store_snapshot(metadata, bytes)) return;
  record(Act::Kind::snapshot, host.id);
  host.snapshot_index = metadata.index;
  if (!host.node->snapshot_stored(metadata)) return;
  // Some of the log stays for who is a little slow.
  const Index kept = random_.below(swarm_.snapshot_distance);
  if (metadata.index > kept) {
    record(Act::Kind::compact, host.id, metadata.index - kept);
    host.disk->drop_through(host.node->compact(metadata.index - kept));
  }
  host.disk->remove_snapshots_older_than(host.node->oldest_snapshot_in_use());
  work(host);
}

}  // namespace kelek::sim
