// Each fact of a scenario, looked at on the cluster: of nodes that are up what they hold, of others what is durable.
#include "fact_check.h"

#include <algorithm>

namespace kelek::sim {

using namespace raft;

namespace {

std::string named(NodeId id) {
  return "node " + std::to_string(id);
}

const char* name_of_role(Role role) {
  switch (role) {
    case Role::follower: return "follower";
    case Role::pre_candidate: return "pre-candidate";
    case Role::candidate: return "candidate";
    case Role::leader: return "leader";
  }
  return "?";
}

std::string text_of(const std::vector<Term>& terms) {
  std::string text;
  for (const Term term : terms) text += (text.empty() ? "" : " ") + std::to_string(term);
  return text.empty() ? "an empty log" : "the log " + text;
}

std::string quoted(const std::string& data) {
  std::string text = "\"";
  for (const char letter : data) {
    if (letter == '"' || letter == '\\') text += '\\';
    text += letter;
  }
  return text + '"';
}

std::string text_of(const std::vector<std::string>& data) {
  constexpr std::size_t most = 20;
  std::string text;
  for (std::size_t i = 0; i < std::min(data.size(), most); ++i) text += (i == 0 ? "" : " ") + quoted(data[i]);
  if (data.size() > most) text += " and " + std::to_string(data.size() - most) + " more";
  return text.empty() ? "no data" : "the data " + text;
}

NodeIds members_that(const Configuration& configuration, bool Member::*are) {
  NodeIds ids;
  for (const Member& member : configuration.members()) {
    if (member.*are) ids.push_back(member.id);
  }
  return ids;
}

std::string list_text(const NodeIds& ids) {
  std::string text;
  for (const NodeId id : ids) text += (text.empty() ? "" : ",") + std::to_string(id);
  return text;
}

std::string text_of(const Configuration& configuration) {
  std::string text = "voters=" + list_text(members_that(configuration, &Member::voter));
  const NodeIds outgoing = members_that(configuration, &Member::outgoing);
  const NodeIds learners = members_that(configuration, &Member::learner);
  if (!outgoing.empty()) text += " outgoing=" + list_text(outgoing);
  if (!learners.empty()) text += " learners=" + list_text(learners);
  return text;
}

const char* name_of(NumberFact::What what) {
  switch (what) {
    case NumberFact::What::term: return "term";
    case NumberFact::What::vote: return "vote";
    case NumberFact::What::commit: return "commit";
    case NumberFact::What::applied: return "applied";
    case NumberFact::What::last: return "last";
  }
  return "?";
}

}  // namespace

std::string who_leads(const Cluster& cluster) {
  const std::string term = " term " + std::to_string(cluster.highest_term());
  const NodeId leader = cluster.leader();
  if (cluster.up_nodes().empty()) return "no node is up";
  return (leader == no_node ? "nobody leads" : named(leader) + " leads") + term;
}

NodeIds nodes_of(const Cluster& cluster, const NodesWord& nodes) {
  return nodes.all_up ? cluster.up_nodes() : [&] {
    NodeIds ids;
    for (const NodeWord& node : nodes.nodes) ids.push_back(node.id);
    return ids;
  }();
}

Which which_of(const Cluster& cluster, const WhichWord& which) {
  const auto id = [&](const std::optional<NodeWord>& node) {
    if (!node) return no_node;
    return node->is_leader() ? cluster.leader() : node->id;
  };
  return Which{id(which.from), id(which.to), which.kind, 0};
}

Finding FactCheck::check(const FactWord& fact) const {
  Finding finding = std::visit(*this, fact.what);
  if (fact.negated) finding.holds = !finding.holds;
  return finding;
}

Finding FactCheck::each(const NodesWord& nodes, const std::function<Finding(NodeId)>& of_one) const {
  Finding last{true, "no node is up"};
  for (const NodeId id : nodes_of(cluster_, nodes)) {
    last = of_one(id);
    if (!last.holds) return last;
  }
  return last;
}

Finding FactCheck::one(const NodeWord& node, const std::function<Finding(NodeId)>& of_one) const {
  const NodeId id = node.is_leader() ? cluster_.leader() : node.id;
  if (id == no_node) return {false, who_leads(cluster_)};
  return of_one(id);
}

Finding FactCheck::operator()(const LeaderFact& fact) const {
  const NodeId leader = cluster_.leader();
  if (fact.none) return {leader == no_node, who_leads(cluster_)};
  const NodeIds wanted = nodes_of(cluster_, fact.nodes);
  const bool is_wanted = std::find(wanted.begin(), wanted.end(), leader) != wanted.end();
  const bool right_term = !fact.term || *fact.term == cluster_.highest_term();
  return {leader != no_node && is_wanted && right_term, who_leads(cluster_)};
}

Finding FactCheck::operator()(const RoleFact& fact) const {
  return each(fact.nodes, [&](NodeId id) {
    if (!cluster_.is_up(id)) return Finding{false, named(id) + " is down"};
    const Configuration& configuration = *cluster_.node(id).configuration();
    const Member* member = configuration.find(id);
    const Role role = cluster_.role(id);
    const bool is_learner = role == Role::follower && member != nullptr && member->learner && !member->outgoing;
    const std::string seen = named(id) + " is a " + (is_learner ? "learner" : name_of_role(role));
    switch (fact.role) {
      case RoleWord::follower: return Finding{role == Role::follower, seen};
      case RoleWord::pre_candidate: return Finding{role == Role::pre_candidate, seen};
      case RoleWord::candidate: return Finding{role == Role::candidate, seen};
      case RoleWord::leader: return Finding{role == Role::leader, seen};
      case RoleWord::learner: return Finding{is_learner, seen};
    }
    return Finding{false, seen};
  });
}

std::uint64_t FactCheck::number(NumberFact::What what, NodeId id) const {
  const Disk& disk = cluster_.disk(id);
  const bool is_up = cluster_.is_up(id);
  const NodeStatus status = is_up ? cluster_.status(id) : NodeStatus();
  switch (what) {
    case NumberFact::What::term: return is_up ? status.term : disk.hard_state.term;
    case NumberFact::What::vote: return is_up ? status.vote : disk.hard_state.vote;
    case NumberFact::What::commit:
      return is_up ? status.commit : std::max(disk.hard_state.commit, disk.snapshot_index());
    case NumberFact::What::applied: return is_up ? status.applied : disk.snapshot_index();
    case NumberFact::What::last: return last_index(id);
  }
  return 0;
}

Finding FactCheck::operator()(const NumberFact& fact) const {
  return each(fact.nodes, [&](NodeId id) {
    const std::uint64_t value = number(fact.what, id);
    const bool nobody = fact.what == NumberFact::What::vote && value == no_node;
    return Finding{value == fact.value,
                   named(id) + " has " + name_of(fact.what) + " " + (nobody ? "none" : std::to_string(value))};
  });
}

Finding FactCheck::operator()(const LogFact& fact) const {
  return one(fact.node, [&](NodeId id) {
    const std::vector<Term> log = cluster_.log(id);
    const Index first = first_index(id);
    return Finding{log == fact.terms, named(id) + " has " + text_of(log) +
                                          (first > 1 ? " from index " + std::to_string(first) : std::string())};
  });
}

Finding FactCheck::operator()(const EntryFact& fact) const {
  return one(fact.node, [&](NodeId id) {
    const std::optional<Entry> entry = cluster_.entry(id, fact.index);
    const std::string place = named(id) + " has at index " + std::to_string(fact.index) + " ";
    if (!entry) return Finding{false, place + "no entry"};
    const bool is_data = entry->kind == EntryKind::command;
    const std::string data = is_data ? std::string(entry->payload.text()) : std::string();
    const bool holds = entry->term == fact.term && (!fact.data || *fact.data == data);
    return Finding{holds, place + "an entry of term " + std::to_string(entry->term) +
                              (is_data ? " with " + quoted(data) : " of the protocol's own")};
  });
}

Index FactCheck::first_index(NodeId id) const {
  return cluster_.is_up(id) ? cluster_.status(id).first_index : cluster_.disk(id).base + 1;
}

Index FactCheck::last_index(NodeId id) const {
  return cluster_.is_up(id) ? cluster_.status(id).last_index : cluster_.disk(id).last_index();
}

Finding FactCheck::operator()(const SameLogFact& fact) const {
  const NodeIds ids = nodes_of(cluster_, fact.nodes);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const NodeId a = ids[i];
    if (last_index(a) != last_index(ids[0])) {
      return {false, "the log of " + named(ids[0]) + " ends at " + std::to_string(last_index(ids[0])) + ", that of " +
                         named(a) + " at " + std::to_string(last_index(a))};
    }
    for (std::size_t j = 0; j < i; ++j) {
      const NodeId b = ids[j];
      for (Index index = std::max(first_index(a), first_index(b)); index <= last_index(a); ++index) {
        const std::optional<Entry> left = cluster_.entry(a, index);
        const std::optional<Entry> right = cluster_.entry(b, index);
        const bool same = left && right && left->term == right->term && left->payload == right->payload;
        if (!same) return {false, named(b) + " and " + named(a) + " differ at index " + std::to_string(index)};
      }
    }
  }
  return {true, "their logs are the same"};
}

