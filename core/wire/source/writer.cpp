// The buffer's growth, and one packer call for each kind of value.
#include <kelek/wire/writer.h>

#include <algorithm>

#include "packer.h"

namespace kelek::wire {

void Buffer::grow(std::size_t size) {
  constexpr std::size_t smallest = 256;
  const std::size_t wanted = std::max({size_ + size, capacity_ + capacity_ / 2, smallest});
  std::unique_ptr<char[]> larger(new char[wanted]);
  if (size_ > 0) std::memcpy(larger.get(), data_.get(), size_);
  data_ = std::move(larger);
  capacity_ = wanted;
}

void Buffer::shrink(std::size_t keep_bytes) {
  if (capacity_ <= keep_bytes) return;
  data_.reset();
  size_ = 0;
  capacity_ = 0;
}

void Writer::nil() {
  Packer(*buffer_).pack_nil();
}

void Writer::boolean(bool value) {
  if (value) {
    Packer(*buffer_).pack_true();
  } else {
    Packer(*buffer_).pack_false();
  }
}

void Writer::integer(std::uint64_t value) {
  Packer(*buffer_).pack_uint64(value);
}

void Writer::bytes(std::span<const std::byte> value) {
  pack_bytes(*buffer_, value);
}

void Writer::bytes(std::string_view value) {
  pack_bytes(*buffer_, {reinterpret_cast<const std::byte*>(value.data()), value.size()});
}

void Writer::array(std::size_t count) {
  Packer(*buffer_).pack_array(static_cast<std::uint32_t>(count));
}

// The length takes five bytes whatever it is: it is written last.
std::size_t Writer::begin_bytes() {
  const std::size_t begun = buffer_->size();
  constexpr char unknown_length[] = {'\xc6', 0, 0, 0, 0};
  buffer_->write(unknown_length, sizeof unknown_length);
  return begun;
}

void Writer::end_bytes(std::size_t begun) {
  const std::size_t size = buffer_->size() - begun - 5;
  for (std::size_t i = 0; i < 4; ++i) {
    *buffer_->at(begun + 4 - i) = static_cast<char>(static_cast<unsigned char>(size >> (8 * i)));
  }
}

}  // namespace kelek::wire
