// JSON by hand, for writers whose shapes are fixed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kelek::sim {

inline std::string json_number(std::uint64_t value) {
  return std::to_string(value);
}

/// A number as etcd writes ids.
inline std::string json_id(std::uint64_t value) {
  return "\"" + std::to_string(value) + "\"";
}

inline std::string json_text(std::string_view text) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (byte < 0x20) {
      quoted += std::string("\\u00") + digits[byte >> 4] + digits[byte & 15];
    } else {
      quoted += c;
    }
  }
  return quoted + "\"";
}

}  // namespace kelek::sim