Finding FactCheck::operator()(const DataFact& fact) const {
  return one(fact.node, [&](NodeId id) {
    const std::vector<std::string> data = cluster_.data(id);
    return Finding{data == fact.data, named(id) + " has applied " + text_of(data)};
  });
}

ConfigurationRef FactCheck::configuration(NodeId id) const {
  return cluster_.is_up(id) ? cluster_.node(id).configuration() : cluster_.disk(id).configuration();
}

Finding FactCheck::operator()(const ConfigFact& fact) const {
  return each(fact.nodes, [&](NodeId id) {
    const ConfigurationRef held = configuration(id);
    const bool holds = members_that(*held, &Member::voter) == fact.voters &&
                       members_that(*held, &Member::outgoing) == fact.outgoing &&
                       members_that(*held, &Member::learner) == fact.learners;
    return Finding{holds, named(id) + " has " + text_of(*held)};
  });
}

Finding FactCheck::operator()(const ReadFact& fact) const {
  const auto read = player_.reads_.find(fact.id);
  if (read == player_.reads_.end()) return {false, "it was never asked"};
  const ReadOutcome* outcome = cluster_.read_outcome(read->second.node, read->second.token);
  const std::string name = "read " + fact.id + " ";
  if (read->second.refused || (outcome != nullptr && outcome->refusal != Refusal::none)) {
    return {fact.state == ReadFact::State::failed, name + "failed"};
  }
  if (outcome == nullptr) return {fact.state == ReadFact::State::pending, name + "is pending"};
  const bool holds = fact.state == ReadFact::State::answered && outcome->index == fact.index;
  return {holds, name + "was answered at " + std::to_string(outcome->index)};
}

