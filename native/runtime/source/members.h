// Members: who the others are and how they are reached. Follows the configuration of the log: its contexts say which
// address to connect to and which key to trust.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <kelek/raft/membership.h>
#include <kelek/runtime/coordinator_options.h>
#include <kelek/runtime/member_context.h>
#include <kelek/transport/peer_transport.h>

#include "events.h"

namespace kelek::runtime {

class Members {
 public:
  Members(transport::PeerTransport& peers, raft::NodeId self, bool plaintext, Events& events)
      : peers_(peers), self_(self), plaintext_(plaintext), events_(events) {}

  /// Before there is a configuration: those that the options name.
  void use(const std::vector<InitialMember>& members);
  /// The configuration in force. Who is in it no longer stays connected while this process lives (at most
  /// max_retired of them): it has to hear that it was removed.
  void follow(const raft::Configuration& configuration);
  /// Somebody who is about to be added: connected to, so that it can be asked on which disk it runs.
  /// Empty, or why that cannot be.
  std::string admit(raft::NodeId id, const MemberContext& context);
  /// It was not added after all.
  void dismiss(raft::NodeId id);

  bool is_retired(raft::NodeId id) const { return retired_.count(id) != 0; }
  /// Null if it is not known.
  const MemberContext* find(raft::NodeId id) const;
  /// Empty if it is not known.
  std::string client_address(raft::NodeId id) const;
  /// Everybody that frames may be sent to, but ourselves.
  std::vector<raft::NodeId> reachable() const;

 private:
  static constexpr std::size_t max_retired = 64;

  std::string connect(raft::NodeId id, const MemberContext& context);

  transport::PeerTransport& peers_;
  const raft::NodeId self_;
  const bool plaintext_;
  Events& events_;
  std::map<raft::NodeId, MemberContext> known_;
  std::set<raft::NodeId> admitted_;
  std::set<raft::NodeId> retired_;
};

}  // namespace kelek::runtime
