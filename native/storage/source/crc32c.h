// CRC32C (Castagnoli), by the processor where it can.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace kelek::storage {

/// Of `bytes` after bytes whose CRC is `crc`; 0 to begin with.
std::uint32_t crc32c(std::uint32_t crc, std::span<const std::byte> bytes);
inline std::uint32_t crc32c(std::span<const std::byte> bytes) {
  return crc32c(0, bytes);
}

/// The same by tables: for processors without the instruction, and to test against.
std::uint32_t crc32c_portable(std::uint32_t crc, std::span<const std::byte> bytes);

/// As stored: the CRC of bytes that hold CRCs of themselves is of little use, and a field of zeros must not be right
/// for no bytes at all (LevelDB's masking).
constexpr std::uint32_t masked(std::uint32_t crc) {
  return ((crc >> 15) | (crc << 17)) + 0xa282ead8U;
}

}  // namespace kelek::storage
