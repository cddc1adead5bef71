// Audit records as text, and their rate limit.
#include <kelek/transport/audit.h>

#include <algorithm>

#include "audit_limiter.h"

namespace kelek::transport {
namespace {

constexpr std::chrono::seconds same_kind_interval{10};
constexpr double burst_records = 20;
constexpr double records_per_second = 5;
constexpr std::size_t max_kinds = 1024;

const char* sentence(AuditEvent event) {
  switch (event) {
    case AuditEvent::unknown_key: return "refused a key that is not registered";
    case AuditEvent::not_curve: return "refused a connection without CURVE";
    case AuditEvent::handshake_failed: return "a handshake failed: malformed, or meant for another server key";
    case AuditEvent::handshake_timeout: return "a connection ended before its handshake was done";
    case AuditEvent::too_many: return "closed a new connection: there are as many as are allowed";
    case AuditEvent::refused_by_peer: return "was refused: the member does not know our key";
    case AuditEvent::wrong_server_key: return "found a server with another key than the pinned one";
  }
  return "?";
}

}  // namespace

std::string AuditRecord::text() const {
  std::string text = domain == Domain::peer ? "peer socket: " : "client socket: ";
  text += sentence(event);
  if (peer != raft::no_node) text += ", member " + std::to_string(peer);
  if (!address.empty()) text += ", address " + address;
  if (!key_fingerprint.empty()) text += ", key " + key_fingerprint;
  if (suppressed > 0) text += " (" + std::to_string(suppressed) + " more such records were left out)";
  return text;
}

bool AuditLimiter::admit(AuditRecord& record, Time now) {
  if (!started_) {
    started_ = true;
    refilled_ = now;
    tokens_ = burst_records;
  }
  const double seconds = std::chrono::duration<double>(now - refilled_).count();
  tokens_ = std::min(burst_records, tokens_ + seconds * records_per_second);
  refilled_ = now;

  const std::string kind = std::to_string(static_cast<int>(record.event)) + ' ' +
                           std::to_string(static_cast<int>(record.domain)) + ' ' + std::to_string(record.peer) + ' ' +
                           record.key_fingerprint + ' ' + record.address;
  const auto known = last_of_kind_.find(kind);
  const bool again = known != last_of_kind_.end() && now - known->second < same_kind_interval;
  if (again || tokens_ < 1) {
    ++suppressed_;
    return false;
  }
  if (last_of_kind_.size() >= max_kinds) forget_old(now);
  last_of_kind_[kind] = now;
  tokens_ -= 1;
  record.suppressed = suppressed_;
  suppressed_ = 0;
  return true;
}

void AuditLimiter::forget_old(Time now) {
  std::erase_if(last_of_kind_, [now](const auto& entry) { return now - entry.second >= same_kind_interval; });
  // At the rate above a table this full of fresh kinds cannot be; should a clock say so, begin anew.
  if (last_of_kind_.size() >= max_kinds) last_of_kind_.clear();
}

}  // namespace kelek::transport
