// put(): any value of the protocols, by its type. The counterpart of get.h; FORMAT.md has the rules in words.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include <kelek/wire/writer.h>

#include "layout.h"

namespace kelek::wire {

template <typename T>
requires std::is_unsigned_v<T>
void put(Writer& writer, T value) {
  if constexpr (std::is_same_v<T, bool>) {
    writer.boolean(value);
  } else {
    writer.integer(value);
  }
}

template <typename T>
requires std::is_enum_v<T>
void put(Writer& writer, T value) {
  writer.integer(static_cast<std::uint64_t>(value));
}

inline void put(Writer& writer, const std::string& value) {
  writer.bytes(std::string_view(value));
}

template <std::size_t size>
void put(Writer& writer, const std::array<std::uint8_t, size>& value) {
  writer.bytes(std::as_bytes(std::span(value)));
}

template <typename T>
void put(Writer& writer, const std::optional<T>& value);
template <typename T>
void put(Writer& writer, const std::vector<T>& list);
template <typename T>
void put(Writer& writer, const std::deque<T>& list);
template <typename Key, typename T, typename Less>
void put(Writer& writer, const std::map<Key, T, Less>& map);
template <typename... T>
void put(Writer& writer, const std::variant<T...>& value);
template <Struct T>
void put(Writer& writer, const T& value);

/// Nothing but its fields: what is around them has the array.
template <Struct T>
void put(Writer& writer, const T& value) {
  for_each_member(value, [&](const auto& member) { put(writer, member); });
}

template <typename T>
void put(Writer& writer, const std::optional<T>& value) {
  if (!value) {
    writer.nil();
    return;
  }
  if constexpr (Struct<T>) writer.array(slots<T>);
  put(writer, *value);
}

template <typename List>
void put_list(Writer& writer, const List& list) {
  writer.array(list.size() * slots<typename List::value_type>);
  for (const auto& item : list) put(writer, item);
}
template <typename T>
void put(Writer& writer, const std::vector<T>& list) {
  put_list(writer, list);
}
template <typename T>
void put(Writer& writer, const std::deque<T>& list) {
  put_list(writer, list);
}

template <typename Key, typename T, typename Less>
void put(Writer& writer, const std::map<Key, T, Less>& map) {
  writer.array(map.size() * (1 + slots<T>));
  for (const auto& item : map) {
    put(writer, item.first);
    put(writer, item.second);
  }
}

/// The slots of the alternative that the variant holds.
template <typename... T>
std::size_t slots_of(const std::variant<T...>& value) {
  return std::visit(
      [](const auto& alternative) -> std::size_t {
        using Alternative = std::remove_cv_t<std::remove_reference_t<decltype(alternative)>>;
        if constexpr (std::is_same_v<Alternative, std::monostate>) {
          return 0;
        } else {
          return slots<Alternative>;
        }
      },
      value);
}

/// Kind and fields, without an array of their own: for the body of a document.
template <typename... T>
void put_body(Writer& writer, const std::variant<T...>& value) {
  writer.integer(value.index());
  std::visit(
      [&](const auto& alternative) {
        using Alternative = std::remove_cv_t<std::remove_reference_t<decltype(alternative)>>;
        if constexpr (!std::is_same_v<Alternative, std::monostate>) put(writer, alternative);
      },
      value);
}

template <typename... T>
void put(Writer& writer, const std::variant<T...>& value) {
  writer.array(1 + slots_of(value));
  put_body(writer, value);
}

}  // namespace kelek::wire
