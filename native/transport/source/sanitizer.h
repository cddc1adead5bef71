// What the thread sanitizer is told: Debian's libzmq is not compiled with it, so that it does not see
// messages being handed from thread to thread, and takes each for a race. Nothing of this is in other builds.
#pragma once

#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#endif

namespace kelek::transport {

/// Before something is handed to libzmq that it gives back on another thread, and there.
inline void hand_over([[maybe_unused]] void* address) {
#if defined(__SANITIZE_THREAD__)
  __tsan_release(address);
#endif
}

inline void take_over([[maybe_unused]] void* address) {
#if defined(__SANITIZE_THREAD__)
  __tsan_acquire(address);
#endif
}

}  // namespace kelek::transport
