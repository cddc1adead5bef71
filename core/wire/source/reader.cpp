// The strict cursor: types, lengths and depth are checked before anything is believed.
#include <kelek/wire/reader.h>

#include <string>

namespace kelek::wire {
namespace {

// The marks of msgpack's types that this format uses (msgpack specification, "Formats").
constexpr unsigned char mark_nil = 0xc0;
constexpr unsigned char mark_false = 0xc2;
constexpr unsigned char mark_true = 0xc3;
constexpr unsigned char mark_bin8 = 0xc4;
constexpr unsigned char mark_bin32 = 0xc6;
constexpr unsigned char mark_uint8 = 0xcc;
constexpr unsigned char mark_uint64 = 0xcf;
constexpr unsigned char mark_array16 = 0xdc;
constexpr unsigned char mark_array32 = 0xdd;

}  // namespace

Reader::Reader(std::span<const std::byte> bytes, const char* document, std::size_t base)
    : begin_(reinterpret_cast<const unsigned char*>(bytes.data())),
      next_(begin_),
      end_(begin_ + bytes.size()),
      document_(document),
      base_(base) {}

void Reader::fail(Fault fault, const char* place, const char* what) {
  if (failed_) return;
  failed_ = true;
  fault_ = fault;
  fault_offset_ = offset();
  fault_place_ = place;
  fault_what_ = what;
}

Error Reader::error() const {
  Error error;
  error.fault = fault_;
  error.offset_bytes = fault_offset_;
  error.text =
      std::string(document_) + ", byte " + std::to_string(fault_offset_) + ": " + fault_place_ + ": " + fault_what_;
  return error;
}

bool Reader::need(std::size_t count, const char* place) {
  if (failed_) return false;
  if (count <= left()) return true;
  fail(Fault::truncated, place, "the bytes end before it does");
  return false;
}

// The caller has seen that the bytes are there.
std::uint64_t Reader::big_endian(unsigned count) {
  std::uint64_t value = 0;
  for (unsigned i = 0; i < count; ++i) value = value << 8 | *next_++;
  return value;
}

std::uint64_t Reader::long_integer(const char* place) {
  if (!need(1, place)) return 0;
  const unsigned char mark = *next_;
  if (mark < 0x80) {
    ++next_;
    return mark;
  }
  if (mark < mark_uint8 || mark > mark_uint64) {
    fail(Fault::wrong_type, place, "not a number from 0 to 2^64 - 1");
    return 0;
  }
  const unsigned width = 1u << (mark - mark_uint8);
  if (!need(1 + width, place)) return 0;
  ++next_;
  return big_endian(width);
}

std::uint64_t Reader::above(const char* place) {
  fail(Fault::out_of_range, place, "a number above what is allowed here");
  return 0;
}

bool Reader::boolean(const char* place) {
  if (!need(1, place)) return false;
  const unsigned char mark = *next_;
  if (mark != mark_false && mark != mark_true) {
    fail(Fault::wrong_type, place, "neither true nor false");
    return false;
  }
  ++next_;
  return mark == mark_true;
}

bool Reader::next_is_bytes() const {
  return !failed_ && next_ != end_ && *next_ >= mark_bin8 && *next_ <= mark_bin32;
}

bool Reader::take_nil() {
  if (failed_ || next_ == end_ || *next_ != mark_nil) return false;
  ++next_;
  return true;
}

std::span<const std::byte> Reader::bytes(const char* place, std::size_t max_bytes) {
  if (!need(1, place)) return {};
  const unsigned char mark = *next_;
  if (mark < mark_bin8 || mark > mark_bin32) {
    fail(Fault::wrong_type, place, "not bytes");
    return {};
  }
  const unsigned width = 1u << (mark - mark_bin8);
  if (!need(1 + width, place)) return {};
  const unsigned char* mark_at = next_++;
  const std::uint64_t size = big_endian(width);
  if (size > left() || size > max_bytes) {
    const bool is_short = size > left();
    next_ = mark_at;
    if (is_short) {
      fail(Fault::truncated, place, "longer than the bytes that are left");
    } else {
      fail(Fault::out_of_range, place, "longer than what is allowed here");
    }
    return {};
  }
  const auto* data = reinterpret_cast<const std::byte*>(next_);
  next_ += size;
  return {data, static_cast<std::size_t>(size)};
}

std::string_view Reader::text(const char* place, std::size_t max_bytes) {
  const std::span<const std::byte> found = bytes(place, max_bytes);
  return {reinterpret_cast<const char*>(found.data()), found.size()};
}

std::size_t Reader::array(const char* place, std::size_t max_count) {
  // leave() follows in any case, so the depth grows in any case.
  ++depth_;
  if (!need(1, place)) return 0;
  if (depth_ > max_depth) {
    fail(Fault::too_deep, place, "arrays within each other, deeper than this format ever has");
    return 0;
  }
  const unsigned char* mark_at = next_;
  const unsigned char mark = *next_++;
  std::uint64_t count = 0;
  if ((mark & 0xf0) == 0x90) {
    count = mark & 0x0f;
  } else if (mark == mark_array16 || mark == mark_array32) {
    const unsigned width = mark == mark_array16 ? 2 : 4;
    if (!need(width, place)) return 0;
    count = big_endian(width);
  } else {
    next_ = mark_at;
    fail(Fault::wrong_type, place, "not an array");
    return 0;
  }
  if (count > left()) {
    // Each value takes a byte at the least.
    next_ = mark_at;
    fail(Fault::truncated, place, "an array of more values than bytes are left");
    return 0;
  }
  if (count > max_count) {
    next_ = mark_at;
    fail(Fault::out_of_range, place, "an array of more values than are allowed here");
    return 0;
  }
  return static_cast<std::size_t>(count);
}

void Reader::array_of(const char* place, std::size_t count) {
  const Reader before = *this;
  const std::size_t found = array(place, std::numeric_limits<std::size_t>::max());
  if (failed_ || found == count) return;
  next_ = before.next_;
  fail(Fault::inconsistent, place, "an array of another number of values than this has");
}

bool Reader::finish() {
  if (!failed_ && next_ != end_) fail(Fault::trailing, "end", "bytes behind the end");
  return !failed_;
}

const char* fault_name(Fault fault) {
  switch (fault) {
    case Fault::truncated: return "truncated";
    case Fault::wrong_type: return "wrong type";
    case Fault::out_of_range: return "out of range";
    case Fault::too_large: return "too large";
    case Fault::too_deep: return "too deep";
    case Fault::wrong_version: return "wrong version";
    case Fault::unknown_kind: return "unknown kind";
    case Fault::trailing: return "trailing bytes";
    case Fault::inconsistent: return "inconsistent";
  }
  return "unknown fault";
}

}  // namespace kelek::wire
