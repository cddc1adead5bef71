// AdminDesk: what only an admin's key may ask for: members, leadership, snapshots, shutdown; and status for everybody.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <kelek/raft/ready.h>

#include "answers.h"
#include "engine.h"

namespace kelek::runtime {

class AdminDesk {
 public:
  AdminDesk(Engine& engine, Answers& answers) : engine_(engine), answers_(answers) {}

  /// A request whose client has been found to be an admin, and that is within its budget.
  void dispatch(Request request, wire::ClientRequest& what);

  // ---- for everybody ----
  wire::StatusReport status() const;
  wire::MembersReport members() const;
  wire::MetricsReport metrics() const;

  // ---- what became of them ----
  void on_applied(raft::Index index, const raft::Entry& entry);
  void on_transfer(const raft::TransferOutcome& outcome);
  void on_snapshot(const raft::SnapshotMetadata& snapshot);
  void on_snapshot_failure(const Failure& failure);
  /// A member that is being added has said on which disk it runs.
  void on_met(raft::NodeId node, raft::Incarnation incarnation);
  /// The request is at its deadline: what it left behind is taken back.
  void on_expired(const Request& request);
  /// The leadership changed: who waits for a change has to ask again.
  void on_role(const raft::RoleChange& role);

  /// Leader: gives the leadership to whoever is most caught up. False: there is nobody.
  bool hand_over();

  /// Asks the loop for a clean stop.
  std::function<void()> ask_to_stop;
  /// Asks the greeter to say hello to a member now.
  std::function<void(raft::NodeId)> say_hello;

 private:
  void change(Request request, raft::MembershipChange change);
  void transfer(Request request, raft::NodeId to);
  void take_snapshot(Request request);
  void fetch_snapshot(Request request, const wire::FetchSnapshot& fetch);
  void propose_change(raft::Token token);
  void finish_all(Request::Kind kind, const std::function<void(Request)>& finish);

  Engine& engine_;
  Answers& answers_;
};

}  // namespace kelek::runtime
