// A cluster that goes forth and back.
#include "explore_world.h"

#include <algorithm>
#include <utility>

namespace kelek::sim {

using namespace raft;

namespace {

constexpr std::size_t kinds_kept = message_kinds;

bool starts_with(const std::vector<ExploreView::Entry>& log, const std::vector<ExploreView::Entry>& other,
                 std::size_t count) {
  return log.size() >= count && other.size() >= count &&
         std::equal(log.begin(), log.begin() + static_cast<std::ptrdiff_t>(count), other.begin());
}

}  // namespace

bool is_ignored_for_ever(const Message& message, const ExploreView& recipient) {
  const MessageKind kind = message.kind();
  const bool of_vote = kind == MessageKind::vote_response;
  const bool of_leader = kind == MessageKind::append_response || kind == MessageKind::heartbeat_response;
  if (!of_vote && !of_leader) return false;
  if (message.term > recipient.durable_term) return false;
  // A crash may bring it back into its durable term, where it then follows.
  if (message.term < recipient.term) return true;
  return recipient.role == Role::follower || (of_vote && recipient.role == Role::leader);
}

ExploreWorld::ExploreWorld(const ExploreOptions& options, ExploreTable& table)
    : options_(options), table_(table), sums_(table.renamings().size()), pasts_(table.renamings().size()) {
  for (NodeId id = 1; id <= options.nodes; ++id) {
    nodes_[static_cast<std::size_t>(id)] = table.first_of(id);
    for (std::size_t i = 0; i < sums_.size(); ++i) sums_[i] += table.state_digests(table.first_of(id))[i];
  }
  remember();
  slots_.resize(static_cast<std::size_t>(options.nodes) * options.nodes * (options.terms + 1) * kinds_kept);
}

std::size_t ExploreWorld::slot_of(const Message& message) const {
  std::size_t slot = static_cast<std::size_t>(message.to - 1) * options_.nodes;
  slot += static_cast<std::size_t>(message.from - 1);
  slot = slot * (options_.terms + 1) + static_cast<std::size_t>(message.term);
  return slot * kinds_kept + static_cast<std::size_t>(message.kind());
}

void ExploreWorld::choices(std::vector<ExploreStep>& steps) const {
  using Kind = ExploreInput::Kind;
  steps.clear();
  const std::size_t slots_of_node = slots_.size() / options_.nodes;
  for (NodeId id = 1; id <= options_.nodes; ++id) {
    const ExploreView& node = view(id);
    const bool leads = node.role == Role::leader;
    if (node.crashes < options_.crashes) steps.push_back({id, {Kind::crash, 0}});
    if (node.pending_writes != 0) steps.push_back({id, {Kind::persist, 0}});
    if (node.pending_writes == ExploreOptions::most_pending_writes) continue;
    if (!leads && node.term < options_.terms) steps.push_back({id, {Kind::campaign, 0}});
    if (leads && node.heartbeats < options_.heartbeats) steps.push_back({id, {Kind::heartbeat, 0}});
    if (leads && proposals_ < options_.entries) steps.push_back({id, {Kind::propose, proposals_ + 1}});
    const std::size_t first = static_cast<std::size_t>(id - 1) * slots_of_node;
    for (std::size_t slot = first; slot < first + slots_of_node; ++slot) {
      for (const MessageNumber number : slots_[slot]) steps.push_back({id, {Kind::deliver, number}});
    }
  }
}

bool ExploreWorld::take(const ExploreStep& step, Change& change) {
  const StateNumber node = nodes_[static_cast<std::size_t>(step.node)];
  const ExploreTable::Step taken = table_.step(node, step.input);
  change.node = step.node;
  change.before = node;
  change.proposals = proposals_;
  change.leader_of = 0;
  change.commits = false;
  change.slot_count = 0;
  bool changes = taken.to != node;
  if (changes) move(step.node, taken.to);
  for (std::uint32_t i = 0; i < taken.sent_count; ++i) changes = put(table_.sent(taken)[i], change) || changes;
  if (taken.broken != 0) complain(table_.broken(taken));
  if (!changes && broken_.empty()) return false;
  if (taken.to != change.before) clear_away(step.node, change);
  if (step.input.kind == ExploreInput::Kind::propose) ++proposals_;
  if (view(step.node).role == Role::leader) check_leader(step.node, change);
  check_commits(step.node, change);
  if (has_new_past(change)) remember();
  return true;
}

void ExploreWorld::take_back(const Change& change) {
  if (nodes_[static_cast<std::size_t>(change.node)] != change.before) move(change.node, change.before);
  const bool had_new_past = has_new_past(change);
  proposals_ = change.proposals;
  if (change.leader_of != 0) leaders_[static_cast<std::size_t>(change.leader_of)] = no_node;
  if (change.commits) committed_ = change.committed;
  if (had_new_past) remember();
  for (std::size_t i = change.slot_count; i-- > 0;) {
    std::vector<MessageNumber>& slot = slots_[change.slots[i].slot];
    recount(slot, false);
    slot = change.slots[i].before;
    recount(slot, true);
  }
}

/// A message stands for all that were like it; what is older than the newest that are kept is lost.
bool ExploreWorld::put(MessageNumber number, Change& change) {
  const std::size_t place = slot_of(table_.message(number));
  std::vector<MessageNumber>& slot = slots_[place];
  if (std::find(slot.begin(), slot.end(), number) != slot.end()) return false;
  const Message& message = table_.message(number);
  if (is_ignored_for_ever(message, view(message.to))) return false;
  changed_slot(place, change);
  if (options_.messages_kept != 0 && slot.size() == options_.messages_kept) slot.erase(slot.begin());
  slot.push_back(number);
  recount(slot, true);
  return true;
}

/// The slot, whose messages are not counted until it is counted again.
std::vector<MessageNumber>& ExploreWorld::changed_slot(std::size_t place, Change& change) {
  if (change.slots.size() == change.slot_count) change.slots.emplace_back();
  Change::Slot& kept = change.slots[change.slot_count++];
  kept.slot = place;
  kept.before = slots_[place];
  recount(slots_[place], false);
  return slots_[place];
}

/// What this node ignores from now on makes no difference any more.
void ExploreWorld::clear_away(NodeId id, Change& change) {
  const std::size_t slots_of_node = slots_.size() / options_.nodes;
  const std::size_t first = static_cast<std::size_t>(id - 1) * slots_of_node;
  const ExploreView& node = view(id);
  const auto is_ignored = [&](MessageNumber number) { return is_ignored_for_ever(table_.message(number), node); };
  for (std::size_t place = first; place < first + slots_of_node; ++place) {
    if (std::none_of(slots_[place].begin(), slots_[place].end(), is_ignored)) continue;
    std::vector<MessageNumber>& slot = changed_slot(place, change);
    slot.erase(std::remove_if(slot.begin(), slot.end(), is_ignored), slot.end());
    recount(slot, true);
  }
}

void ExploreWorld::recount(const std::vector<MessageNumber>& slot, bool in) {
  for (std::size_t place = 0; place < slot.size(); ++place) count(slot[place], place, in);
}

/// Which of several in a slot is the oldest matters where the oldest is lost first.
void ExploreWorld::count(MessageNumber number, std::size_t place, bool in) {
  const std::uint64_t age = options_.messages_kept > 1 ? place : 0;
  const std::uint64_t* digests = table_.message_digests(number);
  for (std::size_t i = 0; i < sums_.size(); ++i) {
    const std::uint64_t part = age == 0 ? digests[i] : Digest::of(digests[i] + age);
    sums_[i] += in ? part : 0 - part;
  }
}

/// The node's part of the sums.
void ExploreWorld::move(NodeId id, StateNumber to) {
  StateNumber& node = nodes_[static_cast<std::size_t>(id)];
  const std::uint64_t* before = table_.state_digests(node);
  const std::uint64_t* after = table_.state_digests(to);
  for (std::size_t i = 0; i < sums_.size(); ++i) sums_[i] += after[i] - before[i];
  node = to;
}

void ExploreWorld::remember() {
  for (std::size_t i = 0; i < pasts_.size(); ++i) {
    Digest digest;
    digest.add(proposals_);
    for (const NodeId leader : leaders_) digest.add(table_.renamings()[i](leader));
    for (const Committed& committed : committed_) {
      digest.add(committed.entry.term);
      digest.add(committed.entry.content);
      digest.add(committed.known_in);
    }
    pasts_[i] = digest.value();
  }
}

std::uint64_t ExploreWorld::digest(std::size_t& renaming) const {
  std::uint64_t smallest = UINT64_MAX;
  for (std::size_t i = 0; i < sums_.size(); ++i) {
    const std::uint64_t digest = Digest::of(sums_[i] + pasts_[i]);
    if (digest < smallest) {
      smallest = digest;
      renaming = i;
    }
  }
  return smallest;
}

std::uint64_t ExploreWorld::digest_of(const ExploreStep& step, std::size_t renaming) const {
  Digest digest;
  digest.add(table_.renamings()[renaming](step.node));
  digest.add(static_cast<std::uint64_t>(step.input.kind));
  const bool delivers = step.input.kind == ExploreInput::Kind::deliver;
  digest.add(delivers ? table_.message_digests(step.input.number)[renaming] : step.input.number);
  return digest.value();
}

/// Not where each offers an entry (which is the first?), nor where one takes the message that the other replaces.
bool ExploreWorld::commutes(const ExploreStep& other, const ExploreStep& step, const Change& change) const {
  using Kind = ExploreInput::Kind;
  if (other.node == step.node) return false;
  if (other.input.kind == Kind::propose && step.input.kind == Kind::propose) return false;
  if (options_.messages_kept == 0) return true;
  if (other.input.kind == Kind::deliver && table_.message(other.input.number).from == step.node) {
    const std::vector<MessageNumber>& slot = slots_[slot_of(table_.message(other.input.number))];
    if (std::find(slot.begin(), slot.end(), other.input.number) == slot.end()) return false;
  }
  if (step.input.kind == Kind::deliver && table_.message(step.input.number).from == other.node) {
    const std::size_t place = slot_of(table_.message(step.input.number));
    const ExploreTable::Step outcome = table_.step(nodes_[static_cast<std::size_t>(other.node)], other.input);
    for (std::uint32_t i = 0; i < outcome.sent_count; ++i) {
      if (slot_of(table_.message(table_.sent(outcome)[i])) == place) return false;
    }
  }
  return change.node == step.node;
}

void ExploreWorld::check() {
  for (NodeId id = 1; id <= options_.nodes; ++id) {
    check_logs(id);
    if (view(id).role != Role::leader) continue;
    check_complete(id);
    check_matches(id);
  }
}

void ExploreWorld::check_leader(NodeId id, Change& change) {
  const Term term = view(id).term;
  NodeId& leader = leaders_[static_cast<std::size_t>(term)];
  if (leader != no_node && leader != id) {
    return complain("I1 ElectionSafety: nodes " + std::to_string(leader) + " and " + std::to_string(id) +
                    " lead in term " + std::to_string(term));
  }
  if (leader == no_node) change.leader_of = term;
  leader = id;
}

void ExploreWorld::check_complete(NodeId leader) {
  const ExploreView& node = view(leader);
  for (std::size_t i = 0; i < committed_.size(); ++i) {
    const bool holds = i < node.log.size() && node.log[i] == committed_[i].entry;
    if (committed_[i].known_in < node.term && !holds) {
      return complain("I4 LeaderCompleteness: node " + std::to_string(leader) + " leads in term " +
                      std::to_string(node.term) + " without entry " + std::to_string(i + 1) + ", committed in term " +
                      std::to_string(committed_[i].known_in));
    }
  }
}

void ExploreWorld::check_commits(NodeId id, Change& change) {
  const ExploreView& node = view(id);
  const std::size_t commit = std::min(static_cast<std::size_t>(node.commit), node.log.size());
  for (std::size_t i = 0; i < commit; ++i) {
    if (i < committed_.size() && committed_[i].known_in <= node.term && committed_[i].entry == node.log[i]) continue;
    if (!change.commits) change.committed = committed_;
    change.commits = true;
    if (i == committed_.size()) {
      committed_.push_back({node.log[i], node.term});
      check_holders(id, i + 1);
    } else if (committed_[i].entry == node.log[i]) {
      // An old leader learns it late: had it come first, it would have been committed in its term.
      committed_[i].known_in = node.term;
    } else {
      return complain("I5 StateMachineSafety: node " + std::to_string(id) + " commits entry " + std::to_string(i + 1) +
                      ", which another node has committed otherwise");
    }
  }
}

void ExploreWorld::check_holders(NodeId id, std::size_t count) {
  std::uint32_t holders = 0;
  for (NodeId other = 1; other <= options_.nodes; ++other) {
    if (starts_with(view(other).durable, view(id).log, count)) ++holders;
  }
  if (holders * 2 > options_.nodes) return;
  complain("I8 DurableQuorum: node " + std::to_string(id) + " commits entry " + std::to_string(count) +
           ", which no majority has on disk");
}

void ExploreWorld::check_logs(NodeId id) {
  const std::vector<ExploreView::Entry>& log = view(id).log;
  for (NodeId other = 1; other < id; ++other) {
    const std::vector<ExploreView::Entry>& theirs = view(other).log;
    std::size_t same = std::min(log.size(), theirs.size());
    while (same > 0 && log[same - 1].term != theirs[same - 1].term) --same;
    if (!starts_with(log, theirs, same)) {
      return complain("I3 LogMatching: the logs of nodes " + std::to_string(id) + " and " + std::to_string(other) +
                      " agree in the term of entry " + std::to_string(same) + " and not in what comes before");
    }
  }
}

/// Of who has not gone on to another leader since.
void ExploreWorld::check_matches(NodeId leader) {
  const ExploreView& node = view(leader);
  for (const ExploreView::Match& match : node.matches) {
    const ExploreView& other = view(match.id);
    if (other.term != node.term) continue;
    if (!starts_with(other.durable, node.log, static_cast<std::size_t>(match.match))) {
      return complain("I10 MatchTrue: leader " + std::to_string(leader) + " takes entries up to " +
                      std::to_string(match.match) + " for durable at node " + std::to_string(match.id) +
                      ", and they are not");
    }
  }
}

}  // namespace kelek::sim
