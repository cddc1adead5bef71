// The replicated state machine: committed entries in, results and events out. Deterministic: no clock, no
// I/O, no randomness, no floating point. Same entries in the same order = same state, same answers, same
// hash, everywhere.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <kelek/machine/command.h>
#include <kelek/machine/events.h>
#include <kelek/machine/limits.h>
#include <kelek/machine/result.h>
#include <kelek/machine/state.h>

namespace kelek::machine {

struct ApplyOutcome {
  Result result;
  SharedEventBatch events;  // null when nothing changed that a watch could see
  bool replayed = false;    // the answer is that of an earlier entry with the same session and sequence
};

struct KvItem {
  std::string key;
  KvRecord record;
  friend bool operator==(const KvItem&, const KvItem&) = default;
};

struct KvRangeQuery {
  KeyRange range;
  uint64_t limit = 0;      // items; 0 = as many as fit a page (Limits::page_items, page_bytes)
  bool keys_only = false;  // records without values
};

struct KvPage {
  std::vector<KvItem> items;
  bool more = false;
  std::string next_key;  // more: `from` of the next page
};

struct KvCount {
  uint64_t keys = 0;
  bool more = false;  // there are more than page_items
};

struct TopicItem {
  uint64_t offset = 0;
  TopicRecord record;
  friend bool operator==(const TopicItem&, const TopicItem&) = default;
};

struct TopicPage {
  Code code = Code::ok;       // ok, not_found, or compacted (the offset is below first_offset)
  uint64_t first_offset = 0;  // oldest that is kept
  uint64_t next_offset = 0;   // where to read on; equals end_offset when all was read
  uint64_t end_offset = 0;    // the offset that the next append gets
  std::vector<TopicItem> items;
};

struct RestoreOutcome;

class Machine {
 public:
  // Empty, at index 0.
  Machine();
  ~Machine();
  Machine(Machine&&) noexcept;
  Machine& operator=(Machine&&) noexcept;

  // Applies the committed entry at `index`, which must be revision() + 1 (otherwise: out_of_order, nothing
  // changes, not even log time). Terms never fall. Never throws for anything a command contains. Who has no more
  // use for the command gives it away: what it brings becomes state and events without a copy.
  ApplyOutcome apply(uint64_t index, uint64_t term, Command&& command);
  ApplyOutcome apply(uint64_t index, uint64_t term, const Command& command);
  // The same for an entry without a command (a leader's empty entry, a change of membership). False: out of
  // order.
  bool apply_empty(uint64_t index, uint64_t term);
  // The same for a payload that could not be decoded: it does nothing, on every member alike, and answers
  // `invalid`.
  ApplyOutcome apply_undecodable(uint64_t index, uint64_t term, std::string_view reason);

  // The index of the last applied entry. Every answer of a query is as of this revision.
  uint64_t revision() const;
  uint64_t term() const;
  // Log time: the largest leader time applied so far.
  uint64_t time_ms() const;
  // Running hash over index, term, log time, answers (but not their reasons) and events of all applied
  // entries. Members at the same revision compare it; a restored member continues it.
  uint64_t state_hash() const;
  // The log time at which something expires or closes next; the leader writes a ClockTick when its clock has
  // passed it. A value at or below time_ms() means: at once. Nothing = no need.
  std::optional<uint64_t> next_deadline_ms() const;

  // ---- queries: constant, cheap, valid until the next apply; they do not move log time ----
  const Limits& limits() const;
  const KvRecord* kv_get(std::string_view key) const;
  KvPage kv_range(const KvRangeQuery& query) const;
  KvCount kv_count(const KeyRange& range) const;
  uint64_t kv_bytes() const;
  const Topic* topic(std::string_view name) const;
  // Up to `limit` records (0 = a page) from `offset` on.
  TopicPage topic_read(std::string_view name, uint64_t offset, uint64_t limit) const;
  // The newest `limit` records.
  TopicPage topic_tail(std::string_view name, uint64_t limit) const;
  const Ballot* ballot(uint64_t ballot_id) const;
  const Grant* grant(uint64_t grant_id) const;
  // May this be done now? ok, or why not (not_found, not_approved, not_eligible, stale_fence, expired ...).
  // Counts no use. `fence` 0 = do not compare.
  Refusal grant_check(uint64_t grant_id, uint64_t fence, std::string_view subject, std::string_view action,
                      std::string_view resource) const;
  const Policy* policy(std::string_view name) const;
  const Lock* lock(std::string_view name) const;
  const Session* session(uint64_t session_id) const;
  // Lists of topics, ballots, grants, policies, locks and sessions: walk the maps of the state.
  const State& state() const;

  // Events from `from_revision` on, at most `max_batches` (0 = all there are). The history is this member's
  // own: it is bounded by Limits::history_bytes and begins anew after a restore. from_revision 0 = the oldest
  // kept.
  HistoryPage history(uint64_t from_revision, uint64_t max_batches = 0) const;

  // Takes a snapshot back. A state that no sequence of commands could have made, as far as can be told (ids,
  // order, references, hard limits), is refused with a reason and changes nothing.
  static RestoreOutcome restore(State state);

 private:
  class Engine;
  friend struct MachineInside;  // for tests of the inner parts
  explicit Machine(std::unique_ptr<Engine> engine);
  std::unique_ptr<Engine> engine_;
};

struct RestoreOutcome {
  std::optional<Machine> machine;  // nothing = refused
  std::string reason;              // why
};

}  // namespace kelek::machine
