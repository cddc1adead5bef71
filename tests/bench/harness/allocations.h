// Counts what the process takes from the heap through operator new, which allocations.cpp replaces.
#pragma once

#include <cstddef>
#include <cstdint>

namespace kelek::bench {

/// Calls of operator new since the start, by all threads.
std::uint64_t allocations();

/// Bytes that live now, as the heap rounds them up.
std::size_t live_bytes();

}  // namespace kelek::bench
