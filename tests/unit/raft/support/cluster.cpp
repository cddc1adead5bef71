// How the cluster's nodes, disks and messages move.
#include "cluster.h"

#include <algorithm>
#include <stdexcept>

namespace kelek::raft::testing {
namespace {

constexpr std::size_t most_steps = 200'000;

std::vector<std::string> split(const std::string& bytes) {
  std::vector<std::string> data;
  std::size_t start = 0;
  while (start < bytes.size()) {
    const std::size_t end = bytes.find('\n', start);
    data.push_back(bytes.substr(start, end - start));
    start = end + 1;
  }
  return data;
}

}  // namespace

Setup::Setup() {
  options.max_append_entries = 64;
}

Cluster::Cluster(Setup setup) : setup_(std::move(setup)) {
  Configuration first =
      setup_.configuration ? *setup_.configuration : Configuration::of_voters(setup_.voters, setup_.learners);
  const auto shared = std::make_shared<const Configuration>(std::move(first));
  for (const Member& member : shared->members()) add_host(member.id, shared);
  for (const NodeId id : setup_.spares) add_host(id, std::make_shared<const Configuration>());
  for (auto& [id, host] : hosts_) {
    seed(host);
    start(host);
  }
}

void Cluster::add_host(NodeId id, ConfigurationRef configuration) {
  Host& added = hosts_[id];
  added.id = id;
  if (const Member* member = configuration->find(id)) added.incarnation = member->incarnation;
  added.disk.first_configuration = std::move(configuration);
}

void Cluster::seed(Host& host) {
  if (const auto terms = setup_.logs.find(host.id); terms != setup_.logs.end()) {
    for (const Term term : terms->second) {
      const std::string data = std::to_string(host.disk.last_index() + 1);
      host.disk.log.push_back(Entry{Payload::copy_of(data), EntryKind::command, term});
      host.disk.hard_state.term = term;
    }
  }
  if (const auto state = setup_.terms.find(host.id); state != setup_.terms.end()) {
    host.disk.hard_state.term = state->second.term;
    host.disk.hard_state.vote = state->second.vote;
  }
}

void Cluster::start(Host& host) {
  const auto own = setup_.options_of.find(host.id);
  Options options = own != setup_.options_of.end() ? own->second : setup_.options;
  options.id = host.id;
  options.incarnation = host.incarnation;
  options.start_salt = ++host.starts;
  DurableState state = host.disk.load();
  state.restarted = host.starts > 1;
  host.data.clear();
  host.data_size_at.clear();
  host.applied = 0;
  host.unapplied.clear();
  host.applying = true;
  ledger_.restarted(host.id);
  if (host.disk.snapshot != nullptr) load_snapshot(host, *host.disk.snapshot);
  auto created = Node::create(options, std::move(state), setup_.observer);
  if (!created) throw std::logic_error("node " + std::to_string(host.id) + " does not start: " + created.error().text);
  host.node = std::move(created.value());
  work(host);
}

void Cluster::load_snapshot(Host& host, const StoredSnapshot& snapshot) {
  host.data = split(snapshot.bytes);
  host.applied = snapshot.metadata.index;
  host.data_size_at[host.applied] = host.data.size();
  host.unapplied.clear();
  host.snapshots[snapshot.metadata.id] = snapshot;
}

void Cluster::work(Host& host) {
  if (!setup_.takes_late) take_all(host);
  check();
}

void Cluster::take(NodeId id) {
  take_all(host(id));
  check();
}

void Cluster::take_all(Host& host) {
  for (std::size_t turns = 0; host.node != nullptr && host.node->has_ready(); ++turns) {
    if (turns > most_steps) throw std::logic_error("a node never comes to rest");
    Ready ready;
    host.node->take_ready(ready);
    for (Message& message : ready.messages) send(host, std::move(message));
    ready.messages.clear();
    for (const ReadOutcome& outcome : ready.reads) {
      ledger_.read_answered(host.id, outcome);
      host.reads[outcome.token] = outcome;
    }
    for (const ProposalOutcome& outcome : ready.proposals) {
      if (!host.outcomes.insert({outcome.token, outcome}).second) throw Broken("a proposal with two outcomes");
    }
    if (ready.transfer) host.transfer = ready.transfer;
    for (const EntryRange& range : ready.committed) host.unapplied.push_back(range);
    ready.committed.clear();
    host.pending.push_back(std::move(ready));
    // A Ready without writes, and nothing before it on its way, is durable as it is.
    if (!setup_.async_storage) {
      while (!host.pending.empty()) write_oldest(host);
    } else {
      while (!host.pending.empty() && !host.pending.front().has_writes()) write_oldest(host);
    }
    apply(host);
  }
}

void Cluster::write_oldest(Host& host) {
  const Ready ready = std::move(host.pending.front());
  host.pending.pop_front();
  for (const SnapshotId id : host.disk.write(ready)) host.node->snapshot_refused(id);
  if (ready.snapshot != nullptr) load_snapshot(host, *host.disk.snapshot);
  host.node->persisted(ready.number);
  for (Message message : ready.messages_after) send(host, std::move(message));
}

void Cluster::send(Host& host, Message&& message) {
  std::vector<Witness> all;
  for (const auto& [id, other] : hosts_) all.push_back({id, other.incarnation, other.node.get(), &other.disk});
  ledger_.released({host.id, host.incarnation, host.node.get(), &host.disk}, message, all);
  if (auto* chunk = std::get_if<SnapshotChunk>(&message.body)) {
    const auto file = host.snapshots.find(chunk->metadata->id);
    if (file == host.snapshots.end()) return host.node->snapshot_unavailable(message.to);
    chunk->data = Payload::copy_of(std::string_view(file->second.bytes)
                                       .substr(static_cast<std::size_t>(chunk->offset_bytes), chunk->wanted_bytes));
  }
  if (cuts_.count({message.from, message.to}) != 0) return;
  flights_.push_back(Flight{std::move(message), false});
}

void Cluster::apply(Host& host) {
  if (!host.applying) return;
  for (; !host.unapplied.empty(); host.unapplied.pop_front()) {
    host.unapplied.front().for_each([&](Index index, const Entry& entry) {
      ledger_.applied(host.id, host.applied, index, entry);
      host.applied = index;
      if (entry.kind == EntryKind::command) host.data.emplace_back(entry.payload.text());
      host.data_size_at[index] = host.data.size();
    });
    host.node->applied(host.applied);
  }
}

void Cluster::resume_applying(NodeId id) {
  host(id).applying = true;
  apply(host(id));
  work(host(id));
}

void Cluster::check() {
  std::vector<Witness> all;
  for (const auto& [id, host] : hosts_) all.push_back({id, host.incarnation, host.node.get(), &host.disk});
  ledger_.check(all);
}

void Cluster::handle(Flight&& flight) {
  const Message& message = flight.message;
  if (cuts_.count({message.from, message.to}) != 0) return;
  const auto to = hosts_.find(message.to);
  if (to == hosts_.end() || to->second.node == nullptr) return;
  const Status handled = to->second.node->step(message);
  if (!handled && handled.error().refusal != Refusal::wrong_incarnation) {
    throw Broken("a node sends what another calls malformed: " + handled.error().text);
  }
  work(to->second);
}

Status Cluster::step(const Message& message) {
  Host& to = host(message.to);
  const Status handled = to.node->step(message);
  work(to);
  return handled;
}

void Cluster::tick(const NodeIds& nodes, std::size_t times) {
  for (std::size_t i = 0; i < times; ++i) {
    for (const NodeId id : nodes) {
      node(id).tick();
      work(host(id));
    }
  }
}

void Cluster::run(std::size_t rounds, const Fact& until) {
  for (std::size_t i = 0; i < rounds; ++i) {
    if (until && until()) return;
    tick_all();
    if (until && until()) return;
    settle();
  }
  if (until && !until()) throw std::logic_error("what was waited for did not happen");
}

bool Cluster::settle_once(const NodeIds& among) {
  const auto included = [&](NodeId id) { return std::find(among.begin(), among.end(), id) != among.end(); };
  for (const NodeId id : among) {
    Host& writer = host(id);
    if (writer.node == nullptr) continue;
    if (setup_.takes_late && writer.node->has_ready()) {
      take(id);
      return true;
    }
    if (writer.pending.empty()) continue;
    write_oldest(writer);
    work(writer);
    return true;
  }
  for (auto flight = flights_.begin(); flight != flights_.end(); ++flight) {
    if (flight->held || !included(flight->message.from) || !included(flight->message.to)) continue;
    Flight taken = std::move(*flight);
    flights_.erase(flight);
    handle(std::move(taken));
    return true;
  }
  return false;
}

void Cluster::settle(const NodeIds& among, const Fact& until) {
  NodeIds nodes = among;
  if (nodes.empty()) {
    for (const auto& [id, host] : hosts_) nodes.push_back(id);
  }
  for (std::size_t steps = 0; !(until && until()); ++steps) {
    if (steps > most_steps) throw std::logic_error("the cluster never comes to rest");
    if (settle_once(nodes)) continue;
    if (until) throw std::logic_error("what was waited for did not happen");
    return;
  }
}

std::size_t Cluster::deliver(const Which& which, std::size_t count) {
  // Those that are in flight now; what they cause waits behind them.
  std::deque<Flight> now;
  for (auto flight = flights_.begin(); flight != flights_.end() && now.size() < count;) {
    if (flight->held || !which.matches(flight->message)) {
      ++flight;
      continue;
    }
    now.push_back(std::move(*flight));
    flight = flights_.erase(flight);
  }
  for (Flight& flight : now) handle(std::move(flight));
  return now.size();
}

std::size_t Cluster::drop(const Which& which, std::size_t count) {
  std::size_t dropped = 0;
  for (auto flight = flights_.begin(); flight != flights_.end() && dropped < count;) {
    if (flight->held || !which.matches(flight->message)) {
      ++flight;
    } else {
      flight = flights_.erase(flight);
      ++dropped;
    }
  }
  return dropped;
}

std::size_t Cluster::duplicate(const Which& which, std::size_t count, bool held) {
  std::vector<Flight> copies;
  for (const Flight& flight : flights_) {
    if (copies.size() < count && !flight.held && which.matches(flight.message)) {
      copies.push_back(Flight{flight.message, held});
    }
  }
  for (Flight& copy : copies) flights_.push_back(std::move(copy));
  return copies.size();
}

std::size_t Cluster::hold(const Which& which, std::size_t count) {
  std::size_t done = 0;
  for (Flight& flight : flights_) {
    if (done >= count || flight.held || !which.matches(flight.message)) continue;
    flight.held = true;
    ++done;
  }
  return done;
}

std::size_t Cluster::release(const Which& which, std::size_t count) {
  std::size_t done = 0;
  for (Flight& flight : flights_) {
    if (done >= count || !flight.held || !which.matches(flight.message)) continue;
    flight.held = false;
    ++done;
  }
  return done;
}

std::vector<Message> Cluster::messages(const Which& which) const {
  std::vector<Message> found;
  for (const Flight& flight : flights_) {
    if (!flight.held && which.matches(flight.message)) found.push_back(flight.message);
  }
  return found;
}

std::size_t Cluster::in_flight(const Which& which) const {
  return messages(which).size();
}

}  // namespace kelek::raft::testing
