// fault_shim: loaded before libc into a coordinator (LD_PRELOAD), it makes disk and clock misbehave on demand. The file
// that KELEK_FAULTS names says how: "stall" (syncs wait until it says something else), "fail" (syncs fail with EIO),
// "clock SECONDS" (the system's clock is off by so much), or nothing.
#include <fcntl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace {

struct Wish {
  char text[64] = {};
  bool is(const char* word) const { return std::strncmp(text, word, std::strlen(word)) == 0; }
};

/// By system calls alone: what is replaced here must not be needed here.
Wish read_wish() {
  Wish wish;
  const char* path = getenv("KELEK_FAULTS");
  if (path == nullptr) return wish;
  const long descriptor = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return wish;
  syscall(SYS_read, descriptor, wish.text, sizeof wish.text - 1);
  syscall(SYS_close, descriptor);
  return wish;
}

int sync_as_wished(long call, int descriptor) {
  while (read_wish().is("stall")) {
    timespec pause{0, 5'000'000};
    syscall(SYS_nanosleep, &pause, nullptr);
  }
  if (read_wish().is("fail")) {
    errno = EIO;
    return -1;
  }
  return static_cast<int>(syscall(call, descriptor));
}

}  // namespace

extern "C" {

int fdatasync(int descriptor) {
  return sync_as_wished(SYS_fdatasync, descriptor);
}
int fsync(int descriptor) {
  return sync_as_wished(SYS_fsync, descriptor);
}

int clock_gettime(clockid_t clock, timespec* time) noexcept {
  const int result = static_cast<int>(syscall(SYS_clock_gettime, clock, time));
  if (result != 0 || clock != CLOCK_REALTIME) return result;
  const Wish wish = read_wish();
  if (wish.is("clock ")) time->tv_sec += std::strtol(wish.text + 6, nullptr, 10);
  return result;
}
}
