// Small helpers on texts and numbers that several parts of the machine need.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kelek::machine {

bool is_utf8(std::string_view text);

// "key has 2000 bytes, the limit key_bytes is 1024": the one wording for everything that is too much.
std::string too_much(std::string_view what, uint64_t amount, std::string_view unit, std::string_view limit_name,
                     uint64_t limit);

// Exact, or a prefix that ends in '*'. A pattern covers another pattern if it covers all that this one
// covers.
inline bool covers(std::string_view pattern, std::string_view item) {
  if (pattern.empty() || pattern.back() != '*') {
    return pattern == item;
  }
  pattern.remove_suffix(1);
  return item.substr(0, pattern.size()) == pattern;
}

// Log time can be anything a leader wrote: sums stay at the end instead of wrapping around.
inline uint64_t saturating_add(uint64_t left, uint64_t right) {
  return left > UINT64_MAX - right ? UINT64_MAX : left + right;
}

}  // namespace kelek::machine
