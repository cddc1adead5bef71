// The monitor's events, read off their inproc socket.
#include "monitor.h"

#include <atomic>
#include <cerrno>
#include <cstring>

namespace kelek::transport {
namespace {

constexpr int watched_events = ZMQ_EVENT_CLOSED | ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_DISCONNECTED |
                               ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
                               ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;

std::string new_endpoint() {
  static std::atomic<std::uint64_t> count{0};
  return "inproc://kelek.monitor." + std::to_string(++count);
}

}  // namespace

Result<Monitor> Monitor::watch(void* context, const Socket& socket) {
  const std::string endpoint = new_endpoint();
  Result<Socket> events = make_socket(context, ZMQ_PAIR);
  if (!events) return events.error();
  const Status options = OptionSetter(*events).number(ZMQ_LINGER, 0).number(ZMQ_RCVHWM, 0).status();
  if (!options) return options.error();
  if (zmq_socket_monitor(socket.get(), endpoint.c_str(), watched_events) != 0) return zmq_error("no monitor", errno);
  if (zmq_connect(events->get(), endpoint.c_str()) != 0) {
    const Error error = zmq_error("no monitor", errno);
    stop(socket);
    return error;
  }
  return Monitor(std::move(*events));
}

void Monitor::stop(const Socket& socket) {
  zmq_socket_monitor(socket.get(), nullptr, 0);
}

bool Monitor::next(Event& event) {
  constexpr std::size_t event_bytes = sizeof event.kind + sizeof event.value;
  Message head;
  if (!head.receive(events_)) return false;
  if (head.has_more()) drop_rest(events_);
  if (head.bytes().size() < event_bytes) return false;
  std::memcpy(&event.kind, head.bytes().data(), sizeof event.kind);
  std::memcpy(&event.value, head.bytes().data() + sizeof event.kind, sizeof event.value);
  return true;
}

}  // namespace kelek::transport
