// Digests by products of 64 bits, as wyhash and its kin make them.
#include <kelek/wire/mark.h>

#include <array>
#include <bit>
#include <cstring>

namespace kelek::wire {
namespace {

__extension__ typedef unsigned __int128 Wide;

constexpr std::uint64_t first_key = 0x9e3779b97f4a7c15u;
constexpr std::uint64_t second_key = 0xd1b54a32d192ed03u;
constexpr std::size_t lanes = 4;
constexpr std::size_t stripe_bytes = 16 * lanes;

// Little-endian, whatever the machine.
std::uint64_t load(const std::byte* bytes, std::size_t count) {
  std::uint64_t word = 0;
  if constexpr (std::endian::native == std::endian::little) {
    std::memcpy(&word, bytes, count);
  } else {
    for (std::size_t i = 0; i < count; ++i) word |= std::to_integer<std::uint64_t>(bytes[i]) << (8 * i);
  }
  return word;
}

}  // namespace

std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
  const Wide product = static_cast<Wide>(a ^ first_key) * static_cast<Wide>(b ^ second_key);
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

std::uint64_t digest_of(std::span<const std::byte> bytes, std::uint64_t seed) {
  std::uint64_t digest = fold(seed, bytes.size());
  const std::byte* next = bytes.data();
  std::size_t left = bytes.size();
  if (left >= stripe_bytes) {
    // Each product waits for the one before it: four rows of them at once take a third of the time.
    std::array<std::uint64_t, lanes> lane{digest, digest + 1, digest + 2, digest + 3};
    for (; left >= stripe_bytes; next += stripe_bytes, left -= stripe_bytes) {
      for (std::size_t i = 0; i < lanes; ++i)
        lane[i] = fold(load(next + 16 * i, 8) ^ lane[i], load(next + 16 * i + 8, 8));
    }
    digest = fold(fold(lane[0], lane[1]), fold(lane[2], lane[3]));
  }
  for (; left >= 16; next += 16, left -= 16) digest = fold(load(next, 8) ^ digest, load(next + 8, 8));
  if (left >= 8) return fold(load(next, 8) ^ digest, left == 8 ? 0 : load(next + 8, left - 8));
  if (left > 0) return fold(load(next, left) ^ digest, 0);
  return digest;
}

raft::Payload StandIn::make(PayloadMark mark, std::shared_ptr<const std::byte[]> zeros) {
  const std::byte* bytes = zeros.get();
  return raft::Payload::owned_by(*new StandIn(mark, std::move(zeros)), {bytes, mark.size});
}

PayloadMark mark_of_bytes(const raft::Payload& payload) {
  const auto bits = static_cast<std::uint32_t>(digest_of(payload.bytes()));
  const std::size_t size = payload.size();
  return {static_cast<std::uint32_t>(size), size < 4 ? bits & ((1u << (8 * size)) - 1) : bits};
}

PayloadMark mark_of(const raft::Payload& payload) {
  const auto* stand_in = dynamic_cast<const StandIn*>(payload.owner());
  return stand_in != nullptr ? stand_in->mark() : mark_of_bytes(payload);
}

}  // namespace kelek::wire
