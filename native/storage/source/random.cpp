// Randomness by libsodium.
#include "random.h"

#include <sodium.h>

namespace kelek::storage {

std::uint32_t draw_generation() {
  static const int ready = sodium_init();
  static_cast<void>(ready);  // the generator works before it too, only less quickly
  std::uint32_t drawn = 0;
  while (drawn == 0) drawn = randombytes_random();
  return drawn;
}

}  // namespace kelek::storage
