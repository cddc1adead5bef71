// Emptying a Ready for its next use.
#include <kelek/raft/ready.h>

namespace kelek::raft {

void Ready::clear() {
  number = 0;
  messages.clear();
  messages_after.clear();
  hard_state.reset();
  entries.clear();
  replaces_entries = false;
  must_sync = false;
  chunks.clear();
  snapshot.reset();
  committed.clear();
  reads.clear();
  proposals.clear();
  role.reset();
  transfer.reset();
  configuration.reset();
}

}  // namespace kelek::raft
