// Commands, done one by one.
#include <kelek/sim/player.h>

#include <algorithm>

#include "fact_check.h"

namespace kelek::sim {

using namespace raft;

namespace {

Setup setup_of(const Scenario& scenario, const Schedule& schedule, Observer* observer) {
  Setup setup = scenario.setup;
  setup.schedule = schedule;
  setup.observer = observer;
  return setup;
}

std::string at(const std::string& file, Place place) {
  return file + ":" + std::to_string(place.line);
}

}  // namespace

std::string describe(const Problem& problem, const std::string& file) {
  return at(file, problem.place) + ":" + std::to_string(problem.place.column) + ": " + problem.text;
}

std::string describe(const Verdict& verdict, const std::string& file) {
  switch (verdict.kind) {
    case Verdict::Kind::passed: return {};
    case Verdict::Kind::failed: return at(file, verdict.place) + ": " + verdict.text;
    case Verdict::Kind::impossible: return describe(Problem{verdict.place, verdict.text}, file);
  }
  return {};
}

Player::Player(const Scenario& scenario, const Schedule& schedule, Observer* observer)
    : scenario_(scenario), cluster_(setup_of(scenario, schedule, observer)) {
  look_for_fault(scenario.cluster_place);
}

void Player::fail(Place place, std::string text) {
  if (verdict_.kind == Verdict::Kind::passed) verdict_ = Verdict{Verdict::Kind::failed, place, std::move(text)};
}

void Player::impossible(Place place, std::string text) {
  if (verdict_.kind == Verdict::Kind::passed) verdict_ = Verdict{Verdict::Kind::impossible, place, std::move(text)};
}

const Command* Player::next() const {
  if (verdict_.kind != Verdict::Kind::passed || next_ == scenario_.commands.size()) return nullptr;
  return &scenario_.commands[next_];
}

const Verdict& Player::play() {
  while (step()) {
  }
  return verdict_;
}

/// Does one command. What stands in its way goes into the verdict.
struct Doing {
  Player& player;
  const Command& command;
  Cluster& cluster = player.cluster_;

  /// The node meant, or none if it cannot be: nobody leads.
  NodeId resolve(const NodeWord& node) const {
    if (!node.is_leader()) return node.id;
    const NodeId leader = cluster.leader();
    if (leader == no_node) player.fail(command.place, "expected a leader, but " + who_leads(cluster));
    return leader;
  }
  NodeId up(const NodeWord& node) const {
    const NodeId id = resolve(node);
    if (id == no_node || cluster.is_up(id)) return id;
    player.impossible(node.place, "node " + std::to_string(id) + " is down");
    return no_node;
  }
  /// All of them, or none if one is not as it should be.
  NodeIds all(const NodesWord& nodes, bool up) const {
    for (const NodeWord& node : nodes.nodes) {
      if (cluster.is_up(node.id) == up) continue;
      player.impossible(node.place, "node " + std::to_string(node.id) + (up ? " is down" : " is up"));
      return {};
    }
    return nodes_of(cluster, nodes);
  }
  Cluster::Fact fact(const std::optional<FactWord>& until) const {
    if (!until) return {};
    return [this, &until] { return FactCheck(player).check(*until).holds; };
  }
  void look(Outcome outcome, const std::optional<FactWord>& until) const {
    if (outcome == Outcome::never_rests) {
      player.fail(command.place, "expected the cluster to come to rest, but it moves on and on");
    } else if (outcome == Outcome::never_held) {
      player.fail(command.place, "expected " + until->text + ", but " + FactCheck(player).check(*until).seen);
    }
  }
  template <typename Answer>
  void note(const Answer& answer, NodeId node = no_node, Token token = 0) const {
    const std::string why = answer.ok() ? "" : std::string(": ") + describe(answer.error().refusal);
    player.last_request_ = Player::Request{!answer.ok(), node, token, true, why};
  }

