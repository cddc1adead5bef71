// KELEK_INVARIANT: what must hold whatever peers, disks and operators do. Checked in release builds too.
#pragma once

namespace kelek::raft {

/// Told of a broken invariant just before the process aborts: the core itself writes nowhere.
using InvariantHandler = void (*)(const char* condition, const char* file, int line);
void set_invariant_handler(InvariantHandler handler);

[[noreturn]] void invariant_broken(const char* condition, const char* file, int line);

}  // namespace kelek::raft

#define KELEK_INVARIANT(condition) \
  ((condition) ? static_cast<void>(0) : ::kelek::raft::invariant_broken(#condition, __FILE__, __LINE__))
