// What was lost, and the end of all trouble, after which a group must make progress.
#include <algorithm>

#include <kelek/sim/cluster.h>

namespace kelek::sim {

using namespace raft;

namespace {

constexpr std::size_t timeouts_to_elect = 10;
constexpr std::size_t timeouts_to_write = 20;
/// Of as many as there are nodes, or fewer, two often draw the same; and of very many each round takes its time.
constexpr std::uint32_t fewest_ticks_to_draw_from = 6;
constexpr std::uint32_t most_ticks_to_draw_from = 1'000;

bool contains(const NodeIds& nodes, NodeId id) {
  return std::find(nodes.begin(), nodes.end(), id) != nodes.end();
}

}  // namespace

bool Cluster::damage(NodeId id, Index first) {
  if (!host(id).disk.lose_from(first)) return false;
  ledger_.lost_durable(id);
  return true;
}

/// It tells everybody, as coordinators that greet each other do; who leads, in whatever term, makes use of it.
void Cluster::tell_of_loss(const Host& host) {
  if (host.node == nullptr || host.disk.repair_until == 0) return;
  for (auto& [id, other] : hosts_) {
    if (fault_ || id == host.id || other.node == nullptr || network_.is_cut(host.id, id)) continue;
    const Member* member = other.node->configuration()->find(host.id);
    if (role(id) != Role::leader || member == nullptr || member->incarnation != host.incarnation) continue;
    peer_fell_back(id, host.id, host.node->status().stable_index);
    work(other);
  }
}

bool Cluster::is_quorum(const NodeIds& nodes) const {
  const auto is_sound = [&](const Member& member) {
    if (!contains(nodes, member.id) || !has_node(member.id)) return false;
    const Host& owner = host(member.id);
    return owner.incarnation == member.incarnation && owner.disk.repair_until == 0;
  };
  bool anybody = false;
  for (const auto& [id, host] : hosts_) {
    const ConfigurationRef known = host.node != nullptr ? host.node->configuration() : host.disk.configuration();
    for (const auto half : {&Member::voter, &Member::outgoing}) {
      std::size_t all = 0;
      std::size_t sound = 0;
      for (const Member& member : known->members()) {
        if (!(member.*half)) continue;
        ++all;
        if (is_sound(member)) ++sound;
      }
      if (all != 0 && sound * 2 <= all) return false;
      anybody = anybody || all != 0;
    }
  }
  return anybody;
}

bool Cluster::has_time_to_elect(const NodeIds& nodes) const {
  const std::uint32_t ticks = setup_.options.election_ticks;
  return ticks >= fewest_ticks_to_draw_from && ticks >= 2 * nodes.size() && ticks <= most_ticks_to_draw_from;
}

/// Nodes whose timers were fixed to the same number would ask for votes at once for ever.
void Cluster::heal_among(const NodeIds& nodes) {
  network_.heal();
  network_.calm();
  for (const auto& [id, host] : hosts_) {
    if (!contains(nodes, id)) isolate(id);
  }
  for (const NodeId id : nodes) {
    Host& healed = host(id);
    const bool is_fixed = std::exchange(healed.timeout_ticks, std::nullopt).has_value();
    if (healed.node == nullptr) start(healed);
    if (fault_) return;
    if (!healed.applying) resume_applying(id);
    if (is_fixed) healed.node->set_election_timeout(0);
  }
}

std::size_t Cluster::longest_timeout(const NodeIds& nodes) const {
  std::size_t longest = 0;
  for (const NodeId id : nodes) {
    const auto own = setup_.options_of.find(id);
    const Options& options = own != setup_.options_of.end() ? own->second : setup_.options;
    longest = std::max<std::size_t>(longest, 2 * options.election_ticks + options.election_delay_ticks);
  }
  return longest;
}

std::size_t Cluster::catching_up(const NodeIds& nodes) const {
  Index longest = 0;
  Index shortest = UINT64_MAX;
  std::uint64_t largest_snapshot_bytes = 0;
  for (const NodeId id : nodes) {
    longest = std::max(longest, last(id));
    shortest = std::min(shortest, commit(id));
    const Disk& disk = host(id).disk;
    if (disk.snapshot != nullptr)
      largest_snapshot_bytes = std::max(largest_snapshot_bytes, disk.snapshot->metadata.size_bytes);
  }
  const std::uint64_t appends = (longest - shortest) / setup_.options.max_append_entries;
  const std::uint64_t chunks = largest_snapshot_bytes / setup_.options.snapshot_chunk_bytes;
  return static_cast<std::size_t>(appends + chunks);
}

/// Whoever leads in the highest term that has a leader among them. Not in the highest term: a member that was removed,
/// and has not heard of it, may ask for votes in higher and higher terms for ever, and nobody minds.
NodeId Cluster::leader_among(const NodeIds& nodes) const {
  NodeId leading = no_node;
  for (const NodeId id : nodes) {
    if (role(id) == Role::leader && (leading == no_node || term(id) > term(leading))) leading = id;
  }
  return leading;
}

/// The members among them, as the leader knows them: one that was removed may not have heard of it.
bool Cluster::has_applied(const NodeIds& nodes, Index index) const {
  const NodeId leading = leader_among(nodes);
  if (leading == no_node) return false;
  return std::all_of(nodes.begin(), nodes.end(), [&](NodeId id) {
    const Member* member = node(leading).configuration()->find(id);
    if (member == nullptr || member->incarnation != host(id).incarnation) return true;
    return host(id).applied >= index;
  });
}

/// What stands still, and how.
std::string Cluster::describe(const NodeIds& nodes) const {
  std::string text;
  for (const NodeId id : nodes) {
    const char* roles[] = {"follower", "pre-candidate", "candidate", "leader"};
    text += "; node " + std::to_string(id) + " " + roles[static_cast<std::size_t>(role(id))] + " of term " +
            std::to_string(term(id)) + ", commit " + std::to_string(commit(id)) + " of " + std::to_string(last(id)) +
            ", applied " + std::to_string(host(id).applied) + ", " + config(id);
  }
  return text;
}

Outcome Cluster::recover(const NodeIds& nodes) {
  heal_among(nodes);
  if (fault_) return Outcome::fault;
  const std::size_t timeout = longest_timeout(nodes);
  const std::size_t behind = catching_up(nodes);
  const auto leads = [&] {
    const Index newest = ledger_.highest_commit();
    const NodeId leading = leader_among(nodes);
    return leading != no_node && newest > 0 && ledger_.committed_term(newest) == term(leading);
  };
  Outcome outcome = run(timeouts_to_elect * timeout + behind, leads);
  if (outcome == Outcome::never_held) {
    fail(Fault::Kind::invariant, "I22 Liveness: a healed quorum of " + std::to_string(nodes.size()) +
                                     " elects no leader that commits within 10 election timeouts" + describe(nodes));
  }
  for (std::size_t asked = timeouts_to_elect; outcome == Outcome::done; ++asked) {
    Index wanted = UINT64_MAX;
    if (leads()) {
      const Result<Proposed> proposed = propose(leader_among(nodes), "recovered");
      if (proposed) wanted = proposed->first_index;
    }
    outcome = run(asked == timeouts_to_elect ? timeout + behind : timeout, [&] { return has_applied(nodes, wanted); });
    if (outcome != Outcome::never_held) return outcome;
    if (asked < timeouts_to_write) outcome = Outcome::done;
  }
  if (outcome == Outcome::never_held) {
    fail(Fault::Kind::invariant, "I22 Liveness: a healed quorum of " + std::to_string(nodes.size()) +
                                     " applies no write on every member within 20 election timeouts" + describe(nodes));
  }
  return fault_ ? Outcome::fault : outcome;
}

}  // namespace kelek::sim
