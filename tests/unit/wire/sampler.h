// Sampler: values for every struct of the protocols, made by the same lists of fields that encode them:
// either counting, so that each field has a value of its own and golden bytes show which is where, or
// pseudo-random.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "client_layout.h"
#include "enumerators.h"
#include "message_layout.h"

namespace kelek::wire {

class Sampler {
 public:
  static Sampler counting() { return Sampler(0, false); }
  static Sampler random(std::uint64_t seed) { return Sampler(seed, true); }

  /// From 0 to `max`.
  std::uint64_t number(std::uint64_t max = std::numeric_limits<std::uint64_t>::max()) {
    // Random: as many bits as a draw says, so that every length of number occurs.
    const std::uint64_t value = is_random_ ? draw() >> (draw() % 64) : ++count_;
    return max == std::numeric_limits<std::uint64_t>::max() ? value : value % (max + 1);
  }

  bool chance() { return is_random_ ? draw() % 2 == 0 : true; }

  std::size_t list_size() {
    if (!is_random_) return 2;
    const std::uint64_t what = draw() % 32;
    return what == 31 ? 40 : what % 4;
  }

  std::string text() {
    if (!is_random_) return "t" + std::to_string(++count_);
    constexpr std::size_t lengths[] = {0, 1, 5, 20, 31, 32, 255, 256, 300};
    std::size_t length = lengths[draw() % std::size(lengths)];
    if (draw() % 512 == 0) length = 70000;
    std::string result;
    for (std::size_t i = 0; i < length; ++i) result.push_back(static_cast<char>(draw()));
    return result;
  }

 private:
  Sampler(std::uint64_t seed, bool is_random) : state_(seed), is_random_(is_random) {}

  // SplitMix64.
  std::uint64_t draw() {
    state_ += 0x9e3779b97f4a7c15u;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }

  std::uint64_t state_;
  std::uint64_t count_ = 0;
  bool is_random_;
};

inline raft::Payload sample_payload(Sampler& sampler) {
  return raft::Payload::copy_of(sampler.text());
}
raft::ConfigurationRef sample_configuration(Sampler& sampler);

inline void fill(Sampler& sampler, std::string& value) {
  value = sampler.text();
}
inline void fill(Sampler&, std::monostate&) {}
inline void fill(Sampler& sampler, raft::Payload& value) {
  value = sample_payload(sampler);
}
inline void fill(Sampler& sampler, raft::ConfigurationRef& value) {
  value = sample_configuration(sampler);
}

template <typename T>
requires std::is_unsigned_v<T>
void fill(Sampler& sampler, T& value) {
  value = static_cast<T>(sampler.number(std::numeric_limits<T>::max()));
}
template <typename T>
requires std::is_enum_v<T>
void fill(Sampler& sampler, T& value) {
  value = static_cast<T>(sampler.number(static_cast<std::uint64_t>(Largest<T>::value)));
}
template <std::size_t size>
void fill(Sampler& sampler, std::array<std::uint8_t, size>& value) {
  for (std::uint8_t& byte : value) byte = static_cast<std::uint8_t>(sampler.number(255));
}
template <typename T>
void fill(Sampler& sampler, std::optional<T>& value);
template <typename T>
void fill(Sampler& sampler, std::vector<T>& list);
template <typename T>
void fill(Sampler& sampler, std::deque<T>& list);
template <typename Key, typename T, typename Less>
void fill(Sampler& sampler, std::map<Key, T, Less>& map);
template <typename... T>
void fill(Sampler& sampler, std::variant<T...>& value);

template <Struct T>
void fill(Sampler& sampler, T& value) {
  for_each_member(value, [&](auto& member) { fill(sampler, member); });
}

template <typename T>
void fill(Sampler& sampler, std::optional<T>& value) {
  value.reset();
  if (sampler.chance()) fill(sampler, value.emplace());
}
template <typename T>
void fill(Sampler& sampler, std::vector<T>& list) {
  list.clear();
  for (std::size_t left = sampler.list_size(); left > 0; --left) fill(sampler, list.emplace_back());
}
template <typename T>
void fill(Sampler& sampler, std::deque<T>& list) {
  list.clear();
  for (std::size_t left = sampler.list_size(); left > 0; --left) fill(sampler, list.emplace_back());
}
template <typename Key, typename T, typename Less>
void fill(Sampler& sampler, std::map<Key, T, Less>& map) {
  map.clear();
  for (std::size_t left = sampler.list_size(); left > 0; --left) {
    Key key{};
    fill(sampler, key);
    fill(sampler, map[key]);
  }
}

/// Makes the variant hold its alternative `kind`, filled.
template <std::size_t index = 0, typename... T>
void fill_alternative(Sampler& sampler, std::variant<T...>& value, std::size_t kind) {
  if constexpr (index < sizeof...(T)) {
    if (kind == index) {
      fill(sampler, value.template emplace<index>());
    } else {
      fill_alternative<index + 1>(sampler, value, kind);
    }
  }
}
template <typename... T>
void fill(Sampler& sampler, std::variant<T...>& value) {
  fill_alternative(sampler, value, static_cast<std::size_t>(sampler.number(sizeof...(T) - 1)));
}

}  // namespace kelek::wire
