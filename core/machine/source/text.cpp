// UTF-8 and the wording of limits.
#include "text.h"

namespace kelek::machine {
namespace {

struct Sequence {
  size_t length = 0;  // 0 = not the start of a sequence
  uint32_t smallest = 0;
  uint32_t bits = 0;
};

Sequence sequence_start(unsigned char byte) {
  if (byte < 0x80) return {1, 0, byte};
  if (byte >= 0xc2 && byte <= 0xdf) return {2, 0x80, byte & 0x1fu};
  if (byte >= 0xe0 && byte <= 0xef) return {3, 0x800, byte & 0x0fu};
  if (byte >= 0xf0 && byte <= 0xf4) return {4, 0x10000, byte & 0x07u};
  return {};
}

}  // namespace

bool is_utf8(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const Sequence sequence = sequence_start(static_cast<unsigned char>(text[at]));
    if (sequence.length == 0 || sequence.length > text.size() - at) {
      return false;
    }
    uint32_t point = sequence.bits;
    for (size_t i = 1; i < sequence.length; ++i) {
      const unsigned char byte = static_cast<unsigned char>(text[at + i]);
      if ((byte & 0xc0) != 0x80) {
        return false;
      }
      point = (point << 6) | (byte & 0x3fu);
    }
    const bool surrogate = point >= 0xd800 && point <= 0xdfff;
    if (point < sequence.smallest || point > 0x10ffff || surrogate) {
      return false;
    }
    at += sequence.length;
  }
  return true;
}

std::string too_much(std::string_view what, uint64_t amount, std::string_view unit, std::string_view limit_name,
                     uint64_t limit) {
  std::string text;
  text.append(what).append(" has ").append(std::to_string(amount)).append(" ").append(unit);
  text.append(", the limit ").append(limit_name).append(" is ").append(std::to_string(limit));
  return text;
}

}  // namespace kelek::machine
