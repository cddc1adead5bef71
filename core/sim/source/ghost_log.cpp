// Digests of logs.
#include <kelek/sim/ghost_log.h>

#include <bit>
#include <cstring>
#include <utility>

namespace kelek::sim {

using namespace raft;

namespace {

/// Up to eight bytes, the lowest first on every machine.
std::uint64_t word_of(const std::byte* bytes, std::size_t count) {
  std::uint64_t word = 0;
  if (count == 8 && std::endian::native == std::endian::little) {
    std::memcpy(&word, bytes, 8);
    return word;
  }
  for (std::size_t i = 0; i < count; ++i) word |= std::to_integer<std::uint64_t>(bytes[i]) << (8 * i);
  return word;
}

}  // namespace

std::uint64_t digest_of_bytes(std::span<const std::byte> bytes) {
  std::uint64_t digest = 0x9e3779b97f4a7c15U ^ bytes.size();
  std::size_t place = 0;
  for (; place + 8 <= bytes.size(); place += 8) {
    digest = (digest ^ word_of(bytes.data() + place, 8)) * 0x9e3779b97f4a7c15U;
    digest ^= digest >> 29;
  }
  return mix(digest ^ word_of(bytes.data() + place, bytes.size() - place));
}

Prefix prefix_after(Prefix before, const Entry& entry) {
  const std::uint64_t head = before * 0x100000001b3U + entry.term * 4 + static_cast<std::uint64_t>(entry.kind);
  return mix(head ^ digest_of_bytes(entry.payload.bytes())) | 1;
}

void PrefixTable::clear() {
  slots_.assign(first_size, Slot{});
  used_ = 0;
}

PrefixTable::Slot& PrefixTable::slot_of(Index index, Term term) {
  const std::size_t mask = slots_.size() - 1;
  auto place = static_cast<std::size_t>(mix(index * 0x9e3779b97f4a7c15U + term)) & mask;
  while (slots_[place].index != 0 && (slots_[place].index != index || slots_[place].term != term)) {
    place = (place + 1) & mask;
  }
  return slots_[place];
}

Prefix PrefixTable::note(Index index, Term term, Prefix prefix) {
  if (used_ * 2 >= slots_.size()) grow();
  Slot& slot = slot_of(index, term);
  if (slot.index != 0) return slot.prefix;
  slot = {index, term, prefix};
  ++used_;
  return prefix;
}

void PrefixTable::grow() {
  std::vector<Slot> old(slots_.size() * 2);
  old.swap(slots_);
  for (const Slot& slot : old) {
    if (slot.index != 0) slot_of(slot.index, slot.term) = slot;
  }
}

}  // namespace kelek::sim
