// AuditRecord: who was refused at the door, or found another behind it. Rate limited, so that a flood cannot
// fill a disk, and without secrets: keys appear as fingerprints only.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include <kelek/raft/types.h>

namespace kelek::transport {

/// Which socket: members' or clients'.
enum class Domain : std::uint8_t { peer, client };

enum class AuditEvent : std::uint8_t {
  unknown_key,        ///< somebody knocked with a key that is not registered
  not_curve,          ///< somebody asked for another mechanism than CURVE
  handshake_failed,   ///< somebody's handshake was malformed, or meant for another server key
  handshake_timeout,  ///< somebody connected and said nothing in time, or went in the midst
  too_many,           ///< somebody was turned away because the connections are at their limit
  refused_by_peer,    ///< a member does not know our key
  wrong_server_key,   ///< a member's address answers, but not with the key that is pinned for it
};

struct AuditRecord {
  AuditEvent event = AuditEvent::unknown_key;
  Domain domain = Domain::peer;
  /// The member we were connecting to; 0 where somebody connected to us.
  raft::NodeId peer = raft::no_node;
  /// Fingerprint of the key that was offered, or that we expected; empty if none is known.
  std::string key_fingerprint;
  /// The remote address as far as it is known.
  std::string address;
  /// Records left out since the last one, by the rate limit.
  std::uint64_t suppressed = 0;

  /// One line.
  std::string text() const;
};

/// Called on the gatekeeper's thread: must not block, and must be safe beside the caller's own threads.
using AuditSink = std::function<void(const AuditRecord&)>;

}  // namespace kelek::transport
