// Watches: what a socket's events mean for its link or listener, as counters that any thread may read, and as
// audit records.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
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
  /// When libzmq last told anything of it. One that tries again tells of every attempt.
  std::atomic<std::chrono::steady_clock::time_point> last_sign{std::chrono::steady_clock::now()};
  std::atomic<std::uint64_t> handshakes{0};
  std::atomic<std::uint64_t> failures{0};
};

class LinkWatch {
 public:
  LinkWatch(raft::NodeId node, std::string address, std::string key_fingerprint, std::shared_ptr<LinkStatus> status);
  std::optional<AuditRecord> take(const Monitor::Event& event);

 private:
  std::optional<AuditRecord> fail(LinkState state, AuditEvent event);

  raft::NodeId node_;
  std::string address_;
  std::string key_fingerprint_;
  std::shared_ptr<LinkStatus> status_;
};

/// Which connections have sent a message, and so are past their handshake: libzmq tells of messages only by
/// which descriptor they came. Told by the loop with every message, and asked by the gatekeeper, so without a
/// lock. A note that comes too late, when a stranger has the descriptor, lets that one stay until its time
/// for the handshake is up.
class Speakers {
 public:
  void add(int descriptor) { set(descriptor, true); }
  void forget(int descriptor) { set(descriptor, false); }
  bool has(int descriptor) const {
    return is_known(descriptor) && spoke_[static_cast<std::size_t>(descriptor)].load(std::memory_order_relaxed);
  }

 private:
  static constexpr int most_descriptors = 65'536;
  static bool is_known(int descriptor) { return descriptor >= 0 && descriptor < most_descriptors; }
  void set(int descriptor, bool spoke) {
    if (is_known(descriptor)) spoke_[static_cast<std::size_t>(descriptor)].store(spoke, std::memory_order_relaxed);
  }

  std::unique_ptr<std::atomic<bool>[]> spoke_ = std::make_unique<std::atomic<bool>[]>(most_descriptors);
};

/// Of one listening socket. Written by the gatekeeper's thread, but for the port, frames_refused and the
/// speakers.
struct ListenerStatus {
  std::atomic<std::uint16_t> port{0};
  std::atomic<std::uint64_t> open_connections{0};
  std::atomic<std::uint64_t> accepted{0};
  std::atomic<std::uint64_t> handshake_failures{0};
  std::atomic<std::uint64_t> over_limit{0};
  std::atomic<std::uint64_t> frames_refused{0};
  Speakers speakers;

  ListenerCounters counters() const;
  /// Takes note of who is past its handshake, from a message of its that was taken.
  void note_speaker(Message& message) { speakers.add(message.descriptor()); }
};

/// The address and port of one end of a TCP connection.
struct ConnectionEnd {
  std::string host;
  std::uint16_t port = 0;
};

/// Also keeps the number of connections within its limit: libzmq would take as many as there are descriptors.
///
/// At the limit the oldest connection that is still at its handshake makes room for a new one. Were it the
/// new one that has to go, 4,096 strangers who connect, say nothing, and come again when their time is up
/// would keep a member that restarts out for as long as they like. A member needs milliseconds for its
/// handshake, and is out of their way then.
class ListenerWatch {
 public:
  ListenerWatch(Domain domain, std::size_t max_connections, std::chrono::milliseconds handshake_timeout,
                std::shared_ptr<ListenerStatus> status);
  std::optional<AuditRecord> take(const Monitor::Event& event);

 private:
  using Clock = std::chrono::steady_clock;
  struct Connection {
    std::uint64_t number = 0;
    /// Nothing if it had gone before it was seen.
    std::optional<ConnectionEnd> remote;
    /// Told to go; counted as open until libzmq says that it went.
    bool leaving = false;
  };
  struct Newcomer {
    std::uint64_t number = 0;
    int descriptor = -1;
    Clock::time_point accepted;
  };
  using Connections = std::map<int, Connection>;

  std::optional<AuditRecord> accept(int descriptor);
  std::optional<AuditRecord> make_room();
  std::optional<AuditRecord> turn_away(Connections::iterator connection);
  void forget(int descriptor);
  void count_open();
  AuditRecord record(AuditEvent event) const;

  Domain domain_;
  std::size_t max_connections_;
  std::chrono::milliseconds handshake_timeout_;
  std::shared_ptr<ListenerStatus> status_;
  Connections open_;
  std::size_t leaving_ = 0;
  /// In the order they came; those that went or finished their handshake are dropped when it is their turn.
  std::deque<Newcomer> newcomers_;
  std::uint64_t last_number_ = 0;
};

}  // namespace kelek::transport
