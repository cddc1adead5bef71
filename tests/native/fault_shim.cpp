// fault_shim: loaded before libc into a coordinator (LD_PRELOAD), it makes disk and clock misbehave on demand, and
// notes what is done to the data directory, so that a kill can become a loss of power (undo_journal.h).
//
// The file that KELEK_FAULTS names says how, one wish a line:
//   stall           syncs wait until it says something else     slow MILLISECONDS  each sync takes so much longer
//   fail            syncs fail with EIO                         fail-writes        so do writes
//   full            writes fail with ENOSPC                     short              writes take half of what is given
//   clock SECONDS   the system's clock is off by so much
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "undo_journal.h"

using namespace kelek;

namespace {

class Wishes {
 public:
  /// By system calls alone: what is replaced here must not be needed here.
  Wishes() {
    const char* path = getenv("KELEK_FAULTS");
    if (path == nullptr) return;
    const long descriptor = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return;
    syscall(SYS_read, descriptor, text_, sizeof text_ - 1);
    syscall(SYS_close, descriptor);
  }

  bool has(const char* word) const { return find(word) != nullptr; }
  long number_of(const char* word) const {
    const char* line = find(word);
    return line == nullptr ? 0 : std::strtol(line + std::strlen(word), nullptr, 10);
  }

 private:
  /// The line that begins with this word.
  const char* find(const char* word) const {
    const std::size_t size = std::strlen(word);
    for (const char* line = text_; *line != '\0';) {
      const bool ends = line[size] == '\0' || line[size] == '\n' || line[size] == ' ';
      if (std::strncmp(line, word, size) == 0 && ends) return line;
      const char* end = std::strchr(line, '\n');
      if (end == nullptr) break;
      line = end + 1;
    }
    return nullptr;
  }

  char text_[256] = {};
};

void wait_ms(long milliseconds) {
  timespec pause{milliseconds / 1'000, milliseconds % 1'000 * 1'000'000};
  syscall(SYS_nanosleep, &pause, nullptr);
}

int sync_as_wished(long call, int descriptor) {
  while (Wishes().has("stall")) wait_ms(5);
  const Wishes wishes;
  if (wishes.has("fail")) {
    errno = EIO;
    return -1;
  }
  if (wishes.has("slow")) wait_ms(wishes.number_of("slow"));
  const std::uint64_t noted = shim::noted();
  const int done = static_cast<int>(syscall(call, descriptor));
  if (done == 0) shim::note_sync_done(descriptor, noted);
  return done;
}

/// How many bytes to write; below 0: fail, errno says why.
ssize_t writable(std::size_t size) {
  const Wishes wishes;
  if (wishes.has("fail-writes") || wishes.has("full")) {
    errno = wishes.has("full") ? ENOSPC : EIO;
    return -1;
  }
  return static_cast<ssize_t>(wishes.has("short") ? (size + 1) / 2 : size);
}

}  // namespace

extern "C" {

int fdatasync(int descriptor) {
  return sync_as_wished(SYS_fdatasync, descriptor);
}
int fsync(int descriptor) {
  return sync_as_wished(SYS_fsync, descriptor);
}

ssize_t pwrite(int descriptor, const void* bytes, size_t size, off_t offset) {
  const ssize_t taken = writable(size);
  if (taken < 0) return taken;
  const shim::Guard guard;
  shim::note_write(descriptor, static_cast<std::uint64_t>(offset), static_cast<std::size_t>(taken));
  return syscall(SYS_pwrite64, descriptor, bytes, taken, offset);
}

int ftruncate(int descriptor, off_t size) noexcept {
  const shim::Guard guard;
  shim::note_resize(descriptor, static_cast<std::uint64_t>(size));
  return static_cast<int>(syscall(SYS_ftruncate, descriptor, size));
}

int open(const char* path, int flags, ...) {
  mode_t mode = 0;
  const shim::Guard guard;
  if ((flags & O_CREAT) != 0) {
    va_list arguments;
    va_start(arguments, flags);
    mode = va_arg(arguments, mode_t);
    va_end(arguments);
    shim::note_creation(path, false);
  }
  return static_cast<int>(syscall(SYS_openat, AT_FDCWD, path, flags, mode));
}

int mkdir(const char* path, mode_t mode) noexcept {
  const shim::Guard guard;
  shim::note_creation(path, true);
  return static_cast<int>(syscall(SYS_mkdirat, AT_FDCWD, path, mode));
}

int rename(const char* from, const char* to) noexcept {
  const shim::Guard guard;
  shim::note_rename(from, to);
  return static_cast<int>(syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
}

int unlink(const char* path) noexcept {
  const shim::Guard guard;
  shim::note_removal(path);
  return static_cast<int>(syscall(SYS_unlinkat, AT_FDCWD, path, 0));
}

int clock_gettime(clockid_t clock, timespec* time) noexcept {
  const int result = static_cast<int>(syscall(SYS_clock_gettime, clock, time));
  if (result != 0 || clock != CLOCK_REALTIME) return result;
  const Wishes wishes;
  if (wishes.has("clock")) time->tv_sec += wishes.number_of("clock");
  return result;
}
}