  void operator()(const TickCommand& what) const {
    cluster.tick(all(what.nodes, true), static_cast<std::size_t>(what.times));
  }
  void operator()(const RunCommand& what) const {
    look(cluster.run(static_cast<std::size_t>(what.rounds), fact(what.until)), what.until);
  }
  void operator()(const TimeoutCommand& what) const {
    if (const NodeId id = up(what.node)) cluster.timeout(id, what.ticks);
  }
  void operator()(const CampaignCommand& what) const {
    if (const NodeId id = up(what.node)) note(cluster.campaign(id));
  }
  void operator()(const ProposeCommand& what) const {
    const NodeId id = up(what.node);
    if (id == no_node) return;
    const Token token = ++player.last_token_;
    const auto proposed = cluster.propose(id, what.data, static_cast<std::size_t>(what.times), token);
    // What this node appended itself is accepted; of what it forwards the leader may think otherwise.
    const bool forwarded = proposed.ok() && proposed->first_index == 0;
    note(proposed, id, forwarded ? token : 0);
  }
  void operator()(const ReadCommand& what) const {
    const NodeId id = up(what.node);
    if (id == no_node) return;
    const Token token = ++player.last_token_;
    // Only a read that asks for it may be answered by the lease.
    const Status asked = cluster.read(id, token, what.lease ? ReadMode::linearizable : ReadMode::quorum);
    player.reads_[what.id] = Player::Read{id, token, !asked.ok()};
    note(asked);
  }
  void operator()(const ChangeCommand& what) const {
    const NodeId id = up(what.node);
    if (id == no_node) return;
    MembershipChange wish = what.wish;
    if (!player.scenario_.auto_leave && wish.operations.size() > 1) wish.explicit_leave = true;
    note(cluster.change(id, std::move(wish)));
  }
  void operator()(const TransferCommand& what) const {
    const NodeId leader = up(what.leader);
    const NodeId to = resolve(what.to);
    if (leader != no_node && to != no_node) note(cluster.transfer(leader, to));
  }
  void operator()(const MessagesCommand& what) const {
    const bool names_leader =
        (what.which.from && what.which.from->is_leader()) || (what.which.to && what.which.to->is_leader());
    if (names_leader && resolve(NodeWord{no_node, command.place}) == no_node) return;
    Which which = which_of(cluster, what.which);
    which.after = static_cast<std::size_t>(what.after);
    const std::size_t count = what.count ? static_cast<std::size_t>(*what.count) : SIZE_MAX;
    switch (what.what) {
      case MessagesCommand::What::deliver: cluster.deliver(which, count); break;
      case MessagesCommand::What::drop: cluster.drop(which, count); break;
      case MessagesCommand::What::duplicate: cluster.duplicate(which, count, what.held); break;
      case MessagesCommand::What::hold: cluster.hold(which, count); break;
      case MessagesCommand::What::release: cluster.release(which, count); break;
    }
  }
  void operator()(const SettleCommand& what) const {
    NodeIds among = what.nodes ? nodes_of(cluster, *what.nodes) : cluster.up_nodes();
    if (!among.empty()) look(cluster.settle(among, fact(what.until)), what.until);
  }
  void operator()(const PersistCommand& what) const {
    const std::size_t count = what.count ? static_cast<std::size_t>(*what.count) : SIZE_MAX;
    if (const NodeId id = up(what.node)) cluster.persist(id, count);
  }
  void operator()(const CrashCommand& what) const {
    for (const NodeId id : all(what.nodes, true)) cluster.crash(id);
  }
  void operator()(const RestartCommand& what) const {
    for (const NodeId id : all(what.nodes, false)) cluster.restart(id);
  }
  void operator()(const WipeCommand& what) const {
    const NodeId id = resolve(what.node);
    if (id == no_node) return;
    if (!cluster.is_up(id)) return cluster.wipe(id);
    player.impossible(what.node.place, "node " + std::to_string(id) + " is up: only a crashed node loses its disk");
  }
  void operator()(const DamageCommand& what) const {
    const NodeId id = resolve(what.node);
    if (id == no_node) return;
    const std::string node = "node " + std::to_string(id);
    if (cluster.is_up(id)) return player.impossible(what.node.place, node + " is up: only a crashed node's disk rots");
    NodeIds others = cluster.all_nodes();
    others.erase(std::find(others.begin(), others.end(), id));
    if (!cluster.is_quorum(others)) {
      return player.impossible(what.node.place,
                               node + " is needed: without its disk no majority of sound ones is left");
    }
    if (cluster.damage(id, what.first)) return;
    player.impossible(what.node.place, node + " holds no entry " + std::to_string(what.first) +
                                           ", or a snapshot covers it: nothing can be lost from there on");
  }
  void operator()(const RecoverCommand& what) const {
    const NodeIds nodes = nodes_of(cluster, what.nodes);
    if (!cluster.is_quorum(nodes)) {
      return player.impossible(command.place,
                               "these nodes are no quorum with sound disks of every configuration "
                               "that a node goes by: they need not make progress");
    }
    if (!cluster.has_time_to_elect(nodes)) {
      return player.impossible(command.place,
                               "recover needs election=6 or more, twice the number of its nodes or more, "
                               "and at most 1000: with fewer ticks to draw from, votes may split for long");
    }
    look(cluster.recover(nodes), std::nullopt);
  }
  void operator()(const CutCommand& what) const {
    const NodeId from = resolve(what.from);
    const NodeId to = resolve(what.to);
    if (from == no_node || to == no_node) return;
    cluster.cut(from, to);
    if (what.both_ways) cluster.cut(to, from);
  }
  void operator()(const IsolateCommand& what) const {
    for (const NodeId id : nodes_of(cluster, what.nodes)) cluster.isolate(id);
  }
  void operator()(const PartitionCommand& what) const { cluster.partition(what.groups); }
  void operator()(const HealCommand&) const { cluster.heal(); }
  void operator()(const SnapshotCommand& what) const {
    const NodeId id = up(what.node);
    // One at this index, or beyond, is there already.
    if (id == no_node ||
        (cluster.snapshot_index(id) != 0 && cluster.status(id).applied <= cluster.snapshot_index(id))) {
      return;
    }
    const auto taken = cluster.snapshot(id);
    if (!taken) player.impossible(what.node.place, "node " + std::to_string(id) + ": " + taken.error().text);
  }
  void operator()(const CompactCommand& what) const {
    if (const NodeId id = up(what.node)) cluster.compact(id, what.index);
  }
  void operator()(const TakeCommand& what) const {
    if (const NodeId id = up(what.node)) cluster.take(id);
  }
  void operator()(const ExpectCommand& what) const {
    const Finding finding = FactCheck(player).check(what.fact);
    if (!finding.holds) player.fail(command.place, "expected " + what.fact.text + ", but " + finding.seen);
  }
};

bool Player::step() {
  const Command* command = next();
  if (command == nullptr) return false;
  std::visit(Doing{*this, *command}, command->what);
  look_for_fault(command->place);
  ++next_;
  return true;
}

void Player::look_for_fault(Place place) {
  if (!cluster_.fault()) return;
  const Fault& fault = *cluster_.fault();
  if (fault.kind == Fault::Kind::invariant) {
    fail(place, "expected every invariant of Raft to hold, but " + fault.text);
  } else {
    impossible(place, fault.text);
  }
}

}  // namespace kelek::sim
