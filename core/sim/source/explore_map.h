// ExploreMap: numbers for digests of 64 bits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace kelek::sim {

/// Open addressing. Two of the same 64 bits are taken for one: among 10^8 states that happens with a chance of 1 in
/// 3,700. Nothing is ever removed.
class ExploreMap {
 public:
  struct Slot {
    std::uint64_t digest = 0;
    std::uint32_t number = 0;
  };

  /// The slot of this digest, known or new, with number 0. It stays valid until the next call. nullptr: it would be
  /// new, and there is no room within `most_bytes`.
  Slot* at(std::uint64_t digest, bool& is_new, std::size_t most_bytes = SIZE_MAX) {
    if (digest == 0) digest = 1;
    const bool has_room =
        count_ + count_ / 2 < slots_.size() || grow(most_bytes) || count_ + count_ / 16 < slots_.size();
    Slot& slot = find(digest);
    is_new = slot.digest != digest;
    if (!is_new) return &slot;
    if (!has_room) return nullptr;
    slot = {digest, 0};
    ++count_;
    return &slot;
  }
  std::size_t count() const { return count_; }
  std::size_t bytes() const { return slots_.size() * sizeof(Slot); }

 private:
  Slot& find(std::uint64_t digest) {
    std::size_t place = static_cast<std::size_t>(digest) & (slots_.size() - 1);
    while (slots_[place].digest != 0 && slots_[place].digest != digest) place = (place + 1) & (slots_.size() - 1);
    return slots_[place];
  }
  bool grow(std::size_t most_bytes) {
    const std::size_t larger = slots_.size() * 2;
    if (larger > most_bytes / sizeof(Slot) || (larger + slots_.size()) > most_bytes / sizeof(Slot)) return false;
    std::vector<Slot> old(larger);
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.digest != 0) find(slot.digest) = slot;
    }
    return true;
  }

  std::vector<Slot> slots_ = std::vector<Slot>(std::size_t{1} << 12);
  std::size_t count_ = 0;
};

}  // namespace kelek::sim
