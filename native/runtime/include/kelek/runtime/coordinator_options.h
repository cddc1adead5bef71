// All that can be set for a coordinator, with the defaults, and the one place that says what is allowed.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <kelek/raft/options.h>
#include <kelek/transport/identity_registry.h>
#include <kelek/transport/options.h>

namespace kelek::runtime {

/// Where the write-ahead log writes and syncs.
enum class SyncMode : std::uint8_t {
  /// In the loop: no hop between threads on the way of a commit, and nothing else moves during a sync.
  in_loop,
  /// On a thread of the log's own: messages and reads go on during a sync, and a stalled disk is noticed.
  on_thread,
};

/// One of the first members, as `serve --initial-members` names it. The same list, whatever its order, is given to
/// every one of them.
struct InitialMember {
  raft::NodeId id = raft::no_node;
  /// Where the others reach it: "127.0.0.1:7001".
  std::string peer_address;
  /// Where clients reach it: "127.0.0.1:7101". Told to clients that look for the leader.
  std::string client_address;
  /// Its CURVE public key: 40 characters of Z85.
  std::string public_key;
};

/// Limits of what may wait. Beyond them requests are refused at once (over_limit), never queued.
struct QueueLimits {
  /// Of all clients together.
  std::size_t requests = 16'384;
  std::size_t request_bytes = std::size_t{64} << 20;
  /// Of one client (one key, however many connections it has).
  std::size_t requests_per_client = 4'096;
  std::size_t request_bytes_per_client = std::size_t{16} << 20;
  std::size_t watches_per_client = 64;
  std::size_t watches = 4'096;
};

/// When snapshots are taken, and what of the log stays behind them.
struct SnapshotPolicy {
  /// A snapshot is taken when the log in memory holds more payload than this,
  std::size_t log_bytes = std::size_t{64} << 20;
  /// or more entries than this since the last one.
  std::uint64_t log_entries = 1'000'000;
  /// Entries that stay in memory behind a snapshot for followers that are a little slow.
  std::uint64_t kept_entries = 16'384;
};

struct CoordinatorOptions {
  // ---- who it is ----
  raft::NodeId node_id = raft::no_node;
  /// Coordinators of one cluster say the same. Its hash is the cluster id in every file and in every frame.
  std::string cluster = "kelek";
  std::string data_directory;
  /// The CURVE key pair of this coordinator (`kelek keys`), mode 0600.
  std::string key_file;

  // ---- where it listens and is reached ----
  /// "HOST:PORT", with or without "tcp://" (transport::parse_address). Port 0 is not allowed: others have to know it.
  std::string peer_bind;
  std::string client_bind;
  /// What it tells others of itself; empty: the same as where it binds.
  std::string peer_advertise;
  std::string client_advertise;

  // ---- how it begins, on a blank data directory ----
  /// All first members, this one included. Must be empty with `join`. Ignored (with a note) where history exists.
  std::vector<InitialMember> initial_members;
  /// Blank: waits until an admin adds it (`kelek members add`).
  bool join = false;
  /// With `join`: those who may connect before a configuration came from the leader: the present members.
  std::vector<InitialMember> join_contacts;

  // ---- who may call ----
  /// From transport::read_authorised_clients. The registry keeps their keys; roles hang on them.
  std::vector<transport::AuthorisedClient> clients;
  /// The caller's name of proposals made in process (Coordinator::submit).
  std::string local_caller = "local";

  // ---- how it runs ----
  SyncMode sync = SyncMode::in_loop;
  std::uint32_t tick_ms = 10;
  /// id, incarnation and seed are set by the coordinator. Ticks are tick_ms long.
  raft::Options raft;
  transport::TransportOptions transport;
  QueueLimits limits;
  SnapshotPolicy snapshots;
  /// For requests that name none, and the most that one may name.
  std::uint32_t default_deadline_ms = 5'000;
  std::uint32_t max_deadline_ms = 600'000;
  /// Log time advances at least so often while commands come (LogClock), and jumps ahead at most so far at once.
  std::uint32_t clock_step_ms = 20;
  std::uint32_t clock_max_jump_ms = 60'000;
  /// How long a clean stop may take: handing over the leadership, then flushing.
  std::uint32_t stop_deadline_ms = 3'000;
  /// Segments of the write-ahead log.
  std::size_t segment_bytes = std::size_t{64} << 20;
  /// Where all that goes into the core is recorded (TRACE.md); empty: nowhere. A file that is there is not written
  /// over: the next run gets FILE.2, up to FILE.16.
  std::string trace_file;
  /// What one such file may hold; then it ends, and says so.
  std::uint64_t trace_limit_bytes = std::uint64_t{256} << 20;
  /// Commands as they are, and not by length and mark: whoever has the file reads what was agreed upon.
  bool trace_payloads = false;
  /// Structured lines on standard error, one a role change, membership change, snapshot or trouble.
  bool log_events = true;
  /// Every message and vote too, as sentences: slow.
  bool log_trace = false;

  /// 10 ticks of 10 ms: a leader is missed after 100 to 190 ms.
  CoordinatorOptions();

  /// Empty if all is well; otherwise one sentence for each thing that is not.
  std::vector<std::string> validate() const;
};

/// What others are told: the advertised address, or else the bound one.
const std::string& advertised_peer(const CoordinatorOptions& options);
const std::string& advertised_client(const CoordinatorOptions& options);

}  // namespace kelek::runtime
