// The fields of the client protocol, in the order of the wire. Requests, responses and event frames
// themselves are documents: client_codec.cpp.
#pragma once

#include <tuple>

#include <kelek/wire/client_protocol.h>

#include "layout.h"
#include "query_layout.h"

namespace kelek::wire {

template <>
struct Layout<raft::MemberOperation> {
  using T = raft::MemberOperation;
  static constexpr auto members = std::make_tuple(&T::kind, &T::id, &T::incarnation, &T::context);
};
template <>
struct Layout<raft::MembershipChange> {
  using T = raft::MembershipChange;
  static constexpr auto members = std::make_tuple(&T::operations, &T::explicit_leave);
};
template <>
struct Layout<ClientHello> {
  using T = ClientHello;
  static constexpr auto members = std::make_tuple(&T::software);
};
template <>
struct Layout<Propose> {
  using T = Propose;
  static constexpr auto members = std::make_tuple(&T::body, &T::session_id, &T::sequence);
};
template <>
struct Layout<Query> {
  using T = Query;
  static constexpr auto members = std::make_tuple(&T::consistency, &T::min_index, &T::body);
};
template <>
struct Layout<Watch> {
  using T = Watch;
  static constexpr auto members = std::make_tuple(&T::watch_id, &T::from_revision, &T::filter);
};
template <>
struct Layout<Unwatch> {
  using T = Unwatch;
  static constexpr auto members = std::make_tuple(&T::watch_id);
};
template <>
struct Layout<GetStatus> {
  static constexpr auto members = std::make_tuple();
};
template <>
struct Layout<GetMembers> {
  static constexpr auto members = std::make_tuple();
};
template <>
struct Layout<GetMetrics> {
  static constexpr auto members = std::make_tuple();
};
template <>
struct Layout<ChangeMembers> {
  using T = ChangeMembers;
  static constexpr auto members = std::make_tuple(&T::change);
};
template <>
struct Layout<TransferLeadership> {
  using T = TransferLeadership;
  static constexpr auto members = std::make_tuple(&T::to);
};
template <>
struct Layout<TakeSnapshot> {
  static constexpr auto members = std::make_tuple();
};
template <>
struct Layout<FetchSnapshot> {
  using T = FetchSnapshot;
  static constexpr auto members = std::make_tuple(&T::snapshot_id, &T::offset_bytes, &T::max_bytes);
};
template <>
struct Layout<Shutdown> {
  static constexpr auto members = std::make_tuple();
};
template <>
struct Layout<ServerHello> {
  using T = ServerHello;
  static constexpr auto members = std::make_tuple(&T::software, &T::caller, &T::roles);
};
template <>
struct Layout<WatchStarted> {
  using T = WatchStarted;
  static constexpr auto members = std::make_tuple(&T::watch_id, &T::from_revision);
};
template <>
struct Layout<MemberReport> {
  using T = MemberReport;
  static constexpr auto members =
      std::make_tuple(&T::id, &T::incarnation, &T::voter, &T::outgoing, &T::learner, &T::context);
};
template <>
struct Layout<MembersReport> {
  using T = MembersReport;
  static constexpr auto members = std::make_tuple(&T::joint, &T::members);
};
template <>
struct Layout<MetricsReport> {
  using T = MetricsReport;
  static constexpr auto members = std::make_tuple(&T::counters);
};
template <>
struct Layout<MembersChanged> {
  using T = MembersChanged;
  static constexpr auto members = std::make_tuple(&T::index);
};
template <>
struct Layout<LeadershipTransferred> {
  using T = LeadershipTransferred;
  static constexpr auto members = std::make_tuple(&T::leader);
};
template <>
struct Layout<SnapshotTaken> {
  using T = SnapshotTaken;
  static constexpr auto members = std::make_tuple(&T::snapshot_id, &T::index, &T::size_bytes);
};
template <>
struct Layout<SnapshotPart> {
  using T = SnapshotPart;
  static constexpr auto members = std::make_tuple(&T::snapshot_id, &T::index, &T::term, &T::size_bytes, &T::digest,
                                                  &T::configuration, &T::offset_bytes, &T::data);
};

}  // namespace kelek::wire
