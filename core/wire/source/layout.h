// Which fields each struct has on the wire, in their order. The machine's come from its own list (fields.h);
// those of Raft's messages, of queries, status and the client protocol are beside their codecs, in the same
// form.
#pragma once

#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>

#include <kelek/machine/fields.h>

namespace kelek::wire {

/// Has `members`: a tuple of pointers to members.
template <typename T>
struct Layout;

template <machine::HasFields T>
struct Layout<T> : machine::Fields<T> {};

template <typename T>
concept Struct = requires {
  Layout<T>::members;
};

template <typename Owner, typename Member>
Member member_type_of(Member Owner::*);

/// The values that a T takes in the array it is written into: structs are spliced in, all else is one value.
template <typename T>
struct Slots {
  static constexpr std::size_t count = 1;
};
template <Struct T>
struct Slots<T> {
  template <typename... Member>
  static constexpr std::size_t of(std::tuple<Member...>*) {
    return (std::size_t{0} + ... + Slots<decltype(member_type_of(std::declval<Member>()))>::count);
  }
  static constexpr std::size_t count = of(static_cast<std::remove_cv_t<decltype(Layout<T>::members)>*>(nullptr));
};
template <typename T>
inline constexpr std::size_t slots = Slots<T>::count;

/// Calls visit(member) for each.
template <typename T, typename Visitor>
void for_each_member(T& value, Visitor&& visit) {
  std::apply([&](auto... member) { (visit(value.*member), ...); }, Layout<std::remove_const_t<T>>::members);
}

}  // namespace kelek::wire
