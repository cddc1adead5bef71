// The list of calls and returns, its order, and lifting.
#include "event_list.h"

#include <algorithm>

namespace kelek::sim::history {

EventList::EventList(const std::vector<Interval>& intervals)
    : intervals_(intervals),
      closed_head_(static_cast<Event>(2 * intervals.size())),
      open_head_(closed_head_ + 1),
      next_(2 * intervals.size() + 2),
      previous_(2 * intervals.size() + 2),
      rank_(intervals.size()) {
  std::vector<Event> closed;
  std::vector<Event> open;
  for (Event operation = 0; operation < intervals.size(); ++operation) {
    if (intervals[operation].open) {
      open.push_back(2 * operation);
    } else {
      closed.push_back(2 * operation);
      closed.push_back(2 * operation + 1);
    }
  }
  const auto time_of = [&](Event event) {
    const Interval& interval = intervals[event / 2];
    return event % 2 == 0 ? interval.call_time : interval.return_time;
  };
  // At equal times calls come first: such operations overlap.
  const auto earlier = [&](Event a, Event b) {
    if (time_of(a) != time_of(b)) return time_of(a) < time_of(b);
    return a % 2 != b % 2 ? a % 2 < b % 2 : a < b;
  };
  std::sort(closed.begin(), closed.end(), earlier);
  std::sort(open.begin(), open.end(), earlier);
  const auto chain = [&](Event head, const std::vector<Event>& events) {
    Event last = head;
    for (const Event event : events) {
      next_[last] = event;
      previous_[event] = last;
      last = event;
    }
    next_[last] = head;
    previous_[head] = last;
  };
  chain(closed_head_, closed);
  chain(open_head_, open);
  std::uint32_t rank = 0;
  for (const Event event : closed) {
    if (event % 2 == 1) rank_[event / 2] = rank++;
  }
}

void EventList::unlink(Event event) {
  next_[previous_[event]] = next_[event];
  previous_[next_[event]] = previous_[event];
}

void EventList::relink(Event event) {
  next_[previous_[event]] = event;
  previous_[next_[event]] = event;
}

void EventList::lift(std::uint32_t operation) {
  unlink(2 * operation);
  if (!intervals_[operation].open) unlink(2 * operation + 1);
}

void EventList::unlift(std::uint32_t operation) {
  if (!intervals_[operation].open) relink(2 * operation + 1);
  relink(2 * operation);
}

}  // namespace kelek::sim::history
