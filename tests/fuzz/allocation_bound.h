// AllocationBound: no allocation while it is there is larger than what the input could need, so that nothing is made
// room for that a few bytes only claim to bring. (Not for traces: there a mark of eight bytes stands for as many zeros
// as it says, up to the limit of a payload.) Sees what it is to see in the sanitizer builds, and in libFuzzer's.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>

extern "C" {
// The sanitizers' own; null where there is none.
__attribute__((weak)) int __sanitizer_install_malloc_and_free_hooks(void (*malloc_hook)(const volatile void*,
                                                                                        std::size_t),
                                                                    void (*free_hook)(const volatile void*));
}

namespace kelek::fuzz {

class AllocationBound {
 public:
  /// What may be asked for at once, whatever the input is.
  static constexpr std::size_t always = 64 * 1024;
  /// A byte of input may become an element of a list that grows by doubling.
  static constexpr std::size_t times_input = 512;

  explicit AllocationBound(std::size_t input_bytes) : bound_(always + times_input * input_bytes) {
    static const bool installed = install();
    watches() = installed;
    largest() = 0;
  }
  ~AllocationBound() {
    watches() = false;
    if (largest() <= bound_) return;
    std::fprintf(stderr, "%zu bytes were asked for at once; the input allows for %zu\n", largest(), bound_);
    std::abort();
  }
  AllocationBound(const AllocationBound&) = delete;
  AllocationBound& operator=(const AllocationBound&) = delete;

 private:
  static bool& watches() {
    static bool watching = false;
    return watching;
  }
  static std::size_t& largest() {
    static std::size_t bytes = 0;
    return bytes;
  }
  static void see(const volatile void*, std::size_t bytes) {
    if (watches()) largest() = std::max(largest(), bytes);
  }
  static void see_free(const volatile void*) {}
  static bool install() {
    return __sanitizer_install_malloc_and_free_hooks != nullptr &&
           __sanitizer_install_malloc_and_free_hooks(see, see_free) != 0;
  }

  const std::size_t bound_;
};

}  // namespace kelek::fuzz
