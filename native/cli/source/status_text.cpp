// Tables and sentences of a cluster's status, and its JSON.
#include "status_text.h"

#include <algorithm>

#include <fmt/format.h>

#include "json_of.h"

namespace kelek::cli {
namespace {

constexpr std::uint64_t slow_sync_us = 100'000;
constexpr std::uint64_t little_space_bytes = std::uint64_t{1} << 30;

const wire::PeerReport* peer_of(const wire::StatusReport* leader, raft::NodeId id) {
  if (leader == nullptr) return nullptr;
  for (const wire::PeerReport& peer : leader->peers) {
    if (peer.id == id) return &peer;
  }
  return nullptr;
}

std::string lag_of(const wire::StatusReport* leader, const wire::StatusReport& report) {
  if (leader == nullptr) return "?";
  if (leader->id == report.id) return "-";
  const wire::PeerReport* peer = peer_of(leader, report.id);
  if (peer == nullptr) return "?";
  return peer->lag_entries == 0 ? "0" : fmt::format("{} ({})", peer->lag_entries, bytes_text(peer->lag_bytes));
}

std::string disk_of(const wire::StatusReport& report) {
  const wire::DiskReport& disk = report.disk;
  if (!disk.last_error.empty()) return disk.last_error;
  std::string text = fmt::format("sync p50 {:.1f} ms, p99 {:.1f} ms", static_cast<double>(disk.sync_p50_us) / 1'000.0,
                                 static_cast<double>(disk.sync_p99_us) / 1'000.0);
  if (disk.stalls != 0) text += fmt::format(", {} stalls", disk.stalls);
  if (disk.syncs != 0 && disk.free_bytes < little_space_bytes)
    text += fmt::format(", only {} free", bytes_text(disk.free_bytes));
  return text;
}

std::string role_of(const wire::StatusReport& report) {
  return report.learner ? "learner" : role_name(report.role);
}

/// Sentences about what a person should look at, each once.
std::vector<std::string> troubles(const ClusterStatus& status) {
  std::vector<std::string> all;
  const auto add = [&all](const std::string& sentence) {
    if (std::find(all.begin(), all.end(), sentence) == all.end()) all.push_back(sentence);
  };
  const wire::StatusReport* leader = status.leader();
  if (leader == nullptr) add("Nobody leads: proposals and linearizable reads wait.");
  for (const Asked& asked : status.coordinators) {
    if (!asked.report.has_value()) {
      add(fmt::format("{}: {}", asked.address, asked.problem));
      continue;
    }
    const wire::StatusReport& report = *asked.report;
    if (!report.trouble.empty()) add(fmt::format("node {}: {}", report.id, report.trouble));
    if (!report.disk.last_error.empty()) add(fmt::format("node {}: disk: {}", report.id, report.disk.last_error));
    if (report.disk.sync_p99_us > slow_sync_us) {
      add(fmt::format("node {}: its disk is slow (1 % of the syncs take longer than {} ms)", report.id,
                      report.disk.sync_p99_us / 1'000));
    }
  }
  if (leader != nullptr) {
    for (const wire::PeerReport& peer : leader->peers) {
      if (!peer.reason.empty()) add(fmt::format("node {}: {}", peer.id, peer.reason));
    }
    if (leader->joint) add("The membership is changing (joint configuration).");
    if (leader->transferring_to != 0)
      add(fmt::format("The leadership is on its way to node {}.", leader->transferring_to));
  }
  return all;
}

std::string headline(const ClusterStatus& status, const Output& output) {
  const wire::StatusReport* leader = status.leader();
  std::string cluster;
  for (const Asked& asked : status.coordinators) {
    if (asked.report.has_value()) cluster = asked.report->cluster;
  }
  if (leader == nullptr)
    return output.paint(Color::red, cluster.empty() ? "no leader" : fmt::format("cluster '{}': no leader", cluster));
  return fmt::format("cluster '{}': {} leads in term {} for {}; committed {}, log time {}", cluster,
                     output.paint(Color::green, fmt::format("node {}", leader->id)), leader->term,
                     duration_text(leader->leader_for_ms), leader->commit, time_text(leader->log_time_ms));
}

std::string network_table(const wire::StatusReport& leader, const Output& output) {
  Table table({"peer", "state", "match", "lag", "silent", "round trip", "sent", "received", "dropped", "reconnects"});
  for (const std::size_t column : {2u, 3u, 4u, 5u, 6u, 7u, 8u, 9u}) table.align_right(column);
  for (const wire::PeerReport& peer : leader.peers) {
    std::string state = peer.connected ? state_name(peer.state) : "not connected";
    if (peer.snapshot_total_bytes != 0) {
      state += fmt::format(" {}/{}", bytes_text(peer.snapshot_sent_bytes), bytes_text(peer.snapshot_total_bytes));
    }
    const std::string trip =
        peer.round_trip_us == 0 ? "-" : fmt::format("{:.2f} ms", static_cast<double>(peer.round_trip_us) / 1'000.0);
    table.add({fmt::format("node {}", peer.id), state, std::to_string(peer.match), std::to_string(peer.lag_entries),
               duration_text(peer.silent_ms), trip, bytes_text(peer.sent_bytes), bytes_text(peer.received_bytes),
               std::to_string(peer.dropped_frames), std::to_string(peer.reconnects)},
              peer.connected ? Color::plain : Color::red);
  }
  return fmt::format("as node {}, the leader, sees the others:\n{}", leader.id, table.text(output, "  "));
}

}  // namespace

const wire::StatusReport* ClusterStatus::leader() const {
  const wire::StatusReport* newest = nullptr;
  for (const Asked& asked : coordinators) {
    if (!asked.report.has_value() || asked.report->role != raft::Role::leader) continue;
    if (newest == nullptr || asked.report->term > newest->term) newest = &*asked.report;
  }
  return newest;
}

bool ClusterStatus::healthy() const {
  return troubles(*this).empty();
}

std::string status_text(const ClusterStatus& status, const Output& output) {
  const wire::StatusReport* leader = status.leader();
  Table table({"node", "role", "term", "commit", "applied", "lag", "up", "disk", "state hash", "clients at"});
  for (const std::size_t column : {2u, 3u, 4u, 5u}) table.align_right(column);
  for (const Asked& asked : status.coordinators) {
    if (!asked.report.has_value()) {
      table.add({"?", "no answer", "", "", "", "", "", "", "", asked.address}, Color::red);
      continue;
    }
    const wire::StatusReport& report = *asked.report;
    table.add({std::to_string(report.id), role_of(report), std::to_string(report.term), std::to_string(report.commit),
               std::to_string(report.applied), lag_of(leader, report), duration_text(report.uptime_ms), disk_of(report),
               hex(report.state_hash), report.client_address},
              report.role == raft::Role::leader ? Color::bold : Color::plain);
  }
  std::string text = headline(status, output) + "\n\n" + table.text(output, "  ");
  if (leader != nullptr && !leader->peers.empty()) text += "\n\n" + network_table(*leader, output);
  const std::vector<std::string> sentences = troubles(status);
  text += sentences.empty() ? "\n\n" + output.paint(Color::green, "All is well.") : "\n\nTo look at:";
  for (const std::string& sentence : sentences) text += "\n  " + output.paint(Color::yellow, printable(sentence));
  return text;
}

namespace {

Json peer_json(const wire::PeerReport& peer) {
  return {{"node", peer.id},
          {"peer", peer.peer_address},
          {"client", peer.client_address},
          {"voter", peer.voter},
          {"outgoing", peer.outgoing},
          {"learner", peer.learner},
          {"state", state_name(peer.state)},
          {"match", peer.match},
          {"next", peer.next},
          {"lag_entries", peer.lag_entries},
          {"lag_bytes", peer.lag_bytes},
          {"silent_ms", peer.silent_ms},
          {"inflight_appends", peer.inflight_appends},
          {"inflight_bytes", peer.inflight_bytes},
          {"snapshot_sent_bytes", peer.snapshot_sent_bytes},
          {"snapshot_total_bytes", peer.snapshot_total_bytes},
          {"reason", peer.reason},
          {"connected", peer.connected},
          {"sent_frames", peer.sent_frames},
          {"sent_bytes", peer.sent_bytes},
          {"received_frames", peer.received_frames},
          {"received_bytes", peer.received_bytes},
          {"dropped_frames", peer.dropped_frames},
          {"reconnects", peer.reconnects},
          {"round_trip_us", peer.round_trip_us}};
}

Json disk_json(const wire::DiskReport& disk) {
  return {{"directory", disk.directory},
          {"sync_mode", disk.sync_mode},
          {"syncs", disk.syncs},
          {"sync_p50_us", disk.sync_p50_us},
          {"sync_p99_us", disk.sync_p99_us},
          {"sync_max_us", disk.sync_max_us},
          {"stalls", disk.stalls},
          {"written_bytes", disk.written_bytes},
          {"free_bytes", disk.free_bytes},
          {"segments", disk.segments},
          {"log_bytes", disk.log_bytes},
          {"snapshot_index", disk.snapshot_index},
          {"snapshot_bytes", disk.snapshot_bytes},
          {"last_error", disk.last_error}};
}

}  // namespace

Json json_of(const wire::StatusReport& status) {
  Json peers = Json::array();
  for (const wire::PeerReport& peer : status.peers) peers.push_back(peer_json(peer));
  Json queues = Json::object();
  for (const wire::QueueReport& queue : status.queues)
    queues[queue.name] = {{"used", queue.used}, {"limit", queue.limit}};
  Json counters = Json::object();
  for (const wire::Counter& counter : status.counters) counters[counter.name] = counter.value;
  return {{"node", status.id},
          {"incarnation", hex(status.incarnation)},
          {"cluster", status.cluster},
          {"software", status.software},
          {"pid", status.process_id},
          {"uptime_ms", status.uptime_ms},
          {"peer", status.peer_address},
          {"client", status.client_address},
          {"role", role_name(status.role)},
          {"learner", status.learner},
          {"term", status.term},
          {"leader", status.leader},
          {"leader_for_ms", status.leader_for_ms},
          {"transferring_to", status.transferring_to},
          {"trouble", status.trouble},
          {"commit", status.commit},
          {"applied", status.applied},
          {"last_index", status.last_index},
          {"first_index", status.first_index},
          {"stable_index", status.stable_index},
          {"uncommitted_bytes", status.uncommitted_bytes},
          {"log_memory_bytes", status.log_memory_bytes},
          {"revision", status.revision},
          {"state_hash", hex(status.state_hash)},
          {"log_time", time_text(status.log_time_ms)},
          {"keys", status.keys},
          {"open_ballots", status.open_ballots},
          {"sessions", status.sessions},
          {"joint", status.joint},
          {"peers", peers},
          {"disk", disk_json(status.disk)},
          {"queues", queues},
          {"counters", counters}};
}

Json json_of(const ClusterStatus& status) {
  Json coordinators = Json::array();
  for (const Asked& asked : status.coordinators) {
    Json one{{"address", asked.address}, {"answered", asked.report.has_value()}};
    if (asked.report.has_value()) {
      one["status"] = json_of(*asked.report);
    } else {
      one["problem"] = asked.problem;
    }
    coordinators.push_back(std::move(one));
  }
  const wire::StatusReport* leader = status.leader();
  Json all{{"healthy", status.healthy()},
           {"leader", leader == nullptr ? 0 : leader->id},
           {"term", leader == nullptr ? 0 : leader->term},
           {"to_look_at", troubles(status)}};
  all["coordinators"] = coordinators;
  return all;
}

}  // namespace kelek::cli
