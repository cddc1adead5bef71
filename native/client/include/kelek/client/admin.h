// What an operator asks of a cluster: status, members, leadership, snapshots, shutdown. Needs the admin role, but for
// status, members and metrics.
#pragma once

#include <string>

#include <kelek/client/client.h>
#include <kelek/raft/membership.h>
#include <kelek/wire/client_protocol.h>

namespace kelek::client {

/// Of the coordinator that the client talks to, which is the first of its list that answers. To ask each of them,
/// make a client for each.
Answer<wire::StatusReport> get_status(Client& client, const CallOptions& call = {});
Answer<wire::MembersReport> get_members(Client& client, const CallOptions& call = {});
Answer<wire::MetricsReport> get_metrics(Client& client, const CallOptions& call = {});

/// Ok once the change is committed and any joint configuration is left. Goes to the leader. A new member whose
/// incarnation is 0 is asked for it by the leader; so it has to run, with --join, at that time. A learner is given
/// until the deadline to catch up; then its promotion is refused.
Answer<wire::MembersChanged> change_members(Client& client, const raft::MembershipChange& change,
                                            const CallOptions& call = {});
/// 0: to whoever is most caught up.
Answer<wire::LeadershipTransferred> transfer_leadership(Client& client, raft::NodeId to, const CallOptions& call = {});

/// Of the coordinator that is talked to.
Answer<wire::SnapshotTaken> take_snapshot(Client& client, const CallOptions& call = {});

/// A whole snapshot, in memory; what was received fits its size and comes from one snapshot. For a backup:
/// take_snapshot(), then this.
struct FetchedSnapshot {
  wire::SnapshotPart metadata;  // without data
  std::string bytes;
};
Answer<FetchedSnapshot> fetch_snapshot(Client& client, std::uint64_t snapshot_id, const CallOptions& call = {});

/// The coordinator that is talked to stops cleanly.
Answer<Nothing> shut_down(Client& client, const CallOptions& call = {});

}  // namespace kelek::client
