// The program's operator new and delete, with a count.
#include "allocation_counter.h"

#include <cstdlib>
#include <new>

namespace {
thread_local std::size_t all_bytes = 0;
thread_local std::size_t all_calls = 0;
}  // namespace

void* operator new(std::size_t size) {
  all_bytes += size;
  ++all_calls;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void* operator new[](std::size_t size) {
  return ::operator new(size);
}
// With these too: what a sanitizer's own operator new had given out, the delete below would not take back.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  all_bytes += size;
  ++all_calls;
  return std::malloc(size == 0 ? 1 : size);
}
void* operator new[](std::size_t size, const std::nothrow_t& nothrow) noexcept {
  return ::operator new(size, nothrow);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace kelek::test {

AllocationCounter::AllocationCounter() : bytes_before_(all_bytes), calls_before_(all_calls) {}

std::size_t AllocationCounter::bytes() const {
  return all_bytes - bytes_before_;
}

std::size_t AllocationCounter::calls() const {
  return all_calls - calls_before_;
}

}  // namespace kelek::test
