// Payloads that own a copy of their bytes, and parts of payloads.
#include <kelek/raft/payload.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <new>

#include <kelek/raft/types.h>

namespace kelek::raft {
namespace {

/// Stands in front of the bytes that it owns, in the same piece of memory.
class CopiedBytes final : public PayloadOwner {
 public:
  static CopiedBytes* make(std::span<const std::byte> bytes) {
    void* memory = ::operator new(sizeof(CopiedBytes) + bytes.size());
    auto* owner = new (memory) CopiedBytes;
    std::memcpy(owner->data(), bytes.data(), bytes.size());
    return owner;
  }

  std::byte* data() { return reinterpret_cast<std::byte*>(this + 1); }

 private:
  CopiedBytes() = default;
  void destroy() override {
    this->~CopiedBytes();
    ::operator delete(static_cast<void*>(this));
  }
};

/// What a size of 32 bits can tell. What is cut off here is far above max_payload_bytes, and refused as such.
std::span<const std::byte> countable(std::span<const std::byte> bytes) {
  static_assert(max_payload_bytes < std::numeric_limits<std::uint32_t>::max());
  return bytes.first(std::min<std::size_t>(bytes.size(), std::numeric_limits<std::uint32_t>::max()));
}

}  // namespace

Payload Payload::copy_of(std::span<const std::byte> bytes) {
  if (bytes.empty()) return {};
  bytes = countable(bytes);
  CopiedBytes* owner = CopiedBytes::make(bytes);
  return {owner, {owner->data(), bytes.size()}};
}

Payload Payload::copy_of(std::string_view text) {
  return copy_of(std::as_bytes(std::span<const char>(text.data(), text.size())));
}

Payload Payload::of_static(std::span<const std::byte> bytes) {
  return {nullptr, countable(bytes)};
}

Payload Payload::owned_by(PayloadOwner& owner, std::span<const std::byte> bytes) {
  // Also an empty payload holds on to the owner, so that it is destroyed with the last of its payloads.
  return {&owner, countable(bytes)};
}

Payload Payload::slice(std::size_t offset_bytes, std::size_t size_bytes) const {
  const std::size_t offset = std::min<std::size_t>(offset_bytes, size_);
  const std::size_t size = std::min<std::size_t>(size_bytes, size_ - offset);
  if (size == 0) return {};
  return {owner_, {data_ + offset, size}};
}

}  // namespace kelek::raft
