// Long random stories: the same twice, restore equals replay, what is derived equals what it is derived from,
// and what must hold after every entry holds.
#include <algorithm>
#include <map>
#include <set>

#include "engine.h"
#include "indexes.h"
#include "story.h"
#include "validate_state.h"

using namespace kelek::machine;
using namespace kelek::machine::test;

namespace {

constexpr uint64_t entries_per_story = 6'000;

ApplyOutcome apply(Machine& machine, const LogEntry& entry) {
  const uint64_t index = machine.revision() + 1;
  if (entry.command) return machine.apply(index, entry.term, *entry.command);
  REQUIRE(machine.apply_empty(index, entry.term));
  return {};
}

std::vector<LogEntry> write_log(uint64_t seed, uint64_t entries) {
  Story story(seed);
  Machine machine;
  std::vector<LogEntry> log;
  for (uint64_t i = 0; i < entries; ++i) {
    log.push_back(story.next(machine));
    apply(machine, log.back());
  }
  return log;
}

// Everything in the indexes but the counts of ballots, which have no equality.
auto comparable(const Indexes& indexes) {
  std::map<uint64_t,
           std::tuple<std::set<std::string>, std::set<std::string>, std::set<std::pair<std::string, uint64_t>>>>
      bindings;
  for (const auto& [id, bound] : indexes.bindings) bindings[id] = {bound.keys, bound.holds, bound.waits};
  std::set<uint64_t> counted;
  for (const auto& [id, count] : indexes.counts) counted.insert(id);
  return std::make_tuple(indexes.keys, indexes.holds, indexes.waits, indexes.sessions, indexes.ballots, indexes.grants,
                         indexes.unheld_locks, indexes.closed_ballots, indexes.ended_grants, indexes.ended_sessions,
                         bindings, counted, indexes.answer_bytes, indexes.ballot_sizes, indexes.kv_bytes,
                         indexes.topic_bytes, indexes.ballot_bytes, indexes.all_answers_bytes);
}

// What no entry may ever break.
class Invariants {
 public:
  void look(const Machine& machine, const ApplyOutcome& outcome) {
    REQUIRE(machine.time_ms() >= time_ms_);
    time_ms_ = machine.time_ms();
    for (const auto& [id, ballot] : machine.state().ballots) {
      if (!ballot.verdict) {
        REQUIRE(ballot.deadline_ms > time_ms_);
        continue;
      }
      const auto [at, first] = verdicts_.emplace(id, *ballot.verdict);
      REQUIRE((first || at->second == *ballot.verdict));
    }
    for (const auto& [name, lock] : machine.state().locks) {
      if (lock.hold) REQUIRE(lock.hold->deadline_ms > time_ms_);
    }
    if (!outcome.events) return;
    REQUIRE(outcome.events->revision == machine.revision());
    for (const Event& event : outcome.events->events) look_at(event, machine.revision());
  }
  uint64_t grants() const { return fences_seen_; }
  uint64_t verdicts() const { return verdicts_.size(); }

 private:
  void look_at(const Event& event, uint64_t revision) {
    if (const auto* granted = std::get_if<LockGrantedEvent>(&event)) {
      REQUIRE(granted->fence == revision);
      REQUIRE(granted->fence > fences_[granted->lock]);
      fences_[granted->lock] = granted->fence;
      REQUIRE(held_.insert(granted->lock).second);
      ++fences_seen_;
    } else if (const auto* released = std::get_if<LockReleasedEvent>(&event)) {
      REQUIRE(held_.erase(released->lock) == 1);
    } else if (const auto* appended = std::get_if<TopicAppendEvent>(&event)) {
      REQUIRE(appended->offset == offsets_[appended->topic]++);
    } else if (const auto* closed = std::get_if<BallotClosedEvent>(&event)) {
      REQUIRE(closed_.insert(closed->ballot_id).second);
    } else if (const auto* used = std::get_if<GrantUsedEvent>(&event)) {
      REQUIRE(used->used > uses_[used->grant_id]);
      uses_[used->grant_id] = used->used;
    }
  }

  uint64_t time_ms_ = 0;
  uint64_t fences_seen_ = 0;
  std::map<std::string, uint64_t> fences_;
  std::map<std::string, uint64_t> offsets_;
  std::map<uint64_t, uint64_t> uses_;
  std::map<uint64_t, Verdict> verdicts_;
  std::set<std::string> held_;
  std::set<uint64_t> closed_;
};

}  // namespace

TEST_CASE("the same log gives the same answers, events, state and hash, twice") {
  for (const uint64_t seed : {1u, 2u, 3u}) {
    const std::vector<LogEntry> log = write_log(seed, entries_per_story);
    Machine first;
    Machine second;
    for (const LogEntry& entry : log) {
      const ApplyOutcome left = apply(first, entry);
      const ApplyOutcome right = apply(second, entry);
      REQUIRE(left.result == right.result);
      REQUIRE(left.replayed == right.replayed);
      REQUIRE((left.events == nullptr) == (right.events == nullptr));
      if (left.events) REQUIRE(left.events->events == right.events->events);
      REQUIRE(first.state_hash() == second.state_hash());
    }
    CHECK(first.state() == second.state());
    CHECK(full_hash(first.state()) == full_hash(second.state()));
  }
}

TEST_CASE("restored in the middle, a machine goes on exactly like one that was never stopped") {
  for (const uint64_t seed : {11u, 12u, 13u, 14u}) {
    const std::vector<LogEntry> log = write_log(seed, entries_per_story);
    Machine steady;
    Machine restored;
    Random random(seed);
    for (const LogEntry& entry : log) {
      if (random.one_in(100)) {
        RestoreOutcome outcome = Machine::restore(restored.state());
        INFO(outcome.reason);
        REQUIRE(outcome.machine);
        restored = std::move(*outcome.machine);
      }
      const ApplyOutcome left = apply(steady, entry);
      const ApplyOutcome right = apply(restored, entry);
      REQUIRE(left.result == right.result);
      REQUIRE(steady.state_hash() == restored.state_hash());
      REQUIRE(steady.next_deadline_ms() == restored.next_deadline_ms());
    }
    CHECK(steady.state() == restored.state());
    CHECK(full_hash(steady.state()) == full_hash(restored.state()));
  }
}

TEST_CASE("fences grow, verdicts stay, offsets follow each other, and no lock has two holders") {
  for (const uint64_t seed : {21u, 22u, 23u}) {
    Story story(seed);
    Machine machine;
    Invariants invariants;
    std::map<Code, uint64_t> codes_seen;
    for (uint64_t i = 0; i < entries_per_story; ++i) {
      const ApplyOutcome outcome = apply(machine, story.next(machine));
      invariants.look(machine, outcome);
      ++codes_seen[outcome.result.code];
    }
    CHECK(invariants.grants() > 100);
    CHECK(invariants.verdicts() > 50);
    CHECK(codes_seen.size() > 18);  // the story meets nearly every answer there is
    CHECK(contradiction(machine.state()) == "");
  }
}

TEST_CASE("what is derived from the state can be made anew from it at any time") {
  Story story(31);
  Machine machine;
  for (uint64_t i = 0; i < entries_per_story; ++i) {
    apply(machine, story.next(machine));
    if (i % 50 != 0) continue;
    const Indexes anew = Indexes::of(machine.state());
    REQUIRE(comparable(MachineInside::indexes(machine)) == comparable(anew));
    REQUIRE(contradiction(machine.state()) == "");
  }
}
