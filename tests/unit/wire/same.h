// same(): whether two values of the protocols are equal, field by field; many of the structs have no == of
// their own.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "client_layout.h"
#include "message_layout.h"

namespace kelek::wire {

template <typename T>
bool same(const T& a, const T& b);

template <typename T>
bool same_pointees(const std::shared_ptr<T>& a, const std::shared_ptr<T>& b) {
  return a == nullptr || b == nullptr ? a == b : same(*a, *b);
}

template <typename T>
struct Sameness {
  static bool check(const T& a, const T& b) {
    if constexpr (Struct<T>) {
      return std::apply([&](auto... member) { return (same(a.*member, b.*member) && ...); }, Layout<T>::members);
    } else {
      return a == b;
    }
  }
};
template <typename T>
struct Sameness<std::shared_ptr<T>> {
  static bool check(const std::shared_ptr<T>& a, const std::shared_ptr<T>& b) { return same_pointees(a, b); }
};
template <typename T>
struct Sameness<std::optional<T>> {
  static bool check(const std::optional<T>& a, const std::optional<T>& b) {
    return a.has_value() == b.has_value() && (!a.has_value() || same(*a, *b));
  }
};
template <typename T>
struct Sameness<std::vector<T>> {
  static bool check(const std::vector<T>& a, const std::vector<T>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const T& x, const T& y) { return same(x, y); });
  }
};
template <typename... T>
struct Sameness<std::variant<T...>> {
  static bool check(const std::variant<T...>& a, const std::variant<T...>& b) {
    if (a.index() != b.index()) return false;
    return std::visit(
        [&](const auto& x) { return same(x, std::get<std::remove_cv_t<std::remove_reference_t<decltype(x)>>>(b)); }, a);
  }
};
template <>
struct Sameness<raft::EntryRange> {
  static bool check(const raft::EntryRange& a, const raft::EntryRange& b) {
    bool equal = a.size() == b.size() && (a.empty() || a.first_index() == b.first_index());
    if (!equal) return false;
    a.for_each([&](raft::Index index, const raft::Entry& entry) {
      const raft::Entry& other = b.at(index);
      equal = equal && entry.term == other.term && entry.kind == other.kind && entry.payload == other.payload;
    });
    return equal;
  }
};
template <>
struct Sameness<raft::AppendRequest> {
  static bool check(const raft::AppendRequest& a, const raft::AppendRequest& b) {
    return a.previous_index == b.previous_index && a.previous_term == b.previous_term && a.commit == b.commit &&
           a.round == b.round && same(a.entries, b.entries);
  }
};
template <>
struct Sameness<raft::SnapshotMetadata> {
  static bool check(const raft::SnapshotMetadata& a, const raft::SnapshotMetadata& b) {
    return a.index == b.index && a.term == b.term && a.id == b.id && a.size_bytes == b.size_bytes &&
           a.digest == b.digest && same_pointees(a.configuration, b.configuration);
  }
};
template <>
struct Sameness<raft::SnapshotChunk> {
  static bool check(const raft::SnapshotChunk& a, const raft::SnapshotChunk& b) {
    return same_pointees(a.metadata, b.metadata) && a.offset_bytes == b.offset_bytes &&
           a.wanted_bytes == b.wanted_bytes && a.data == b.data;
  }
};
template <>
struct Sameness<raft::ProposeRequest> {
  static bool check(const raft::ProposeRequest& a, const raft::ProposeRequest& b) {
    return a.token == b.token && a.payloads == b.payloads;
  }
};
template <>
struct Sameness<raft::Message> {
  static bool check(const raft::Message& a, const raft::Message& b) {
    return a.from == b.from && a.to == b.to && a.from_incarnation == b.from_incarnation &&
           a.to_incarnation == b.to_incarnation && a.term == b.term && same(a.body, b.body);
  }
};
template <>
struct Sameness<Greeting> {
  static bool check(const Greeting& a, const Greeting& b) {
    return a.from == b.from && a.to == b.to && a.from_incarnation == b.from_incarnation && same(a.body, b.body);
  }
};
template <>
struct Sameness<ClientRequest> {
  static bool check(const ClientRequest& a, const ClientRequest& b) {
    return a.request_id == b.request_id && a.deadline_ms == b.deadline_ms && a.group == b.group && same(a.body, b.body);
  }
};
template <>
struct Sameness<ClientResponse> {
  static bool check(const ClientResponse& a, const ClientResponse& b) {
    return a.request_id == b.request_id && a.outcome == b.outcome && a.code == b.code && a.text == b.text &&
           a.leader == b.leader && a.leader_address == b.leader_address && a.member == b.member && a.term == b.term &&
           a.revision == b.revision && same(a.body, b.body);
  }
};
template <>
struct Sameness<EventFrame> {
  static bool check(const EventFrame& a, const EventFrame& b) {
    return a.watch_id == b.watch_id && a.state == b.state && a.first_revision == b.first_revision &&
           a.next_revision == b.next_revision && same(a.batches, b.batches);
  }
};

template <typename T>
bool same(const T& a, const T& b) {
  return Sameness<std::remove_const_t<T>>::check(a, b);
}

}  // namespace kelek::wire
