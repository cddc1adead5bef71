// EventQueue: what is going to happen, by virtual time; what is due at once happens in the order in which it was put.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include <kelek/sim/swarm.h>

namespace kelek::sim {

enum class EventKind : std::uint32_t {
  tick,     ///< of a host
  deliver,  ///< the message in a place of the network
  write,    ///< the disk of a host has finished
  take,     ///< a host takes its Readys
  client,   ///< a client goes on
  fault,    ///< something goes wrong
  start,    ///< a host comes up
  resume,   ///< a host that stood still goes on
  mend,     ///< the links of a cut are whole again
};

struct Event {
  Time time = 0;
  std::uint64_t order = 0;
  EventKind kind = EventKind::tick;
  /// The host, client, or place in the network.
  std::uint32_t subject = 0;
  /// What it must still be for the event to count: a life of the host, a number of the message.
  std::uint64_t stamp = 0;
};

class EventQueue {
 public:
  void put(Time time, EventKind kind, std::uint32_t subject, std::uint64_t stamp) {
    events_.push_back({time, order_++, kind, subject, stamp});
    std::push_heap(events_.begin(), events_.end(), comes_later);
  }
  bool empty() const { return events_.empty(); }
  Event take() {
    std::pop_heap(events_.begin(), events_.end(), comes_later);
    const Event next = events_.back();
    events_.pop_back();
    return next;
  }

 private:
  static bool comes_later(const Event& a, const Event& b) {
    return a.time != b.time ? a.time > b.time : a.order > b.order;
  }

  std::vector<Event> events_;
  std::uint64_t order_ = 0;
};

}  // namespace kelek::sim
