// Waiting for sockets and descriptors.
#include <kelek/transport/frame.h>

#include <poll.h>

#include <algorithm>
#include <array>
#include <limits>

#include <kelek/raft/invariant.h>

namespace kelek::transport {
namespace {

constexpr std::size_t most_items = 8;

/// What the socket is ready for. libzmq looks into its own mailbox for that, with a system call.
short events_of(const zmq_pollitem_t& item) {
  int events = 0;
  std::size_t size = sizeof events;
  if (zmq_getsockopt(item.socket, ZMQ_EVENTS, &events, &size) != 0) return 0;
  return static_cast<short>(events & item.events);
}

int descriptor_of(const zmq_pollitem_t& item) {
  if (item.socket == nullptr) return item.fd;
  int descriptor = -1;
  std::size_t size = sizeof descriptor;
  return zmq_getsockopt(item.socket, ZMQ_FD, &descriptor, &size) == 0 ? descriptor : -1;
}

int count_ready(std::span<const zmq_pollitem_t> items) {
  return static_cast<int>(
      std::count_if(items.begin(), items.end(), [](const zmq_pollitem_t& item) { return item.revents != 0; }));
}

/// One look at all of them, which waits up to `wait_ms` where no socket is ready yet. False: a signal came.
///
/// The descriptor of a socket tells only of news in its mailbox, and only once: before it is waited for, the
/// socket itself is asked.
bool look(std::span<zmq_pollitem_t> items, int wait_ms) {
  std::array<pollfd, most_items> descriptors{};
  for (std::size_t i = 0; i < items.size(); ++i) {
    zmq_pollitem_t& item = items[i];
    item.revents = item.socket != nullptr ? events_of(item) : short{0};
    if (item.revents != 0) wait_ms = 0;
    descriptors[i] = {descriptor_of(item), POLLIN, 0};
  }
  if (::poll(descriptors.data(), items.size(), wait_ms) < 0) return false;
  for (std::size_t i = 0; i < items.size(); ++i) {
    zmq_pollitem_t& item = items[i];
    if (item.revents != 0 || descriptors[i].revents == 0) continue;
    item.revents = item.socket != nullptr ? events_of(item) : short{ZMQ_POLLIN};
  }
  return true;
}

}  // namespace

// Not by zmq_poll(), which does the same with twice as many system calls: it looks once without waiting, and
// asks every socket again after each look.
int wait_for_events(std::span<zmq_pollitem_t> items, std::chrono::milliseconds timeout) {
  using Clock = std::chrono::steady_clock;
  KELEK_INVARIANT(items.size() <= most_items);
  const bool for_ever = timeout.count() < 0;
  timeout = std::min(timeout, std::chrono::milliseconds(std::numeric_limits<int>::max()));
  const Clock::time_point until = Clock::now() + timeout;
  for (std::int64_t left_ms = timeout.count();;) {
    if (!look(items, for_ever ? -1 : static_cast<int>(left_ms))) {
      for (zmq_pollitem_t& item : items) item.revents = 0;
      return 0;
    }
    const int ready = count_ready(items);
    if (ready > 0 || timeout.count() == 0) return ready;
    if (for_ever) continue;
    left_ms = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
    if (left_ms <= 0) return 0;
  }
}

}  // namespace kelek::transport
