// What a snapshot's stream is made of: items, each an array that begins with its kind. FORMAT.md has the same
// table.
#pragma once

#include <cstddef>
#include <cstdint>

#include <kelek/machine/state.h>

#include "layout.h"

namespace kelek::wire {

/// The kinds of items, in the order in which they come. What belongs to a topic, ballot, lock or session
/// follows it at once. The first item of all is the header, which begins with the version instead.
enum class Item : std::uint64_t {
  kv = 1,
  topic = 2,
  topic_record = 3,
  ballot = 4,
  vote = 5,
  grant = 6,
  policy = 7,
  lock = 8,
  lock_waiter = 9,
  session = 10,
  session_result = 11,
  ended_session = 12,
  end = 13,
};

/// The sections of a state: which map, of what, with which kind of item; and what belongs to each of its
/// values, if anything does: a list with a kind of item of its own.
struct KvSection {
  using Value = machine::KvRecord;
  static constexpr Item item = Item::kv;
  static constexpr auto map = &machine::State::kv;
};
struct TopicsSection {
  using Value = machine::Topic;
  static constexpr Item item = Item::topic;
  static constexpr auto map = &machine::State::topics;
  static constexpr Item child_item = Item::topic_record;
  static constexpr auto children = &machine::Topic::records;
};
struct BallotsSection {
  using Value = machine::Ballot;
  static constexpr Item item = Item::ballot;
  static constexpr auto map = &machine::State::ballots;
  static constexpr Item child_item = Item::vote;
  static constexpr auto children = &machine::Ballot::votes;
};
struct GrantsSection {
  using Value = machine::Grant;
  static constexpr Item item = Item::grant;
  static constexpr auto map = &machine::State::grants;
};
struct PoliciesSection {
  using Value = machine::Policy;
  static constexpr Item item = Item::policy;
  static constexpr auto map = &machine::State::policies;
};
struct LocksSection {
  using Value = machine::Lock;
  static constexpr Item item = Item::lock;
  static constexpr auto map = &machine::State::locks;
  static constexpr Item child_item = Item::lock_waiter;
  static constexpr auto children = &machine::Lock::waiters;
};
struct SessionsSection {
  using Value = machine::Session;
  static constexpr Item item = Item::session;
  static constexpr auto map = &machine::State::sessions;
  static constexpr Item child_item = Item::session_result;
  static constexpr auto children = &machine::Session::results;
};
struct EndedSessionsSection {
  using Value = machine::EndedSession;
  static constexpr Item item = Item::ended_session;
  static constexpr auto map = &machine::State::ended_sessions;
};

template <typename Section>
inline constexpr bool has_children = requires {
  Section::children;
};

/// The type of the list of children; void if there is none. No other member of a value is of that type.
template <typename Section>
struct ChildList {
  using Type = void;
};
template <typename Section>
requires has_children<Section>
struct ChildList<Section> {
  using Type = decltype(member_type_of(Section::children));
};

/// Calls visit(section) for each, in the order of the stream.
template <typename Visitor>
void for_each_section(Visitor&& visit) {
  visit(KvSection{});
  visit(TopicsSection{});
  visit(BallotsSection{});
  visit(GrantsSection{});
  visit(PoliciesSection{});
  visit(LocksSection{});
  visit(SessionsSection{});
  visit(EndedSessionsSection{});
}
inline constexpr std::size_t section_count = 8;

/// The scalars of a state, which the header has between version and limits.
inline constexpr std::size_t header_scalars = 5;
/// Values of the header: version, scalars, limits, and the number of items of each section.
inline constexpr std::size_t snapshot_header_slots = 1 + header_scalars + slots<machine::Limits> + section_count;

static_assert(machine::field_count<machine::State> == header_scalars + 1 + section_count,
              "the state has a part that the snapshot does not know");

}  // namespace kelek::wire
