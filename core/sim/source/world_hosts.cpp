// What a host does: it starts, handles messages, writes, and dies.
#include <algorithm>

#include "world.h"

namespace kelek::sim {

using namespace raft;

namespace {

constexpr std::uint64_t most_missed_ticks = 200;
constexpr Time calm_sync = 200;
constexpr int most_turns = 100'000;

}  // namespace

void World::add_host(NodeId id, ConfigurationRef configuration) {
  Host& host = hosts_.emplace_back();
  host.id = id;
  host.configuration = configuration;
  host.options = swarm_.options;
  host.options.id = id;
  if (id <= swarm_.election_delay_ticks.size()) {
    host.options.election_delay_ticks = swarm_.election_delay_ticks[static_cast<std::size_t>(id - 1)];
  }
  host.disk = options_.make_disk(id, host.incarnation, configuration, random_.next());
}

void World::start(Host& host) {
  std::string why;
  std::optional<DurableState> state = host.disk->open(why);
  if (!state) {
    // Its disk does not open any more: it comes back with an empty one, as another incarnation.
    return wipe(host);
  }
  host.options.incarnation = host.incarnation;
  host.options.start_salt = ++host.starts;
  state->restarted = host.starts > 1;
  state->applied = state->snapshot.index;
  host.repair_until = state->damaged ? state->repair_until : 0;
  host.snapshot_index = state->snapshot.index;
  if (swarm_.durable_machine && host.applied >= state->snapshot.index && !state->damaged && host.starts > 1) {
    state->applied = host.applied;
  } else {
    host.machine = machine::Machine();
    host.applied = 0;
    if (state->snapshot.index > 0) load_snapshot(host, state->snapshot.index);
  }
  auto created = Node::create(host.options, *state, options_.observer);
  if (!created) {
    return ledger_.complain("I8 DurableQuorum: node " + std::to_string(host.id) +
                            " does not start from its disk: " + created.error().text);
  }
  host.node = std::move(created.value());
  ++host.life;
  note(host.id * 16 + 1);
  if (host.life > 1) record(Act::Kind::restart, host.id);
  ledger_.started(host.id, host.incarnation, *host.node, *state);
  host.configuration = host.node->configuration();
  host.next_tick = now_ + random_.below(host.tick_period) + 1;
  host.tick_event = 0;
  work(host);
}

void World::crash(Host& host) {
  note(host.id * 16 + 2);
  ++report_.crashes;
  std::vector<const Ready*> unsynced;
  for (const PendingWrite& write : host.pending) unsynced.push_back(write.ready.get());
  host.configuration = host.node->configuration();
  ledger_.power_cut(host.id, unsynced);
  const std::size_t kept = host.disk->power_cut(unsynced, random_);
  std::uint64_t step = 0;
  for (std::size_t i = 0; i < kept; ++i) {
    if (host.pending[i].step != step) record(Act::Kind::persist, host.id);
    step = host.pending[i].step;
  }
  record(Act::Kind::crash, host.id);
  host.node.reset();
  ++host.life;
  host.pending.clear();
  host.backlog.clear();
  host.syncing = 0;
  host.take_scheduled = false;
  host.paused = false;
  host.stalled_until = 0;
  ledger_.stopped(host.id);
}

/// A host that is down comes back with an empty disk, as another incarnation.
void World::wipe(Host& host) {
  note(host.id * 16 + 3);
  record(Act::Kind::wipe, host.id);
  const auto none = std::make_shared<const Configuration>();
  host.incarnation = ++last_incarnation_;
  host.starts = 0;
  host.disk = options_.make_disk(host.id, host.incarnation, none, random_.next());
  host.applied = 0;
  host.repair_until = 0;
  host.snapshot_index = 0;
  start(host);
}

/// A host that is down finds, when it comes back, that it lost what it had acknowledged.
void World::rot(Host& host) {
  const NodeDisk::Rotten rotten = host.disk->rot(random_);
  if (!rotten.anything) return;
  note(host.id * 16 + 4);
  if (rotten.first_lost != 0) record(Act::Kind::damage, host.id, rotten.first_lost);
  ledger_.lost_durable(host.id);
  // Counts as impaired at once; how far is known when it opens.
  host.repair_until = UINT64_MAX;
}

/// A clock ticks on whatever happens; a node is told before anything else is done with it, as every driver must.
void World::catch_up(Host& host) {
  if (host.paused) return;
  std::uint64_t ticks = 0;
  for (; host.next_tick <= now_; host.next_tick += host.tick_period) {
    if (++ticks <= most_missed_ticks) host.node->tick();
  }
  if (ticks != 0) record(Act::Kind::tick, host.id, std::min(ticks, most_missed_ticks));
}

/// Nothing happens by itself before the node's deadline: the queue needs no event for the ticks before.
void World::schedule_tick(Host& host) {
  const Time deadline = host.next_tick + (host.node->ticks_to_deadline() - 1) * host.tick_period;
  if (host.tick_event != 0 && host.tick_event <= deadline) return;
  host.tick_event = deadline;
  queue_.put(deadline, EventKind::tick, static_cast<std::uint32_t>(host.id - 1), host.life);
}

void World::on_tick(Host& host) {
  // One that was put for an earlier deadline has taken its place.
  if (host.tick_event != now_) return;
  host.tick_event = 0;
  if (host.paused) return;
  catch_up(host);
  work(host);
  if (host.up() && host.repair_until != 0) tell_of_loss(host);
}

/// Outside of Raft's messages, as coordinators greet each other: the leader must not count on what is gone.
void World::tell_of_loss(Host& host) {
  Host* leading = leader();
  if (leading == nullptr || leading == &host || leading->paused || cut(host.id, leading->id)) return;
  const Member* member = leading->node->configuration()->find(host.id);
  if (member == nullptr || member->incarnation != host.incarnation) return;
  catch_up(*leading);
  ledger_.fell_back(leading->id);
  leading->node->peer_fell_back(host.id, host.node->status().stable_index);
  work(*leading);
}

void World::on_take(Host& host) {
  host.take_scheduled = false;
  if (host.paused) return;
  catch_up(host);
  record(Act::Kind::take, host.id);
  take_all(host);
  ledger_.stepped(host.id);
  if (!broken()) schedule_tick(host);
}

/// Time has passed while it stood still: it ticks first, as every driver must, and then looks at what arrived.
void World::on_resume(Host& host) {
  if (!host.paused) return;
  host.paused = false;
  catch_up(host);
  work(host);
  std::vector<Message> backlog;
  backlog.swap(host.backlog);
  for (Message& message : backlog) {
    if (!host.up() || broken()) return;
    receive(host, std::move(message));
  }
}

void World::work(Host& host, const std::optional<Handled>& handled) {
  if (broken()) return;
  ++host.step;
  if (!swarm_.takes_late) {
    take_all(host);
  } else if (!host.take_scheduled && host.node->has_ready()) {
    host.take_scheduled = true;
    queue_.put(now_ + random_.below(tick_time / 4), EventKind::take, static_cast<std::uint32_t>(host.id - 1),
               host.life);
  }
  ledger_.stepped(host.id, handled);
  snapshot_if_due(host);
  if (!broken()) schedule_tick(host);
}

void World::take_all(Host& host) {
  for (int turns = 0; host.node->has_ready() && !broken(); ++turns) {
    if (turns > most_turns) return ledger_.complain("I20 Bounds: node " + std::to_string(host.id) + " never rests");
    take_ready(host);
    flush(host);
  }
}

std::unique_ptr<Ready> World::fresh_ready() {
  if (spare_readys_.empty()) return std::make_unique<Ready>();
  std::unique_ptr<Ready> ready = std::move(spare_readys_.back());
  spare_readys_.pop_back();
  return ready;
}

void World::take_ready(Host& host) {
  std::unique_ptr<Ready> ready = fresh_ready();
  host.node->take_ready(*ready);
  ledger_.took(host.id, *ready);
  if (swarm_.lonely_append != 0) choose_lonely_append(*ready);
  if (swarm_.strike != 0) aim(*ready, host);
  for (Message& message : ready->messages) send(host, std::move(message));
  ready->messages.clear();
  for (const ReadOutcome& outcome : ready->reads) {
    ledger_.read_answered(host.id, outcome);
    clients_.read_outcome(host, outcome);
  }
  for (const ProposalOutcome& outcome : ready->proposals) clients_.proposal_outcome(host, outcome);
  for (const EntryRange& range : ready->committed) apply(host, range);
  ready->committed.clear();
  host.pending.push_back({std::move(ready), host.step});
}

void World::flush(Host& host) {
  while (!host.pending.empty() && !broken() && (!swarm_.async_storage || !host.pending.front().ready->must_sync)) {
    write_oldest(host);
  }
  if (!host.pending.empty()) schedule_write(host);
}

/// What queued while the last sync ran goes into the next.
void World::schedule_write(Host& host) {
  if (host.syncing != 0 || host.pending.empty()) return;
  std::uint64_t step = 0;
  for (const PendingWrite& write : host.pending) {
    if (write.step != step) ++host.syncing;
    step = write.step;
  }
  const Time began = std::max(now_, host.stalled_until);
  const Time takes = calm_ ? calm_sync + random_.below(calm_sync) : swarm_.sync_min + random_.below(swarm_.sync_spread);
  queue_.put(began + takes, EventKind::write, static_cast<std::uint32_t>(host.id - 1), host.life);
}

void World::on_write(Host& host) {
  if (host.paused || host.stalled_until > now_) {
    queue_.put(std::max(host.stalled_until, now_ + tick_time), EventKind::write,
               static_cast<std::uint32_t>(host.id - 1), host.life);
    return;
  }
  catch_up(host);
  for (std::size_t steps = host.syncing; steps > 0 && !host.pending.empty() && !broken() && host.up(); --steps) {
    write_step(host);
  }
  if (!host.up() || broken()) return;
  host.syncing = 0;
  flush(host);
}

void World::write_step(Host& host) {
  record(Act::Kind::persist, host.id);
  const std::uint64_t step = host.pending.front().step;
  while (!host.pending.empty() && host.pending.front().step == step && !broken()) write_oldest(host);
  flush(host);
  work(host);
}

void World::write_oldest(Host& host) {
  std::unique_ptr<Ready> ready = std::move(host.pending.front().ready);
  host.pending.pop_front();
  if (ready->has_writes()) {
    const Disk::Written written = host.disk->write(*ready);
    if (!written.broken.empty()) {
      return ledger_.complain("I8 DurableQuorum: node " + std::to_string(host.id) + " and its disk: " + written.broken);
    }
    ledger_.persisted(host.id, *ready);
    for (const SnapshotId id : written.damaged) host.node->snapshot_refused(id);
    if (ready->snapshot != nullptr) load_snapshot(host, ready->snapshot->index);
  }
  host.node->persisted(ready->number);
  for (Message& message : ready->messages_after) send(host, std::move(message));
  ready->clear();
  spare_readys_.push_back(std::move(ready));
}

}  // namespace kelek::sim
