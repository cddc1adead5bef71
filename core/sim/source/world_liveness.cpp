// The liveness phase: a quorum is healed, everything else stays broken, and it must make progress.
#include <algorithm>

#include "world.h"

namespace kelek::sim {

using namespace raft;

namespace {

constexpr std::uint64_t timeouts_to_elect = 10;
constexpr std::uint64_t timeouts_to_write = 20;
/// For an append, or a chunk, and its answer in the calm network.
constexpr Time round_trip = 4'000;
constexpr std::uint64_t most_appended = 64;

}  // namespace

/// What stands still, and how.
std::string World::describe_hosts() const {
  std::string text;
  for (const Host& host : hosts_) {
    text += "; node " + std::to_string(host.id);
    if (!host.up()) {
      text += " down";
      continue;
    }
    const NodeStatus status = host.node->status();
    const char* roles[] = {"follower", "pre-candidate", "candidate", "leader"};
    text += std::string(" ") + roles[static_cast<std::size_t>(status.role)] + " of term " +
            std::to_string(status.term) + ", commit " + std::to_string(status.commit) + " of " +
            std::to_string(status.last_index) + ", applied " + std::to_string(host.applied) + ", " +
            host.node->configuration()->describe();
    if (host.repair_until != 0) text += ", repairs its log";
  }
  return text;
}

bool World::run_until(Time deadline, const std::function<bool()>& done) {
  while (!broken() && !queue_.empty()) {
    if (done()) return true;
    const Event next = queue_.take();
    if (next.time > deadline) {
      queue_.put(next.time, next.kind, next.subject, next.stamp);
      return false;
    }
    handle(next);
  }
  return done();
}

/// A majority of each half of every configuration that a disk may still hold: nobody knows yet which of them counts.
bool World::is_quorum(const std::vector<Host*>& chosen) const {
  for (const Host& host : hosts_) {
    const Configuration& known = host.up() ? *host.node->configuration() : *host.configuration;
    for (const auto half : {&Member::voter, &Member::outgoing}) {
      std::size_t all = 0;
      std::size_t there = 0;
      for (const Member& member : known.members()) {
        if (!(member.*half)) continue;
        ++all;
        const bool is_chosen = std::any_of(chosen.begin(), chosen.end(), [&](const Host* one) {
          return one->id == member.id && one->incarnation == member.incarnation && one->repair_until == 0;
        });
        if (is_chosen) ++there;
      }
      if (all != 0 && there * 2 <= all) return false;
    }
  }
  return true;
}

/// As few as make a quorum, drawn; empty if all together make none.
std::vector<Host*> World::choose_quorum() {
  std::vector<Host*> order;
  for (Host& host : hosts_) order.push_back(&host);
  for (std::size_t i = order.size(); i > 1; --i) {
    std::swap(order[i - 1], order[static_cast<std::size_t>(random_.below(i))]);
  }
  std::vector<Host*> chosen;
  for (Host* host : order) {
    chosen.push_back(host);
    if (is_quorum(chosen)) return chosen;
  }
  return {};
}

void World::heal_among(const std::vector<Host*>& chosen) {
  calm_ = true;
  strike_in_ = 0;
  if (options_.acts != nullptr) {
    record(Act::Kind::recover, no_node);
    for (const Host& host : hosts_) {
      if (std::find(chosen.begin(), chosen.end(), &host) != chosen.end())
        options_.acts->back().nodes.push_back(host.id);
    }
  }
  const auto is_chosen = [&](const Host& host) {
    return std::find(chosen.begin(), chosen.end(), &host) != chosen.end();
  };
  for (Host& a : hosts_) {
    for (Host& b : hosts_) {
      cut(a.id, b.id) = !(is_chosen(a) && is_chosen(b));
      clogged_until_.at(a.id, b.id) = 0;
    }
  }
  for (Host* host : chosen) {
    host->tick_period = tick_time;
    host->stalled_until = 0;
    if (!host->up()) {
      start(*host);
    } else {
      on_resume(*host);
    }
  }
}

/// By who leads: one that was removed may not have heard of it.
bool World::is_member(const Host& host) {
  const Host* leading = leader();
  const Member* member = leading != nullptr ? leading->node->configuration()->find(host.id) : nullptr;
  return member != nullptr && member->incarnation == host.incarnation;
}

/// Who leads may first have to send what the others lack, in appends and chunks of the sizes that were drawn.
/// Counter-example: a majority with logs of 3,000 and of 70 entries commits nothing new before the 2,930 have arrived.
Time World::catching_up(const std::vector<Host*>& chosen) const {
  Index longest = 0;
  Index shortest = UINT64_MAX;
  std::uint64_t largest_snapshot_bytes = 0;
  for (const Host* host : chosen) {
    const NodeStatus status = host->node->status();
    longest = std::max(longest, status.last_index);
    shortest = std::min(shortest, status.commit);
    largest_snapshot_bytes = std::max<std::uint64_t>(largest_snapshot_bytes, host->disk->newest_snapshot().size());
  }
  const std::uint64_t appends =
      (longest - shortest) / std::min<Index>(swarm_.options.max_append_entries, most_appended);
  const std::uint64_t chunks = largest_snapshot_bytes / swarm_.options.snapshot_chunk_bytes;
  return (appends + chunks) * round_trip;
}

void World::run_liveness() {
  const std::vector<Host*> chosen = choose_quorum();
  if (chosen.empty()) {
    report_.unrecoverable = true;
    return;
  }
  note(0x3000);
  heal_among(chosen);
  if (broken()) return;
  const Time timeout = tick_time * (2 * swarm_.options.election_ticks + (swarm_.priorities ? 10 : 0));
  const Time began = now_;
  const auto leads = [&] {
    const Host* leading = leader();
    return leading != nullptr && std::find(chosen.begin(), chosen.end(), leading) != chosen.end() &&
           leading->node->status().term == ledger_.committed_term(ledger_.highest_commit());
  };
  const auto has_leader = [&] { return ledger_.highest_commit() > 0 && leads(); };
  const Time behind = catching_up(chosen);
  if (!run_until(began + timeouts_to_elect * timeout + behind, has_leader)) {
    if (!broken()) {
      ledger_.complain("I22 Liveness: a healed quorum of " + std::to_string(chosen.size()) +
                       " elects no leader that commits within 10 election timeouts" + describe_hosts());
    }
    return;
  }
  // Each live member takes a write, and sees it applied.
  const Time deadline = began + timeouts_to_write * timeout + behind;
  for (Host* host : chosen) {
    Token token = 0;
    Time asked = 0;
    const auto written = [&] {
      if (!host->up() || !is_member(*host)) return true;
      if (token != 0 && clients_.probe_committed(token)) return true;
      if (token == 0 || now_ > asked + timeout) {
        asked = now_;
        token = clients_.probe(*host);
      }
      return false;
    };
    if (!run_until(deadline, written) && !broken()) {
      return ledger_.complain("I22 Liveness: node " + std::to_string(host->id) +
                              " of a healed quorum takes no write within 20 election timeouts" + describe_hosts());
    }
    if (broken()) return;
  }
  clients_.stop();
  const auto all_applied = [&] {
    return clients_.all_answered() && std::all_of(chosen.begin(), chosen.end(), [&](const Host* host) {
             return !is_member(*host) || host->applied == ledger_.highest_commit();
           });
  };
  if (!run_until(now_ + timeouts_to_write * timeout + behind, all_applied) && !broken()) {
    ledger_.complain(
        "I22 Liveness: requests of clients stay without an answer, or entries without being applied, in a "
        "healed quorum");
  }
}

}  // namespace kelek::sim
