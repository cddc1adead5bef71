// The table of all options of a coordinator.
#include "serve_settings.h"

#include <fmt/format.h>

#include "cluster_file.h"
#include "exit_codes.h"

namespace kelek::cli {

ServeSettings::ServeSettings() {
  add_identity();
  add_addresses();
  add_start();
  add_running();
  add_raft();
  add_sockets();
  add_limits();
}

void ServeSettings::add_milliseconds(const std::string& name, std::chrono::milliseconds& into,
                                     const std::string& help) {
  settings_.add({name,
                 "MS",
                 std::to_string(into.count()),
                 help,
                 [&into](const std::string& given) {
                   std::uint32_t value = 0;
                   const std::string problem = parse_number(given, value);
                   if (problem.empty()) into = std::chrono::milliseconds(value);
                   return problem;
                 },
                 false,
                 {}});
}

void ServeSettings::add_count(const std::string& name, int& into, const std::string& help) {
  settings_.number(name, into, help);
}

void ServeSettings::add_members(const std::string& name, std::vector<runtime::InitialMember>& into,
                                const std::string& help) {
  settings_.add({name,
                 "'ID peer HOST:PORT client HOST:PORT key KEY'",
                 "",
                 help,
                 [&into](const std::string& given) {
                   runtime::InitialMember member;
                   std::string problem = parse_member(given, member);
                   if (problem.empty()) into.push_back(member);
                   return problem;
                 },
                 true,
                 {}});
}

void ServeSettings::add_identity() {
  settings_.section("Who it is");
  settings_.add({"node",
                 "N",
                 "",
                 "the id of this coordinator: 1, 2, 3 ... It never changes.",
                 [this](const std::string& given) {
                   std::string problem = parse_number(given, options_.node_id);
                   if (problem.empty() && options_.node_id == 0) problem = "0 is not the id of a node";
                   return problem;
                 },
                 false,
                 {}});
  settings_.text("cluster", "FILE", cluster_file_,
                 "The cluster file: its name and all its first members with their addresses and keys. What it says of "
                 "this node (where it listens, who else is a member) need not be said again.");
  settings_.text("cluster-name", "NAME", options_.cluster,
                 "Coordinators of one cluster say the same; it is part of every file and every frame.");
  settings_.text("data-directory", "DIR", options_.data_directory,
                 "The log and the snapshots. Its parent exists; it is made if it is missing.");
  settings_.text("key", "FILE", options_.key_file, "The key pair of this coordinator (kelek keys new), mode 0600.");
  settings_.text("clients", "FILE", clients_file_,
                 "Who may call: a line each with public key, name and roles (kelek keys authorise writes one).");
}

void ServeSettings::add_addresses() {
  settings_.section("Where it listens and is reached");
  settings_.text("peer-bind", "HOST:PORT", options_.peer_bind,
                 "Where other coordinators connect. With a cluster file: as it says of this node.");
  settings_.text("client-bind", "HOST:PORT", options_.client_bind,
                 "Where clients connect. With a cluster file: as it says of this node.");
  settings_.text("peer-advertise", "HOST:PORT", options_.peer_advertise,
                 "What others are told of the peer address, if it differs from where it binds.");
  settings_.text("client-advertise", "HOST:PORT", options_.client_advertise,
                 "What others are told of the client address, if it differs from where it binds.");
}

void ServeSettings::add_start() {
  settings_.section("How it begins, on a blank data directory");
  add_members("initial-member", options_.initial_members,
              "One of the first members, this one included; the same list at all of them. With a cluster file: all "
              "its coordinators.");
  settings_.yes_no("join", options_.join,
                   "Wait until an admin adds this node (kelek members add), instead of being a first member.");
  add_members("contact", options_.join_contacts,
              "With join: a present member, who may connect before a configuration came. With a cluster file: all its "
              "coordinators but this one.");
}

void ServeSettings::add_running() {
  settings_.section("How it runs");
  settings_.add({"sync",
                 "in-loop|on-thread",
                 options_.sync == runtime::SyncMode::in_loop ? "in-loop" : "on-thread",
                 "Where the log writes and syncs: in the loop, or on a thread of its own, which lets messages and "
                 "reads go on meanwhile and notices a disk that stalls.",
                 [this](const std::string& given) -> std::string {
                   if (given == "in-loop") {
                     options_.sync = runtime::SyncMode::in_loop;
                   } else if (given == "on-thread") {
                     options_.sync = runtime::SyncMode::on_thread;
                   } else {
                     return "'" + given + "' is neither in-loop nor on-thread";
                   }
                   return {};
                 },
                 false,
                 {}});
  settings_.number("default-deadline-ms", options_.default_deadline_ms, "For requests that name no deadline.");
  settings_.number("max-deadline-ms", options_.max_deadline_ms, "The most that a request may name.");
  settings_.number("stop-deadline-ms", options_.stop_deadline_ms,
                   "How long a clean stop may take: handing over the leadership, then flushing.");
  settings_.number("clock-step-ms", options_.clock_step_ms, "Log time advances at least so often while commands come,");
  settings_.number("clock-max-jump-ms", options_.clock_max_jump_ms, "and jumps ahead at most so far at once.");
  settings_.number("segment-bytes", options_.segment_bytes, "Size of the files of the write-ahead log.");
  settings_.number("snapshot-log-bytes", options_.snapshots.log_bytes,
                   "A snapshot is taken when the log in memory holds more payload than this,");
  settings_.number("snapshot-log-entries", options_.snapshots.log_entries,
                   "or more entries than this since the last one.");
  settings_.number("snapshot-kept-entries", options_.snapshots.kept_entries,
                   "Entries that stay behind a snapshot for members that are a little slow.");
  settings_.yes_no("log-events", options_.log_events,
                   "A line on standard error for each change of role or membership, snapshot, or trouble.");
  settings_.yes_no("log-trace", options_.log_trace, "Every message and vote too, as sentences: slow.");
  add_trace();
}

void ServeSettings::add_trace() {
  settings_.text(
      "trace", "FILE", options_.trace_file,
      "Record all that goes into the core, for kelek trace: to tell it, verify it, or look at it. The file is "
      "made with mode 0600 and never written over: the next run gets FILE.2, up to FILE.16. Addresses and "
      "public keys of members are in it; commands by length and a 32-bit mark, by which a guess of what a "
      "command said can be tried out.");
  settings_.number("trace-limit", options_.trace_limit_bytes,
                   "Bytes of one such file. There it ends, and says so, as does the log; the coordinator goes on.");
  settings_.yes_no("trace-payloads", options_.trace_payloads,
                   "Commands in the trace as they are: keys, values and names of callers, so also every secret that "
                   "was written. Then guard it as the data directory.");
}

void ServeSettings::add_raft() {
  raft::Options& raft = options_.raft;
  settings_.section("Raft");
  settings_.number("tick-ms", options_.tick_ms, "Length of a tick, in which the times below are counted.");
  settings_.number("election-ticks", raft.election_ticks,
                   "A member that hears nothing of a leader for so long, up to twice that, asks to be elected.");
  settings_.number("heartbeat-ticks", raft.heartbeat_ticks, "A leader gives a sign of life so often.");
  settings_.number("election-delay-ticks", raft.election_delay_ticks,
                   "Added to the election timeout: who should lead has less. Never keeps anybody from leading.");
  settings_.yes_no("pre-vote", raft.pre_vote, "Ask before raising the term.");
  settings_.yes_no("check-quorum", raft.check_quorum, "A leader that a majority does not answer steps down.");
  settings_.yes_no("lease-reads", raft.lease_reads,
                   "Reads without a round of messages while the leader's lease holds; trusts clocks to drift little.");
  settings_.number("lease-drift-ticks", raft.lease_drift_ticks,
                   "How much shorter the lease is than the election timeout.");
  settings_.number("disk-stall-ticks", raft.disk_stall_ticks,
                   "A leader whose disk has not finished a write for so long steps down; 0: never.");
  settings_.number("max-append-entries", raft.max_append_entries, "Entries in one append.");
  settings_.number("max-append-bytes", raft.max_append_bytes, "Payload in one append, unless one entry is larger.");
  settings_.number("max-inflight-appends", raft.max_inflight_appends, "Appends to one member that are not answered.");
  settings_.number("max-inflight-bytes", raft.max_inflight_bytes, "The same in bytes.");
  settings_.number("max-uncommitted-bytes", raft.max_uncommitted_bytes,
                   "Payload that is appended and not committed: beyond, proposals are refused.");
  settings_.number("max-unapplied-entries", raft.max_unapplied_entries,
                   "Entries that are applied at one go, before clients and members are listened to again,");
  settings_.number("max-unapplied-bytes", raft.max_unapplied_bytes, "and their payload.");
  settings_.number("max-waiting", raft.max_waiting, "Reads that wait, and forwarded proposals that wait, each.");
  settings_.number("snapshot-chunk-bytes", raft.snapshot_chunk_bytes, "Snapshots travel in parts of this size,");
  settings_.number("max-inflight-chunks", raft.max_inflight_chunks, "so many of them at a time.");
  settings_.number("max-kept-for-snapshot-bytes", raft.max_kept_for_snapshot_bytes,
                   "Log that is kept while a member receives a snapshot.");
}

void ServeSettings::add_sockets() {
  transport::TransportOptions& sockets = options_.transport;
  settings_.section("Sockets");
  add_count("io-threads", sockets.io_threads, "Threads of ZeroMQ.");
  settings_.number("max-peer-frame-bytes", sockets.max_peer_frame_bytes, "The longest frame between coordinators.");
  settings_.number("max-client-frame-bytes", sockets.max_client_frame_bytes, "The longest frame of a client.");
  add_count("peer-send-frames", sockets.peer_send_frames,
            "Frames that may wait for one coordinator; more are dropped.");
  settings_.number("peer-send-bytes", sockets.peer_send_bytes, "The same in bytes of large frames.");
  add_count("peer-receive-frames", sockets.peer_receive_frames, "Frames that may wait from one coordinator.");
  add_count("client-send-frames", sockets.client_send_frames, "Frames that may wait for one client.");
  add_count("client-receive-frames", sockets.client_receive_frames, "Frames that may wait from one client.");
  settings_.number("client-send-bytes", sockets.client_send_bytes, "Bytes of large frames that may wait for a client.");
  settings_.number("max-peer-connections", sockets.max_peer_connections,
                   "Connections of coordinators; more are closed.");
  settings_.number("max-client-connections", sockets.max_client_connections,
                   "Connections of clients; more are closed.");
  add_milliseconds("reconnect-interval-ms", sockets.reconnect_interval,
                   "A lost coordinator is tried again after this.");
  add_milliseconds("connect-timeout-ms", sockets.connect_timeout, "An attempt that nobody answers is given up.");
  add_milliseconds("handshake-timeout-ms", sockets.handshake_timeout, "A handshake that is not done by then is ended.");
  add_milliseconds("heartbeat-interval-ms", sockets.heartbeat_interval,
                   "Idle connections are asked for a sign of life,");
  add_milliseconds("heartbeat-timeout-ms", sockets.heartbeat_timeout, "and closed if none comes in time.");
}

void ServeSettings::add_limits() {
  runtime::QueueLimits& limits = options_.limits;
  settings_.section("Limits of what may wait; more is refused at once");
  settings_.number("max-requests", limits.requests, "Requests of all clients together.");
  settings_.number("max-request-bytes", limits.request_bytes, "The same in bytes.");
  settings_.number("max-requests-per-client", limits.requests_per_client, "Requests of one client.");
  settings_.number("max-request-bytes-per-client", limits.request_bytes_per_client, "The same in bytes.");
  settings_.number("max-watches", limits.watches, "Watches of all clients together.");
  settings_.number("max-watches-per-client", limits.watches_per_client, "Watches of one client.");
}

void ServeSettings::fill_from_cluster_file() {
  const ClusterFile file = read_cluster_file(cluster_file_);
  if (!settings_.given("cluster-name")) options_.cluster = file.cluster;
  if (options_.join) {
    if (!options_.join_contacts.empty()) return;
    for (const runtime::InitialMember& member : file.coordinators) {
      if (member.id != options_.node_id) options_.join_contacts.push_back(member);
    }
    return;
  }
  if (options_.initial_members.empty()) options_.initial_members = file.coordinators;
}

runtime::CoordinatorOptions ServeSettings::options(const Environment& environment) {
  settings_.apply(environment);
  if (!settings_.given("node")) throw bad_use("which node is this? Say --node N (or KELEK_NODE)");
  if (!settings_.given("data-directory")) {
    throw bad_use("where is its data? Say --data-directory DIR (or KELEK_DATA_DIRECTORY)");
  }
  if (!settings_.given("key")) throw bad_use("which key has it? Say --key FILE; kelek keys new FILE makes one");
  if (!cluster_file_.empty()) fill_from_cluster_file();
  for (const runtime::InitialMember& member : options_.initial_members) {
    if (member.id != options_.node_id) continue;
    if (!settings_.given("peer-bind")) options_.peer_bind = member.peer_address;
    if (!settings_.given("client-bind")) options_.client_bind = member.client_address;
  }
  if (options_.peer_bind.empty()) {
    throw bad_use(fmt::format("node {} has no peer address: say --peer-bind HOST:PORT{}", options_.node_id,
                              cluster_file_.empty() ? "" : ", or name it in " + cluster_file_));
  }
  if (options_.client_bind.empty()) {
    throw bad_use(fmt::format("node {} has no client address: say --client-bind HOST:PORT", options_.node_id));
  }
  if (!clients_file_.empty()) {
    transport::Result<std::vector<transport::AuthorisedClient>> clients =
        transport::read_authorised_clients(clients_file_);
    if (!clients.ok()) throw bad_use(clients.error().text);
    options_.clients = std::move(clients.value());
  }
  const std::vector<std::string> problems = options_.validate();
  if (problems.empty()) return options_;
  std::string all;
  for (const std::string& problem : problems) all += (all.empty() ? "" : " ") + problem;
  throw bad_use(all);
}

std::string ServeSettings::sample() const {
  return settings_.sample(
      "Kelek coordinator: every option of `kelek serve` with its default. Remove the '#' before a line to set it. "
      "Flags (--tick-ms 10) and variables (KELEK_TICK_MS=10) of the same name win over this file; flags win over "
      "variables. A line that begins with '#' is a comment.");
}

}  // namespace kelek::cli
