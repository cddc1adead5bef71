// Messages on their way: lost, doubled, late, and kept back for long.
#include <algorithm>

#include "world.h"

namespace kelek::sim {

using namespace raft;

namespace {

constexpr Time reorder_spread = 12 * tick_time;
constexpr Time capsule_spread = 300 * tick_time;

}  // namespace

void World::send(Host& host, Message&& message) {
  ledger_.released(host.id, message);
  if (auto* chunk = std::get_if<SnapshotChunk>(&message.body)) {
    chunk->data = host.disk->read_snapshot(chunk->metadata->id, chunk->offset_bytes, chunk->wanted_bytes);
    if (chunk->data.size() != chunk->wanted_bytes) {
      host.node->snapshot_unavailable(message.to);
      return;
    }
  }
  const NodeId from = message.from;
  const NodeId to = message.to;
  if (to > hosts_.size() || cut(from, to) || !flights_.has_room()) return;
  if (calm_) return put_in_flight(std::move(message), 200 + random_.below(800), true);
  if (random_.chance(swarm_.loss)) return;
  if (random_.chance(swarm_.duplicate)) {
    record(Act::Kind::duplicate, message);
    put_in_flight(Message(message), swarm_.delay_min + random_.below(swarm_.delay_spread + reorder_spread / 4), false);
  }
  if (random_.chance(swarm_.capsule)) {
    record(Act::Kind::duplicate, message);
    put_in_flight(Message(message), random_.below(capsule_spread), false);
  }
  if (random_.chance(swarm_.reorder)) {
    return put_in_flight(std::move(message), swarm_.delay_min + random_.below(reorder_spread), false);
  }
  put_in_flight(std::move(message), swarm_.delay_min + random_.below(swarm_.delay_spread), true);
}

void World::put_in_flight(Message&& message, Time delay, bool in_order) {
  const NodeId from = message.from;
  const NodeId to = message.to;
  Time arrival = std::max(now_, clogged_until_.at(from, to)) + delay;
  if (in_order) {
    arrival = std::max(arrival, last_arrival_.at(from, to));
    last_arrival_.at(from, to) = arrival;
  }
  const MessagePool::Place place = flights_.put(std::move(message));
  queue_.put(arrival, EventKind::deliver, place.place, place.number);
}

void World::deliver(std::uint32_t place, std::uint64_t) {
  Message message = flights_.take(place);
  if (cut(message.from, message.to)) return;
  Host& host = host_at(static_cast<std::size_t>(message.to - 1));
  if (!host.up()) return;
  if (host.paused) {
    host.backlog.push_back(std::move(message));
    return;
  }
  receive(host, std::move(message));
}

void World::heal() {
  cuts_.clear();
}

void World::cut_off(NodeId id) {
  for (const Host& other : hosts_) {
    if (other.id != id) cut(id, other.id) = cut(other.id, id) = true;
  }
}

/// Of the appends in this Ready only those to one follower arrive: where what is committed hangs on one node.
void World::choose_lonely_append(Ready& ready) {
  std::vector<NodeId> receivers;
  for (const Message& message : ready.messages) {
    const auto* append = std::get_if<AppendRequest>(&message.body);
    if (append != nullptr && !append->entries.empty() &&
        std::find(receivers.begin(), receivers.end(), message.to) == receivers.end()) {
      receivers.push_back(message.to);
    }
  }
  if (receivers.size() < 2 || calm_ || !random_.chance(swarm_.lonely_append)) return;
  const NodeId chosen = receivers[static_cast<std::size_t>(random_.below(receivers.size()))];
  const auto is_lost = [chosen](const Message& message) {
    return std::holds_alternative<AppendRequest>(message.body) && message.to != chosen;
  };
  ready.messages.erase(std::remove_if(ready.messages.begin(), ready.messages.end(), is_lost), ready.messages.end());
}

}  // namespace kelek::sim
