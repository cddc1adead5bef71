// Wakeup by eventfd or pipe.
#include <kelek/transport/wakeup.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/eventfd.h>
#endif

namespace kelek::transport {

Result<Wakeup> Wakeup::create() {
#if defined(__linux__)
  const int descriptor = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (descriptor >= 0) return Wakeup(descriptor, descriptor);
#else
  int ends[2] = {-1, -1};
  if (pipe(ends) == 0) {
    for (const int end : ends) {
      fcntl(end, F_SETFL, O_NONBLOCK);
      fcntl(end, F_SETFD, FD_CLOEXEC);
    }
    return Wakeup(ends[0], ends[1]);
  }
#endif
  return Error{Problem::resources, std::string("no descriptor for a wakeup: ") + std::strerror(errno)};
}

Wakeup::Wakeup(Wakeup&& other) noexcept
    : read_descriptor_(std::exchange(other.read_descriptor_, -1)),
      write_descriptor_(std::exchange(other.write_descriptor_, -1)),
      waiting_(other.waiting_.load()) {}

Wakeup& Wakeup::operator=(Wakeup&& other) noexcept {
  if (this == &other) return *this;
  close();
  read_descriptor_ = std::exchange(other.read_descriptor_, -1);
  write_descriptor_ = std::exchange(other.write_descriptor_, -1);
  waiting_ = other.waiting_.load();
  return *this;
}

Wakeup::~Wakeup() {
  close();
}

void Wakeup::close() noexcept {
  if (read_descriptor_ >= 0) ::close(read_descriptor_);
  if (write_descriptor_ >= 0 && write_descriptor_ != read_descriptor_) ::close(write_descriptor_);
}

void Wakeup::notify() noexcept {
  if (waiting_.exchange(true)) return;
  const int saved = errno;
  const std::uint64_t one = 1;
  // Cannot fill up: who finds a notification waiting adds none.
  while (::write(write_descriptor_, &one, sizeof one) < 0 && errno == EINTR) {
  }
  errno = saved;
}

void Wakeup::clear() noexcept {
  std::uint64_t taken = 0;
  while (::read(read_descriptor_, &taken, sizeof taken) < 0 && errno == EINTR) {
  }
  // Only after the read, or a notification between the two would be read and yet count as waiting, and nobody
  // would ever write again. Who notifies between the two now writes nothing, and is seen by the caller all
  // the same, since it looks at what was left for it after clear(). A late write costs one needless wakeup.
  waiting_.exchange(false);
}

}  // namespace kelek::transport
