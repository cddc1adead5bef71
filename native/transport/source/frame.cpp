// Waiting for sockets and descriptors.
#include <kelek/transport/frame.h>

#include <algorithm>
#include <limits>

namespace kelek::transport {

int wait_for_events(std::span<zmq_pollitem_t> items, std::chrono::milliseconds timeout) {
  constexpr std::int64_t longest = std::numeric_limits<int>::max();
  const long wait =
      timeout.count() < 0 ? -1 : static_cast<long>(std::min<std::int64_t>(timeout.count(), longest));
  const int ready = zmq_poll(items.data(), static_cast<int>(items.size()), wait);
  if (ready >= 0) return ready;
  for (zmq_pollitem_t& item : items) item.revents = 0;
  return 0;
}

}  // namespace kelek::transport
