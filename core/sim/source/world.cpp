// The loop: what comes next happens.
#include "world.h"

#include <algorithm>

#include <kelek/sim/linearizability.h>

namespace kelek::sim {

using namespace raft;

namespace {

constexpr std::uint64_t shape_every = 16;

std::uint64_t digest_of_message(const Message& message) {
  std::uint64_t digest = message.term * 1'000'003 + message.from * 64 + message.to;
  digest = digest * 31 + message.body.index();
  if (const auto* append = std::get_if<AppendRequest>(&message.body)) {
    digest = digest * 1'000'003 + append->previous_index * 4'096 + append->entries.size();
    digest = digest * 31 + append->commit;
  } else if (const auto* response = std::get_if<AppendResponse>(&message.body)) {
    digest = digest * 1'000'003 + response->match_index * 2 + (response->accepted ? 1 : 0);
  }
  return digest;
}

}  // namespace

World::World(std::uint64_t seed, const Swarm& swarm, const SeedOptions& options)
    : seed_(seed), swarm_(swarm), options_(options), random_(mix(seed + 0x1f83d9abfb41bd6bU)), clients_(*this) {
  if (options_.deliveries != 0) swarm_.deliveries = options_.deliveries;
  if (!options_.make_disk) {
    options_.make_disk = [](NodeId id, Incarnation, const ConfigurationRef& first, std::uint64_t) {
      return std::make_unique<MemoryDisk>(id, first);
    };
  }
}

void World::set_up() {
  std::vector<NodeId> voters;
  for (std::uint32_t i = 0; i < swarm_.voters; ++i) voters.push_back(i + 1);
  const auto first = std::make_shared<const Configuration>(Configuration::of_voters(voters));
  for (const NodeId id : voters) add_host(id, first);
  const auto none = std::make_shared<const Configuration>();
  for (std::uint32_t i = 0; i < swarm_.spares; ++i) add_host(voters.size() + i + 1, none);
  for (Host& host : hosts_) start(host);
  clients_.set_up();
  schedule_fault();
}

Report World::run() {
  set_up();
  run_safety();
  if (!broken() && options_.liveness) run_liveness();
  look_at_shape();
  report_.violation = ledger_.broken();
  report_.shapes = shapes_.all();
  report_.shape_events = shapes_.events();
  report_.digest = mix(digest_ ^ report_.deliveries);
  report_.elections = ledger_.elections();
  report_.commits = ledger_.highest_commit();
  report_.answers = clients_.answers();
  return std::move(report_);
}

void World::run_safety() {
  // Where nothing can be delivered time still passes: ticks go on.
  const std::uint64_t most_events = std::uint64_t{swarm_.deliveries} * 4 + 1'000;
  while (!broken() && report_.deliveries < swarm_.deliveries && report_.events < most_events && !queue_.empty()) {
    handle(queue_.take());
  }
}

void World::handle(const Event& event) {
  now_ = event.time;
  if (options_.clock != nullptr) *options_.clock = now_;
  ++report_.events;
  if (next_turn_ < options_.turns.size() && report_.events >= options_.turns[next_turn_].event) {
    random_ = Random(mix(options_.turns[next_turn_++].seed ^ 0x7475726e));
  }
  if (event.kind == EventKind::deliver) return deliver(event.subject, event.stamp);
  if (event.kind == EventKind::client) return clients_.wake(event.subject, event.stamp);
  if (event.kind == EventKind::fault) return on_fault();
  if (event.kind == EventKind::mend) {
    if (!calm_) heal();
    return;
  }
  Host& host = host_at(event.subject);
  if (event.kind == EventKind::start) {
    if (!host.up() && host.life == event.stamp) start(host);
    return;
  }
  if (!host.up() || host.life != event.stamp) return;
  switch (event.kind) {
    case EventKind::tick: return on_tick(host);
    case EventKind::take: return on_take(host);
    case EventKind::write: return on_write(host);
    case EventKind::resume: return on_resume(host);
    default: return;
  }
}

Host* World::host_of(NodeId id) {
  return id >= 1 && id <= hosts_.size() ? &hosts_[static_cast<std::size_t>(id - 1)] : nullptr;
}

Host* World::leader() {
  Host* found = nullptr;
  Term highest = 0;
  for (Host& host : hosts_) {
    if (!host.up()) continue;
    const NodeStatus status = host.node->status();
    if (status.role != Role::leader || status.term < highest) continue;
    highest = status.term;
    found = &host;
  }
  return found;
}

void World::receive(Host& host, Message&& message) {
  const Handled about = Handled::of(message);
  catch_up(host);
  record(Act::Kind::deliver, message);
  note(digest_of_message(message));
  ++report_.deliveries;
  const Status handled = host.node->step(std::move(message));
  if (!handled && handled.error().refusal != Refusal::wrong_incarnation) {
    ledger_.complain("I19 MessageWellFormed: a node sends what another calls malformed: " + handled.error().text);
  }
  work(host, handled ? std::optional<Handled>(about) : std::nullopt);
  if (report_.deliveries % shape_every == 0) look_at_shape();
  if (strike_in_ != 0 && --strike_in_ == 0) strike();
}

void World::look_at_shape() {
  shapes_.begin();
  for (const Host& host : hosts_) {
    Shapes::Part part;
    part.id = host.id;
    if (host.up()) {
      const NodeStatus status = host.node->status();
      part.up = true;
      part.role = status.role;
      part.vote = status.vote;
      part.term = status.term;
      part.last_term = status.last_term;
      part.commit = status.commit;
      part.voters = host.node->configuration()->voter_count();
      part.joint = host.node->configuration()->is_joint();
    }
    shapes_.add(part);
  }
  shapes_.end(report_.events);
}

void World::record(Act::Kind kind, NodeId node, std::uint64_t count, bool flag) {
  if (options_.acts == nullptr) return;
  Acts& acts = *options_.acts;
  const bool adds_up = kind == Act::Kind::tick || kind == Act::Kind::persist;
  if (adds_up && !acts.empty() && acts.back().kind == kind && acts.back().node == node) {
    acts.back().count += count;
    return;
  }
  Act& act = acts.emplace_back();
  act.kind = kind;
  act.node = node;
  act.count = count;
  act.flag = flag;
}

void World::record(Act::Kind kind, const Message& message) {
  if (options_.acts == nullptr) return;
  Act& act = options_.acts->emplace_back();
  act.kind = kind;
  act.message = MessageName::of(message);
  act.message.highest_term = ledger_.highest_term();
}

namespace {

/// Empty: there is an order for all of it.
std::string judged(const std::vector<history::Operation>& operations) {
  const history::Verdict verdict = history::check_linearizability(operations);
  if (verdict.judgement == history::Judgement::not_linearizable) {
    return "I15 ReadLinearizable: no order explains what the clients saw\n" + verdict.text();
  }
  const std::vector<std::string> stale = history::check_stale_reads(operations, 1);
  return stale.empty() ? std::string() : "I15 ReadLinearizable: " + stale.front();
}

}  // namespace

Report run_swarm(std::uint64_t seed, const Swarm& swarm, const SeedOptions& options) {
  SeedOptions own = options;
  std::vector<history::Operation> history;
  if (own.judges_history && own.history == nullptr) own.history = &history;
  Report report = World(seed, swarm, own).run();
  if (own.judges_history && report.violation.empty()) report.violation = judged(*own.history);
  return report;
}

Report run_seed(std::uint64_t seed, const SeedOptions& options) {
  return run_swarm(seed, draw_swarm(seed), options);
}

}  // namespace kelek::sim
