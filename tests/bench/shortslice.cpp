// shortslice COMMAND …: runs a command with a scheduler slice of 0.1 ms (Linux 6.12 and later, as root), so
// that its processes, once woken, need not wait for the 4 ms tick of a busy neighbour. Where that cannot be
// had, the command runs as it is.
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>

namespace {

/// The kernel's struct sched_attr.
struct SchedulingAttributes {
  std::uint32_t size = sizeof(SchedulingAttributes);
  std::uint32_t policy = 0;  // SCHED_OTHER
  std::uint64_t flags = 0;
  std::int32_t nice = -15;
  std::uint32_t priority = 0;
  std::uint64_t runtime_ns = 100'000;
  std::uint64_t deadline_ns = 0;
  std::uint64_t period_ns = 0;
  std::uint32_t utilization_min = 0;
  std::uint32_t utilization_max = 0;
};

}  // namespace

int main(int count, char** values) {
  if (count < 2) {
    std::fprintf(stderr, "usage: shortslice COMMAND [argument ...]\n");
    return 2;
  }
  const SchedulingAttributes attributes;
  if (syscall(SYS_sched_setattr, 0, &attributes, 0) != 0) std::perror("shortslice: going on without it");
  execvp(values[1], values + 1);
  std::perror(values[1]);
  return 1;
}
