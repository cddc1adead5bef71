// Starting and stopping coordinators in this process.
#include "cluster.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <future>
#include <random>
#include <stdexcept>

#include <catch2/catch.hpp>

namespace kelek::runtime::test {

TemporaryDirectory::TemporaryDirectory() {
  std::string name = (std::filesystem::temp_directory_path() / "kelek-runtime-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
  path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

namespace {

/// Taken for as long as this process lives: the name goes with it. False: another test process has it.
bool claim(std::uint16_t port) {
  const std::string name = "kelek-test-port-" + std::to_string(port);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  // Abstract (it begins with a NUL): no file, nothing to clear away.
  std::copy(name.begin(), name.end(), address.sun_path + 1);
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (bind(descriptor, reinterpret_cast<sockaddr*>(&address), size) == 0) return true;
  close(descriptor);
  return false;
}

bool is_free(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool free = bind(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  close(descriptor);
  return free;
}

}  // namespace

std::uint16_t free_port() {
  // Below the ports that the system gives to outgoing connections (from 32768 on): one that it names for a bind to port
  // 0 may be the near end of somebody's connection, or another test's, before we listen at it.
  constexpr std::uint16_t first = 20'000;
  constexpr std::uint16_t count = 12'000;
  std::random_device random;
  for (int tries = 0; tries < 1'000; ++tries) {
    const auto port = static_cast<std::uint16_t>(first + random() % count);
    if (claim(port) && is_free(port)) return port;
  }
  throw std::runtime_error("no free port");
}

Cluster::Cluster(std::size_t size, Change change) : change_(std::move(change)) {
  for (raft::NodeId id = 1; id <= size; ++id) {
    add_node(id);
    initial_.push_back(id);
  }
  auto keys = transport::generate_key_pair();
  admin_key_file_ = directory_.path() + "/admin.key";
  if (!transport::write_key_file(admin_key_file_, *keys).ok()) throw std::runtime_error("no key file");
  admin_key_ = keys->public_key;
}

void Cluster::add_node(raft::NodeId id) {
  auto keys = transport::generate_key_pair();
  const std::string file = directory_.path() + "/node" + std::to_string(id) + ".key";
  if (!transport::write_key_file(file, *keys).ok()) throw std::runtime_error("no key file");
  addresses_[id] = {id, "127.0.0.1:" + std::to_string(free_port()), "127.0.0.1:" + std::to_string(free_port()),
                    keys->public_key.text()};
}

raft::NodeId Cluster::add_machine() {
  const raft::NodeId id = addresses_.rbegin()->first + 1;
  add_node(id);
  return id;
}

CoordinatorOptions Cluster::options(raft::NodeId id) const {
  CoordinatorOptions options;
  options.node_id = id;
  options.cluster = "test";
  options.data_directory = directory_.path() + "/data" + std::to_string(id);
  options.key_file = directory_.path() + "/node" + std::to_string(id) + ".key";
  options.peer_bind = addresses_.at(id).peer_address;
  options.client_bind = addresses_.at(id).client_address;
  bool initial = false;
  for (const raft::NodeId member : initial_) initial = initial || member == id;
  for (const raft::NodeId member : initial_) {
    (initial ? options.initial_members : options.join_contacts).push_back(addresses_.at(member));
  }
  options.join = !initial;
  transport::AuthorisedClient admin;
  admin.key = admin_key_;
  admin.name = "admin";
  admin.roles = {transport::ClientRole::read, transport::ClientRole::propose, transport::ClientRole::admin};
  options.clients = {admin};
  options.segment_bytes = std::size_t{1} << 20;
  // The machine that tests run on is shared and slow; elections must not be lost to that.
  options.raft.election_ticks = 20;
  options.log_events = getenv("KELEK_TEST_EVENTS") != nullptr;
  options.log_trace = getenv("KELEK_TEST_TRACE") != nullptr;
  if (change_) change_(options);
  return options;
}

Result<std::unique_ptr<Coordinator>> Cluster::open(raft::NodeId id, const Change& change) {
  CoordinatorOptions wanted = options(id);
  if (change) change(wanted);
  return Coordinator::open(std::move(wanted));
}

void Cluster::start(raft::NodeId id, const Change& change) {
  Result<std::unique_ptr<Coordinator>> opened = open(id, change);
  if (!opened.ok()) FAIL("node " << id << " does not start: " << opened.failure().text);
  (*opened)->start();
  running_[id] = std::move(*opened);
}

void Cluster::start_all() {
  for (const raft::NodeId id : initial_) start(id);
}

void Cluster::kill(raft::NodeId id) {
  running_.erase(id);
}

Failure Cluster::stop(raft::NodeId id) {
  node(id).request_stop();
  return wait_for_end(id);
}

Failure Cluster::wait_for_end(raft::NodeId id) {
  Failure failure = node(id).join();
  running_.erase(id);
  return failure;
}

void Cluster::wipe(raft::NodeId id) {
  std::error_code ignored;
  std::filesystem::remove_all(directory_.path() + "/data" + std::to_string(id), ignored);
}

RequestOutcome Cluster::propose(raft::NodeId at, machine::CommandBody body, std::uint32_t deadline_ms) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(deadline_ms);
  for (;;) {
    auto promise = std::make_shared<std::promise<RequestOutcome>>();
    std::future<RequestOutcome> future = promise->get_future();
    Submission submission;
    submission.body = body;
    submission.deadline_ms = deadline_ms;
    submission.done = [promise](RequestOutcome&& outcome) { promise->set_value(std::move(outcome)); };
    REQUIRE(node(at).submit(std::move(submission)));
    REQUIRE(future.wait_for(std::chrono::milliseconds(deadline_ms + 5'000)) == std::future_status::ready);
    RequestOutcome outcome = future.get();
    // Refused is surely not done: while there is no leader yet, asking again is what a client does.
    if (outcome.kind != OutcomeKind::refused || std::chrono::steady_clock::now() > until) return outcome;
    const bool later = outcome.code == wire::RefusalCode::no_leader || outcome.code == wire::RefusalCode::not_ready ||
                       outcome.code == wire::RefusalCode::leadership_lost ||
                       outcome.code == wire::RefusalCode::transferring;
    if (!later) return outcome;
    usleep(10'000);
  }
}

RequestOutcome Cluster::put(raft::NodeId at, const std::string& key, const std::string& value) {
  machine::KvPut put;
  put.key = key;
  put.value = value;
  return propose(at, put);
}

}  // namespace kelek::runtime::test
