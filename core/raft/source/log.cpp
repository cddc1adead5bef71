// The entries a node holds in memory.
#include "log.h"

#include <algorithm>

#include <kelek/raft/invariant.h>

namespace kelek::raft {

void Log::reset(Index base, Term term) {
  extents_.clear();
  payload_bytes_ = 0;
  terms_.reset(base, term);
}

std::size_t Log::extent_of(Index index) const {
  if (index >= extents_.back().first) return extents_.size() - 1;
  const auto after = std::upper_bound(extents_.begin(), extents_.end(), index,
                                      [](Index wanted, const Extent& extent) { return wanted < extent.first; });
  return static_cast<std::size_t>(after - extents_.begin()) - 1;
}

BlockRef& Log::block_with_room() {
  if (!extents_.empty() && extents_.back().block->size() < extents_.back().block->capacity()) {
    return extents_.back().block;
  }
  BlockRef block;
  if (!spares_.empty()) {
    block = std::move(spares_.back());
    spares_.pop_back();
  } else {
    // Small first, so that an idle group costs little; then larger, so that a busy one allocates seldom.
    const std::uint32_t capacity =
        extents_.empty() ? smallest_block : std::min(extents_.back().block->capacity() * 4, largest_block);
    block = BlockRef(EntryBlock::allocate(capacity));
  }
  extents_.push_back({last_index() + 1, std::move(block)});
  return extents_.back().block;
}

void Log::append(Entry entry) {
  BlockRef& block = block_with_room();
  payload_bytes_ += entry.payload.size();
  terms_.append(entry.term);
  block->push(std::move(entry));
}

void Log::append(const EntryRange& entries) {
  KELEK_INVARIANT(entries.empty() || entries.first_index() <= last_index() + 1);
  entries.for_each_part([this](Index first, std::span<const Entry> part) {
    part = part.subspan(static_cast<std::size_t>(std::min<Index>(last_index() + 1 - first, part.size())));
    while (!part.empty()) {
      EntryBlock& block = *block_with_room().get();
      const std::size_t count = std::min<std::size_t>(part.size(), block.capacity() - block.size());
      payload_bytes_ += block.push_all(part.first(count));
      for (std::size_t begin = 0; begin < count;) {
        std::size_t end = begin + 1;
        while (end < count && part[end].term == part[begin].term) ++end;
        terms_.append(part[begin].term, end - begin);
        begin = end;
      }
      part = part.subspan(count);
    }
  });
}

void Log::truncate(Index from) {
  KELEK_INVARIANT(from >= first_index());
  if (from > last_index()) return;
  payload_bytes_ -= payload_bytes(from, last_index());
  while (!extents_.empty() && extents_.back().first >= from) extents_.pop_back();
  if (!extents_.empty()) {
    Extent& last = extents_.back();
    const auto kept = static_cast<std::uint32_t>(from - last.first);
    if (kept < last.block->size()) {
      if (last.block->is_shared()) {
        // A message or a Ready still shows the old entries: they stay as they are, and the log goes on in a copy.
        BlockRef copy(EntryBlock::allocate(last.block->capacity()));
        for (std::uint32_t i = 0; i < kept; ++i) copy->push(Entry((*last.block.get())[i]));
        last.block = std::move(copy);
      } else {
        last.block->truncate(kept);
      }
    }
  }
  terms_.truncate(from);
}

std::size_t Log::payload_bytes(Index first, Index last) const {
  std::size_t bytes = 0;
  for (std::size_t e = first <= last ? extent_of(first) : extents_.size(); e < extents_.size(); ++e) {
    const Extent& extent = extents_[e];
    if (extent.first > last) break;
    const EntryBlock& block = *extent.block.get();
    const auto begin = static_cast<std::uint32_t>(first > extent.first ? first - extent.first : 0);
    const auto end = static_cast<std::uint32_t>(std::min<Index>(last - extent.first + 1, block.size()));
    for (std::uint32_t i = begin; i < end; ++i) bytes += block[i].payload.size();
  }
  return bytes;
}

/// A last block with room goes on though all of it was compacted, so that a busy log allocates nothing; unless what it
/// holds on to would count.
bool Log::is_worth_keeping(const EntryBlock& block) const {
  if (block.size() == block.capacity()) return false;
  std::size_t bytes = 0;
  for (const Entry& entry : block.part(0, block.size())) bytes += entry.payload.size();
  return bytes <= max_kept_bytes;
}

void Log::compact(Index through) {
  KELEK_INVARIANT(through <= last_index());
  if (through <= base_index()) return;
  payload_bytes_ -= payload_bytes(first_index(), through);
  terms_.compact(through);
  std::size_t dropped = 0;
  while (dropped < extents_.size() && extents_[dropped].first + extents_[dropped].block->size() <= through + 1) {
    if (dropped + 1 == extents_.size() && is_worth_keeping(*extents_[dropped].block.get())) break;
    BlockRef& block = extents_[dropped].block;
    if (block->capacity() == largest_block && spares_.size() < max_spares && !block->is_shared()) {
      block->truncate(0);
      spares_.push_back(std::move(block));
    }
    ++dropped;
  }
  extents_.erase(extents_.begin(), extents_.begin() + static_cast<std::ptrdiff_t>(dropped));
}

/// How many of `available` entries of a block fit into what is left of a limit in bytes, which it lowers.
std::uint32_t Log::fitting(std::span<const Entry> available, std::size_t& bytes_left) {
  std::uint32_t count = 0;
  while (count < available.size() && available[count].payload.size() <= bytes_left) {
    bytes_left -= available[count++].payload.size();
  }
  return count;
}

EntryRange Log::range(Index from, std::size_t max_entries, std::size_t max_bytes) const {
  EntryRange found;
  if (from > last_index() || max_entries == 0) return found;
  KELEK_INVARIANT(from >= first_index());
  auto left = static_cast<std::size_t>(std::min<Index>(max_entries, last_index() - from + 1));
  std::size_t e = extent_of(from);
  auto offset = static_cast<std::uint32_t>(from - extents_[e].first);
  for (; left > 0; ++e, offset = 0) {
    const BlockRef& block = extents_[e].block;
    const auto available = static_cast<std::uint32_t>(std::min<std::size_t>(block->size() - offset, left));
    std::uint32_t taken = available;
    // Without a limit, as for storage, sizes are not looked at.
    if (max_bytes != SIZE_MAX) {
      taken = fitting(block->part(offset, available), max_bytes);
      if (taken == 0 && found.empty()) taken = 1;
    }
    if (!found.add(block, offset, taken, from) || taken < available) break;
    left -= taken;
  }
  return found;
}

void Log::release_memory() {
  if (base_index() == last_index()) extents_.clear();
  spares_.clear();
  spares_.shrink_to_fit();
  extents_.shrink_to_fit();
  terms_.release_memory();
}

const Entry& Log::at(Index index) const {
  KELEK_INVARIANT(index >= first_index() && index <= last_index());
  const Extent& extent = extents_[extent_of(index)];
  return (*extent.block.get())[static_cast<std::uint32_t>(index - extent.first)];
}

}  // namespace kelek::raft
