// Writer: msgpack into a buffer that is used again, by the packer calls of msgpack-c.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

namespace kelek::wire {

/// Bytes that grow at their end. clear() keeps the memory. Not zeroed, unlike a vector.
class Buffer {
 public:
  void write(const char* data, std::size_t size) {
    if (size > capacity_ - size_) grow(size);
    std::memcpy(data_.get() + size_, data, size);
    size_ += size;
  }
  void write(std::span<const std::byte> bytes) {
    if (!bytes.empty()) write(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }

  /// Room for `size` more bytes, to be written to and then taken by added().
  char* room(std::size_t size) {
    if (size > capacity_ - size_) grow(size);
    return data_.get() + size_;
  }
  void added(std::size_t size) { size_ += size; }

  /// Cuts off what was written behind the first `size` bytes.
  void truncate(std::size_t size) { size_ = size < size_ ? size : size_; }
  void clear() { size_ = 0; }
  /// Gives memory back if there is more than `keep_bytes` of it. Empties the buffer if so.
  void shrink(std::size_t keep_bytes);

  std::size_t size() const { return size_; }
  std::span<const std::byte> bytes() const { return {reinterpret_cast<const std::byte*>(data_.get()), size_}; }
  /// To overwrite what was written already.
  char* at(std::size_t offset) { return data_.get() + offset; }

 private:
  void grow(std::size_t size);

  std::unique_ptr<char[]> data_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

/// Each call writes one value in its shortest form. Arrays: their header, then as many values.
class Writer {
 public:
  explicit Writer(Buffer& buffer) : buffer_(&buffer) {}

  void nil();
  void boolean(bool value);
  void integer(std::uint64_t value);
  void bytes(std::span<const std::byte> value);
  void bytes(std::string_view value);
  void array(std::size_t count);

  /// Bytes whose length is known only afterwards, such as a document in a document: what is written between
  /// the two calls. Nested calls are fine.
  std::size_t begin_bytes();
  void end_bytes(std::size_t begun);

  Buffer& buffer() { return *buffer_; }

 private:
  Buffer* buffer_;
};

}  // namespace kelek::wire
