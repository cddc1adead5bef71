// How many items a list may have at the most, by what its items are. Small things on the wire are large in
// memory: a frame full of the smallest operations would otherwise become thirty times as large.
#pragma once

#include <cstddef>
#include <string>

#include <kelek/machine/command.h>
#include <kelek/machine/result.h>
#include <kelek/raft/membership.h>
#include <kelek/wire/limits.h>

namespace kelek::wire {

template <typename T>
struct MaxItems {
  static constexpr std::size_t count = max_list_items;
};

// What machine::limit_table() can allow at the most (a test compares).
inline constexpr std::size_t most_operations = 10'000;
inline constexpr std::size_t most_electors = 100'000;
inline constexpr std::size_t most_evidence = 1'000;
inline constexpr std::size_t most_names = 100'000;

template <>
struct MaxItems<machine::KvCompare> {
  static constexpr std::size_t count = most_operations;
};
template <>
struct MaxItems<machine::KvOperation> {
  static constexpr std::size_t count = most_operations;
};
template <>
struct MaxItems<machine::KvResult> {
  static constexpr std::size_t count = most_operations;
};
template <>
struct MaxItems<machine::Elector> {
  static constexpr std::size_t count = most_electors;
};
template <>
struct MaxItems<machine::Vote> {
  static constexpr std::size_t count = most_electors;
};
template <>
struct MaxItems<machine::Evidence> {
  static constexpr std::size_t count = most_evidence;
};
/// Options of a ballot, issuers of a policy.
template <>
struct MaxItems<std::string> {
  static constexpr std::size_t count = most_names;
};
/// Each member may be named once.
template <>
struct MaxItems<raft::MemberOperation> {
  static constexpr std::size_t count = 2 * raft::max_members;
};

}  // namespace kelek::wire
