// How the ledger's ghost logs follow the logs in memory and on disk.
#include <algorithm>

#include <kelek/sim/ledger.h>

#include "ledger_text.h"

namespace kelek::sim {

using namespace raft;

/// What a snapshot stands for: it is of committed entries, which are known.
void Ledger::rebase(GhostLog& log, NodeId id, Index index, Term term) {
  if (index > committed_.size() && !hand_made_) {
    return complain("I5 StateMachineSafety: " + named(id) + " has a snapshot of " + entry_named(index) +
                    ", which is not committed");
  }
  if (index > 0 && index <= committed_.size() && committed_[static_cast<std::size_t>(index - 1)].term != term) {
    return complain("I5 StateMachineSafety: " + named(id) + " has a snapshot of another " + entry_named(index) +
                    " than was committed");
  }
  log.clear();
  for (Index at = 1; at <= index; ++at) {
    if (at <= committed_.size()) {
      const Committed& known = committed_[static_cast<std::size_t>(at - 1)];
      log.push(known.term, known.prefix);
    } else {
      log.push(term, mix(log.prefix_at(at - 1) + term) | 1);
    }
  }
}

void Ledger::push_memory(Sheet& sheet, Index index, const Entry& entry) {
  const Prefix prefix = prefix_after(sheet.memory.prefix_at(index - 1), entry);
  if (prefixes_.note(index, entry.term, prefix) != prefix) {
    complain("I3 LogMatching: " + named(sheet.id) + " holds " + entry_named(index) + " of term " +
             std::to_string(entry.term) + " after another log, or with other data, than another node did");
  }
  sheet.memory.push(entry.term, prefix);
  if (entry.kind == EntryKind::configuration) {
    sheet.configurations.push_back({index, entry.payload});
    sheet.checked_configuration = nullptr;
  }
}

void Ledger::shrink_memory(Sheet& sheet, Index last) {
  if (last >= sheet.memory.last()) return;
  if (last < sheet.commit && sheet.node != nullptr) {
    complain("I12 CommitMonotone: " + named(sheet.id) + " drops committed entries from " + entry_named(last + 1) +
             " on");
  }
  sheet.memory.truncate(last);
  sheet.memory_shrank = true;
  while (!sheet.configurations.empty() && sheet.configurations.back().index > last) {
    sheet.configurations.pop_back();
    sheet.checked_configuration = nullptr;
  }
}

void Ledger::follow_entries(Sheet& sheet, const EntryRange& range) {
  range.for_each([&](Index index, const Entry& entry) {
    if (index <= sheet.memory.last()) {
      if (prefix_after(sheet.memory.prefix_at(index - 1), entry) == sheet.memory.prefix_at(index)) return;
      shrink_memory(sheet, index - 1);
    }
    if (index == sheet.memory.last() + 1) push_memory(sheet, index, entry);
  });
}

/// What the node tells of its log, where no Ready has told it yet, or it is another than the Readys said.
void Ledger::follow_memory(Sheet& sheet, const NodeStatus& status) {
  if (status.last_index == sheet.memory.last() && status.last_term == sheet.memory.last_term()) return;
  const Node& node = *sheet.node;
  Index common = std::min(sheet.memory.last(), status.last_index);
  while (common >= status.first_index) {
    const EntryRange held = node.entries_from(common, 1);
    if (!held.empty() && held.at(common).term == sheet.memory.term_at(common)) break;
    --common;
  }
  if (common < status.first_index) {
    // All that is in common lies below the log: a snapshot took its place, or it begins behind one.
    const Index base = status.first_index - 1;
    const bool is_snapshot = base > 0 && (base > sheet.memory.last() || status.last_index == base);
    if (is_snapshot) {
      const Term term = base <= committed_.size() ? committed_[static_cast<std::size_t>(base - 1)].term : 0;
      rebase(sheet.memory, sheet.id, base, status.last_index == base ? status.last_term : term);
      sheet.configurations.clear();
      sheet.base_configuration = node.configuration();
      sheet.checked_configuration = nullptr;
    }
    common = std::min(base, sheet.memory.last());
  }
  shrink_memory(sheet, common);
  for (Index next = common + 1; next <= status.last_index;) {
    const EntryRange held = node.entries_from(next, UINT32_MAX);
    if (held.empty()) break;
    held.for_each([&](Index index, const Entry& entry) { push_memory(sheet, index, entry); });
    next = held.end_index();
  }
}

void Ledger::took(NodeId id, const Ready& ready) {
  Sheet* sheet = find(id);
  if (sheet == nullptr || sheet->node == nullptr || !broken_.empty()) return;
  if (ready.snapshot != nullptr) {
    rebase(sheet->memory, id, ready.snapshot->index, ready.snapshot->term);
    sheet->configurations.clear();
    sheet->base_configuration = ready.snapshot->configuration;
    sheet->checked_configuration = nullptr;
  }
  for (const EntryRange& range : ready.entries) follow_entries(*sheet, range);
  look(*sheet, sheet->node->status());
}

void Ledger::write_hard_state(Sheet& sheet, const HardState& next) {
  const HardState& before = sheet.hard_state;
  if (next.term < before.term) complain("I7 TermDurable: " + named(sheet.id) + ": its durable term goes back");
  if (next.term == before.term && before.vote != no_node && next.vote != before.vote) {
    complain("I6 OneVotePerTerm: " + named(sheet.id) + ": its durable vote changes within term " +
             std::to_string(next.term));
  }
  sheet.hard_state = next;
}

void Ledger::persisted(NodeId id, const Ready& ready) {
  Sheet* sheet = find(id);
  if (sheet != nullptr && broken_.empty()) write(*sheet, ready);
}

void Ledger::write(Sheet& sheet, const Ready& ready) {
  if (ready.snapshot != nullptr) rebase(sheet.durable, sheet.id, ready.snapshot->index, ready.snapshot->term);
  if (ready.hard_state) write_hard_state(sheet, *ready.hard_state);
  for (const EntryRange& range : ready.entries) {
    sheet.durable.truncate(range.first_index() - 1);
    range.for_each([&](Index index, const Entry& entry) {
      if (index != sheet.durable.last() + 1) return;
      sheet.durable.push(entry.term, prefix_after(sheet.durable.prefix_at(index - 1), entry));
    });
  }
}

Ledger::Holding Ledger::holding(const Sheet& sheet) {
  const Index last = sheet.durable.last();
  return {last, sheet.durable.prefix_at(last), sheet.hard_state.term, sheet.hard_state.vote};
}

void Ledger::power_cut(NodeId id, const std::vector<const Ready*>& unsynced) {
  Sheet* sheet = find(id);
  if (sheet == nullptr || !broken_.empty()) return;
  const GhostLog durable = sheet->durable;
  const HardState hard_state = sheet->hard_state;
  for (const Ready* ready : unsynced) {
    write(*sheet, *ready);
    sheet->may_hold.push_back(holding(*sheet));
  }
  sheet->durable = durable;
  sheet->hard_state = hard_state;
}

void Ledger::disk_holds(NodeId id, const HardState& hard_state, Index last, Term last_term) {
  Sheet* sheet = find(id);
  // What was lost is looked at when it starts again.
  if (sheet == nullptr || sheet->loss_allowed || !broken_.empty()) return;
  write_hard_state(*sheet, hard_state);
  if (last != sheet->durable.last() || last_term != sheet->durable.last_term()) {
    complain("I8 DurableQuorum: the disk of " + named(id) + " ends at " + entry_named(last) + ", but was given " +
             entry_named(sheet->durable.last()));
  }
}

/// What comes back from the disk is what was reported durable, or that and some of what was on its way.
void Ledger::load_durable(Sheet& sheet, const DurableState& state) {
  GhostLog found;
  const bool has_entries = !state.entries.empty();
  const Index first = has_entries ? state.entries.front().first_index() : state.snapshot.index + 1;
  if (first > 1) {
    const Index base = std::max(first - 1, has_entries ? Index{0} : state.snapshot.index);
    const Term term = base == state.snapshot.index ? state.snapshot.term
                      : base <= committed_.size()  ? committed_[static_cast<std::size_t>(base - 1)].term
                                                   : 0;
    rebase(found, sheet.id, base, term);
  }
  for (const EntryRange& range : state.entries) {
    range.for_each([&](Index index, const Entry& entry) {
      if (index != found.last() + 1) return;
      const Prefix prefix = prefix_after(found.prefix_at(index - 1), entry);
      if (prefixes_.note(index, entry.term, prefix) != prefix) {
        complain("I3 LogMatching: the disk of " + named(sheet.id) + " holds " + entry_named(index) + " of term " +
                 std::to_string(entry.term) + " after another log, or with other data, than another node did");
      }
      found.push(entry.term, prefix);
    });
  }
  const Holding before = holding(sheet);
  const Holding now{found.last(), found.prefix_at(found.last()), state.hard_state.term, state.hard_state.vote};
  const auto is_now = [&now](const Holding& expected) {
    // A disk that was repaired may give a vote that was lost to the node itself.
    const bool same_vote = now.vote == expected.vote || expected.vote == no_node;
    return now.last == expected.last && now.prefix == expected.prefix && now.term == expected.term && same_vote;
  };
  const bool expected =
      is_now(before) || std::any_of(sheet.may_hold.begin(), sheet.may_hold.end(), is_now) || sheet.starts == 0;
  if (!expected && !sheet.loss_allowed) {
    complain("I8 DurableQuorum: the disk of " + named(sheet.id) + " came back with a log that ends at " +
             entry_named(now.last) + " and term " + std::to_string(now.term) +
             ", not with what was durable: " + entry_named(before.last) + " and term " + std::to_string(before.term));
  }
  if (sheet.loss_allowed && !found.holds(before.last, before.prefix)) sheet.lost.push_back(sheet.durable);
  ++sheet.starts;
  sheet.hard_state = state.hard_state;
  sheet.loss_allowed = false;
  sheet.may_hold.clear();
  sheet.durable = std::move(found);
}

}  // namespace kelek::sim
