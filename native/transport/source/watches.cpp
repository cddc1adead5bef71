// Which events tell what was found out by trying: libzmq's manual leaves most of it open.
#include "watches.h"

#include <cerrno>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace kelek::transport {
namespace {

using End = ConnectionEnd;

std::optional<End> read_end(int descriptor, int (*ask)(int, sockaddr*, socklen_t*)) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (ask(descriptor, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return std::nullopt;
  char text[INET6_ADDRSTRLEN] = {};
  if (storage.ss_family == AF_INET) {
    const auto* address = reinterpret_cast<const sockaddr_in*>(&storage);
    inet_ntop(AF_INET, &address->sin_addr, text, sizeof text);
    return End{text, ntohs(address->sin_port)};
  }
  if (storage.ss_family != AF_INET6) return std::nullopt;
  const auto* address = reinterpret_cast<const sockaddr_in6*>(&storage);
  inet_ntop(AF_INET6, &address->sin6_addr, text, sizeof text);
  return End{text, ntohs(address->sin6_port)};
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
  status_->last_sign = std::chrono::steady_clock::now();
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
    case ZMQ_EVENT_CLOSED: status_->state = LinkState::nobody_listens; break;
    case ZMQ_EVENT_DISCONNECTED:
      if (status_->state == LinkState::connected) status_->state = LinkState::connecting;
      break;
    default: break;
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

ListenerWatch::ListenerWatch(Domain domain, std::size_t max_connections, std::chrono::milliseconds handshake_timeout,
                             std::shared_ptr<ListenerStatus> status)
    : domain_(domain),
      max_connections_(max_connections),
      handshake_timeout_(handshake_timeout),
      status_(std::move(status)) {}

std::optional<AuditRecord> ListenerWatch::take(const Monitor::Event& event) {
  switch (event.kind) {
    case ZMQ_EVENT_ACCEPTED: return accept(static_cast<int>(event.value));
    case ZMQ_EVENT_DISCONNECTED:
      forget(static_cast<int>(event.value));
      count_open();
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
    default: break;
  }
  return std::nullopt;
}

std::optional<AuditRecord> ListenerWatch::accept(int descriptor) {
  count(status_->accepted);
  forget(descriptor);
  const std::uint64_t number = ++last_number_;
  open_[descriptor] = {number, read_end(descriptor, &getpeername), false};
  newcomers_.push_back({number, descriptor, Clock::now()});
  count_open();
  if (open_.size() - leaving_ <= max_connections_) return std::nullopt;
  return make_room();
}

/// The newest is the last that is looked at: where all others are past their handshake it is its turn.
std::optional<AuditRecord> ListenerWatch::make_room() {
  const Clock::time_point now = Clock::now();
  while (!newcomers_.empty()) {
    const Newcomer oldest = newcomers_.front();
    newcomers_.pop_front();
    const auto found = open_.find(oldest.descriptor);
    if (found == open_.end() || found->second.number != oldest.number) continue;
    // libzmq would have closed it by now, were its handshake not done.
    const bool newest = newcomers_.empty();
    const bool is_done = now - oldest.accepted > handshake_timeout_ || status_->speakers.has(oldest.descriptor);
    if (is_done && !newest) continue;
    return turn_away(found);
  }
  return std::nullopt;
}

std::optional<AuditRecord> ListenerWatch::turn_away(Connections::iterator connection) {
  // libzmq owns the descriptor and may have closed it by now, and something else of this process may have it:
  // only what still joins the same two ends is shut down, which libzmq then finds closed.
  const int descriptor = connection->first;
  const std::optional<End>& remote = connection->second.remote;
  const std::optional<End> here = read_end(descriptor, &getsockname);
  const std::optional<End> there = read_end(descriptor, &getpeername);
  const bool same = here && there && remote && here->port == status_->port && there->port == remote->port;
  if (!same || there->host != remote->host) return std::nullopt;
  connection->second.leaving = true;
  ++leaving_;
  shutdown(descriptor, SHUT_RDWR);
  count(status_->over_limit);
  AuditRecord turned_away = record(AuditEvent::too_many);
  turned_away.address = there->host;
  return turned_away;
}

void ListenerWatch::forget(int descriptor) {
  const auto found = open_.find(descriptor);
  if (found == open_.end()) return;
  if (found->second.leaving) --leaving_;
  open_.erase(found);
  status_->speakers.forget(descriptor);
}

void ListenerWatch::count_open() {
  status_->open_connections = open_.size();
}

AuditRecord ListenerWatch::record(AuditEvent event) const {
  AuditRecord record;
  record.event = event;
  record.domain = domain_;
  return record;
}

}  // namespace kelek::transport
