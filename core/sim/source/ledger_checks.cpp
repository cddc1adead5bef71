// The invariants that are looked at after each step of a node.
#include <algorithm>

#include <kelek/sim/ledger.h>

#include "ledger_text.h"

namespace kelek::sim {

using namespace raft;

namespace {

/// Whether a majority of each half of the configuration satisfies `holds_it`.
template <typename Test>
bool majority(const Configuration& configuration, Test holds_it) {
  const auto half = [&](bool Member::*counts) {
    std::size_t all = 0;
    std::size_t yes = 0;
    for (const Member& member : configuration.members()) {
      if (!(member.*counts)) continue;
      ++all;
      if (holds_it(member)) ++yes;
    }
    return all == 0 || yes * 2 > all;
  };
  return half(&Member::voter) && half(&Member::outgoing);
}

}  // namespace

void Ledger::check_progress(const Sheet& sheet, const NodeStatus& status) {
  if (status.term < sheet.term) complain("I18 TermAdopted: " + named(sheet.id) + ": its term goes back");
  if (status.commit < sheet.commit) complain("I12 CommitMonotone: " + named(sheet.id) + ": its commit index goes back");
  if (status.applied < sheet.applied) complain("I16 ApplyOnce: " + named(sheet.id) + ": its applied index goes back");
  if (status.commit > status.last_index) {
    complain("I12 CommitMonotone: " + named(sheet.id) + " commits beyond its log");
  }
  if (status.applied > status.commit) {
    complain("I12 CommitMonotone: " + named(sheet.id) + " applies what is not committed");
  }
  if (status.role == Role::leader && sheet.role == Role::leader && status.term == sheet.term && sheet.memory_shrank) {
    complain("I2 LeaderAppendOnly: " + named(sheet.id) + " leads, and replaces entries of its log");
  }
}

void Ledger::check_leader(Sheet& sheet, const NodeStatus& status) {
  if (sheet.role == Role::leader && sheet.term == status.term) return;
  sheet.matches.clear();
  for (auto known = leaders_.rbegin(); known != leaders_.rend(); ++known) {
    if (known->term != status.term) continue;
    if (known->id != sheet.id || known->incarnation != sheet.incarnation) {
      complain("I1 ElectionSafety: two leaders in term " + std::to_string(status.term) + ": " + named(known->id) +
               " and " + named(sheet.id));
    }
    return;
  }
  leaders_.push_back({status.term, sheet.id, sheet.incarnation});
  // What a lower index was committed in is no later term than what a higher one was.
  Index index = committed_.size();
  while (index > 0 && committed_[static_cast<std::size_t>(index - 1)].known_in >= status.term) --index;
  check_complete(sheet, status.term, index);
}

/// Leader completeness: what was committed in a term is in the log of the leaders of all later terms.
void Ledger::check_complete(const Sheet& sheet, Term term, Index index) {
  if (index == 0) return;
  const Committed& committed = committed_[static_cast<std::size_t>(index - 1)];
  if (sheet.memory.holds(index, committed.prefix)) return;
  complain("I4 LeaderCompleteness: " + named(sheet.id) + " leads term " + std::to_string(term) + " and lacks " +
           entry_named(index) + ", which was committed in term " + std::to_string(committed.known_in));
}

void Ledger::check_commits(Sheet& sheet, const NodeStatus& status) {
  const Index before = sheet.commit;
  const Index last = std::min(status.commit, sheet.memory.last());
  const Index known = committed_.size();
  if (last == 0) return;
  const Index both = std::min(last, known);
  if (both > 0 && sheet.memory.prefix_at(both) != committed_[static_cast<std::size_t>(both - 1)].prefix) {
    return complain("I5 StateMachineSafety: " + named(sheet.id) + " commits another " + entry_named(both) +
                    " than was committed before");
  }
  for (Index index = known + 1; index <= last; ++index) {
    committed_.push_back({sheet.memory.term_at(index), sheet.memory.prefix_at(index), status.term, 0, false});
  }
  for (Index index = before + 1; index <= both; ++index) {
    Term& known_in = committed_[static_cast<std::size_t>(index - 1)].known_in;
    known_in = std::min(known_in, status.term);
  }
  if (status.role != Role::leader) return;
  if (last > known) check_quorum(sheet, last);
  // Who leads a later term already must have it, too.
  for (const Sheet& other : sheets_) {
    if (other.node == nullptr || other.id == sheet.id || other.role != Role::leader) continue;
    if (other.term > status.term) check_complete(other, other.term, last);
  }
}

/// Durably, now or once: what a disk lost by a fault that is allowed for had been there when it was acknowledged.
bool Ledger::has_held(const Sheet& sheet, Index index, Prefix prefix) {
  return sheet.durable.holds(index, prefix) ||
         std::any_of(sheet.lost.begin(), sheet.lost.end(),
                     [&](const GhostLog& lost) { return lost.holds(index, prefix); });
}

bool Ledger::disk_held(const Member& member, Index index, Prefix prefix) const {
  const auto held = [&](const Sheet& sheet) {
    return sheet.id == member.id && sheet.incarnation == member.incarnation && has_held(sheet, index, prefix);
  };
  return std::any_of(sheets_.begin(), sheets_.end(), held) || std::any_of(retired_.begin(), retired_.end(), held);
}

void Ledger::check_quorum(const Sheet& sheet, Index index) {
  const Prefix prefix = sheet.memory.prefix_at(index);
  // The newest configuration decides, also for entries before it.
  const bool durable =
      majority(*sheet.node->configuration(), [&](const Member& member) { return disk_held(member, index, prefix); });
  if (!durable) {
    complain("I8 DurableQuorum: " + named(sheet.id) + " commits " + entry_named(index) +
             ", which no majority has on disk");
  }
}

void Ledger::check_configuration(Sheet& sheet) {
  const Configuration& in_force = *sheet.node->configuration();
  if (sheet.checked_configuration == &in_force) return;
  sheet.checked_configuration = &in_force;
  // A new record of a peer begins at nothing.
  sheet.matches.clear();
  if (sheet.configurations.empty()) {
    if (sheet.base_configuration != nullptr && !(*sheet.base_configuration == in_force)) {
      complain("I13 ConfigMatchesLog: " + named(sheet.id) +
               ": its log holds no configuration, and the one in force is " + "not that which it began with");
    }
    return;
  }
  const Result<Configuration> newest = Configuration::decode(sheet.configurations.back().encoded.bytes());
  if (newest.ok() && !(*newest == in_force)) {
    complain("I13 ConfigMatchesLog: " + named(sheet.id) + ": the configuration in force is not the newest in its log");
  }
  check_own_configuration(sheet, sheet.node->status());
}

void Ledger::check_own_configuration(const Sheet& sheet, const NodeStatus& status) {
  if (status.role != Role::leader || sheet.role != Role::leader || status.term != sheet.term) return;
  const Index newest = sheet.configurations.back().index;
  if (sheet.memory.term_at(newest) != status.term || newest <= status.commit) return;
  const std::size_t count = sheet.configurations.size();
  if (count > 1 && sheet.configurations[count - 2].index > status.commit) {
    complain("I14 OneUncommittedConfig: " + named(sheet.id) + " changes the membership in " + entry_named(newest) +
             " before " + entry_named(sheet.configurations[count - 2].index) + " is committed");
  }
  if (sheet.memory.term_at(status.commit) != status.term) {
    complain("I14 OneUncommittedConfig: " + named(sheet.id) + " changes the membership in " + entry_named(newest) +
             " before an entry of its own term is committed");
  }
}

void Ledger::check_peers(Sheet& sheet, const NodeStatus& status) {
  for (const PeerStatus& peer : sheet.node->peers()) {
    if (peer.next <= peer.match) {
      complain("I11 MatchMonotone: " + named(sheet.id) + ": the next index of " + named(peer.id) +
               " is not above its match index");
    }
    if (peer.match > status.last_index) {
      complain("I10 MatchTrue: " + named(sheet.id) + " believes that " + named(peer.id) + " holds " +
               entry_named(peer.match) + ", which it lacks itself");
      continue;
    }
    const Sheet* other = find(peer.id);
    if (other == nullptr) continue;
    const Member* member = sheet.node->configuration()->find(peer.id);
    if (member != nullptr && member->incarnation != other->incarnation) continue;
    auto known = std::find_if(sheet.matches.begin(), sheet.matches.end(),
                              [&](const Match& match) { return match.id == peer.id; });
    if (known == sheet.matches.end()) known = sheet.matches.insert(known, {peer.id, 0});
    if (peer.match < known->match && other->lost.empty()) {
      complain("I11 MatchMonotone: " + named(sheet.id) + ": the match index of " + named(peer.id) + " goes back");
    }
    if (peer.match == known->match) continue;
    known->match = peer.match;
    // Who has gone on to a newer term may have replaced what it acknowledged in this one.
    if (other->hard_state.term > status.term) continue;
    const Prefix prefix = sheet.memory.prefix_at(peer.match);
    if (has_held(*other, peer.match, prefix)) continue;
    complain("I10 MatchTrue: " + named(sheet.id) + " believes that " + named(peer.id) + " holds " +
             entry_named(peer.match));
  }
}

/// All messages but pre-votes raise the term; a request for votes does not reach who hears from a leader, or has
/// promised one.
void Ledger::check_term_adopted(const Sheet& sheet, const NodeStatus& status, const Handled& handled) {
  if (handled.term <= status.term || handled.kind == MessageKind::pre_vote_request) return;
  if (handled.kind == MessageKind::vote_request && !handled.by_transfer) return;
  complain("I18 TermAdopted: " + named(sheet.id) + " handles a " + name_of(handled.kind) + " of term " +
           std::to_string(handled.term) + " and stays in term " + std::to_string(status.term));
}

void Ledger::check_bounds(const Sheet& sheet, const NodeStatus& status) {
  const Options& options = sheet.node->options();
  if (status.uncommitted_bytes > options.max_uncommitted_bytes + max_payload_bytes) {
    complain("I20 Bounds: " + named(sheet.id) + " has more uncommitted bytes than it may");
  }
}

}  // namespace kelek::sim
