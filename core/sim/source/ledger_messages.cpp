// What may leave a node: votes, terms and acknowledgements that are durable, and appends that are parts of its log.
#include <algorithm>

#include <kelek/sim/ledger.h>

#include "ledger_text.h"

namespace kelek::sim {

using namespace raft;

void Ledger::released(NodeId id, const Message& message) {
  Sheet* sender = find(id);
  if (sender == nullptr || !broken_.empty()) return;
  if (message.term > sender->hard_state.term && message.kind() != MessageKind::pre_vote_request) {
    complain("I7 TermDurable: " + named(id) + " sends a " + name_of(message.kind()) + " of a term that is not durable");
  }
  switch (message.kind()) {
    case MessageKind::vote_request: return check_vote(*sender, message.term, id);
    case MessageKind::vote_response:
      if (std::get<VoteResponse>(message.body).granted) check_vote(*sender, message.term, message.to);
      return;
    case MessageKind::append_response: {
      const auto& response = std::get<AppendResponse>(message.body);
      if (response.accepted) check_acknowledgement(*sender, message, response.match_index);
      return;
    }
    case MessageKind::heartbeat_response:
      return check_acknowledgement(*sender, message, std::get<HeartbeatResponse>(message.body).match_index);
    case MessageKind::snapshot_response: {
      const auto& response = std::get<SnapshotResponse>(message.body);
      if (response.progress != SnapshotResponse::Progress::done) return;
      return check_acknowledgement(*sender, message, response.match_index);
    }
    case MessageKind::append_request: return check_append(*sender, message, std::get<AppendRequest>(message.body));
    case MessageKind::heartbeat_request:
      return check_heartbeat(*sender, message, std::get<HeartbeatRequest>(message.body));
    default: return;
  }
}

void Ledger::check_vote(Sheet& sender, Term term, NodeId candidate) {
  const HardState& durable = sender.hard_state;
  // Where a newer term is durable, nobody is voted for in this one any more.
  if (durable.term <= term && (durable.term != term || durable.vote != candidate)) {
    complain("I7 VoteDurable: " + named(sender.id) + " sends a vote that is not durable");
  }
  for (auto vote = sender.votes.rbegin(); vote != sender.votes.rend(); ++vote) {
    if (vote->term != term) continue;
    if (vote->candidate != candidate) {
      complain("I6 OneVotePerTerm: " + named(sender.id) + " votes twice in term " + std::to_string(term));
    }
    return;
  }
  sender.votes.push_back({term, candidate});
}

void Ledger::check_acknowledgement(const Sheet& sender, const Message& message, Index match) {
  if (match == 0) return;
  if (match > sender.durable.last()) {
    return complain("I9 AckTrue: " + named(sender.id) + " acknowledges more than it has on disk");
  }
  const Sheet* leader = find(message.to);
  if (leader == nullptr || leader->node == nullptr || leader->role != Role::leader || leader->term != message.term) {
    return;
  }
  if (match > leader->memory.last()) {
    return complain("I9 AckTrue: " + named(sender.id) + " acknowledges " + entry_named(match) +
                    ", which the leader lacks");
  }
  if (!sender.durable.holds(match, leader->memory.prefix_at(match))) {
    complain("I9 AckTrue: " + named(sender.id) + " acknowledges " + entry_named(match) + ", and has another");
  }
}

/// It may be taken at its word by who compares nothing: no more is committed by it than its receiver holds for sure.
void Ledger::check_heartbeat(const Sheet& sender, const Message& message, const HeartbeatRequest& heartbeat) {
  const Sheet* receiver = find(message.to);
  if (heartbeat.commit == 0 || receiver == nullptr || receiver->incarnation != message.to_incarnation) return;
  if (sender.memory.last() < heartbeat.commit) return;
  const Prefix wanted = sender.memory.prefix_at(heartbeat.commit);
  if (has_held(*receiver, heartbeat.commit, wanted)) return;
  complain("I19 MessageWellFormed: " + named(sender.id) + " sends a heartbeat that commits " +
           entry_named(heartbeat.commit) + " at " + named(receiver->id) + ", which has another or none");
}

void Ledger::check_append(const Sheet& sender, const Message& message, const AppendRequest& append) {
  if (sender.node == nullptr) return;
  const auto malformed = [&](const char* why) {
    complain("I19 MessageWellFormed: " + named(sender.id) + " sends an append " + why);
  };
  if (append.previous_index > 0 && append.previous_term == 0) return malformed("whose previous term is not known");
  const std::size_t count = append.entries.size();
  if (count > sender.node->options().max_append_entries) {
    complain("I20 Bounds: " + named(sender.id) + " sends more entries in one append than it may");
  }
  if (count > 0 && append.entries.first_index() != append.previous_index + 1) {
    return malformed("whose entries do not follow its previous index");
  }
  // Its log may have gone on, and been replaced, only in a newer term.
  if (sender.node->status().term != message.term) return;
  if (append.previous_index + count > sender.memory.last()) return malformed("of more than its log holds");
  if (append.previous_term != sender.memory.term_at(append.previous_index)) {
    return malformed("whose previous term is not that of its log");
  }
  if (count > 0 &&
      append.entries.at(append.entries.last_index()).term != sender.memory.term_at(append.entries.last_index())) {
    malformed("whose entries are not those of its log");
  }
}

}  // namespace kelek::sim
