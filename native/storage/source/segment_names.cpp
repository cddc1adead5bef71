// Names of segments: they sort by age.
#include "segment_names.h"

#include <string_view>

#include "bytes.h"

namespace kelek::storage {
namespace {

constexpr std::string_view ending = ".wal";

}  // namespace

std::string segment_name(std::uint64_t sequence, raft::Index first_index) {
  return hex16(sequence) + "-" + decimal20(first_index) + std::string(ending);
}

std::optional<SegmentName> parse_segment_name(const std::string& name) {
  if (name.size() != 16 + 1 + 20 + ending.size()) return std::nullopt;
  SegmentName parsed;
  for (const char c : name.substr(0, 16)) {
    const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (digit < 0) return std::nullopt;
    parsed.sequence = parsed.sequence << 4 | static_cast<std::uint64_t>(digit);
  }
  for (const char c : name.substr(17, 20)) {
    if (c < '0' || c > '9') return std::nullopt;
    parsed.first_index = parsed.first_index * 10 + static_cast<std::uint64_t>(c - '0');
  }
  // Also refuses other separators, other endings and numbers that do not fit.
  if (segment_name(parsed.sequence, parsed.first_index) != name) return std::nullopt;
  return parsed;
}

bool is_temporary(const std::string& name) {
  const std::string_view tail = temporary_ending;
  return name.size() > tail.size() && name.compare(name.size() - tail.size(), tail.size(), tail) == 0;
}

}  // namespace kelek::storage
