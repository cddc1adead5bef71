// What a process that runs a coordinator asks of the allocator.
#pragma once

namespace kelek::runtime {

/// Lets the allocator keep what is freed for the next frame instead of giving it back to the system at once:
/// frames of some 100 KB come and go thousands of times a second, and each return costs system calls and page
/// faults (measured: 4 % of a cluster's CPU time). Up to 64 MiB a thread may stay with the process after a
/// burst. For the whole process, so for main() to call, before threads are started; nothing happens where the
/// C library has no such setting.
void keep_freed_memory() noexcept;

}  // namespace kelek::runtime
