// Which events tell what was found out by trying: libzmq's manual leaves most of it open.
#include "watches.h"

#include <cerrno>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace kelek::transport {
namespace {

/// The port and address of either end of a TCP connection.
struct End {
  std::uint16_t port = 0;
  std::string host;
};

std::optional<End> read_end(int descriptor, int (*ask)(int, sockaddr*, socklen_t*)) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (ask(descriptor, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return std::nullopt;
  char text[INET6_ADDRSTRLEN] = {};
  if (storage.ss_family == AF_INET) {
    const auto* address = reinterpret_cast<const sockaddr_in*>(&storage);
    inet_ntop(AF_INET, &address->sin_addr, text, sizeof text);
    return End{ntohs(address->sin_port), text};
  }
  if (storage.ss_family != AF_INET6) return std::nullopt;
  const auto* address = reinterpret_cast<const sockaddr_in6*>(&storage);
  inet_ntop(AF_INET6, &address->sin6_addr, text, sizeof text);
  return End{ntohs(address->sin6_port), text};
}

void count(std::atomic<std::uint64_t>& counter) {
  counter.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

LinkWatch::LinkWatch(raft::NodeId node, std::string address, std::string key_fingerprint,
                     std::shared_ptr<LinkStatus> status)
    : node_(node),
      address_(std::move(address)),
      key_fingerprint_(std::move(key_fingerprint)),
      status_(std::move(status)) {}

std::optional<AuditRecord> LinkWatch::take(const Monitor::Event& event) {
  switch (event.kind) {
    case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
      count(status_->handshakes);
      status_->state = LinkState::connected;
      break;
    case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
      status_->given_up = true;
      return fail(LinkState::refused, AuditEvent::refused_by_peer);
    case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
      status_->given_up = true;
      return fail(LinkState::wrong_server_key, AuditEvent::wrong_server_key);
    case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
      // A server that cannot open our first box, because it has another key, just closes the connection. So
      // does one that dies at that moment, which is rare; one that says nothing at all has let the handshake
      // time out.
      if (event.value == EPIPE || event.value == ECONNRESET) {
        return fail(LinkState::wrong_server_key, AuditEvent::wrong_server_key);
      }
      count(status_->failures);
      status_->state = LinkState::nobody_listens;
      break;
    case ZMQ_EVENT_CLOSED:
      status_->state = LinkState::nobody_listens;
      break;
    case ZMQ_EVENT_DISCONNECTED:
      if (status_->state == LinkState::connected) status_->state = LinkState::connecting;
      break;
    default:
      break;
  }
  return std::nullopt;
}

std::optional<AuditRecord> LinkWatch::fail(LinkState state, AuditEvent event) {
  count(status_->failures);
  status_->state = state;
  AuditRecord record;
  record.event = event;
  record.domain = Domain::peer;
  record.peer = node_;
  record.key_fingerprint = key_fingerprint_;
  record.address = address_;
  return record;
}

ListenerCounters ListenerStatus::counters() const {
  ListenerCounters counters;
  counters.open_connections = open_connections;
  counters.accepted = accepted;
  counters.handshake_failures = handshake_failures;
  counters.over_limit = over_limit;
  counters.frames_refused = frames_refused;
  return counters;
}

ListenerWatch::ListenerWatch(Domain domain, std::size_t max_connections,
                             std::shared_ptr<ListenerStatus> status)
    : domain_(domain), max_connections_(max_connections), status_(std::move(status)) {}

std::optional<AuditRecord> ListenerWatch::take(const Monitor::Event& event) {
  switch (event.kind) {
    case ZMQ_EVENT_ACCEPTED:
      return accept(static_cast<int>(event.value));
    case ZMQ_EVENT_DISCONNECTED:
      open_.erase(static_cast<int>(event.value));
      status_->open_connections = open_.size();
      break;
    case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
      // The ZAP handler wrote the record, with the key.
      count(status_->handshake_failures);
      break;
    case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
      count(status_->handshake_failures);
      return record(AuditEvent::handshake_failed);
    case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
      count(status_->handshake_failures);
      return record(AuditEvent::handshake_timeout);
    default:
      break;
  }
  return std::nullopt;
}

std::optional<AuditRecord> ListenerWatch::accept(int descriptor) {
  count(status_->accepted);
  open_.insert(descriptor);
  status_->open_connections = open_.size();
  if (open_.size() <= max_connections_) return std::nullopt;
  // libzmq owns the descriptor and may have closed it by now: only a connection of this very listener is shut
  // down, which libzmq then finds closed. At worst it is another stranger's.
  const std::optional<End> here = read_end(descriptor, &getsockname);
  const std::optional<End> there = read_end(descriptor, &getpeername);
  if (!here || !there || here->port != status_->port) return std::nullopt;
  shutdown(descriptor, SHUT_RDWR);
  count(status_->over_limit);
  AuditRecord turned_away = record(AuditEvent::too_many);
  turned_away.address = there->host;
  return turned_away;
}

AuditRecord ListenerWatch::record(AuditEvent event) const {
  AuditRecord record;
  record.event = event;
  record.domain = domain_;
  return record;
}

}  // namespace kelek::transport
