// What happens when an invariant of ours is broken: the process stops before it can do harm.
#include <kelek/raft/invariant.h>

#include <atomic>
#include <cstdlib>

namespace kelek::raft {
namespace {
std::atomic<InvariantHandler> installed_handler{nullptr};
}

void set_invariant_handler(InvariantHandler handler) {
  installed_handler.store(handler);
}

void invariant_broken(const char* condition, const char* file, int line) {
  if (const InvariantHandler handler = installed_handler.load()) handler(condition, file, line);
  std::abort();
}

}  // namespace kelek::raft
