// Errors of decoding as values: what was wrong, where in the bytes, and a sentence for people.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include <kelek/raft/value_or.h>

namespace kelek::wire {

enum class Fault : std::uint8_t {
  truncated,      ///< the bytes end before the value does, or a count exceeds what is left
  wrong_type,     ///< another msgpack type than this place has
  out_of_range,   ///< a number or a length above what this place allows
  too_large,      ///< the whole is longer than its limit
  too_deep,       ///< more than max_depth arrays within each other
  wrong_version,  ///< a version that this build does not read
  unknown_kind,   ///< a kind that this version does not have
  trailing,       ///< bytes behind the end
  inconsistent,   ///< well-formed, and contradicts itself
};

/// A word for each.
const char* fault_name(Fault fault);

struct Error {
  Fault fault = Fault::truncated;
  /// In the frame or document that was read.
  std::size_t offset_bytes = 0;
  /// Names the document, the place and the offset. Never holds bytes of the input.
  std::string text;
};

/// A value, or why there is none.
template <typename Value>
using Result = raft::ValueOr<Value, Error>;

}  // namespace kelek::wire
