// The ledger's book-keeping: who is up, who was asked what, and what each step is checked for.
#include <kelek/sim/ledger.h>

#include <algorithm>

#include "ledger_text.h"

namespace kelek::sim {

using namespace raft;

Handled Handled::of(const Message& message) {
  const auto* request = std::get_if<VoteRequest>(&message.body);
  return {message.kind(), message.term, request != nullptr && request->by_transfer};
}

void Ledger::complain(std::string what) {
  if (broken_.empty()) broken_ = std::move(what);
}

void Ledger::clear() {
  broken_.clear();
  sheets_.clear();
  retired_.clear();
  prefixes_.clear();
  leaders_.clear();
  committed_.clear();
  highest_term_ = 0;
}

Ledger::Sheet* Ledger::find(NodeId id) {
  for (Sheet& sheet : sheets_) {
    if (sheet.id == id) return &sheet;
  }
  return nullptr;
}

const Ledger::Sheet* Ledger::find(NodeId id) const {
  for (const Sheet& sheet : sheets_) {
    if (sheet.id == id) return &sheet;
  }
  return nullptr;
}

void Ledger::started(NodeId id, Incarnation incarnation, const Node& node, const DurableState& state) {
  Sheet* sheet = find(id);
  if (sheet == nullptr) {
    sheet = &sheets_.emplace_back();
    sheet->id = id;
    sheet->incarnation = incarnation;
  } else if (sheet->incarnation != incarnation) {
    retired_.push_back(std::move(*sheet));
    *sheet = Sheet{};
    sheet->id = id;
    sheet->incarnation = incarnation;
  }
  load_durable(*sheet, state);
  sheet->node = &node;
  sheet->memory = sheet->durable;
  sheet->base_configuration = state.snapshot.index > 0 ? state.snapshot.configuration : state.configuration;
  sheet->configurations.clear();
  for (const EntryRange& range : state.entries) {
    range.for_each([&](Index index, const Entry& entry) {
      if (entry.kind == EntryKind::configuration && index > state.snapshot.index) {
        sheet->configurations.push_back({index, entry.payload});
      }
    });
  }
  sheet->checked_configuration = nullptr;
  sheet->memory_shrank = false;
  const NodeStatus status = node.status();
  follow_memory(*sheet, status);
  sheet->role = status.role;
  sheet->term = status.term;
  sheet->commit = status.commit;
  sheet->applied = status.applied;
  if (status.commit > committed_.size()) check_commits(*sheet, status);
}

void Ledger::stopped(NodeId id) {
  Sheet* sheet = find(id);
  if (sheet == nullptr) return;
  sheet->node = nullptr;
  sheet->role = Role::follower;
  sheet->matches.clear();
  sheet->read_floors.clear();
}

void Ledger::lost_durable(NodeId id) {
  if (Sheet* sheet = find(id)) sheet->loss_allowed = true;
}

void Ledger::fell_back(NodeId leader) {
  if (Sheet* sheet = find(leader)) sheet->matches.clear();
}

void Ledger::stepped(NodeId id, const std::optional<Handled>& handled) {
  Sheet* sheet = find(id);
  if (sheet == nullptr || sheet->node == nullptr || !broken_.empty()) return;
  const NodeStatus status = sheet->node->status();
  look(*sheet, status);
  if (handled) check_term_adopted(*sheet, status, *handled);
  const bool may_move_match = !handled || handled->kind == MessageKind::append_response ||
                              handled->kind == MessageKind::heartbeat_response ||
                              handled->kind == MessageKind::snapshot_response;
  if (status.role == Role::leader && may_move_match) check_peers(*sheet, status);
  check_bounds(*sheet, status);
}

/// What has to be known, and checked, before anything that follows from it: a Ready brings what is committed.
void Ledger::look(Sheet& sheet, const NodeStatus& status) {
  highest_term_ = std::max(highest_term_, status.term);
  follow_memory(sheet, status);
  check_progress(sheet, status);
  check_configuration(sheet);
  if (status.role == Role::leader) check_leader(sheet, status);
  if (status.commit != sheet.commit) check_commits(sheet, status);
  sheet.memory_shrank = false;
  sheet.role = status.role;
  sheet.term = status.term;
  sheet.commit = status.commit;
  sheet.applied = status.applied;
}

Index Ledger::durable_commit(NodeId id) const {
  const Sheet* sheet = find(id);
  if (sheet == nullptr) return 0;
  Index index = std::min<Index>(sheet->durable.last(), committed_.size());
  while (index > 0 && sheet->durable.prefix_at(index) != committed_[static_cast<std::size_t>(index - 1)].prefix)
    --index;
  return index;
}

void Ledger::applied(NodeId id, Index previous, Index index, const Entry& entry) {
  if (index != previous + 1) {
    return complain("I16 ApplyOnce: " + named(id) + " applies " + entry_named(index) + " after " +
                    entry_named(previous));
  }
  if (index > committed_.size()) {
    return complain("I5 StateMachineSafety: " + named(id) + " applies " + entry_named(index) +
                    ", which is not committed");
  }
  const Prefix before = index > 1 ? committed_[static_cast<std::size_t>(index - 2)].prefix : empty_prefix;
  if (prefix_after(before, entry) != committed_[static_cast<std::size_t>(index - 1)].prefix) {
    complain("I5 StateMachineSafety: " + named(id) + " applies another " + entry_named(index) + " than was committed");
  }
}

void Ledger::state_is(NodeId id, Index index, std::uint64_t digest) {
  if (index == 0 || index > committed_.size()) return;
  Committed& known = committed_[static_cast<std::size_t>(index - 1)];
  if (!known.has_state) {
    known.state = digest;
    known.has_state = true;
  } else if (known.state != digest) {
    complain("I17 SameStateHash: " + named(id) + " has another state after " + entry_named(index) +
             " than another had");
  }
}

void Ledger::read_asked(NodeId id, Token token) {
  if (Sheet* sheet = find(id)) sheet->read_floors.push_back({token, highest_commit()});
}

void Ledger::read_refused(NodeId id, Token token) {
  Sheet* sheet = find(id);
  if (sheet == nullptr) return;
  auto& floors = sheet->read_floors;
  floors.erase(std::remove_if(floors.begin(), floors.end(), [&](const auto& floor) { return floor.first == token; }),
               floors.end());
}

void Ledger::read_answered(NodeId id, const ReadOutcome& outcome) {
  Sheet* sheet = find(id);
  if (sheet == nullptr) return;
  auto& floors = sheet->read_floors;
  const auto floor =
      std::find_if(floors.begin(), floors.end(), [&](const auto& asked) { return asked.first == outcome.token; });
  if (floor == floors.end()) {
    return complain("I15 ReadLinearizable: " + named(id) + " answers a read that nobody asked, or twice");
  }
  if (outcome.refusal == Refusal::none && outcome.index < floor->second) {
    complain("I15 ReadLinearizable: " + named(id) + " answers a read at " + std::to_string(outcome.index) +
             ", below what was committed at " + std::to_string(floor->second) + " when it was asked");
  }
  floors.erase(floor);
}

}  // namespace kelek::sim
