// ZAP (RFC 27 of ZeroMQ): what is answered to a request of libzmq's "who is this?", and the User-Id that
// every message of the connection then carries.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <kelek/transport/audit.h>
#include <kelek/transport/identity_registry.h>

namespace kelek::transport {

inline constexpr const char* zap_endpoint = "inproc://zeromq.zap.01";
inline constexpr std::string_view peer_domain = "peer";
inline constexpr std::string_view client_domain = "client";

struct ZapAnswer {
  std::string status_code;
  std::string status_text;
  std::string user_id;
  /// Filled where the answer is no.
  std::optional<AuditRecord> audit;
};

/// `request` holds the frames after the delimiter: version, request id, domain, address, routing id,
/// mechanism, credentials. Anything but a registered key by CURVE in a domain of ours is refused.
ZapAnswer answer_zap(std::span<const std::string> request, const IdentityRegistry& registry);

/// User-Ids, as written by answer_zap and read with every message.
std::string peer_user_id(const IdentityRegistry::Peer& peer);
std::optional<IdentityRegistry::Peer> parse_peer_user_id(std::string_view text);
std::string client_user_id(Registration registration);
std::optional<Registration> parse_client_user_id(std::string_view text);

}  // namespace kelek::transport
