// What goes wrong, and when: at random, and aimed at events.
#include <algorithm>

#include "world.h"

namespace kelek::sim {

using namespace raft;

namespace {

constexpr Time clog_spread = 100 * tick_time;
constexpr std::uint32_t strike_within = 20;

enum class Fault : std::uint32_t {
  crash,
  crash_leader,
  crash_all,
  isolate_leader,
  cut,
  partition,
  clog,
  swap_links,
  pause,
  clock,
  campaign,
  transfer,
  change,
  stall,
  disk_failure,
  wipe,
  damage,
};
constexpr std::uint32_t faults = 17;

/// In the order of Fault.
std::array<std::uint32_t, faults> weights_of(const Swarm::Weights& weights) {
  return {weights.crash,     weights.crash_leader, weights.crash_all,  weights.isolate_leader, weights.cut,
          weights.partition, weights.clog,         weights.swap_links, weights.pause,          weights.clock,
          weights.campaign,  weights.transfer,     weights.change,     weights.stall,          weights.disk_failure,
          weights.wipe,      weights.damage};
}

}  // namespace

void World::schedule_fault() {
  if (calm_) return;
  queue_.put(now_ + 1 + random_.below(2 * swarm_.fault_interval), EventKind::fault, 0, 0);
}

void World::on_fault() {
  if (calm_) return;
  const std::array<std::uint32_t, faults> weights = weights_of(swarm_.weights);
  std::uint32_t total = 0;
  for (const std::uint32_t weight : weights) total += weight;
  auto choice = static_cast<std::uint32_t>(random_.below(total));
  for (std::uint32_t number = 0; number < faults && total != 0; ++number) {
    if (choice < weights[number]) {
      fault(number);
      break;
    }
    choice -= weights[number];
  }
  schedule_fault();
}

Host* World::any_host(bool up) {
  std::array<Host*, most_hosts> found{};
  std::size_t count = 0;
  for (Host& host : hosts_) {
    if (host.up() == up) found[count++] = &host;
  }
  return count == 0 ? nullptr : found[static_cast<std::size_t>(random_.below(count))];
}

void World::crash_for_a_while(Host& host) {
  crash(host);
  queue_.put(now_ + 1 + random_.below(swarm_.outage_spread), EventKind::start, static_cast<std::uint32_t>(host.id - 1),
             host.life);
}

void World::cut_for_a_while() {
  queue_.put(now_ + 1 + random_.below(swarm_.outage_spread), EventKind::mend, 0, 0);
}

void World::fault(std::uint32_t number) {
  Host* host = any_host(true);
  if (host == nullptr) return;
  note(0x1000 + number);
  Host* leading = leader();
  Host& victim = leading != nullptr ? *leading : *host;
  switch (static_cast<Fault>(number)) {
    case Fault::crash:
    case Fault::disk_failure: return crash_for_a_while(*host);
    case Fault::crash_leader: return crash_for_a_while(victim);
    case Fault::crash_all:
      for (Host& each : hosts_) {
        if (each.up()) crash_for_a_while(each);
      }
      return;
    case Fault::isolate_leader: cut_off(victim.id); return cut_for_a_while();
    case Fault::cut: return cut_one(*host);
    case Fault::partition: return part_in_two();
    case Fault::clog: clogged_until_.at(host->id, any_host(true)->id) = now_ + random_.below(clog_spread); return;
    case Fault::swap_links: return swap_links(*host, *any_host(true));
    case Fault::pause: return pause(*host);
    case Fault::clock: return change_clock(*host);
    case Fault::campaign:
      if (host->paused) return;
      catch_up(*host);
      record(Act::Kind::campaign, host->id);
      (void)host->node->campaign();
      return work(*host);
    case Fault::transfer: return transfer();
    case Fault::change: return change_membership();
    case Fault::stall: host->stalled_until = now_ + random_.below(60 * tick_time); return;
    case Fault::wipe:
      if (!may_lose(*host)) return;
      crash(*host);
      return wipe(*host);
    case Fault::damage:
      if (!may_lose(*host)) return;
      crash_for_a_while(*host);
      return rot(*host);
  }
}

void World::cut_one(Host& host) {
  const Host* other = any_host(true);
  if (other == &host) return;
  cut(host.id, other->id) = true;
  if (random_.chance(500)) cut(other->id, host.id) = true;
  cut_for_a_while();
}

/// Some of the links between the two may go on to carry one way.
void World::part_in_two() {
  const std::uint64_t group = random_.next();
  const bool one_way = random_.chance(300);
  for (const Host& a : hosts_) {
    for (const Host& b : hosts_) {
      const bool a_in = ((group >> a.id) & 1) != 0;
      const bool b_in = ((group >> b.id) & 1) != 0;
      if (a_in != b_in && (!one_way || a_in)) cut(a.id, b.id) = true;
    }
  }
  cut_for_a_while();
}

/// Whom one could reach now the other one can.
void World::swap_links(const Host& a, const Host& b) {
  for (std::size_t id = 1; id <= hosts_.size(); ++id) {
    if (id == a.id || id == b.id) continue;
    std::swap(cut(a.id, id), cut(b.id, id));
    std::swap(cut(id, a.id), cut(id, b.id));
  }
}

void World::pause(Host& host) {
  if (host.paused) return;
  catch_up(host);
  host.paused = true;
  queue_.put(now_ + 1 + random_.below(swarm_.outage_spread), EventKind::resume, static_cast<std::uint32_t>(host.id - 1),
             host.life);
}

void World::change_clock(Host& host) {
  host.tick_period = tick_time - swarm_.clock_spread + random_.below(2 * swarm_.clock_spread + 1);
}

void World::transfer() {
  Host* leading = leader();
  if (leading == nullptr || leading->paused) return;
  catch_up(*leading);
  const std::vector<Member>& members = leading->node->configuration()->members();
  if (members.empty()) return;
  const NodeId heir = members[static_cast<std::size_t>(random_.below(members.size()))].id;
  record(Act::Kind::transfer, leading->id);
  if (options_.acts != nullptr) options_.acts->back().other = heir;
  (void)leading->node->transfer(heir);
  work(*leading);
}

/// Right after something was said that much hangs on: the sender dies, is cut off or stands still, a few deliveries
/// later.
void World::aim(const Ready& ready, const Host& host) {
  if (calm_ || strike_in_ != 0) return;
  const auto matters = [](const Message& message) {
    const auto* append = std::get_if<AppendRequest>(&message.body);
    return (append != nullptr && !append->entries.empty()) || std::holds_alternative<VoteRequest>(message.body);
  };
  const bool any = std::any_of(ready.messages.begin(), ready.messages.end(), matters) ||
                   std::any_of(ready.messages_after.begin(), ready.messages_after.end(), matters);
  if (!any || !random_.chance(swarm_.strike)) return;
  strike_in_ = 1 + static_cast<std::uint32_t>(random_.below(strike_within));
  strike_at_ = host.id;
}

void World::strike() {
  Host* host = host_of(strike_at_);
  if (calm_ || host == nullptr || !host->up()) return;
  note(0x2000 + host->id);
  if (random_.chance(700)) return crash_for_a_while(*host);
  cut_off(host->id);
  cut_for_a_while();
}

bool World::is_impaired(const Member& member, const Host* also) const {
  const Host& host = hosts_[static_cast<std::size_t>(member.id - 1)];
  return host.incarnation != member.incarnation || host.repair_until != 0 || &host == also;
}

/// A disk may be lost where, in every configuration that anybody goes by, most voters' disks are sound without it.
bool World::may_lose(const Host& lost) const {
  for (const Host& host : hosts_) {
    const Configuration& known = host.up() ? *host.node->configuration() : *host.configuration;
    for (const auto half : {&Member::voter, &Member::outgoing}) {
      std::size_t all = 0;
      std::size_t sound = 0;
      for (const Member& member : known.members()) {
        if (!(member.*half)) continue;
        ++all;
        if (!is_impaired(member, &lost)) ++sound;
      }
      if (all != 0 && sound * 2 <= all) return false;
    }
  }
  return true;
}

bool World::keeps_quorum(const Configuration& configuration) const {
  std::size_t all = 0;
  std::size_t sound = 0;
  for (const Member& member : configuration.members()) {
    if (!member.voter) continue;
    ++all;
    if (!is_impaired(member, nullptr)) ++sound;
  }
  return sound * 2 > all;
}

MembershipChange World::draw_change(const Configuration& present) {
  using Kind = MemberOperation::Kind;
  MembershipChange wish;
  if (present.is_joint()) return wish;
  const std::uint64_t count = random_.chance(300) ? random_.between(2, 3) : 1;
  wish.explicit_leave = random_.chance(150);
  for (std::uint64_t i = 0; i < count; ++i) {
    const Host& host = hosts_[static_cast<std::size_t>(random_.below(hosts_.size()))];
    const bool named_already = std::any_of(wish.operations.begin(), wish.operations.end(),
                                           [&](const MemberOperation& other) { return other.id == host.id; });
    if (named_already) continue;
    MemberOperation operation;
    operation.id = host.id;
    const Member* member = present.find(host.id);
    if (member == nullptr) {
      operation.kind = random_.chance(600) ? Kind::add_learner : Kind::add_voter;
      operation.incarnation = host.incarnation;
    } else if (member->incarnation != host.incarnation) {
      operation.kind = Kind::remove;
    } else if (member->learner) {
      operation.kind = random_.chance(700) ? Kind::add_voter : Kind::remove;
    } else {
      operation.kind = random_.chance(700) ? Kind::remove : Kind::add_learner;
    }
    wish.operations.push_back(std::move(operation));
  }
  return wish;
}

void World::change_membership() {
  Host* leading = leader();
  if (leading == nullptr || leading->paused) return;
  catch_up(*leading);
  const Configuration& present = *leading->node->configuration();
  const MembershipChange wish = draw_change(present);
  const Result<Configuration> next = change_configuration(present, wish);
  if (!next || !keeps_quorum(*next)) return;
  record(Act::Kind::change, leading->id);
  if (options_.acts != nullptr) options_.acts->back().wish = wish;
  (void)leading->node->change(wish);
  work(*leading);
}

}  // namespace kelek::sim
