// Watches: what a socket's events mean for its link or listener, as counters that any thread may read, and as
// audit records.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include <kelek/transport/audit.h>
#include <kelek/transport/peer_transport.h>

#include "monitor.h"

namespace kelek::transport {

/// Of one connection to a member. Written by the gatekeeper's thread.
struct LinkStatus {
  std::atomic<LinkState> state{LinkState::connecting};
  /// libzmq does not try again after a refusal: the owner makes a new socket once this is set.
  std::atomic<bool> given_up{false};
  std::atomic<std::uint64_t> handshakes{0};
  std::atomic<std::uint64_t> failures{0};
};

class LinkWatch {
 public:
  LinkWatch(raft::NodeId node, std::string address, std::string key_fingerprint,
            std::shared_ptr<LinkStatus> status);
  std::optional<AuditRecord> take(const Monitor::Event& event);

 private:
  std::optional<AuditRecord> fail(LinkState state, AuditEvent event);

  raft::NodeId node_;
  std::string address_;
  std::string key_fingerprint_;
  std::shared_ptr<LinkStatus> status_;
};

/// Of one listening socket. Written by the gatekeeper's thread, but for the port and frames_refused.
struct ListenerStatus {
  std::atomic<std::uint16_t> port{0};
  std::atomic<std::uint64_t> open_connections{0};
  std::atomic<std::uint64_t> accepted{0};
  std::atomic<std::uint64_t> handshake_failures{0};
  std::atomic<std::uint64_t> over_limit{0};
  std::atomic<std::uint64_t> frames_refused{0};

  ListenerCounters counters() const;
};

/// Also keeps the number of connections within its limit: libzmq would take as many as there are descriptors.
class ListenerWatch {
 public:
  ListenerWatch(Domain domain, std::size_t max_connections, std::shared_ptr<ListenerStatus> status);
  std::optional<AuditRecord> take(const Monitor::Event& event);

 private:
  std::optional<AuditRecord> accept(int descriptor);
  AuditRecord record(AuditEvent event) const;

  Domain domain_;
  std::size_t max_connections_;
  std::shared_ptr<ListenerStatus> status_;
  std::set<int> open_;
};

}  // namespace kelek::transport
