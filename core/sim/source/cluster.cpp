// How the cluster's nodes, disks and messages move.
#include <kelek/sim/cluster.h>

#include <algorithm>

#include <kelek/raft/invariant.h>

#include "data_text.h"

namespace kelek::sim {

using namespace raft;

namespace {

constexpr std::size_t most_steps = 2'000'000;

}  // namespace

Setup::Setup() {
  options.max_append_entries = 64;
}

Cluster::Cluster(Setup setup) : setup_(std::move(setup)), network_(setup_.network, setup_.schedule) {
  ledger_.allow_hand_made();
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

Cluster::Host& Cluster::host(NodeId id) {
  const auto found = hosts_.find(id);
  KELEK_INVARIANT(found != hosts_.end());
  return found->second;
}

const Cluster::Host& Cluster::host(NodeId id) const {
  const auto found = hosts_.find(id);
  KELEK_INVARIANT(found != hosts_.end());
  return found->second;
}

void Cluster::fail(Fault::Kind kind, std::string text) {
  if (!fault_) fault_ = Fault{kind, std::move(text)};
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
  DurableState state = host.disk.load(host.id);
  state.restarted = host.starts > 1;
  host.data.clear();
  host.data_size_at.clear();
  host.applied = 0;
  host.unapplied.clear();
  host.applying = true;
  ledger_.stopped(host.id);
  if (host.disk.snapshot != nullptr) load_snapshot(host, *host.disk.snapshot);
  auto created = Node::create(options, state, setup_.observer);
  if (!created) {
    return fail(Fault::Kind::setup, "node " + std::to_string(host.id) + " does not start: " + created.error().text);
  }
  host.node = std::move(created.value());
  ledger_.started(host.id, host.incarnation, *host.node, state);
  if (host.timeout_ticks) host.node->set_election_timeout(*host.timeout_ticks);
  work(host);
}

void Cluster::load_snapshot(Host& host, const StoredSnapshot& snapshot) {
  host.data = unpack_data(snapshot.bytes);
  host.applied = snapshot.metadata.index;
  host.data_size_at[host.applied] = host.data.size();
  host.unapplied.clear();
  host.snapshots[snapshot.metadata.id] = snapshot;
}

void Cluster::work(Host& host, const std::optional<Handled>& handled) {
  if (fault_) return;
  ++steps_;
  if (!setup_.takes_late) take_all(host);
  check(host, handled);
}

void Cluster::take(NodeId id) {
  if (fault_) return;
  ++steps_;
  take_all(host(id));
  check(host(id));
}

void Cluster::take_all(Host& host) {
  for (std::size_t turns = 0; host.node != nullptr && host.node->has_ready(); ++turns) {
    if (fault_) return;
    if (turns > most_steps) return fail(Fault::Kind::limit, "node " + std::to_string(host.id) + " never comes to rest");
    take_ready(host);
    flush(host);
    apply(host);
  }
}

void Cluster::take_ready(Host& host) {
  Ready ready;
  host.node->take_ready(ready);
  ledger_.took(host.id, ready);
  for (Message& message : ready.messages) send(host, std::move(message));
  ready.messages.clear();
  report(host, ready);
  for (const EntryRange& range : ready.committed) host.unapplied.push_back(range);
  ready.committed.clear();
  host.pending.push_back(Pending{std::move(ready), steps_});
}

void Cluster::report(Host& host, const Ready& ready) {
  for (const ReadOutcome& outcome : ready.reads) {
    ledger_.read_answered(host.id, outcome);
    host.waiting_reads.erase(outcome.token);
    host.reads[outcome.token] = outcome;
  }
  for (const ProposalOutcome& outcome : ready.proposals) {
    if (!host.outcomes.insert({outcome.token, outcome}).second) ledger_.complain("a proposal with two outcomes");
  }
  if (ready.transfer) host.transfer = ready.transfer;
}

void Cluster::flush(Host& host) {
  const auto may_be_written = [&] { return !setup_.async_storage || !host.pending.front().ready.must_sync; };
  while (!host.pending.empty() && may_be_written() && !fault_) write_oldest(host);
}

void Cluster::write_oldest(Host& host) {
  const Ready ready = std::move(host.pending.front().ready);
  host.pending.pop_front();
  const Disk::Written written = host.disk.write(ready);
  if (!written.broken.empty()) {
    return fail(Fault::Kind::invariant,
                "I8 DurableQuorum: node " + std::to_string(host.id) + " and its disk: " + written.broken);
  }
  ledger_.persisted(host.id, ready);
  for (const SnapshotId id : written.damaged) host.node->snapshot_refused(id);
  if (ready.snapshot != nullptr) load_snapshot(host, *host.disk.snapshot);
  host.node->persisted(ready.number);
  for (Message message : ready.messages_after) send(host, std::move(message));
}

void Cluster::write_step(Host& host) {
  const std::uint64_t step = host.pending.front().step;
  while (!host.pending.empty() && host.pending.front().step == step && !fault_) write_oldest(host);
  flush(host);
  work(host);
}

void Cluster::send(Host& host, Message&& message) {
  ledger_.released(host.id, message);
  if (auto* chunk = std::get_if<SnapshotChunk>(&message.body)) {
    const auto file = host.snapshots.find(chunk->metadata->id);
    if (file == host.snapshots.end()) return host.node->snapshot_unavailable(message.to);
    chunk->data = Payload::copy_of(std::string_view(file->second.bytes)
                                       .substr(static_cast<std::size_t>(chunk->offset_bytes), chunk->wanted_bytes));
  }
  if (!network_.send(std::move(message))) {
    fail(Fault::Kind::limit, "more than " + std::to_string(Network::max_in_flight) + " messages are in flight");
  }
}

void Cluster::apply(Host& host) {
  if (!host.applying || fault_) return;
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

void Cluster::check(const Host& changed, const std::optional<Handled>& handled) {
  for (const auto& [id, host] : hosts_) {
    // Wiped, and not back yet: the disk is no more that of the member that the ledger knows.
    if (host.starts == 0) continue;
    const Disk& disk = host.disk;
    ledger_.disk_holds(id, disk.hard_state, disk.last_index(), disk.term_at(disk.last_index()));
  }
  ledger_.stepped(changed.id, handled);
  if (!ledger_.broken().empty()) fail(Fault::Kind::invariant, ledger_.broken());
}

void Cluster::handle(const Message& message) {
  if (fault_ || network_.is_cut(message.from, message.to)) return;
  const auto to = hosts_.find(message.to);
  if (to == hosts_.end() || to->second.node == nullptr) return;
  const Status handled = to->second.node->step(message);
  if (!handled && handled.error().refusal != Refusal::wrong_incarnation) {
    return fail(Fault::Kind::invariant, "a node sends what another calls malformed: " + handled.error().text);
  }
  work(to->second, handled ? std::optional<Handled>(Handled::of(message)) : std::nullopt);
}

Status Cluster::step(const Message& message) {
  Host& to = host(message.to);
  Status handled = to.node->step(message);
  work(to, handled ? std::optional<Handled>(Handled::of(message)) : std::nullopt);
  return handled;
}

Outcome Cluster::tick(const NodeIds& nodes, std::size_t times) {
  for (std::size_t i = 0; i < times; ++i) {
    for (const NodeId id : nodes) {
      if (fault_) return Outcome::fault;
      node(id).tick();
      work(host(id));
      tell_of_loss(host(id));
    }
  }
  return fault_ ? Outcome::fault : Outcome::done;
}

Outcome Cluster::run(std::size_t rounds, const Fact& until) {
  if (until && until()) return Outcome::done;
  for (std::size_t i = 0; i < rounds && !fault_; ++i) {
    network_.begin_round();
    const NodeIds up = up_nodes();
    for (const NodeId id : up) {
      node(id).tick();
      work(host(id));
      tell_of_loss(host(id));
      if (fault_) return Outcome::fault;
      if (until && until()) return Outcome::done;
    }
    const Outcome outcome = move_all(
        up, [](const Message&) { return true; }, true, until);
    if (outcome == Outcome::fault || outcome == Outcome::never_rests) return outcome;
    if (until && outcome == Outcome::done) return Outcome::done;
  }
  if (fault_) return Outcome::fault;
  return until ? Outcome::never_held : Outcome::done;
}

Outcome Cluster::settle(const NodeIds& among, const Fact& until) {
  const NodeIds nodes = among.empty() ? up_nodes() : among;
  const auto included = [&](NodeId id) { return std::find(nodes.begin(), nodes.end(), id) != nodes.end(); };
  const Network::Test allowed = [&](const Message& message) { return included(message.from) && included(message.to); };
  return move_all(nodes, allowed, false, until);
}

Outcome Cluster::move_all(const NodeIds& nodes, const Network::Test& allowed, bool only_due, const Fact& until) {
  for (std::size_t steps = 0; !(until && until()); ++steps) {
    if (steps > most_steps) return Outcome::never_rests;
    if (!fault_ && move_once(nodes, allowed, only_due)) continue;
    if (fault_) return Outcome::fault;
    return until ? Outcome::never_held : Outcome::done;
  }
  return fault_ ? Outcome::fault : Outcome::done;
}

bool Cluster::move_once(const NodeIds& nodes, const Network::Test& allowed, bool only_due) {
  NodeIds writers;
  for (const NodeId id : nodes) {
    const Host& writer = host(id);
    if (writer.node == nullptr) continue;
    if (!writer.pending.empty() || (setup_.takes_late && writer.node->has_ready())) writers.push_back(id);
  }
  const Network::Next next = network_.next(allowed, only_due, writers.size());
  if (next.message) {
    handle(*next.message);
    return true;
  }
  if (!next.other) return false;
  Host& writer = host(writers[*next.other]);
  if (setup_.takes_late && writer.node->has_ready()) {
    take(writer.id);
  } else {
    write_step(writer);
  }
  return true;
}

std::size_t Cluster::deliver(const Which& which, std::size_t count) {
  // Those that are in flight now; what they cause waits behind them.
  const std::vector<Message> now = network_.take(which, count);
  for (const Message& message : now) handle(message);
  return now.size();
}

std::size_t Cluster::duplicate(const Which& which, std::size_t count, bool held) {
  const std::size_t done = network_.duplicate(which, count, held);
  if (network_.is_full()) {
    fail(Fault::Kind::limit, "more than " + std::to_string(Network::max_in_flight) + " messages are in flight");
  }
  return done;
}

}  // namespace kelek::sim
