// Starting a member.
#include "opening.h"

#include <sodium.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include <kelek/storage/checked_file.h>
#include <kelek/storage/posix_file.h>
#include <kelek/wire/command_codec.h>

#include "clocks.h"
#include "genesis.h"

namespace kelek::runtime {
namespace {

constexpr const char* incarnation_file = "incarnation";
constexpr const char* genesis_file = "genesis";
constexpr const char* start_lock_file = "start.lock";
constexpr std::uint64_t small_file_bytes = std::uint64_t{2} << 20;

storage::FileSystem& files() {
  return storage::posix_file_system();
}

Failure failure_of_socket(const transport::Error& error) {
  switch (error.problem) {
    case transport::Problem::address_in_use: return {FailureKind::address_in_use, error.text};
    case transport::Problem::bad_address:
    case transport::Problem::no_permission: return {FailureKind::bad_address, error.text};
    case transport::Problem::bad_key: return {FailureKind::bad_keys, error.text};
    case transport::Problem::bad_option: return {FailureKind::bad_options, error.text};
    case transport::Problem::unsupported:
    case transport::Problem::resources: break;
  }
  return {FailureKind::internal, error.text};
}

storage::StorageOptions storage_options(const CoordinatorOptions& options) {
  storage::StorageOptions result;
  result.log.segment_bytes = options.segment_bytes;
  result.kept_entries = options.snapshots.kept_entries;
  return result;
}

/// Null where there is none: who joined later has no first configuration.
std::string parent_of(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

/// Null if there is none. Damaged: `trouble` says so, and the node does without; it only cannot tell any more a node
/// that began otherwise.
raft::ConfigurationRef read_genesis(const std::string& directory, std::string& trouble) {
  const std::string path = storage::join_path(directory, genesis_file);
  const auto bytes = storage::read_checked_file(files(), path, small_file_bytes);
  if (!bytes.ok()) {
    if (bytes.error().problem != storage::Problem::not_found) trouble = bytes.error().text;
    return nullptr;
  }
  raft::Result<raft::Configuration> configuration = raft::Configuration::decode(*bytes);
  if (!configuration.ok() || configuration->empty()) {
    trouble = path + " does not hold a configuration.";
    return nullptr;
  }
  return std::make_shared<const raft::Configuration>(std::move(*configuration));
}

}  // namespace

wire::ClusterId cluster_id_of(const std::string& name) {
  wire::ClusterId id{};
  crypto_generichash(id.data(), id.size(), reinterpret_cast<const unsigned char*>(name.data()), name.size(), nullptr,
                     0);
  return id;
}

std::uint64_t random_number() {
  std::uint64_t number = 0;
  while (number == 0) randombytes_buf(&number, sizeof number);
  return number;
}

Failure Opening::open() {
  if (sodium_init() < 0) return {FailureKind::internal, "The system has no randomness."};
  engine_.cluster_id = cluster_id_of(engine_.options.cluster);
  Failure failure = check_options();
  if (!failure.failed()) failure = open_sockets();
  if (!failure.failed()) failure = open_directory();
  if (!failure.failed()) failure = bind_sockets();
  return failure;
}

Failure Opening::check_options() {
  const std::vector<std::string> problems = engine_.options.validate();
  if (problems.empty()) return {};
  std::string text;
  for (const std::string& problem : problems) text += (text.empty() ? "" : " ") + problem;
  return {FailureKind::bad_options, text};
}

Failure Opening::open_sockets() {
  const CoordinatorOptions& options = engine_.options;
  const auto read_keys = [&options] {
    return options.transport.plaintext_for_bench ? transport::generate_key_pair()
                                                 : transport::read_key_file(options.key_file);
  };
  transport::Result<transport::KeyPair> peer_keys = read_keys();
  if (!peer_keys.ok()) return {FailureKind::bad_keys, peer_keys.error().text};
  transport::Result<transport::KeyPair> client_keys = read_keys();
  if (!client_keys.ok()) return {FailureKind::bad_keys, client_keys.error().text};
  if (!options.transport.plaintext_for_bench) engine_.own_public_key = peer_keys->public_key.text();
  for (const InitialMember& member : options.initial_members) {
    if (member.id != options.node_id || options.transport.plaintext_for_bench) continue;
    if (member.public_key == engine_.own_public_key) continue;
    return {FailureKind::bad_keys, "The initial members give node " + std::to_string(member.id) +
                                       " another public key than its key file " + options.key_file + " has."};
  }
  transport::TransportOptions transport_options = options.transport;
  transport_options.max_peer_frame_bytes =
      std::max(transport_options.max_peer_frame_bytes, wire::peer_frame_bytes(options.raft, wire::default_entry_bytes));
  Events& events = engine_.events;
  // Strangers who connect must not take the descriptors that the log needs.
  const std::size_t descriptors = transport::raise_descriptor_limit();
  if (transport::fit_to_descriptors(transport_options, descriptors)) {
    events.info("the system allows {} descriptors: at most {} connections of members and {} of clients", descriptors,
                transport_options.max_peer_connections, transport_options.max_client_connections);
  }
  transport::Result<std::unique_ptr<transport::Network>> network = transport::Network::start(
      transport_options, engine_.registry, [&events](const transport::AuditRecord& r) { events.warn("{}", r.text()); });
  if (!network.ok()) return failure_of_socket(network.error());
  engine_.network = std::move(*network);

  auto peers = transport::PeerTransport::open(*engine_.network, options.node_id, std::move(*peer_keys));
  if (!peers.ok()) return failure_of_socket(peers.error());
  engine_.peers = std::move(*peers);
  auto server = transport::ClientServer::open(*engine_.network, std::move(*client_keys));
  if (!server.ok()) return failure_of_socket(server.error());
  engine_.server = std::move(*server);
  engine_.members =
      std::make_unique<Members>(*engine_.peers, options.node_id, options.transport.plaintext_for_bench, engine_.events);
  const transport::Status clients = engine_.registry.set_clients(options.clients);
  if (!clients.ok()) return failure_of_socket(clients.error());
  return {};
}

/// Last of all, when it is known whose keys may knock: an early caller would be refused for nothing.
Failure Opening::bind_sockets() {
  const CoordinatorOptions& options = engine_.options;
  const auto peer_bound = engine_.peers->bind(options.peer_bind);
  if (!peer_bound.ok()) return failure_of_socket(peer_bound.error());
  const auto client_bound = engine_.server->bind(options.client_bind);
  if (!client_bound.ok()) return failure_of_socket(client_bound.error());
  return {};
}

Failure Opening::open_directory() {
  const CoordinatorOptions& options = engine_.options;
  const storage::Result<storage::Identity> identity = storage::read_identity(files(), options.data_directory);
  if (!identity.ok() && identity.error().problem != storage::Problem::not_found) return failure_of(identity.error());
  if (!identity.ok()) return begin_blank();
  engine_.incarnation = identity->incarnation;
  std::string trouble;
  engine_.genesis = read_genesis(options.data_directory, trouble);
  if (!trouble.empty()) engine_.events.warn("the first configuration is not compared with the others': {}", trouble);
  if (!options.initial_members.empty()) {
    engine_.events.info("the data directory has history: the list of initial members is not looked at");
  }
  // Only of use while nobody has added this node; the configuration says more.
  engine_.members->use(options.join_contacts);
  return recover();
}

Failure Opening::begin_blank() {
  const CoordinatorOptions& options = engine_.options;
  if (!options.join && options.initial_members.empty()) {
    return {FailureKind::bad_options,
            "The data directory " + options.data_directory + " is blank: name the initial members, or join a cluster."};
  }
  const storage::Status made = files().make_directory(options.data_directory);
  if (!made.ok()) return failure_of(made.error());
  // Before anybody hears the incarnation, the directory that holds it has to have its name for sure.
  const storage::Status named = files().sync_directory(parent_of(options.data_directory));
  if (!named.ok() && named.error().problem != storage::Problem::denied) return failure_of(named.error());
  storage::Result<std::unique_ptr<storage::FileLock>> lock =
      files().lock(storage::join_path(options.data_directory, start_lock_file));
  if (!lock.ok()) return failure_of(lock.error());
  lock_ = std::move(*lock);
  const Failure failure = read_or_make_incarnation();
  if (failure.failed()) return failure;
  engine_.events.info("blank data directory, incarnation={}", incarnation_text(engine_.incarnation));
  if (options.join) {
    engine_.members->use(options.join_contacts);
    return establish(std::make_shared<const raft::Configuration>());
  }
  engine_.members->use(options.initial_members);
  return {};
}

/// Durable before it is told to anybody: a member that stops before the agreement comes back as the same.
Failure Opening::read_or_make_incarnation() {
  const std::string& directory = engine_.options.data_directory;
  const std::string path = storage::join_path(directory, incarnation_file);
  const auto bytes = storage::read_checked_file(files(), path, small_file_bytes);
  if (bytes.ok()) {
    const std::string text(reinterpret_cast<const char*>(bytes->data()), bytes->size());
    unsigned long long number = 0;
    if (std::sscanf(text.c_str(), "%16llx", &number) != 1 || number == 0) {
      return {FailureKind::corrupt, path + " does not hold an incarnation."};
    }
    engine_.incarnation = number;
    return {};
  }
  if (bytes.error().problem != storage::Problem::not_found) return failure_of(bytes.error());
  engine_.incarnation = random_number();
  const std::string text = incarnation_text(engine_.incarnation) + "\n";
  const storage::Status written =
      storage::write_checked_file(files(), directory, incarnation_file, std::as_bytes(std::span(text)));
  return written.ok() ? Failure{} : failure_of(written.error());
}

Failure Opening::establish(const raft::ConfigurationRef& genesis) {
  const CoordinatorOptions& options = engine_.options;
  if (!genesis->empty()) {
    const raft::Payload bytes = genesis->encode();
    const storage::Status written =
        storage::write_checked_file(files(), options.data_directory, genesis_file, bytes.bytes());
    if (!written.ok()) return failure_of(written.error());
    engine_.genesis = genesis;
  }
  storage::Identity identity;
  identity.cluster_id = engine_.cluster_id;
  identity.cluster_name = options.cluster;
  identity.node_id = options.node_id;
  identity.incarnation = engine_.incarnation;
  const storage::Status created =
      storage::DataDirectory::create(files(), options.data_directory, identity, *genesis, storage_options(options));
  if (!created.ok()) return failure_of(created.error());
  return recover();
}

Failure Opening::recover() {
  const CoordinatorOptions& options = engine_.options;
  storage::Identity owner;
  owner.cluster_id = engine_.cluster_id;
  owner.cluster_name = options.cluster;
  owner.node_id = options.node_id;
  owner.incarnation = engine_.incarnation;
  storage::Result<storage::DataDirectory::Opened> opened =
      storage::DataDirectory::open(files(), options.data_directory, owner, storage_options(options));
  if (!opened.ok()) return failure_of(opened.error());
  engine_.directory = std::move(opened->directory);
  report(opened->recovered);

  engine_.applier = std::make_unique<Applier>(listener);
  if (opened->recovered.snapshot.index != 0) {
    Result<machine::Machine> machine = load_machine(engine_.directory->snapshots(), opened->recovered.snapshot);
    if (!machine.ok()) return machine.failure();
    engine_.applier->replace(std::move(*machine));
    engine_.ledger.skipped_to(opened->recovered.snapshot.index);
  }
  const std::uint64_t stall_us = std::uint64_t{options.raft.disk_stall_ticks} * options.tick_ms * 1'000;
  engine_.writer = std::make_unique<LogWriter>(engine_.directory->log(), engine_.directory->snapshots(), options.sync,
                                               stall_us, wake_);
  engine_.snapshots = std::make_unique<Snapshots>(engine_.directory->snapshots(), engine_.writer->snapshot_mutex(),
                                                  options.snapshots, wake_);
  return make_node(opened->recovered);
}

Failure Opening::make_node(storage::Recovered& recovered) {
  raft::Options core = engine_.options.raft;
  core.id = engine_.options.node_id;
  core.incarnation = engine_.incarnation;
  core.seed = random_number();
  core.start_salt = random_number();
  raft::DurableState state = recovered.durable_state();
  state.applied = engine_.applier->index();
  state.restarted = state.hard_state.term != 0;
  if (!engine_.options.trace_file.empty()) begin_trace(core, state);
  raft::Result<std::unique_ptr<raft::Node>> node =
      raft::Node::create(core, std::move(state), engine_.events.traces() ? &engine_.events : nullptr);
  if (!node.ok()) return {FailureKind::corrupt, "The recovered state makes no sense: " + node.error().text};
  engine_.node =
      std::make_unique<wire::RecordedNode>(std::move(*node), engine_.trace ? &engine_.trace->encoder() : nullptr);
  engine_.configuration = engine_.node->configuration();
  engine_.role.term = engine_.node->status().term;
  engine_.members->follow(*engine_.configuration);
  return {};
}

/// A trace that cannot be recorded is no reason not to run.
void Opening::begin_trace(const raft::Options& core, const raft::DurableState& state) {
  const CoordinatorOptions& options = engine_.options;
  wire::TraceBegin begin;
  begin.software = software_name;
  begin.cluster = engine_.cluster_id;
  begin.wall_us = read_clock_us(CLOCK_REALTIME);
  begin.steady_us = steady_us();
  begin.tick_us = options.tick_ms * 1'000;
  begin.has_payloads = options.trace_payloads;
  begin.options = core;
  begin.state = state;
  TraceOptions wanted;
  wanted.file = options.trace_file;
  wanted.limit_bytes = options.trace_limit_bytes;
  wanted.with_payloads = options.trace_payloads;
  auto opened = TraceRecorder::open(wanted, begin);
  if (!opened.ok()) {
    engine_.events.warn("runs without a trace: {}", opened.error());
    return;
  }
  engine_.trace = std::move(*opened);
  engine_.events.info("records what goes into the core in {}, up to {} bytes", engine_.trace->file(),
                      options.trace_limit_bytes);
}

void Opening::report(const storage::Recovered& recovered) {
  const storage::RecoveryReport& found = recovered.report;
  engine_.events.info("recovered term={} snapshot={} last_index={} segments={} records={} clean_stop={}",
                      recovered.hard_state.term, recovered.snapshot.index, recovered.last_index(), found.segments,
                      found.records, found.clean_stop);
  if (found.torn_records != 0 || found.torn_bytes != 0) {
    engine_.events.info("a torn write was cut off: {} records, {} bytes that nobody was told of", found.torn_records,
                        found.torn_bytes);
  }
  for (const std::string& sentence : found.damage) engine_.events.warn("{}", sentence);
  for (const std::string& sentence : found.notes) engine_.events.info("{}", sentence);
  if (!recovered.damaged) return;
  engine_.repair_until = recovered.repair_until;
  engine_.trouble = "repairs its log from the others up to index " + std::to_string(recovered.repair_until) +
                    ", and does not vote until then";
  engine_.events.warn("this node {}", engine_.trouble);
}

Result<machine::Machine> replay(const storage::SnapshotStore& store, const storage::Recovered& recovered) {
  Applier applier([](raft::Index, const raft::Entry&, machine::Result*) {});
  if (recovered.snapshot.index != 0) {
    Result<machine::Machine> machine = load_machine(store, recovered.snapshot);
    if (!machine.ok()) return machine.failure();
    applier.replace(std::move(*machine));
  }
  for (const raft::EntryRange& range : recovered.entries) {
    if (range.empty() || range.first_index() > recovered.hard_state.commit) continue;
    const std::size_t committed = static_cast<std::size_t>(recovered.hard_state.commit - range.first_index() + 1);
    const Failure failure = applier.apply(range.first(committed));
    if (failure.failed()) return failure;
  }
  return applier.take_machine();
}

}  // namespace kelek::runtime
