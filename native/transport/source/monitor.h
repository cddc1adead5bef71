// Monitor: libzmq's events about one socket's connections and handshakes.
#pragma once

#include <cstdint>
#include <string>

#include "zmq_handles.h"

namespace kelek::transport {

/// The receiving end. It must go on reading for as long as the socket lives: libzmq's I/O thread waits where
/// it cannot write an event, so the queue is without limit and the gatekeeper's thread empties it.
class Monitor {
 public:
  struct Event {
    /// One of ZMQ_EVENT_...
    std::uint16_t kind = 0;
    /// What libzmq says with it: a descriptor, a status, an errno.
    std::uint32_t value = 0;
  };

  Monitor() = default;
  /// Begins to watch `socket`. To be called by the thread that owns it; the Monitor may then go to another.
  static Result<Monitor> watch(void* context, const Socket& socket);
  /// Ends the watching, before either end is closed. By the thread that owns the socket.
  static void stop(const Socket& socket);

  /// The next event, if there is one.
  bool next(Event& event);
  void* handle() const { return events_.get(); }

 private:
  explicit Monitor(Socket events) : events_(std::move(events)) {}
  Socket events_;
};

}  // namespace kelek::transport
