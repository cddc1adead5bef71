// The invariants of Raft (paper, figure 3, and what must be durable before what leaves), checked step by
// step.
#include "ledger.h"

#include <algorithm>

namespace kelek::raft::testing {
namespace {

std::string named(NodeId id) {
  return "node " + std::to_string(id);
}

/// All that a node holds, also where it takes several ranges to tell.
std::map<Index, const Entry*> entries_by_index(const Node& node, std::vector<EntryRange>& held) {
  std::map<Index, const Entry*> found;
  const NodeStatus status = node.status();
  for (Index next = status.first_index; next <= status.last_index;) {
    held.push_back(node.entries_from(next, UINT32_MAX));
    if (held.back().empty()) break;
    held.back().for_each([&found](Index index, const Entry& entry) { found[index] = &entry; });
    next = held.back().end_index();
  }
  return found;
}

bool holds(const Disk& disk, Index index, Term term) {
  if (disk.snapshot != nullptr && index <= disk.snapshot->metadata.index) return true;
  return index <= disk.base || disk.term_at(index) == term;
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

void Ledger::check(const std::vector<Witness>& all) {
  for (const Witness& witness : all) {
    if (witness.node == nullptr) continue;
    check_progress(witness);
    check_leader(witness, all);
    check_commits(witness, all);
    check_configuration(witness);
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (std::size_t j = i + 1; j < all.size(); ++j) {
      if (all[i].node != nullptr && all[j].node != nullptr) check_matching(all[i], all[j]);
    }
  }
}

void Ledger::check_progress(const Witness& witness) {
  const NodeStatus status = witness.node->status();
  Seen& seen = last_seen_[witness.id];
  if (status.term < seen.term) throw Broken(named(witness.id) + ": its term goes back");
  if (status.commit < seen.commit) throw Broken(named(witness.id) + ": its commit index goes back");
  if (status.applied < seen.applied) throw Broken(named(witness.id) + ": its applied index goes back");
  if (status.commit > status.last_index) throw Broken(named(witness.id) + " commits beyond its log");
  if (status.applied > status.commit) throw Broken(named(witness.id) + " applies what is not committed");
  seen = Seen{status.term, status.commit, status.applied};
}

void Ledger::check_leader(const Witness& witness, const std::vector<Witness>& all) {
  const NodeStatus status = witness.node->status();
  if (status.role != Role::leader) return;
  const auto [place, is_new] = leaders_.insert({status.term, witness.id});
  if (place->second != witness.id) {
    throw Broken("two leaders in term " + std::to_string(status.term) + ": " + named(place->second) + " and " +
                 named(witness.id));
  }
  std::vector<EntryRange> held;
  const auto entries = entries_by_index(*witness.node, held);
  if (is_new) {
    ++elections_;
    for (const auto& [index, committed] : committed_) {
      if (index < status.first_index || committed.known_in >= status.term) continue;
      const auto entry = entries.find(index);
      if (entry == entries.end() || entry->second->term != committed.term) {
        throw Broken(named(witness.id) + " leads term " + std::to_string(status.term) + " and lacks entry " +
                     std::to_string(index) + ", which was committed before");
      }
    }
  }
  for (const PeerStatus& peer : witness.node->peers()) {
    if (peer.next <= peer.match) throw Broken(named(witness.id) + ": next is not above match");
    const auto other = std::find_if(all.begin(), all.end(), [&](const Witness& w) { return w.id == peer.id; });
    if (other == all.end()) continue;
    const Member* member = witness.node->configuration()->find(peer.id);
    if (member != nullptr && member->incarnation != other->incarnation) continue;
    for (const auto& [index, entry] : entries) {
      if (index > peer.match) break;
      if (!holds(*other->disk, index, entry->term)) {
        throw Broken(named(witness.id) + " believes that " + named(peer.id) + " holds entry " + std::to_string(index));
      }
    }
  }
}

void Ledger::check_commits(const Witness& witness, const std::vector<Witness>& all) {
  const NodeStatus status = witness.node->status();
  std::vector<EntryRange> held;
  const auto entries = entries_by_index(*witness.node, held);
  for (const auto& [index, entry] : entries) {
    if (index > status.commit) break;
    const auto [place, is_new] = committed_.insert(
        {index, Committed{entry->term, entry->kind, std::string(entry->payload.text()), status.term}});
    Committed& known = place->second;
    known.known_in = std::min(known.known_in, status.term);
    if (known.term != entry->term || known.kind != entry->kind || known.data != entry->payload.text()) {
      throw Broken(named(witness.id) + " commits another entry " + std::to_string(index) +
                   " than was committed before");
    }
    if (!is_new || status.role != Role::leader) continue;
    // The newest configuration decides, also for entries before it.
    const bool durable = majority(*witness.node->configuration(), [&](NodeId id) {
      const auto other = std::find_if(all.begin(), all.end(), [id](const Witness& w) { return w.id == id; });
      return other != all.end() && holds(*other->disk, index, entry->term);
    });
    if (!durable) {
      throw Broken(named(witness.id) + " commits entry " + std::to_string(index) + ", which no majority has on disk");
    }
  }
}

void Ledger::check_configuration(const Witness& witness) const {
  Result<Configuration> newest = Refusal::none;
  std::vector<EntryRange> held;
  for (const auto& [index, entry] : entries_by_index(*witness.node, held)) {
    if (entry->kind == EntryKind::configuration) newest = Configuration::decode(entry->payload.bytes());
  }
  if (newest.ok() && !(*newest == *witness.node->configuration())) {
    throw Broken(named(witness.id) + ": the configuration in force is not the newest in its log");
  }
}

void Ledger::check_matching(const Witness& a, const Witness& b) const {
  std::vector<EntryRange> held;
  const auto left = entries_by_index(*a.node, held);
  const auto right = entries_by_index(*b.node, held);
  bool must_agree = false;
  for (auto entry = left.rbegin(); entry != left.rend(); ++entry) {
    const auto other = right.find(entry->first);
    if (other == right.end()) continue;
    const bool same_term = entry->second->term == other->second->term;
    must_agree = must_agree || same_term;
    if (must_agree && (!same_term || !(entry->second->payload == other->second->payload))) {
      throw Broken("the logs of " + named(a.id) + " and " + named(b.id) + " agree later on, but not in entry " +
                   std::to_string(entry->first));
    }
  }
}

void Ledger::released(const Witness& sender, const Message& message, const std::vector<Witness>& all) {
  const Disk& disk = *sender.disk;
  const bool is_pre_vote = message.kind() == MessageKind::pre_vote_request;
  if (!is_pre_vote && message.term > disk.hard_state.term) {
    throw Broken(named(sender.id) + " sends a " + name_of(message.kind()) + " of a term that is not durable");
  }
  const auto vote = [&](NodeId candidate) {
    // Where a newer term is durable, nobody is voted for in this one any more.
    const bool is_present = disk.hard_state.term <= message.term;
    if (is_present && (disk.hard_state.term != message.term || disk.hard_state.vote != candidate)) {
      throw Broken(named(sender.id) + " sends a vote that is not durable");
    }
    const auto [place, is_new] = votes_.insert({{{sender.id, sender.incarnation}, message.term}, candidate});
    if (place->second != candidate) throw Broken(named(sender.id) + " votes twice in a term");
  };
  if (const auto* response = std::get_if<VoteResponse>(&message.body); response != nullptr && response->granted) {
    vote(message.to);
  }
  if (std::holds_alternative<VoteRequest>(message.body)) vote(sender.id);
  const auto* ack = std::get_if<AppendResponse>(&message.body);
  if (ack == nullptr || !ack->accepted) return;
  if (ack->match_index > disk.last_index()) throw Broken(named(sender.id) + " acknowledges more than it has on disk");
  for (const Witness& leader : all) {
    if (leader.id != message.to || leader.node == nullptr || leader.node->status().role != Role::leader ||
        leader.node->status().term != message.term) {
      continue;
    }
    std::vector<EntryRange> held;
    for (const auto& [index, entry] : entries_by_index(*leader.node, held)) {
      if (index <= ack->match_index && !holds(disk, index, entry->term)) {
        throw Broken(named(sender.id) + " acknowledges entry " + std::to_string(index) + ", and has another");
      }
    }
  }
}

void Ledger::applied(NodeId id, Index previous, Index index, const Entry& entry) {
  if (index != previous + 1) throw Broken(named(id) + " applies entry " + std::to_string(index) + " out of order");
  const auto known = committed_.find(index);
  if (known != committed_.end() && (known->second.term != entry.term || known->second.data != entry.payload.text())) {
    throw Broken(named(id) + " applies another entry " + std::to_string(index) + " than was committed");
  }
}

void Ledger::read_asked(NodeId id, Token token) {
  read_floors_[{id, token}] = highest_commit();
}

void Ledger::read_answered(NodeId id, const ReadOutcome& outcome) {
  const auto floor = read_floors_.find({id, outcome.token});
  if (floor == read_floors_.end()) throw Broken(named(id) + " answers a read that nobody asked, or twice");
  if (outcome.refusal == Refusal::none && outcome.index < floor->second) {
    throw Broken(named(id) + " answers a read at " + std::to_string(outcome.index) + ", below what was committed at " +
                 std::to_string(floor->second) + " when it was asked");
  }
  read_floors_.erase(floor);
}

}  // namespace kelek::raft::testing
