// Randomness that nobody can guess.
#pragma once

#include <cstdint>

namespace kelek::storage {

/// For a new segment; never 0.
std::uint32_t draw_generation();

}  // namespace kelek::storage
