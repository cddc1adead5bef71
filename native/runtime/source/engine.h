// Engine: the parts of one coordinator in one place, so that the desks (clients, peers, Readys, greetings) can each be
// a small file. Everything here belongs to the loop's thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <kelek/raft/node.h>
#include <kelek/runtime/coordinator_options.h>
#include <kelek/runtime/failure.h>
#include <kelek/storage/data_directory.h>
#include <kelek/transport/client_server.h>
#include <kelek/transport/network.h>
#include <kelek/transport/peer_transport.h>
#include <kelek/transport/wakeup.h>
#include <kelek/wire/envelope.h>
#include <kelek/wire/limits.h>
#include <kelek/wire/recorded_node.h>

#include "applier.h"
#include "budgets.h"
#include "events.h"
#include "log_clock.h"
#include "log_writer.h"
#include "members.h"
#include "request.h"
#include "request_table.h"
#include "result_ledger.h"
#include "round_trips.h"
#include "snapshots.h"
#include "trace_recorder.h"
#include "watch_hub.h"

namespace kelek::runtime {

inline constexpr const char* software_name = "kelek 0.1.0";

/// Counted since the start; told as data by `kelek status --json` and GetMetrics.
struct Counters {
  std::uint64_t turns = 0;
  std::uint64_t peer_frames = 0;
  std::uint64_t peer_frames_refused = 0;
  std::uint64_t messages_refused = 0;
  std::uint64_t client_requests = 0;
  std::uint64_t client_frames_refused = 0;
  std::uint64_t proposals = 0;
  std::uint64_t outcomes_ok = 0;
  std::uint64_t outcomes_refused = 0;
  std::uint64_t outcomes_unknown = 0;
  std::uint64_t queries = 0;
  std::uint64_t clock_ticks = 0;
  std::uint64_t role_changes = 0;
  std::uint64_t answers_dropped = 0;
};

/// How far a clean stop has come.
enum class StopPhase : std::uint8_t { running, handing_over, flushing, stopped };

struct Engine {
  Engine(CoordinatorOptions given, Events& listener)
      : options(std::move(given)),
        events(listener),
        ledger(4'096, std::size_t{16} << 20),
        budgets(options.limits),
        watches(options.limits, wire::client_frame_bytes - 64 * 1024),
        clock(options.clock_step_ms, options.clock_max_jump_ms) {}

  CoordinatorOptions options;
  Events& events;
  wire::ClusterId cluster_id{};
  raft::Incarnation incarnation = 0;

  // ---- sockets ----
  transport::IdentityRegistry registry;
  std::unique_ptr<transport::Network> network;
  std::unique_ptr<transport::PeerTransport> peers;
  std::unique_ptr<transport::ClientServer> server;
  std::unique_ptr<Members> members;
  std::string own_public_key;

  // ---- disk; null until the first configuration is agreed upon ----
  std::unique_ptr<storage::DataDirectory> directory;
  std::unique_ptr<LogWriter> writer;
  std::unique_ptr<Snapshots> snapshots;
  storage::RecoveryReport recovery;

  // ---- core and machine; node is null until then, too ----
  std::unique_ptr<TraceRecorder> trace;  // null: nothing is recorded
  std::unique_ptr<wire::RecordedNode> node;
  std::unique_ptr<Applier> applier;
  ResultLedger ledger;
  raft::ConfigurationRef genesis;
  raft::ConfigurationRef configuration;

  // ---- requests ----
  RequestTable<Request> requests;
  Budgets budgets;
  WatchHub watches;
  LogClock clock;

  // ---- what is going on ----
  Counters counters;
  RoundTrips round_trips;
  Failure failure;  // ends the loop
  StopPhase stop = StopPhase::running;
  std::uint64_t started_ms = 0;
  std::uint64_t leader_since_ms = 0;
  std::uint64_t leaderless_since_ms = 0;  // 0: somebody leads, or nobody was looked for yet
  raft::RoleChange role;
  std::string trouble;
  bool disk_stalls = false;
  raft::Index repair_until = 0;  // not 0: the log is being repaired up to here (durability.md, R4)

  void fail(Failure reason) {
    if (!failure.failed() && reason.failed()) failure = std::move(reason);
  }
  /// How long nobody has been known to lead; 0 where somebody leads.
  std::uint64_t leaderless_for_ms(std::uint64_t now_ms) const {
    return leaderless_since_ms == 0 || now_ms < leaderless_since_ms ? 0 : now_ms - leaderless_since_ms;
  }
  bool leads() const { return node && role.role == raft::Role::leader; }
};

}  // namespace kelek::runtime
