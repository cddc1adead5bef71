// Counts the bytes that operator new gives out, in the whole test program.
#pragma once

#include <cstddef>

namespace kelek::test {

/// Since its construction, on this thread. Freed memory is not subtracted.
class AllocationCounter {
 public:
  AllocationCounter();
  std::size_t bytes() const;
  std::size_t calls() const;

 private:
  std::size_t bytes_before_;
  std::size_t calls_before_;
};

}  // namespace kelek::test
