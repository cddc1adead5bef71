// The floor: the least that a durable log on three processes can cost here. A leader sends a batch to two
// follower processes over ZeroMQ, writes and syncs its own preallocated file, waits until one follower has
// done the same, and only then sends the next batch. No Raft, no encoding, no clients. Prints one JSON row a
// line.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <zmq.hpp>

#include "../harness/measure.h"
#include "durable_file.h"

namespace kelek::bench {
namespace {

constexpr std::size_t payload_bytes = 256;
/// A payload and what any log has to say about it.
constexpr std::size_t entry_bytes = payload_bytes + 32;
constexpr std::size_t warm_up_rounds = 20;
/// The slower follower may be so many batches behind.
constexpr std::uint64_t allowed_lag = 8;

struct CurveKeys {
  std::array<char, 41> public_key{};
  std::array<char, 41> secret_key{};
  CurveKeys() { zmq_curve_keypair(public_key.data(), secret_key.data()); }
};

struct Case {
  std::size_t batch;
  std::size_t rounds;
  bool curve;
  std::string folder;

  std::size_t batch_bytes() const { return batch * entry_bytes; }
  std::size_t file_bytes() const { return batch_bytes() * (rounds + warm_up_rounds); }
};

/// Runs in a process of its own: tells its address through `report`, then stores and acknowledges until it is
/// killed.
[[noreturn]] void follow(const Case& measured, const CurveKeys& keys, int report) {
  DurableFile file(measured.folder, measured.file_bytes());
  zmq::context_t context(1);
  zmq::socket_t socket(context, zmq::socket_type::router);
  if (measured.curve) {
    socket.set(zmq::sockopt::curve_server, true);
    socket.set(zmq::sockopt::curve_secretkey, keys.secret_key.data());
  }
  socket.bind("tcp://127.0.0.1:*");
  std::array<char, 64> address{};
  const std::string endpoint = socket.get(zmq::sockopt::last_endpoint);
  std::memcpy(address.data(), endpoint.data(), std::min(endpoint.size(), address.size() - 1));
  if (write(report, address.data(), address.size()) != static_cast<ssize_t>(address.size())) std::_Exit(1);
  zmq::message_t sender;
  zmq::message_t batch;
  for (std::uint64_t stored = 1;; ++stored) {
    (void)socket.recv(sender);
    (void)socket.recv(batch);
    file.append({batch.data<std::byte>(), batch.size()});
    socket.send(sender, zmq::send_flags::sndmore);
    socket.send(zmq::buffer(&stored, sizeof stored), zmq::send_flags::none);
  }
}

/// A follower's process and, at the leader, the socket to it.
class Follower {
 public:
  /// Before the leader makes its context: a context does not survive a fork.
  explicit Follower(const Case& measured) {
    std::array<int, 2> channel{};
    if (pipe(channel.data()) != 0) std::abort();
    process_ = fork();
    if (process_ == 0) follow(measured, keys_, channel[1]);
    close(channel[1]);
    report_ = channel[0];
  }
  ~Follower() {
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
    close(report_);
  }
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;

  void connect(zmq::context_t& context, bool curve) {
    std::array<char, 64> address{};
    if (read(report_, address.data(), address.size()) != static_cast<ssize_t>(address.size())) std::_Exit(1);
    socket_ = zmq::socket_t(context, zmq::socket_type::dealer);
    socket_.set(zmq::sockopt::linger, 0);
    if (curve) {
      const CurveKeys own;
      socket_.set(zmq::sockopt::curve_serverkey, keys_.public_key.data());
      socket_.set(zmq::sockopt::curve_publickey, own.public_key.data());
      socket_.set(zmq::sockopt::curve_secretkey, own.secret_key.data());
    }
    socket_.connect(address.data());
  }
  void send(const std::vector<std::byte>& batch) { socket_.send(zmq::buffer(batch), zmq::send_flags::none); }
  void receive() {
    zmq::message_t answer;
    (void)socket_.recv(answer);
    std::memcpy(&stored_, answer.data(), sizeof stored_);
  }
  /// Before the context goes.
  void disconnect() { socket_.close(); }
  std::uint64_t stored() const { return stored_; }
  zmq::pollitem_t poll_item() { return {socket_.handle(), 0, ZMQ_POLLIN, 0}; }

