// The invariants of Raft (paper, figure 3, and what must be durable before what leaves), checked step by step.
#include <kelek/sim/ledger.h>

#include <algorithm>

namespace kelek::sim {

using namespace raft;

namespace {

std::string named(NodeId id) {
  return "node " + std::to_string(id);
}

std::string entry_named(Index index) {
  return "entry " + std::to_string(index);
}

bool same(const Entry& a, const Entry& b) {
  return a.term == b.term && a.kind == b.kind && a.payload == b.payload;
}

bool holds(const Disk& disk, Index index, Term term) {
  return index <= disk.snapshot_index() || index <= disk.base || disk.term_at(index) == term;
}

const Witness* find(const std::vector<Witness>& all, NodeId id) {
  const auto found = std::find_if(all.begin(), all.end(), [id](const Witness& witness) { return witness.id == id; });
  return found != all.end() ? &*found : nullptr;
}

/// Whether a majority of each half of the configuration satisfies `holds_it`.
template <typename Test>
bool majority(const Configuration& configuration, Test holds_it) {
  const auto half = [&](bool Member::*counts) {
    std::size_t all = 0;
    std::size_t yes = 0;
    for (const Member& member : configuration.members()) {
      if (!(member.*counts)) continue;
      ++all;
      if (holds_it(member.id)) ++yes;
    }
    return all == 0 || yes * 2 > all;
  };
  return half(&Member::voter) && half(&Member::outgoing);
}

}  // namespace

void Ledger::complain(std::string what) {
  if (broken_.empty()) broken_ = std::move(what);
}

/// All that a node holds, also where it takes several ranges to tell.
Ledger::Log Ledger::log_of(const Node& node) {
  Log log;
  const NodeStatus status = node.status();
  log.first = status.first_index;
  for (Index next = status.first_index; next <= status.last_index;) {
    const EntryRange held = node.entries_from(next, UINT32_MAX);
    if (held.empty()) break;
    held.for_each([&log](Index, const Entry& entry) { log.entries.push_back(entry); });
    next = held.end_index();
  }
  return log;
}

void Ledger::stopped(NodeId id) {
  last_seen_.erase(id);
  logs_.erase(id);
}

void Ledger::check(const Witness& changed, const std::vector<Witness>& all) {
  check_durable(changed);
  if (changed.node == nullptr || !broken_.empty()) return;
  const NodeStatus status = changed.node->status();
  Log log = log_of(*changed.node);
  check_progress(changed, status);
  check_append_only(changed, status, log);
  check_leader(changed, status, log);
  if (status.role == Role::leader) check_peers(changed, log, all);
  check_commits(changed, status, log, all);
  check_configuration(changed, log);
  for (const auto& [id, other] : logs_) {
    if (id != changed.id) check_matching(changed.id, log, id, other);
  }
  last_seen_[changed.id] = Seen{status.role, status.term, status.commit, status.applied};
  logs_[changed.id] = std::move(log);
}

void Ledger::check_progress(const Witness& witness, const NodeStatus& status) {
  const Seen seen = last_seen_[witness.id];
  if (status.term < seen.term) complain(named(witness.id) + ": its term goes back");
  if (status.commit < seen.commit) complain(named(witness.id) + ": its commit index goes back");
  if (status.applied < seen.applied) complain(named(witness.id) + ": its applied index goes back");
  if (status.commit > status.last_index) complain(named(witness.id) + " commits beyond its log");
  if (status.applied > status.commit) complain(named(witness.id) + " applies what is not committed");
}

void Ledger::check_durable(const Witness& witness) {
  const HardState& now = witness.disk->hard_state;
  HardState& before = durable_[{witness.id, witness.incarnation}];
  if (now.term < before.term) complain(named(witness.id) + ": its durable term goes back");
  if (now.term == before.term && before.vote != no_node && now.vote != before.vote) {
    complain(named(witness.id) + ": its durable vote changes within term " + std::to_string(now.term));
  }
  before = now;
}

void Ledger::check_append_only(const Witness& witness, const NodeStatus& status, const Log& log) {
  const Seen& before = last_seen_[witness.id];
  const auto known = logs_.find(witness.id);
  if (status.role != Role::leader || before.role != Role::leader || before.term != status.term) return;
  if (known == logs_.end()) return;
  const Log& old = known->second;
  if (log.end() < old.end()) complain(named(witness.id) + " leads, and removes entries from its log");
  for (Index index = std::max(log.first, old.first); index < std::min(log.end(), old.end()); ++index) {
    if (!same(log.at(index), old.at(index))) {
      complain(named(witness.id) + " leads, and replaces " + entry_named(index) + " of its log");
    }
  }
}

void Ledger::check_leader(const Witness& witness, const NodeStatus& status, const Log& log) {
  if (status.role != Role::leader) return;
  const auto [place, is_new] = leaders_.insert({status.term, witness.id});
  if (place->second != witness.id) {
    complain("two leaders in term " + std::to_string(status.term) + ": " + named(place->second) + " and " +
             named(witness.id));
  }
  if (!is_new) return;
  ++elections_;
  for (Index index = log.first; index <= committed_.size(); ++index) {
    check_complete(witness.id, status.term, log, index);
  }
}

/// Leader completeness: what was committed in a term is in the log of the leaders of all later terms.
void Ledger::check_complete(NodeId id, Term term, const Log& log, Index index) {
  const Committed& committed = committed_[static_cast<std::size_t>(index - 1)];
  if (committed.known_in == 0 || committed.known_in >= term || index < log.first) return;
  if (log.holds(index) && log.at(index).term == committed.entry.term) return;
  complain(named(id) + " leads term " + std::to_string(term) + " and lacks " + entry_named(index) +
           ", which was committed in term " + std::to_string(committed.known_in));
}

void Ledger::check_peers(const Witness& witness, const Log& log, const std::vector<Witness>& all) {
  for (const PeerStatus& peer : witness.node->peers()) {
    if (peer.next <= peer.match) complain(named(witness.id) + ": next is not above match");
    const Witness* other = find(all, peer.id);
    if (other == nullptr) continue;
    const Member* member = witness.node->configuration()->find(peer.id);
    if (member != nullptr && member->incarnation != other->incarnation) continue;
    for (Index index = log.first; index <= peer.match && log.holds(index); ++index) {
      if (holds(*other->disk, index, log.at(index).term)) continue;
      complain(named(witness.id) + " believes that " + named(peer.id) + " holds " + entry_named(index));
    }
  }
}

void Ledger::check_commits(const Witness& witness, const NodeStatus& status, const Log& log,
                           const std::vector<Witness>& all) {
  if (committed_.size() < status.commit) committed_.resize(static_cast<std::size_t>(status.commit));
  for (Index index = log.first; index <= status.commit && log.holds(index); ++index) {
    Committed& known = committed_[static_cast<std::size_t>(index - 1)];
    const bool is_new = known.known_in == 0;
    if (is_new) known = Committed{log.at(index), status.term};
    known.known_in = std::min(known.known_in, status.term);
    if (!same(known.entry, log.at(index))) {
      complain(named(witness.id) + " commits another " + entry_named(index) + " than was committed before");
    }
    if (is_new && status.role == Role::leader) check_new_commit(witness, index, all);
  }
}

void Ledger::check_new_commit(const Witness& witness, Index index, const std::vector<Witness>& all) {
  const Committed& committed = committed_[static_cast<std::size_t>(index - 1)];
  // The newest configuration decides, also for entries before it.
  const bool durable = majority(*witness.node->configuration(), [&](NodeId id) {
    const Witness* other = find(all, id);
    return other != nullptr && holds(*other->disk, index, committed.entry.term);
  });
  if (!durable) {
    complain(named(witness.id) + " commits " + entry_named(index) + ", which no majority has on disk");
  }
  // Who leads a later term already must have it, too.
  for (const Witness& other : all) {
    if (other.node == nullptr || other.id == witness.id || other.node->status().role != Role::leader) continue;
    check_complete(other.id, other.node->status().term, log_of(*other.node), index);
  }
}

void Ledger::check_configuration(const Witness& witness, const Log& log) {
  for (auto entry = log.entries.rbegin(); entry != log.entries.rend(); ++entry) {
    if (entry->kind != EntryKind::configuration) continue;
    const Result<Configuration> newest = Configuration::decode(entry->payload.bytes());
    if (newest.ok() && !(*newest == *witness.node->configuration())) {
      complain(named(witness.id) + ": the configuration in force is not the newest in its log");
    }
    return;
  }
}

void Ledger::check_matching(NodeId a, const Log& left, NodeId b, const Log& right) {
  bool must_agree = false;
  for (Index index = std::min(left.end(), right.end()); index-- > std::max(left.first, right.first);) {
    const bool same_term = left.at(index).term == right.at(index).term;
    must_agree = must_agree || same_term;
    if (must_agree && !same(left.at(index), right.at(index))) {
      complain("the logs of " + named(a) + " and " + named(b) + " agree later on, but not in " + entry_named(index));
    }
  }
}

void Ledger::released(const Witness& sender, const Message& message, const std::vector<Witness>& all) {
  const bool is_pre_vote = message.kind() == MessageKind::pre_vote_request;
  if (!is_pre_vote && message.term > sender.disk->hard_state.term) {
    complain(named(sender.id) + " sends a " + name_of(message.kind()) + " of a term that is not durable");
  }
  if (const auto* response = std::get_if<VoteResponse>(&message.body); response != nullptr && response->granted) {
    check_vote(sender, message.term, message.to);
  }
  if (std::holds_alternative<VoteRequest>(message.body)) check_vote(sender, message.term, sender.id);
  if (const auto* acknowledgement = std::get_if<AppendResponse>(&message.body)) {
    if (acknowledgement->accepted) check_acknowledgement(sender, message, *acknowledgement, all);
  }
}

void Ledger::check_vote(const Witness& sender, Term term, NodeId candidate) {
  const HardState& durable = sender.disk->hard_state;
  // Where a newer term is durable, nobody is voted for in this one any more.
  if (durable.term <= term && (durable.term != term || durable.vote != candidate)) {
    complain(named(sender.id) + " sends a vote that is not durable");
  }
  const auto [place, is_new] = votes_.insert({{{sender.id, sender.incarnation}, term}, candidate});
  if (place->second != candidate) complain(named(sender.id) + " votes twice in term " + std::to_string(term));
}

void Ledger::check_acknowledgement(const Witness& sender, const Message& message, const AppendResponse& acknowledgement,
                                   const std::vector<Witness>& all) {
  const Disk& disk = *sender.disk;
  if (acknowledgement.match_index > disk.last_index()) {
    complain(named(sender.id) + " acknowledges more than it has on disk");
  }
  const Witness* leader = find(all, message.to);
  if (leader == nullptr || leader->node == nullptr || leader->node->status().role != Role::leader ||
      leader->node->status().term != message.term) {
    return;
  }
  const Log log = log_of(*leader->node);
  for (Index index = log.first; index <= acknowledgement.match_index && log.holds(index); ++index) {
    if (!holds(disk, index, log.at(index).term)) {
      complain(named(sender.id) + " acknowledges " + entry_named(index) + ", and has another");
    }
  }
}

void Ledger::applied(NodeId id, Index previous, Index index, const Entry& entry) {
  if (index != previous + 1) complain(named(id) + " applies " + entry_named(index) + " out of order");
  if (index > committed_.size()) return;
  const Committed& known = committed_[static_cast<std::size_t>(index - 1)];
  if (known.known_in != 0 && !same(known.entry, entry)) {
    complain(named(id) + " applies another " + entry_named(index) + " than was committed");
  }
}

void Ledger::read_asked(NodeId id, Token token) {
  read_floors_[{id, token}] = highest_commit();
}

void Ledger::read_answered(NodeId id, const ReadOutcome& outcome) {
  const auto floor = read_floors_.find({id, outcome.token});
  if (floor == read_floors_.end()) return complain(named(id) + " answers a read that nobody asked, or twice");
  if (outcome.refusal == Refusal::none && outcome.index < floor->second) {
    complain(named(id) + " answers a read at " + std::to_string(outcome.index) + ", below what was committed at " +
             std::to_string(floor->second) + " when it was asked");
  }
  read_floors_.erase(floor);
}

}  // namespace kelek::sim
