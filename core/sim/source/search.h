// Search: looks for an order of one object's operations, by Wing and Gong with Lowe's memory, without recursion.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <kelek/sim/linearizability.h>

#include "event_list.h"
#include "visited.h"

namespace kelek::sim::history {

/// What a search came to; operations by their number among those that it was given.
struct Findings {
  Judgement judgement = Judgement::unknown;
  std::uint64_t steps = 0;
  std::string limit;
  // where not linearizable: as in Explanation
  std::uint32_t blocked = 0;
  std::vector<std::uint32_t> order;
  std::vector<std::uint32_t> stuck;
  std::string state;
};

template <typename Model>
class Search {
 public:
  Search(const std::vector<const Operation*>& operations, const std::vector<Interval>& intervals,
         const CheckLimits& limits, Model model = Model{})
      : intervals_(intervals),
        limits_(limits),
        model_(std::move(model)),
        events_(intervals),
        closed_(intervals.size()),
        open_(intervals.size()) {
    steps_.reserve(operations.size());
    for (const Operation* operation : operations) steps_.push_back(model_.prepare(*operation));
    find_twins();
  }

  Findings run() {
    Event candidate = events_.first_closed();
    while (!events_.all_placed()) {
      candidate = next_candidate(candidate);
      if (events_.is_end(candidate)) {
        note_the_end();
        if (!step_back(candidate)) return not_linearizable();
      } else if (findings_.steps == limits_.max_steps) {
        return unknown("steps");
      } else if (place(events_.operation(candidate))) {
        candidate = events_.first_closed();
        barrier_known_ = false;
        if (memory_bytes() > limits_.max_memory_bytes) return unknown("memory");
      } else {
        candidate = events_.next(candidate);
      }
    }
    findings_.judgement = Judgement::linearizable;
    return std::move(findings_);
  }

 private:
  using Event = EventList::Event;
  using State = typename Model::State;
  struct Placed {
    std::uint32_t operation = 0;
    /// It left the state as it was: whatever order there is, there is one with it here. No other place is tried.
    bool settled = false;
    State before;
  };

  /// `from` itself, or what comes behind it, that may be next: a call before the first return, closed ones first.
  Event next_candidate(Event from) {
    if (events_.is_return(from)) {
      remember_barrier(from);
      from = events_.first_open();
    }
    if (events_.is_end(from) || !intervals_[events_.operation(from)].open) return from;
    if (!barrier_known_) remember_barrier(first_return());
    const Interval& interval = intervals_[events_.operation(from)];
    return interval.call_time <= barrier_time_ ? from : end_of_candidates;
  }

  void remember_barrier(Event first) {
    barrier_ = first;
    barrier_time_ = intervals_[events_.operation(first)].return_time;
    barrier_known_ = true;
  }
  Event first_return() const {
    Event event = events_.first_closed();
    while (!events_.is_return(event)) event = events_.next(event);
    return event;
  }

  /// Of open operations that do the same, the one that was called first is placed first: which of them it was makes no
  /// difference, and trying them all would take for ever.
  void find_twins() {
    constexpr std::size_t looked_at = 256;  // more than that are hardly ever open on one object
    std::vector<std::uint32_t> open;
    twin_.assign(steps_.size(), no_twin);
    for (std::uint32_t operation = 0; operation < steps_.size(); ++operation) {
      if (!intervals_[operation].open) continue;
      const auto end = open.rbegin() + static_cast<std::ptrdiff_t>(std::min(open.size(), looked_at));
      const auto twin =
          std::find_if(open.rbegin(), end, [&](std::uint32_t other) { return steps_[other] == steps_[operation]; });
      if (twin != end) twin_[operation] = *twin;
      open.push_back(operation);
    }
  }

  bool place(std::uint32_t operation) {
    if (twin_[operation] != no_twin && !open_.contains(twin_[operation])) return false;
    ++findings_.steps;
    const bool is_open = intervals_[operation].open;
    State after = state_;
    if (!model_.apply(after, steps_[operation])) return false;
    const bool unchanged = after == state_;
    if (is_open && unchanged) return false;
    WindowedSet& placed = is_open ? open_ : closed_;
    placed.insert(operation);
    if (!visited_.insert(written(after))) {
      placed.erase(operation);
      return false;
    }
    events_.lift(operation);
    stack_.push_back({operation, unchanged, std::move(state_)});
    state_ = std::move(after);
    return true;
  }

  /// Back to the last operation that could stand elsewhere; `candidate` is then what follows it. False: none is left.
  bool step_back(Event& candidate) {
    while (!stack_.empty()) {
      Placed& last = stack_.back();
      const std::uint32_t operation = last.operation;
      const bool settled = last.settled;
      (intervals_[operation].open ? open_ : closed_).erase(operation);
      events_.unlift(operation);
      state_ = std::move(last.before);
      stack_.pop_back();
      if (settled) continue;
      barrier_known_ = false;
      candidate = events_.next(2 * operation);
      return true;
    }
    return false;
  }

  /// Nothing fits here. What came furthest is kept for the explanation.
  void note_the_end() {
    if (!barrier_known_) remember_barrier(first_return());
    const std::uint64_t rank = std::uint64_t{events_.rank_of_return(barrier_)} + 1;
    if (rank < best_rank_ || (rank == best_rank_ && stack_.size() <= findings_.order.size())) return;
    best_rank_ = rank;
    findings_.blocked = events_.operation(barrier_);
    findings_.order.clear();
    for (const Placed& placed : stack_) findings_.order.push_back(placed.operation);
    findings_.stuck.clear();
    for (Event event = events_.first_closed(); event != barrier_; event = events_.next(event)) {
      findings_.stuck.push_back(events_.operation(event));
    }
    best_state_ = state_;
  }

  Findings not_linearizable() {
    findings_.judgement = Judgement::not_linearizable;
    findings_.state = model_.describe(best_state_);
    return std::move(findings_);
  }
  Findings unknown(const char* limit) {
    findings_.limit = limit;
    return std::move(findings_);
  }

  const Words& written(const State& state) {
    key_.clear();
    closed_.write(key_);
    open_.write(key_);
    Model::write(state, key_);
    return key_;
  }
  std::size_t memory_bytes() const {
    return visited_.memory_bytes() + stack_.capacity() * sizeof(Placed) + model_.memory_bytes();
  }

  static constexpr Event end_of_candidates = ~Event{0};
  static constexpr std::uint32_t no_twin = ~std::uint32_t{0};

  const std::vector<Interval>& intervals_;
  const CheckLimits limits_;
  Model model_;
  std::vector<typename Model::Step> steps_;
  std::vector<std::uint32_t> twin_;  // of an open operation: the one before it that does the same
  EventList events_;
  WindowedSet closed_;
  WindowedSet open_;
  Visited visited_;
  Words key_;
  State state_;
  std::vector<Placed> stack_;
  Event barrier_ = 0;
  std::uint64_t barrier_time_ = 0;
  bool barrier_known_ = false;
  std::uint64_t best_rank_ = 0;
  State best_state_;
  Findings findings_;
};

}  // namespace kelek::sim::history
