// Replaces operator new and delete by ones that count.
#include "allocations.h"

#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include <kelek/raft/shared_count.h>

namespace {

std::atomic<std::uint64_t> allocation_count{0};
std::atomic<std::size_t> live_byte_count{0};

// Without locked instructions while there is one thread: the counting should not weigh on what is counted.
template <typename Number>
void add(std::atomic<Number>& counter, Number amount) {
  if (KELEK_ONE_THREAD) {
    counter.store(counter.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  } else {
    counter.fetch_add(amount, std::memory_order_relaxed);
  }
}

void* counted(void* memory) {
  if (memory == nullptr) throw std::bad_alloc();
  add(allocation_count, std::uint64_t{1});
  add(live_byte_count, malloc_usable_size(memory));
  return memory;
}

void release(void* memory) {
  if (memory == nullptr) return;
  add(live_byte_count, std::size_t{0} - malloc_usable_size(memory));
  std::free(memory);
}

}  // namespace

void* operator new(std::size_t size) {
  return counted(std::malloc(size));
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  const auto unit = static_cast<std::size_t>(alignment);
  return counted(std::aligned_alloc(unit, (size + unit - 1) / unit * unit));
}
void operator delete(void* memory) noexcept {
  release(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  release(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
  release(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  release(memory);
}

namespace kelek::bench {

std::uint64_t allocations() {
  return allocation_count.load(std::memory_order_relaxed);
}
std::size_t live_bytes() {
  return live_byte_count.load(std::memory_order_relaxed);
}

}  // namespace kelek::bench