Finding FactCheck::operator()(const InFlightFact& fact) const {
  const bool names_leader =
      (fact.which.from && fact.which.from->is_leader()) || (fact.which.to && fact.which.to->is_leader());
  if (names_leader && cluster_.leader() == no_node) return {false, who_leads(cluster_)};
  const std::size_t count = cluster_.in_flight(which_of(cluster_, fact.which));
  return {count == fact.count, std::to_string(count) + (count == 1 ? " is" : " are") + " in flight"};
}

Finding FactCheck::operator()(const MatchFact& fact) const {
  return one(fact.leader, [&](NodeId leader) {
    return one(fact.node, [&](NodeId id) {
      if (!cluster_.is_up(leader)) return Finding{false, named(leader) + " is down"};
      if (cluster_.role(leader) != Role::leader) return Finding{false, named(leader) + " does not lead"};
      const std::optional<PeerStatus> peer = cluster_.peer(leader, id);
      const Index match = id == leader ? cluster_.status(id).stable_index : (peer ? peer->match : 0);
      return Finding{match == fact.index,
                     named(leader) + " knows the log of " + named(id) + " to agree through " + std::to_string(match)};
    });
  });
}

Finding FactCheck::operator()(const SnapshotFact& fact) const {
  return one(fact.node, [&](NodeId id) {
    const Index index = cluster_.snapshot_index(id);
    return Finding{index == fact.index,
                   named(id) + " has " + (index == 0 ? "no snapshot" : "a snapshot at " + std::to_string(index))};
  });
}

Finding FactCheck::operator()(const RequestFact& fact) const {
  const Player::Request& last = player_.last_request_;
  if (!last.is_any) return {false, "nothing was asked yet"};
  bool refused = last.refused;
  if (!refused && last.token != 0) {
    const ProposalOutcome* outcome = cluster_.proposal_outcome(last.node, last.token);
    refused = outcome != nullptr && outcome->kind == ProposalOutcome::Kind::refused;
  }
  return {refused == fact.refused, refused ? "it was refused" + last.why : "it was accepted"};
}

Finding FactCheck::operator()(const TransferringFact& fact) const {
  return one(fact.leader, [&](NodeId leader) {
    if (!cluster_.is_up(leader)) return Finding{false, named(leader) + " is down"};
    const NodeId present = cluster_.status(leader).transferring_to;
    const std::string seen = named(leader) + " hands over to " + (present == no_node ? "nobody" : named(present));
    if (!fact.to) return Finding{present == no_node, seen};
    return one(*fact.to, [&](NodeId to) { return Finding{present == to, seen}; });
  });
}

}  // namespace kelek::sim
