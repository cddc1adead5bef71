// SharedCount: the reference count under payloads and blocks of entries.
#pragma once

#include <atomic>
#include <cstdint>

#if __has_include(<sys/single_threaded.h>)
#include <sys/single_threaded.h>
#define KELEK_ONE_THREAD __libc_single_threaded
#else
#define KELEK_ONE_THREAD false
#endif

namespace kelek::raft {

/// Starts at zero; whoever drops it to zero destroys what it counts. Safe across threads. While the process has
/// one thread only, it counts without locked instructions, as libstdc++'s shared_ptr does: measured, they are a
/// third of the cost of replicating a small entry.
class SharedCount {
 public:
  void add() const {
    if (KELEK_ONE_THREAD) {
      value_.store(value_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    } else {
      value_.fetch_add(1, std::memory_order_relaxed);
    }
  }

  /// True for the last one.
  bool drop() const {
    if (KELEK_ONE_THREAD) {
      const std::uint32_t left = value_.load(std::memory_order_relaxed) - 1;
      value_.store(left, std::memory_order_relaxed);
      return left == 0;
    }
    return value_.fetch_sub(1, std::memory_order_acq_rel) == 1;
  }

  bool is_shared() const { return value_.load(std::memory_order_acquire) > 1; }

 private:
  mutable std::atomic<std::uint32_t> value_{0};
};

}  // namespace kelek::raft
