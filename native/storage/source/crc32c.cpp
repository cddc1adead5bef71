// CRC32C: eight tables, or the SSE 4.2 instruction on three strands at once, joined by carry-less multiplication.
#include "crc32c.h"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#define KELEK_CRC_INSTRUCTIONS 1
#endif

namespace kelek::storage {
namespace {

constexpr std::uint32_t polynomial = 0x82f63b78U;  // reflected

using Tables = std::array<std::array<std::uint32_t, 256>, 8>;

constexpr Tables make_tables() {
  Tables tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? polynomial : 0);
    tables[0][byte] = crc;
  }
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    for (std::size_t t = 1; t < 8; ++t) {
      tables[t][byte] = (tables[t - 1][byte] >> 8) ^ tables[0][tables[t - 1][byte] & 0xff];
    }
  }
  return tables;
}
constexpr Tables tables = make_tables();

std::uint32_t load32(const std::byte* at) {
  return std::to_integer<std::uint32_t>(at[0]) | std::to_integer<std::uint32_t>(at[1]) << 8 |
         std::to_integer<std::uint32_t>(at[2]) << 16 | std::to_integer<std::uint32_t>(at[3]) << 24;
}

#ifdef KELEK_CRC_INSTRUCTIONS

/// x^exponent modulo the polynomial, reflected.
constexpr std::uint32_t power_of_x(std::size_t exponent) {
  std::uint32_t value = 0x80000000U;
  for (std::size_t i = 0; i < exponent; ++i) value = (value >> 1) ^ ((value & 1) != 0 ? polynomial : 0);
  return value;
}

/// Multiplied with this, a CRC becomes 64 bits which, added to the 8 bytes that follow `bytes` − 8 other bytes,
/// have the effect that the CRC would have had if it had gone through those bytes.
constexpr std::uint32_t shift_constant(std::size_t bytes) {
  return power_of_x(bytes * 8 - 33);
}

std::uint64_t load64(const std::byte* at) {
  std::uint64_t value;
  std::memcpy(&value, at, 8);
  return value;
}

__attribute__((target("sse4.2,pclmul"))) std::uint64_t shifted(std::uint64_t crc, std::uint32_t constant) {
  const __m128i product = _mm_clmulepi64_si128(_mm_cvtsi64_si128(static_cast<long long>(crc)),
                                               _mm_cvtsi64_si128(static_cast<long long>(constant)), 0);
  return static_cast<std::uint64_t>(_mm_cvtsi128_si64(product));
}

/// Three strands of `strand` bytes and 8 bytes more, as often as they fit. The instruction takes three cycles and
/// can start one every cycle: three strands hide its latency.
template <std::size_t strand>
__attribute__((target("sse4.2,pclmul"))) std::uint64_t by_strands(std::uint64_t crc, const std::byte*& at,
                                                                  std::size_t& left) {
  constexpr std::uint32_t two_strands = shift_constant(2 * strand + 8);
  constexpr std::uint32_t one_strand = shift_constant(strand + 8);
  while (left >= 3 * strand + 8) {
    std::uint64_t second = 0;
    std::uint64_t third = 0;
    for (std::size_t i = 0; i < strand; i += 8) {
      crc = _mm_crc32_u64(crc, load64(at + i));
      second = _mm_crc32_u64(second, load64(at + strand + i));
      third = _mm_crc32_u64(third, load64(at + 2 * strand + i));
    }
    const std::uint64_t carried = shifted(crc, two_strands) ^ shifted(second, one_strand);
    crc = _mm_crc32_u64(third, load64(at + 3 * strand) ^ carried);
    at += 3 * strand + 8;
    left -= 3 * strand + 8;
  }
  return crc;
}

__attribute__((target("sse4.2,pclmul"))) std::uint32_t crc32c_by_instructions(std::uint32_t start,
                                                                              std::span<const std::byte> bytes) {
  const std::byte* at = bytes.data();
  std::size_t left = bytes.size();
  std::uint64_t crc = start ^ 0xffffffffU;
  crc = by_strands<1024>(crc, at, left);
  crc = by_strands<80>(crc, at, left);  // an entry of 256 bytes is one round
  for (; left >= 8; at += 8, left -= 8) crc = _mm_crc32_u64(crc, load64(at));
  for (; left > 0; ++at, --left) {
    crc = _mm_crc32_u8(static_cast<std::uint32_t>(crc), std::to_integer<unsigned char>(*at));
  }
  return static_cast<std::uint32_t>(crc) ^ 0xffffffffU;
}

#endif

using Function = std::uint32_t (*)(std::uint32_t, std::span<const std::byte>);

Function choose() {
#ifdef KELEK_CRC_INSTRUCTIONS
  if (__builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul")) return crc32c_by_instructions;
#endif
  return crc32c_portable;
}

}  // namespace

std::uint32_t crc32c_portable(std::uint32_t crc, std::span<const std::byte> bytes) {
  const std::byte* at = bytes.data();
  std::size_t left = bytes.size();
  crc ^= 0xffffffffU;
  for (; left >= 8; at += 8, left -= 8) {
    const std::uint32_t low = crc ^ load32(at);
    const std::uint32_t high = load32(at + 4);
    crc = tables[7][low & 0xff] ^ tables[6][(low >> 8) & 0xff] ^ tables[5][(low >> 16) & 0xff] ^ tables[4][low >> 24] ^
          tables[3][high & 0xff] ^ tables[2][(high >> 8) & 0xff] ^ tables[1][(high >> 16) & 0xff] ^
          tables[0][high >> 24];
  }
  for (; left > 0; ++at, --left) {
    crc = (crc >> 8) ^ tables[0][(crc ^ std::to_integer<std::uint32_t>(*at)) & 0xff];
  }
  return crc ^ 0xffffffffU;
}

std::uint32_t crc32c(std::uint32_t crc, std::span<const std::byte> bytes) {
  static const Function function = choose();
  return function(crc, bytes);
}

}  // namespace kelek::storage
