// Walks any value of the machine's data, field by field, into a sink: a Hasher, or a Measure that counts
// bytes.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include <kelek/machine/fields.h>

namespace kelek::machine {

// Counts texts by their bytes and the items of lists by a fixed share.
struct Measure {
  static constexpr uint64_t item_bytes = 8;
  uint64_t bytes = 0;

  void number(uint64_t) {}
  void items(uint64_t count) { bytes += item_bytes * count; }
  void text(std::string_view text) { bytes += text.size(); }
};

template <class Sink, class T>
void walk(Sink& sink, const T& value);

template <class Sink, class T>
void walk_parts(Sink& sink, const std::optional<T>& value) {
  sink.number(value.has_value() ? 1 : 0);
  if (value) {
    walk(sink, *value);
  }
}

template <class Sink, class... T>
void walk_parts(Sink& sink, const std::variant<T...>& value) {
  sink.number(value.index());
  std::visit([&sink](const auto& inner) { walk(sink, inner); }, value);
}

template <class Sink, class First, class Second>
void walk_parts(Sink& sink, const std::pair<First, Second>& value) {
  walk(sink, value.first);
  walk(sink, value.second);
}

template <class Sink>
void walk_parts(Sink&, const std::monostate&) {}

template <class Sink, class List>
requires requires(const List& list) {
  list.begin();
}
void walk_parts(Sink& sink, const List& list) {
  sink.items(list.size());
  for (const auto& item : list) {
    walk(sink, item);
  }
}

template <class Sink, class T>
void walk(Sink& sink, const T& value) {
  if constexpr (std::is_same_v<T, std::string>) {
    sink.text(value);
  } else if constexpr (std::is_enum_v<T> || std::is_integral_v<T>) {
    sink.number(static_cast<uint64_t>(value));
  } else if constexpr (HasFields<T>) {
    for_each_field(value, [&sink](const auto& field) { walk(sink, field); });
  } else {
    walk_parts(sink, value);
  }
}

template <class T>
uint64_t measure(const T& value) {
  Measure sink;
  walk(sink, value);
  return sink.bytes;
}

}  // namespace kelek::machine
