// Reader: a strict cursor over msgpack that comes from outside. It takes only what it is asked for, from the
// bytes there are, and allocates nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

#include <kelek/wire/limits.h>
#include <kelek/wire/result.h>

namespace kelek::wire {

/// The first thing that is wrong is kept; from then on every call gives nothing (0, false, empty) and changes
/// nothing. So a decoder reads on in a straight line and looks at ok() before it allocates, loops, or
/// believes.
///
/// Integers and lengths may be written longer than need be (another writer's habit); everything else has one
/// form. There is no way to ask for floats, extension types, maps, strings of the type str, or negative
/// numbers: those are always refused. Nesting is the caller's own, never the input's: the reader calls
/// nothing recursively.
class Reader {
 public:
  /// `document` names what is read, in errors: "peer frame". It must outlive the reader. `base` is where the
  /// bytes begin in a whole, for the offsets in errors.
  Reader(std::span<const std::byte> bytes, const char* document, std::size_t base = 0);

  bool ok() const { return !failed_; }
  std::size_t offset() const { return base_ + static_cast<std::size_t>(next_ - begin_); }
  std::size_t left() const { return static_cast<std::size_t>(end_ - next_); }

  /// `place` names the value, in errors.
  std::uint64_t integer(const char* place, std::uint64_t max = std::numeric_limits<std::uint64_t>::max()) {
    // Most numbers take one byte.
    const bool is_small = !failed_ && next_ != end_ && *next_ < 0x80;
    const std::uint64_t value = is_small ? *next_++ : long_integer(place);
    return value <= max ? value : above(place);
  }
  bool boolean(const char* place);
  /// A view into the input.
  std::span<const std::byte> bytes(const char* place, std::size_t max_bytes);
  std::string_view text(const char* place, std::size_t max_bytes);
  /// Where one of two types may stand.
  bool next_is_bytes() const;
  /// Takes nil, if that is what comes next.
  bool take_nil();

  /// Enters an array and gives its count: at most `max_count`, and no more than bytes are left. leave()
  /// afterwards.
  std::size_t array(const char* place, std::size_t max_count);
  /// Enters an array that must have exactly `count` values.
  void array_of(const char* place, std::size_t count);
  void leave() { --depth_; }

  /// True if nothing went wrong and nothing is left. Otherwise error() says what.
  bool finish();

  void fail(Fault fault, const char* place, const char* what);
  Error error() const;

 private:
  bool need(std::size_t count, const char* place);
  std::uint64_t big_endian(unsigned count);
  std::uint64_t long_integer(const char* place);
  std::uint64_t above(const char* place);

  const unsigned char* begin_;
  const unsigned char* next_;
  const unsigned char* end_;
  const char* document_;
  std::size_t base_;
  std::size_t depth_ = 0;
  bool failed_ = false;
  Fault fault_ = Fault::truncated;
  std::size_t fault_offset_ = 0;
  const char* fault_place_ = "";
  const char* fault_what_ = "";
};

}  // namespace kelek::wire
