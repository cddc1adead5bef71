// Entry, and EntryRange: consecutive entries held by reference, as messages, storage and the application see them.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <utility>

#include <kelek/raft/payload.h>
#include <kelek/raft/types.h>

namespace kelek::raft {

enum class EntryKind : std::uint8_t {
  /// The application's bytes.
  command = 0,
  /// What a new leader appends so that it can commit what it inherited (Raft paper, section 8). No bytes.
  empty = 1,
  /// A whole configuration (membership.h), in force from the moment it is in the log.
  configuration = 2,
};

/// Its index is its place in the range that holds it.
struct Entry {
  Payload payload;
  EntryKind kind = EntryKind::command;
  Term term = 0;
};

/// A reference-counted array of entries that only grows at its end. What a range has shown never changes.
class EntryBlock {
 public:
  static EntryBlock* allocate(std::uint32_t capacity);

  std::uint32_t size() const { return size_; }
  std::uint32_t capacity() const { return capacity_; }
  const Entry& operator[](std::uint32_t position) const { return entries()[position]; }
  /// Entries `from` … of those that are there.
  std::span<const Entry> part(std::uint32_t from, std::uint32_t count) const { return {entries() + from, count}; }
  bool is_shared() const { return count_.is_shared(); }

  /// Only for who alone appends to this block, and while size() < capacity().
  void push(Entry&& entry) { new (entries() + size_++) Entry(std::move(entry)); }
  void push(const Entry& entry) { new (entries() + size_++) Entry(entry); }
  /// All of them; gives the bytes of their payloads.
  std::size_t push_all(std::span<const Entry> added);

  /// Only while is_shared() is false: drops the entries from `size` on.
  void truncate(std::uint32_t size);

 private:
  friend class BlockRef;
  friend class EntryRange;
  explicit EntryBlock(std::uint32_t capacity) : capacity_(capacity) {}
  Entry* entries() { return std::launder(reinterpret_cast<Entry*>(this + 1)); }
  const Entry* entries() const { return std::launder(reinterpret_cast<const Entry*>(this + 1)); }
  static void destroy(EntryBlock* block);

  SharedCount count_;
  std::uint32_t size_ = 0;
  alignas(8) std::uint32_t capacity_;
};
static_assert(sizeof(EntryBlock) % alignof(Entry) == 0, "entries follow the header");

/// Shares a block.
class BlockRef {
 public:
  BlockRef() = default;
  explicit BlockRef(EntryBlock* block) : block_(block) { retain(); }
  BlockRef(const BlockRef& other) : block_(other.block_) { retain(); }
  BlockRef(BlockRef&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  BlockRef& operator=(BlockRef other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~BlockRef() { release(block_); }

  EntryBlock* get() const { return block_; }
  EntryBlock* operator->() const { return block_; }
  explicit operator bool() const { return block_ != nullptr; }

 private:
  friend class EntryRange;
  void retain() const {
    if (block_ != nullptr) block_->count_.add();
  }
  static void release(EntryBlock* block) {
    if (block != nullptr && block->count_.drop()) EntryBlock::destroy(block);
  }
  EntryBlock* block_ = nullptr;
};

/// Entries first_index() … last_index(), by reference to the blocks that hold them: copying one costs a few
/// counted references, whatever the number of entries. Stays valid and unchanged whatever happens to the log.
class EntryRange {
 public:
  /// A longer run of entries is told in several ranges.
  static constexpr std::size_t max_blocks = 4;
  /// What one range can hold at the most when its entries were put together by a Builder.
  static constexpr std::uint32_t max_built_entries = 4096;

  class Builder;

  /// Not defaulted: whoever makes one as `EntryRange()` would set all blocks to zero, which nobody reads.
  EntryRange() {}
  EntryRange(const EntryRange& other);
  EntryRange(EntryRange&& other) noexcept { take(other); }
  EntryRange& operator=(const EntryRange& other) {
    if (this != &other) *this = EntryRange(other);
    return *this;
  }
  EntryRange& operator=(EntryRange&& other) noexcept {
    if (this != &other) {
      release();
      take(other);
    }
    return *this;
  }
  ~EntryRange() { release(); }

  Index first_index() const { return first_; }
  Index last_index() const { return first_ + count_ - 1; }
  /// The index that the next entry after this range has.
  Index end_index() const { return first_ + count_; }
  std::size_t size() const { return count_; }
  bool empty() const { return count_ == 0; }

  /// `index` lies in first_index() … last_index().
  const Entry& at(Index index) const;

  /// Bytes of all payloads.
  std::size_t payload_bytes() const;

  /// Calls f(Index of the first, span of entries) for each consecutive piece of memory, in order.
  template <typename Function>
  void for_each_part(Function&& f) const {
    Index index = first_;
    std::uint32_t left = count_;
    std::uint32_t offset = offset_;
    for (std::size_t b = 0; left > 0; ++b, offset = 0) {
      const EntryBlock& block = *blocks_[b];
      // A block that another follows is full; its size() may be growing on another thread, its capacity() is not.
      const std::uint32_t count = std::min(left, block.capacity() - offset);
      f(index, std::span<const Entry>(block.entries() + offset, count));
      index += count;
      left -= count;
    }
  }

  /// Calls f(Index, const Entry&) for each, in order.
  template <typename Function>
  void for_each(Function&& f) const {
    for_each_part([&f](Index index, std::span<const Entry> part) {
      for (const Entry& entry : part) f(index++, entry);
    });
  }

  /// The part from `index` on; the whole if `index` lies before it, none if behind it.
  EntryRange from(Index index) const;
  /// The first `count` entries, or all if there are fewer.
  EntryRange first(std::size_t count) const;

  /// Takes entries `offset` … of `block` into an empty range, or adds `block` from its start to one whose last
  /// block is taken to its end. False when max_blocks are in use.
  bool add(const BlockRef& block, std::uint32_t offset, std::uint32_t count, Index first_index) {
    if (count == 0) return true;
    if (used_ == max_blocks) return false;
    if (used_ == 0) {
      first_ = first_index;
      offset_ = offset;
    }
    share(block.get());
    count_ += count;
    return true;
  }

 private:
  // Most ranges lie in one block: only the blocks in use are copied, moved and released.
  void take(EntryRange& other) noexcept {
    first_ = other.first_;
    offset_ = other.offset_;
    count_ = std::exchange(other.count_, 0);
    used_ = std::exchange(other.used_, 0);
    for (std::uint32_t b = 0; b < used_; ++b) blocks_[b] = other.blocks_[b];
  }
  void release() {
    for (std::uint32_t b = 0; b < used_; ++b) BlockRef::release(blocks_[b]);
    used_ = 0;
  }
  void share(EntryBlock* block) {
    block->count_.add();
    blocks_[used_++] = block;
  }

  std::array<EntryBlock*, max_blocks> blocks_;  // the first used_ of them
  Index first_ = 0;
  std::uint32_t offset_ = 0;
  std::uint32_t count_ = 0;
  std::uint32_t used_ = 0;
};

/// Puts entries together that come from outside: one allocation for all of them.
class EntryRange::Builder {
 public:
  /// `count` ≤ max_built_entries, `first_index` ≥ 1.
  Builder(Index first_index, std::uint32_t count);
  /// At most `count` times.
  void add(Term term, EntryKind kind, Payload payload);
  EntryRange finish();

 private:
  BlockRef block_;
  Index first_;
};

}  // namespace kelek::raft
