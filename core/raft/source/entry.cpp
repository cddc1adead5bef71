// Blocks of entries and the ranges that refer to parts of them.
#include <kelek/raft/entry.h>

#include <algorithm>

namespace kelek::raft {

EntryBlock* EntryBlock::allocate(std::uint32_t capacity) {
  void* memory = ::operator new (sizeof(EntryBlock) + std::size_t{capacity} * sizeof(Entry));
  return new (memory) EntryBlock(capacity);
}

std::size_t EntryBlock::push_all(std::span<const Entry> added) {
  Entry* place = entries() + size_;
  std::size_t bytes = 0;
  for (const Entry& entry : added) {
    new (place++) Entry(entry);
    bytes += entry.payload.size();
  }
  size_ += static_cast<std::uint32_t>(added.size());
  return bytes;
}

void EntryBlock::truncate(std::uint32_t size) {
  Entry* const all = entries();
  while (size_ > size) all[--size_].~Entry();
}

void EntryBlock::destroy(EntryBlock* block) {
  block->truncate(0);
  block->~EntryBlock();
  ::operator delete(static_cast<void*>(block));
}

EntryRange::EntryRange(const EntryRange& other) : first_(other.first_), offset_(other.offset_), count_(other.count_) {
  for (std::uint32_t b = 0; b < other.used_; ++b) share(other.blocks_[b]);
}

const Entry& EntryRange::at(Index index) const {
  std::uint64_t position = offset_ + (index - first_);
  std::size_t block = 0;
  while (position >= blocks_[block]->capacity()) {
    position -= blocks_[block]->capacity();
    ++block;
  }
  return (*blocks_[block])[static_cast<std::uint32_t>(position)];
}

std::size_t EntryRange::payload_bytes() const {
  std::size_t bytes = 0;
  for_each([&bytes](Index, const Entry& entry) { bytes += entry.payload.size(); });
  return bytes;
}

EntryRange EntryRange::from(Index index) const {
  if (index <= first_) return *this;
  if (index >= end_index()) return {};
  EntryRange rest;
  std::uint64_t position = offset_ + (index - first_);
  std::uint32_t block = 0;
  while (position >= blocks_[block]->capacity()) {
    position -= blocks_[block]->capacity();
    ++block;
  }
  rest.first_ = index;
  rest.offset_ = static_cast<std::uint32_t>(position);
  rest.count_ = static_cast<std::uint32_t>(end_index() - index);
  for (; block < used_; ++block) rest.share(blocks_[block]);
  return rest;
}

EntryRange EntryRange::first(std::size_t count) const {
  if (count >= count_) return *this;
  if (count == 0) return {};
  EntryRange part;
  part.first_ = first_;
  part.offset_ = offset_;
  part.count_ = static_cast<std::uint32_t>(count);
  // Only the blocks in use are held on to: the others may be needed for new entries.
  std::uint64_t wanted = std::uint64_t{offset_} + count;
  for (std::uint32_t block = 0; wanted > 0; ++block) {
    part.share(blocks_[block]);
    wanted -= std::min<std::uint64_t>(wanted, blocks_[block]->capacity());
  }
  return part;
}

EntryRange::Builder::Builder(Index first_index, std::uint32_t count) : first_(first_index) {
  if (count > 0) block_ = BlockRef(EntryBlock::allocate(count));
}

void EntryRange::Builder::add(Term term, EntryKind kind, Payload payload) {
  Entry entry;
  entry.payload = std::move(payload);
  entry.kind = kind;
  entry.term = term;
  block_->push(std::move(entry));
}

EntryRange EntryRange::Builder::finish() {
  EntryRange range;
  if (block_) range.add(block_, 0, block_->size(), first_);
  block_ = BlockRef();
  return range;
}

}  // namespace kelek::raft
