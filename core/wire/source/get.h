// get(): any value of the protocols, by its type, from a strict reader. The counterpart of put.h.
//
// A reader that has failed gives nothing and allocates nothing; loops look at ok(), and lists grow as their
// items are read, so that memory follows the bytes that are really there and not a count that somebody wrote.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <kelek/wire/limits.h>
#include <kelek/wire/reader.h>

#include "enumerators.h"
#include "layout.h"
#include "max_items.h"

namespace kelek::wire {

template <typename T>
requires std::is_unsigned_v<T>
void get(Reader& reader, T& value, const char* place) {
  if constexpr (std::is_same_v<T, bool>) {
    value = reader.boolean(place);
  } else {
    value = static_cast<T>(reader.integer(place, std::numeric_limits<T>::max()));
  }
}

template <typename T>
requires std::is_enum_v<T>
void get(Reader& reader, T& value, const char* place) {
  value = static_cast<T>(reader.integer(place, static_cast<std::uint64_t>(Largest<T>::value)));
}

/// Bounded by the document, which is bounded by its own limit; what a name may be long is for who acts on it.
inline void get(Reader& reader, std::string& value, const char* place) {
  value = reader.text(place, max_document_bytes);
}

template <std::size_t size>
void get(Reader& reader, std::array<std::uint8_t, size>& value, const char* place) {
  const std::span<const std::byte> found = reader.bytes(place, size);
  if (!reader.ok()) return;
  if (found.size() != size) {
    reader.fail(Fault::inconsistent, place, "bytes of another length than this has");
    return;
  }
  std::transform(found.begin(), found.end(), value.begin(),
                 [](std::byte byte) { return std::to_integer<std::uint8_t>(byte); });
}

template <typename T>
void get(Reader& reader, std::optional<T>& value, const char* place);
template <typename T>
void get(Reader& reader, std::vector<T>& list, const char* place);
template <typename T>
void get(Reader& reader, std::deque<T>& list, const char* place);
template <typename Key, typename T, typename Less>
void get(Reader& reader, std::map<Key, T, Less>& map, const char* place);
template <typename... T>
void get(Reader& reader, std::variant<T...>& value, const char* place);
template <Struct T>
void get(Reader& reader, T& value, const char* place);

template <Struct T>
void get(Reader& reader, T& value, const char* place) {
  for_each_member(value, [&](auto& member) { get(reader, member, place); });
}

template <typename T>
void get(Reader& reader, std::optional<T>& value, const char* place) {
  value.reset();
  if (reader.take_nil() || !reader.ok()) return;
  value.emplace();
  if constexpr (Struct<T>) {
    reader.array_of(place, slots<T>);
    get(reader, *value, place);
    reader.leave();
  } else {
    get(reader, *value, place);
  }
}

/// Enters a list whose items take `item_slots` values each, and gives the number of items.
inline std::size_t get_list_size(Reader& reader, std::size_t max_items, std::size_t item_slots, const char* place) {
  const std::size_t values = reader.array(place, max_items * item_slots);
  if (values % item_slots != 0) reader.fail(Fault::inconsistent, place, "a list that ends within an item");
  return reader.ok() ? values / item_slots : 0;
}

template <typename List>
void get_list(Reader& reader, List& list, const char* place) {
  using Item = typename List::value_type;
  list.clear();
  const std::size_t count = get_list_size(reader, MaxItems<Item>::count, slots<Item>, place);
  for (std::size_t i = 0; i < count && reader.ok(); ++i) get(reader, list.emplace_back(), place);
  reader.leave();
}
template <typename T>
void get(Reader& reader, std::vector<T>& list, const char* place) {
  get_list(reader, list, place);
}
template <typename T>
void get(Reader& reader, std::deque<T>& list, const char* place) {
  get_list(reader, list, place);
}

/// Keys in ascending order, none twice.
template <typename Key, typename T, typename Less>
void get(Reader& reader, std::map<Key, T, Less>& map, const char* place) {
  map.clear();
  const std::size_t count = get_list_size(reader, MaxItems<T>::count, 1 + slots<T>, place);
  for (std::size_t i = 0; i < count && reader.ok(); ++i) {
    Key key{};
    get(reader, key, place);
    if (!reader.ok()) break;
    if (!map.empty() && !map.key_comp()(map.rbegin()->first, key)) {
      reader.fail(Fault::inconsistent, place, "keys that are not in ascending order");
      break;
    }
    get(reader, map.emplace_hint(map.end(), std::move(key), T{})->second, place);
  }
  reader.leave();
}

/// Fields of the alternative `kind`, of which there are `count` values in the array around them.
template <std::size_t index = 0, typename... T>
void get_alternative(Reader& reader, std::variant<T...>& value, std::uint64_t kind, std::size_t count,
                     const char* place) {
  if constexpr (index < sizeof...(T)) {
    if (kind != index) {
      get_alternative<index + 1>(reader, value, kind, count, place);
      return;
    }
    using Alternative = std::variant_alternative_t<index, std::variant<T...>>;
    constexpr bool is_empty = std::is_same_v<Alternative, std::monostate>;
    std::size_t expected = 0;
    if constexpr (!is_empty) expected = slots<Alternative>;
    if (count != expected) {
      reader.fail(Fault::inconsistent, place, "another number of values than this kind has");
      return;
    }
    auto& alternative = value.template emplace<index>();
    if constexpr (!is_empty) get(reader, alternative, place);
  } else {
    reader.fail(Fault::unknown_kind, place, "a kind that this version does not have");
  }
}

/// Kind and fields without an array of their own: the last `count` values of the array around them.
template <typename... T>
void get_body(Reader& reader, std::variant<T...>& value, std::size_t count, const char* place) {
  if (reader.ok() && count == 0) reader.fail(Fault::inconsistent, place, "no kind");
  const std::uint64_t kind = reader.integer(place);
  if (reader.ok()) get_alternative(reader, value, kind, count - 1, place);
}

template <typename... T>
void get(Reader& reader, std::variant<T...>& value, const char* place) {
  const std::size_t count = reader.array(place, std::numeric_limits<std::size_t>::max());
  get_body(reader, value, count, place);
  reader.leave();
}

}  // namespace kelek::wire