  /// CPU time of its process so far.
  std::uint64_t cpu_ns() const {
    clockid_t clock{};
    timespec now{};
    if (clock_getcpuclockid(process_, &clock) != 0 || clock_gettime(clock, &now) != 0) std::abort();
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
  }

 private:
  CurveKeys keys_;
  pid_t process_ = 0;
  int report_ = -1;
  zmq::socket_t socket_;
  std::uint64_t stored_ = 0;
};

/// Waits until one of the followers has stored batch number `wanted`, and neither lags too far.
void await_one(Follower& a, Follower& b, std::uint64_t wanted) {
  while (a.stored() < wanted && b.stored() < wanted) {
    std::array<zmq::pollitem_t, 2> items{a.poll_item(), b.poll_item()};
    zmq::poll(items.data(), items.size(), std::chrono::milliseconds(-1));
    if (items[0].revents != 0) a.receive();
    if (items[1].revents != 0) b.receive();
  }
  while (a.stored() + allowed_lag < wanted) a.receive();
  while (b.stored() + allowed_lag < wanted) b.receive();
}

void measure(const Case& measured) {
  Follower first(measured);
  Follower second(measured);
  DurableFile file(measured.folder, measured.file_bytes());
  zmq::context_t context(1);
  first.connect(context, measured.curve);
  second.connect(context, measured.curve);
  const std::vector<std::byte> batch(measured.batch_bytes(), std::byte{7});
  const auto cpu_of_all = [&] { return process_cpu_ns() + first.cpu_ns() + second.cpu_ns(); };
  std::vector<std::uint64_t> latencies;
  std::uint64_t begun_ns = 0;
  std::uint64_t cpu_before_ns = 0;
  const std::uint64_t last = measured.rounds + warm_up_rounds;
  for (std::uint64_t round = 1; round <= last; ++round) {
    if (round == warm_up_rounds + 1) {
      begun_ns = wall_ns();
      cpu_before_ns = cpu_of_all();
    }
    const std::uint64_t sent_ns = wall_ns();
    first.send(batch);
    second.send(batch);
    file.append(batch);
    await_one(first, second, round);
    if (round > warm_up_rounds) latencies.push_back(wall_ns() - sent_ns);
  }
  while (first.stored() < last) first.receive();
  while (second.stored() < last) second.receive();
  const auto entries = static_cast<double>(measured.rounds * measured.batch);
  const Subject subject{measured.curve ? "floor/curve" : "floor/plain", 3, payload_bytes, measured.batch};
  std::sort(latencies.begin(), latencies.end());
  report_figures(subject, {{"cpu_ns_per_op", static_cast<double>(cpu_of_all() - cpu_before_ns) / entries},
                           {"wall_ns_per_op", static_cast<double>(wall_ns() - begun_ns) / entries},
                           {"p50_ns", static_cast<double>(latencies[latencies.size() / 2])},
                           {"p99_ns", static_cast<double>(latencies[latencies.size() * 99 / 100])}});
  first.disconnect();
  second.disconnect();
}

/// So many rounds that a case takes about a second and its files stay below 200 MiB.
std::size_t rounds_of(std::size_t batch, bool quick) {
  const std::size_t rounds = std::min<std::size_t>(1500, (std::size_t{200} << 20) / (batch * entry_bytes));
  return quick ? rounds / 5 : rounds;
}

}  // namespace
}  // namespace kelek::bench

int main(int count, char** values) {
  using namespace kelek::bench;
  std::string folder;
  std::vector<std::size_t> batches;
  bool quick = false;
  bool curve = false;
  bool good = true;
  for (int i = 1; i < count; ++i) {
    const std::string_view argument = values[i];
    const bool has_value = i + 1 < count;
    if (argument == "--quick") {
      quick = true;
    } else if (argument == "--curve") {
      curve = true;
    } else if (argument == "--folder" && has_value) {
      folder = values[++i];
    } else if (argument == "--batch" && has_value) {
      batches.push_back(std::strtoul(values[++i], nullptr, 10));
      good = good && batches.back() > 0;
    } else {
      good = false;
    }
  }
  if (!good || folder.empty()) {
    std::fprintf(stderr, "usage: floor --folder FOLDER [--batch ENTRIES ...] [--curve] [--quick]\n");
    return 2;
  }
  if (batches.empty()) batches = {1, 64, 256, 1024};
  for (const std::size_t batch : batches) measure({batch, rounds_of(batch, quick), curve, folder});
}
