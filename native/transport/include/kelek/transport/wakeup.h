// Wakeup: lets any thread, or a signal handler, wake the one that polls.
#pragma once

#include <atomic>

#include <kelek/transport/result.h>

namespace kelek::transport {

/// An eventfd on Linux, a pipe elsewhere. One thread polls `descriptor()` for reading and calls clear()
/// before it looks at what the others left for it; any thread calls notify() after it left something.
class Wakeup {
 public:
  static Result<Wakeup> create();
  Wakeup(Wakeup&& other) noexcept;
  Wakeup& operator=(Wakeup&& other) noexcept;
  Wakeup(const Wakeup&) = delete;
  Wakeup& operator=(const Wakeup&) = delete;
  ~Wakeup();

  /// Safe on any thread and in a signal handler. Costs one system call, none if a notification is already
  /// waiting.
  void notify() noexcept;
  /// Takes all notifications so far. One system call: to be called when the descriptor is readable.
  void clear() noexcept;
  int descriptor() const { return read_descriptor_; }

 private:
  Wakeup(int read_descriptor, int write_descriptor)
      : read_descriptor_(read_descriptor), write_descriptor_(write_descriptor) {}
  void close() noexcept;

  int read_descriptor_ = -1;
  int write_descriptor_ = -1;
  std::atomic<bool> waiting_{false};
};

}  // namespace kelek::transport
