// EventList: the calls and returns of one object's operations in the order of time, as a doubly linked list from which
// operations are lifted when they get their place, and into which they are put back (Wing and Gong).
#pragma once

#include <cstdint>
#include <vector>

namespace kelek::sim::history {

/// Between which moments an operation happened.
struct Interval {
  std::uint64_t call_time = 0;
  std::uint64_t return_time = 0;
  /// It has no return: it may happen at any time after its call, or never.
  bool open = false;
};

/// Open operations stand in a chain of their own: what surely happened is tried first.
class EventList {
 public:
  using Event = std::uint32_t;

  explicit EventList(const std::vector<Interval>& intervals);

  /// An event of the chain, or the end of it.
  Event first_closed() const { return next_[closed_head_]; }
  Event first_open() const { return next_[open_head_]; }
  Event next(Event event) const { return next_[event]; }
  bool is_end(Event event) const { return event >= closed_head_; }
  bool is_return(Event event) const { return event % 2 == 1 && !is_end(event); }
  /// Of a call or a return.
  std::uint32_t operation(Event event) const { return event / 2; }
  /// Everything that has a return is lifted.
  bool all_placed() const { return first_closed() == closed_head_; }
  /// Of the returns: which of them comes first is lower.
  std::uint32_t rank_of_return(Event event) const { return rank_[event / 2]; }

  void lift(std::uint32_t operation);
  /// The newest that was lifted and is not back.
  void unlift(std::uint32_t operation);

 private:
  void unlink(Event event);
  void relink(Event event);

  const std::vector<Interval>& intervals_;
  Event closed_head_;
  Event open_head_;
  std::vector<Event> next_;
  std::vector<Event> previous_;
  std::vector<std::uint32_t> rank_;
};

}  // namespace kelek::sim::history
