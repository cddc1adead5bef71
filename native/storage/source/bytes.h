// Little-endian numbers in bytes, for the formats on disk.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

namespace kelek::storage {

template <typename Number>
void put_number(std::byte* out, Number value) {
  if constexpr (std::endian::native == std::endian::little) {
    std::memcpy(out, &value, sizeof(Number));
    return;
  }
  for (std::size_t i = 0; i < sizeof(Number); ++i) {
    out[i] = static_cast<std::byte>((static_cast<std::uint64_t>(value) >> (8 * i)) & 0xff);
  }
}

template <typename Number>
Number get_number(const std::byte* in) {
  if constexpr (std::endian::native == std::endian::little) {
    Number number;
    std::memcpy(&number, in, sizeof(Number));
    return number;
  }
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(Number); ++i) value |= std::to_integer<std::uint64_t>(in[i]) << (8 * i);
  return static_cast<Number>(value);
}

inline void put16(std::byte* out, std::uint16_t value) {
  put_number(out, value);
}
inline void put32(std::byte* out, std::uint32_t value) {
  put_number(out, value);
}
inline void put64(std::byte* out, std::uint64_t value) {
  put_number(out, value);
}
inline std::uint16_t get16(const std::byte* in) {
  return get_number<std::uint16_t>(in);
}
inline std::uint32_t get32(const std::byte* in) {
  return get_number<std::uint32_t>(in);
}
inline std::uint64_t get64(const std::byte* in) {
  return get_number<std::uint64_t>(in);
}

template <std::size_t size>
void put_array(std::byte* out, const std::array<std::uint8_t, size>& bytes) {
  std::memcpy(out, bytes.data(), size);
}
template <std::size_t size>
std::array<std::uint8_t, size> get_array(const std::byte* in) {
  std::array<std::uint8_t, size> bytes;
  std::memcpy(bytes.data(), in, size);
  return bytes;
}

inline std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span<const char>(text.data(), text.size()));
}

/// 16 digits, lowest case; for names of files, which then sort as the numbers do.
inline std::string hex16(std::uint64_t value) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text(16, '0');
  for (std::size_t i = 0; i < 16; ++i) text[15 - i] = digits[(value >> (4 * i)) & 15];
  return text;
}
inline std::string decimal20(std::uint64_t value) {
  const std::string text = std::to_string(value);
  return std::string(20 - text.size(), '0') + text;
}

}  // namespace kelek::storage
