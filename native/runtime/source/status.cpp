// What the coordinator tells of itself: status, members and counters, as data.
#include <unistd.h>

#include <algorithm>
#include <string>
#include <utility>

#include <kelek/storage/posix_file.h>

#include "admin_desk.h"
#include "clocks.h"

namespace kelek::runtime {
namespace {

std::string duration_text(std::uint64_t ms) {
  return ms < 10'000 ? std::to_string(ms) + " ms" : std::to_string(ms / 1'000) + " s";
}

/// Why a member is behind or silent, for people; empty if all is well.
std::string reason_for(const wire::PeerReport& peer, transport::LinkState link, bool leading,
                       std::uint64_t patience_ms) {
  if (link != transport::LinkState::connected) return transport::describe(link);
  if (!leading) return {};
  if (peer.silent_ms > patience_ms) return "has not answered for " + duration_text(peer.silent_ms);
  if (peer.state == raft::ReplicationState::snapshot) {
    return "gets a snapshot (" + std::to_string(peer.snapshot_sent_bytes) + " of " +
           std::to_string(peer.snapshot_total_bytes) + " bytes)";
  }
  if (peer.state == raft::ReplicationState::probe) return "is asked where its log agrees";
  if (peer.lag_entries > 10'000) return "catches up";
  return {};
}

void add_peer_view(const raft::PeerStatus& seen, const raft::NodeStatus& own, std::uint64_t tick_ms,
                   wire::PeerReport& report) {
  report.state = seen.state;
  report.match = seen.match;
  report.next = seen.next;
  report.lag_entries = own.last_index > seen.match ? own.last_index - seen.match : 0;
  const std::uint64_t held = own.last_index + 1 - std::min(own.first_index, own.last_index);
  report.lag_bytes = held == 0 ? 0 : own.log_bytes * std::min(report.lag_entries, held) / held;
  report.silent_ms = seen.silent_ticks * tick_ms;
  report.inflight_appends = seen.inflight_appends;
  report.inflight_bytes = seen.inflight_bytes;
  report.snapshot_sent_bytes = seen.snapshot_sent_bytes;
  report.snapshot_total_bytes = seen.snapshot_total_bytes;
}

void add_machine(const machine::Machine& machine, wire::StatusReport& report) {
  report.revision = machine.revision();
  report.state_hash = machine.state_hash();
  report.log_time_ms = machine.time_ms();
  const machine::State& state = machine.state();
  report.keys = state.kv.size();
  report.sessions = state.sessions.size();
  // Open ballots are the newest as a rule, and few; the closed ones are kept by the thousand.
  for (const auto& [id, ballot] : state.ballots) {
    if (!ballot.verdict.has_value()) ++report.open_ballots;
  }
}

void add_core(const Engine& engine, wire::StatusReport& report) {
  const raft::NodeStatus status = engine.node->status();
  report.role = status.role;
  report.learner = status.learner;
  report.term = status.term;
  report.leader = status.leader;
  report.transferring_to = status.transferring_to;
  report.commit = status.commit;
  report.applied = status.applied;
  report.last_index = status.last_index;
  report.first_index = status.first_index;
  report.stable_index = status.stable_index;
  report.uncommitted_bytes = status.uncommitted_bytes;
  report.log_memory_bytes = status.log_bytes;
  report.disk.snapshot_index = status.snapshot_index;
  if (status.leader != raft::no_node) report.leader_for_ms = steady_ms() - engine.leader_since_ms;
}

void add_disk(const Engine& engine, wire::StatusReport& report) {
  wire::DiskReport& disk = report.disk;
  disk.directory = engine.options.data_directory;
  disk.sync_mode = engine.options.sync == SyncMode::in_loop ? "in loop" : "on thread";
  const LogWriterCounters counters = engine.writer->counters();
  const storage::LogStatus log = engine.writer->log_status();
  disk.syncs = counters.batches;
  disk.sync_p50_us = counters.sync_p50_us;
  disk.sync_p99_us = counters.sync_p99_us;
  disk.sync_max_us = counters.sync_max_us;
  disk.stalls = counters.stalls;
  disk.written_bytes = log.bytes_written;
  disk.segments = log.segments;
  disk.log_bytes = log.segment_bytes;
  disk.last_error = engine.writer->failure().text;
  if (const auto newest = engine.snapshots->newest()) disk.snapshot_bytes = newest->size_bytes;
  const storage::Result<std::uint64_t> free = storage::posix_file_system().free_bytes(engine.options.data_directory);
  if (free.ok()) disk.free_bytes = *free;
}

void add_network(const Engine& engine, wire::StatusReport& report) {
  const std::vector<transport::PeerCounters> counters = engine.peers->counters();
  const std::uint64_t patience_ms = std::uint64_t{engine.options.raft.election_ticks} * engine.options.tick_ms;
  for (wire::PeerReport& peer : report.peers) {
    for (const transport::PeerCounters& link : counters) {
      if (link.node != peer.id) continue;
      peer.connected = link.link == transport::LinkState::connected;
      peer.sent_frames = link.frames_sent;
      peer.sent_bytes = link.bytes_sent;
      peer.received_frames = link.frames_received;
      peer.received_bytes = link.bytes_received;
      peer.dropped_frames = link.frames_dropped;
      peer.reconnects = link.reconnects;
      peer.round_trip_us = engine.round_trips.microseconds(peer.id);
      peer.reason = reason_for(peer, link.link, engine.leads(), patience_ms);
    }
  }
}

/// Nobody leads here; where all others refuse our key the reason is plain.
std::string leaderless(const Engine& engine) {
  std::size_t refusing = 0;
  const std::vector<transport::PeerCounters> links = engine.peers->counters();
  for (const transport::PeerCounters& link : links) {
    if (link.link == transport::LinkState::refused) ++refusing;
  }
  if (refusing == 0 || refusing < links.size()) return "knows no leader";
  return "knows no leader: the others refuse its key (was it removed, or given another key?)";
}

}  // namespace

wire::StatusReport AdminDesk::status() const {
  wire::StatusReport report;
  report.id = engine_.options.node_id;
  report.incarnation = engine_.incarnation;
  report.cluster = engine_.options.cluster;
  report.software = software_name;
  report.process_id = static_cast<std::uint64_t>(getpid());
  report.uptime_ms = steady_ms() - engine_.started_ms;
  report.peer_address = advertised_peer(engine_.options);
  report.client_address = advertised_client(engine_.options);
  report.trouble = engine_.trouble;
  report.queues = {{"requests", engine_.budgets.requests(), engine_.options.limits.requests},
                   {"request bytes", engine_.budgets.bytes(), engine_.options.limits.request_bytes},
                   {"watches", engine_.watches.size(), engine_.options.limits.watches}};
  report.counters = metrics().counters;
  if (!engine_.node) return report;
  add_core(engine_, report);
  add_machine(engine_.applier->machine(), report);
  add_disk(engine_, report);
  const raft::Configuration& configuration = *engine_.node->configuration();
  report.joint = configuration.is_joint();
  const std::vector<raft::PeerStatus> seen = engine_.node->peers();
  const raft::NodeStatus own = engine_.node->status();
  for (const raft::Member& member : configuration.members()) {
    if (member.id == engine_.options.node_id) continue;
    wire::PeerReport peer;
    peer.id = member.id;
    peer.voter = member.voter;
    peer.outgoing = member.outgoing;
    peer.learner = member.learner;
    if (const MemberContext* context = engine_.members->find(member.id)) {
      peer.peer_address = context->peer_address;
      peer.client_address = context->client_address;
    }
    for (const raft::PeerStatus& view : seen) {
      if (view.id == member.id) add_peer_view(view, own, engine_.options.tick_ms, peer);
    }
    report.peers.push_back(std::move(peer));
  }
  add_network(engine_, report);
  if (report.trouble.empty() && engine_.disk_stalls) report.trouble = "waits for its disk, which does not answer";
  if (report.trouble.empty() && configuration.empty()) report.trouble = "waits to be added (kelek members add)";
  if (report.trouble.empty() && report.leader == raft::no_node) report.trouble = leaderless(engine_);
  return report;
}

wire::MembersReport AdminDesk::members() const {
  wire::MembersReport report;
  if (!engine_.node) return report;
  const raft::Configuration& configuration = *engine_.node->configuration();
  report.joint = configuration.is_joint();
  for (const raft::Member& member : configuration.members()) {
    report.members.push_back(
        {member.id, member.incarnation, member.voter, member.outgoing, member.learner, member.context});
  }
  return report;
}

wire::MetricsReport AdminDesk::metrics() const {
  const Counters& own = engine_.counters;
  const transport::ListenerCounters peers = engine_.peers->listener_counters();
  const transport::ClientServerCounters clients = engine_.server->counters();
  wire::MetricsReport report;
  report.counters = {{"loop_turns", own.turns},
                     {"peer_frames_received", own.peer_frames},
                     {"peer_frames_refused", own.peer_frames_refused + peers.frames_refused},
                     {"peer_handshake_failures", peers.handshake_failures},
                     {"peer_connections", peers.open_connections},
                     {"peer_connections_over_limit", peers.over_limit},
                     {"messages_refused", own.messages_refused},
                     {"client_requests", own.client_requests},
                     {"client_frames_refused", own.client_frames_refused + clients.listener.frames_refused},
                     {"client_handshake_failures", clients.listener.handshake_failures},
                     {"client_connections", clients.listener.open_connections},
                     {"client_connections_over_limit", clients.listener.over_limit},
                     {"proposals", own.proposals},
                     {"outcomes_ok", own.outcomes_ok},
                     {"outcomes_refused", own.outcomes_refused},
                     {"outcomes_unknown", own.outcomes_unknown},
                     {"queries", own.queries},
                     {"clock_ticks", own.clock_ticks},
                     {"clock_jumps_back", engine_.clock.jumps_back()},
                     {"clock_jumps_ahead", engine_.clock.jumps_ahead()},
                     {"role_changes", own.role_changes},
                     {"answers_dropped", own.answers_dropped},
                     {"watch_events_sent", engine_.watches.events_sent()},
                     {"watches_lagged", engine_.watches.lagged()}};
  if (!engine_.node) return report;
  const LogWriterCounters log = engine_.writer->counters();
  const std::vector<wire::Counter> more = {{"entries_applied", engine_.applier->entries_applied()},
                                           {"log_batches", log.batches},
                                           {"log_readies", log.readies},
                                           {"log_entries", log.entries},
                                           {"log_stalls", log.stalls},
                                           {"snapshots_taken", engine_.snapshots->taken()},
                                           {"snapshots_failed", engine_.snapshots->failed()}};
  report.counters.insert(report.counters.end(), more.begin(), more.end());
  return report;
}

}  // namespace kelek::runtime
