// The member's side of the cluster bench.
#include "member.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <iostream>
#include <memory>
#include <mutex>
#include <sstream>
#include <thread>
#include <utility>

#include <kelek/runtime/allocator.h>
#include <kelek/runtime/coordinator.h>
#include <kelek/transport/keys.h>

#include "../harness/measure.h"
#include "load.h"

namespace kelek::bench {
namespace {

std::string loopback(std::uint16_t port) {
  return "127.0.0.1:" + std::to_string(port);
}

runtime::CoordinatorOptions options_of(const ClusterPlan& plan, std::uint64_t id) {
  runtime::CoordinatorOptions options;
  options.node_id = id;
  options.cluster = "bench";
  options.data_directory = plan.folder + "/data-" + std::to_string(id);
  options.key_file = plan.key_file(id);
  options.peer_bind = loopback(plan.peer_ports[id - 1]);
  options.client_bind = loopback(plan.client_ports[id - 1]);
  for (std::size_t other = 1; other <= plan.size(); ++other) {
    runtime::InitialMember member;
    member.id = other;
    member.peer_address = loopback(plan.peer_ports[other - 1]);
    member.client_address = loopback(plan.client_ports[other - 1]);
    auto keys = transport::read_key_file(plan.key_file(other));
    if (keys.ok()) member.public_key = keys.value().public_key.text();
    options.initial_members.push_back(std::move(member));
  }
  auto client = transport::read_key_file(plan.client_key_file());
  if (client.ok()) {
    options.clients.push_back(
        {client.value().public_key, "bench", {transport::ClientRole::read, transport::ClientRole::propose}, {}});
  }
  options.transport.plaintext_for_bench = !plan.curve;
  options.sync = plan.log_thread ? runtime::SyncMode::on_thread : runtime::SyncMode::in_loop;
  options.log_events = false;
  if (plan.traced) options.trace_file = plan.trace_file(id);
  options.trace_limit_bytes = std::uint64_t{16} << 30;  // it must not end while it is measured
  return options;
}

/// Set once, waited for from another thread.
class Signal {
 public:
  void set() {
    const std::lock_guard lock(mutex_);
    set_ = true;
    changed_.notify_all();
  }
  bool wait_for(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, time, [this] { return set_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool set_ = false;
};

class Member {
 public:
  explicit Member(runtime::Coordinator& coordinator) : coordinator_(coordinator) {}

  std::string answer(const std::string& line) {
    std::istringstream words(line);
    std::string command;
    words >> command;
    if (command == "leader") return std::to_string(leader());
    if (command == "commit") return std::to_string(commit());
    std::uint64_t outstanding = 0;
    std::uint64_t count = 0;
    if (command == "load" && words >> outstanding >> count) return load(outstanding, count);
    return "unknown command";
  }

 private:
  void submit(std::uint32_t deadline_ms, std::function<void(runtime::RequestOutcome&&)> done) {
    runtime::Submission submission;
    submission.body = put_command();
    submission.deadline_ms = deadline_ms;
    submission.done = std::move(done);
    if (!coordinator_.submit(std::move(submission))) std::fprintf(stderr, "a submission was not taken\n");
  }

  /// 0 if nothing went through: before the members have found each other commands are refused at once.
  std::uint64_t leader() {
    struct Found {
      Signal signal;
      std::uint64_t leader = 0;
    };
    for (int attempt = 0; attempt < 1'500; ++attempt) {
      auto found = std::make_shared<Found>();
      submit(10'000, [found](runtime::RequestOutcome&& outcome) {
        if (outcome.kind == runtime::OutcomeKind::ok) found->leader = outcome.leader;
        found->signal.set();
      });
      if (!found->signal.wait_for(std::chrono::seconds(11))) return 0;
      if (found->leader != 0) return found->leader;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return 0;
  }

  /// A command each 2 ms, until one of them is committed.
  std::uint64_t commit() {
    struct Found {
      Signal signal;
      std::atomic<std::uint64_t> at_ns{0};
    };
    auto found = std::make_shared<Found>();
    for (int attempt = 0; attempt < 5'000; ++attempt) {
      submit(5'000, [found](runtime::RequestOutcome&& outcome) {
        std::uint64_t none = 0;
        if (outcome.kind != runtime::OutcomeKind::ok) return;
        found->at_ns.compare_exchange_strong(none, wall_ns());
        found->signal.set();
      });
      if (found->signal.wait_for(std::chrono::milliseconds(2))) return found->at_ns;
    }
    return 0;
  }

  std::string load(std::uint64_t outstanding, std::uint64_t count) {
    struct Run {
      Run(std::uint64_t wanted_outstanding, std::uint64_t wanted_count) : load(wanted_outstanding, wanted_count) {}
      Load load;
      bool failed = false;
      Signal finished;
    };
    auto run = std::make_shared<Run>(outstanding, count);
    run->load.start([this, run](std::function<void(bool)> done) {
      submit(30'000, [run, done = std::move(done)](runtime::RequestOutcome&& outcome) {
        const bool good = outcome.kind == runtime::OutcomeKind::ok;
        if (!good && !std::exchange(run->failed, true)) std::fprintf(stderr, "failed: %s\n", outcome.text.c_str());
        done(good);
        if (run->load.finished()) run->finished.set();
      });
    });
    if (!run->finished.wait_for(std::chrono::seconds(120))) return "0 0 0 0 0";
    const LoadResult result = run->load.take();
    std::ostringstream text;
    text << result.done << ' ' << result.failed << ' ' << result.wall_ns << ' ' << result.percentile_ns(50) << ' '
         << result.percentile_ns(99);
    return text.str();
  }

  runtime::Coordinator& coordinator_;
};

}  // namespace

std::string ClusterPlan::text() const {
  std::ostringstream text;
  text << folder << '\n' << curve << ' ' << log_thread << ' ' << traced << ' ' << size();
  for (const std::uint16_t port : peer_ports) text << ' ' << port;
  for (const std::uint16_t port : client_ports) text << ' ' << port;
  return text.str();
}

ClusterPlan ClusterPlan::from_text(const std::string& text) {
  ClusterPlan plan;
  std::istringstream words(text);
  std::size_t size = 0;
  std::getline(words, plan.folder);
  words >> plan.curve >> plan.log_thread >> plan.traced >> size;
  plan.peer_ports.resize(size);
  plan.client_ports.resize(size);
  for (std::uint16_t& port : plan.peer_ports) words >> port;
  for (std::uint16_t& port : plan.client_ports) words >> port;
  return plan;
}

int run_member(const ClusterPlan& plan, std::uint64_t id) {
  runtime::keep_freed_memory();
  auto opened = runtime::Coordinator::open(options_of(plan, id));
  if (!opened.ok()) {
    std::fprintf(stderr, "member %llu: %s\n", static_cast<unsigned long long>(id), opened.failure().text.c_str());
    return 1;
  }
  runtime::Coordinator& coordinator = *opened.value();
  coordinator.start();
  Member member(coordinator);
  for (std::string line; std::getline(std::cin, line) && line != "stop";) {
    std::cout << member.answer(line) << std::endl;
  }
  coordinator.request_stop();
  const runtime::Failure failure = coordinator.join();
  if (failure.failed()) std::fprintf(stderr, "%s\n", failure.text.c_str());
  return failure.failed() ? 1 : 0;
}

}  // namespace kelek::bench
