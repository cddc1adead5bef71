// Starting and stopping coordinators in this process.
#include "cluster.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <future>
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

std::uint16_t free_port() {
  const int descriptor = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(descriptor, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("no free port");
  }
  close(descriptor);
  return ntohs(address.sin_port);
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
