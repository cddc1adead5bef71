// Payload: an immutable, reference-counted slice of bytes. Copies share the bytes; the core never copies them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include <kelek/raft/shared_count.h>

namespace kelek::raft {

/// Keeps the bytes of one or more payloads alive. Derive from it to wrap bytes that arrive from elsewhere
/// (a received frame, a mapped file) without copying them; it deletes itself with the last payload.
class PayloadOwner {
 public:
  PayloadOwner() = default;
  PayloadOwner(const PayloadOwner&) = delete;
  PayloadOwner& operator=(const PayloadOwner&) = delete;

 protected:
  virtual ~PayloadOwner() = default;

 private:
  friend class Payload;
  virtual void destroy() { delete this; }

  SharedCount count_;
};

/// Bytes to agree on. Node::propose() refuses what is longer than max_payload_bytes. Safe to copy and to drop on any
/// thread, as a shared_ptr is.
class Payload {
 public:
  Payload() = default;
  Payload(const Payload& other) : data_(other.data_), owner_(other.owner_), size_(other.size_) { retain(); }
  Payload(Payload&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        owner_(std::exchange(other.owner_, nullptr)),
        size_(std::exchange(other.size_, 0)) {}
  Payload& operator=(const Payload& other) {
    Payload copy(other);
    swap(copy);
    return *this;
  }
  Payload& operator=(Payload&& other) noexcept {
    Payload taken(std::move(other));
    swap(taken);
    return *this;
  }
  ~Payload() { release(); }

  /// One allocation, one copy.
  static Payload copy_of(std::span<const std::byte> bytes);
  static Payload copy_of(std::string_view text);

  /// Bytes that outlive every copy, such as a constant: nothing is counted.
  static Payload of_static(std::span<const std::byte> bytes);

  /// Shares `owner`, which was made with new and keeps `bytes` alive.
  static Payload owned_by(PayloadOwner& owner, std::span<const std::byte> bytes);

  std::span<const std::byte> bytes() const { return {data_, size_}; }
  std::string_view text() const { return {reinterpret_cast<const char*>(data_), size_}; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  /// Who keeps the bytes alive, for who wrapped them to know its own again; null where nobody has to.
  const PayloadOwner* owner() const { return owner_; }

  /// A part of these bytes, sharing them. Clipped to what is there.
  Payload slice(std::size_t offset_bytes, std::size_t size_bytes) const;

  friend bool operator==(const Payload& a, const Payload& b) { return a.text() == b.text(); }

 private:
  Payload(PayloadOwner* owner, std::span<const std::byte> bytes)
      : data_(bytes.data()), owner_(owner), size_(static_cast<std::uint32_t>(bytes.size())) {
    retain();
  }
  void retain() const {
    if (owner_ != nullptr) owner_->count_.add();
  }
  void release() {
    if (owner_ != nullptr && owner_->count_.drop()) owner_->destroy();
  }
  void swap(Payload& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(owner_, other.owner_);
    std::swap(size_, other.size_);
  }

  const std::byte* data_ = nullptr;
  PayloadOwner* owner_ = nullptr;
  std::uint32_t size_ = 0;
};

}  // namespace kelek::raft
