// Measures a durable cluster of three coordinators, each a process with its own synced log: commits with so
// many outstanding, offered at the leader itself or through a client over ZeroMQ, and the gap after the
// leader is killed. Prints one JSON row a line.
#include <signal.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <kelek/client/client.h>
#include <kelek/transport/keys.h>

#include "../harness/measure.h"
#include "cluster.h"
#include "load.h"

namespace kelek::bench {
namespace {

/// Of one client; more answers at once than a coordinator keeps ready for it would be dropped.
constexpr std::uint64_t client_outstanding = 256;

struct Arguments {
  std::string program;
  std::string folder;
  bool curve = true;
  bool log_thread = false;
  bool quick = false;
  bool client = true;
  std::uint64_t nodes = 3;
  std::uint64_t kills = 0;
  std::uint64_t history = 0;
  std::uint64_t trace_rounds = 0;
  std::vector<std::uint64_t> outstanding;
};

/// So many commands that a run takes about a second.
std::uint64_t count_of(std::uint64_t outstanding, bool quick) {
  const std::uint64_t count = outstanding == 1 ? 1'500 : 600 * outstanding;
  return quick ? count / 5 : std::min<std::uint64_t>(count, 250'000);
}

void report_load(const Subject& subject, const LoadResult& result, std::uint64_t p50_ns, std::uint64_t p99_ns,
                 std::uint64_t cpu_ns) {
  const auto done = static_cast<double>(result.done);
  report_figures(subject, {{"cpu_ns_per_op", static_cast<double>(cpu_ns) / done},
                           {"wall_ns_per_op", static_cast<double>(result.wall_ns) / done},
                           {"p50_ns", static_cast<double>(p50_ns)},
                           {"p99_ns", static_cast<double>(p99_ns)},
                           {"failed", static_cast<double>(result.failed)}});
}

/// Offered in the leader's process.
void embedded_load(Cluster& cluster, const std::string& bench, std::uint64_t outstanding, std::uint64_t count) {
  const std::uint64_t leader = cluster.leader();
  const std::uint64_t cpu_before_ns = cluster.cpu_ns();
  std::istringstream answer(cluster.ask(leader, "load " + std::to_string(outstanding) + " " + std::to_string(count)));
  LoadResult result;
  std::uint64_t p50_ns = 0;
  std::uint64_t p99_ns = 0;
  answer >> result.done >> result.failed >> result.wall_ns >> p50_ns >> p99_ns;
  report_load({bench, cluster.plan().size(), payload_bytes, outstanding}, result, p50_ns, p99_ns,
              cluster.cpu_ns() - cpu_before_ns);
}

/// Through a client over ZeroMQ, in this process. CPU time is the members' alone.
void client_load(Cluster& cluster, const std::string& bench, std::uint64_t outstanding, std::uint64_t count) {
  const std::uint64_t leader = cluster.leader();
  client::ClientOptions options;
  const ClusterPlan& plan = cluster.plan();
  std::string server_key;
  if (plan.curve) {
    auto keys = transport::read_key_file(plan.key_file(leader));
    if (keys.ok()) server_key = keys.value().public_key.text();
  }
  options.coordinators = {{"127.0.0.1:" + std::to_string(plan.client_ports[leader - 1]), server_key}};
  options.key_file = plan.client_key_file();
  options.transport.plaintext_for_bench = !plan.curve;
  options.exactly_once = false;  // with sessions only session_window commands are with the coordinator at a time
  auto made = client::Client::create(options);
  if (!made.ok()) {
    std::fprintf(stderr, "error: %s\n", made.problem.text.c_str());
    std::exit(1);
  }
  client::Client& client = *made.value;
  const auto run = [&](std::uint64_t commands) {
    Load load(outstanding, commands);
    load.start([&client](std::function<void(bool)> done) {
      client::CallOptions call;
      call.deadline_ms = 30'000;
      client.execute_async(
          machine::CommandBody(put_command()),
          [done = std::move(done)](client::Answer<machine::Result>&& answer) { done(answer.ok()); }, call);
    });
    while (!load.finished()) client.run(std::chrono::milliseconds(100));
    return load.take();
  };
  (void)run(outstanding);  // connects
  const std::uint64_t cpu_before_ns = cluster.cpu_ns();
  const LoadResult result = run(count);
  report_load({bench, cluster.plan().size(), payload_bytes, outstanding}, result, result.percentile_ns(50),
              result.percentile_ns(99), cluster.cpu_ns() - cpu_before_ns);
}

/// Kills the leader, and takes the time until a command made after that is committed at another member.
void failover(Cluster& cluster, const std::string& bench, std::uint64_t kills) {
  std::vector<double> gaps_ns;
  for (std::uint64_t i = 0; i < kills; ++i) {
    const std::uint64_t leader = cluster.leader();
    const std::uint64_t survivor = leader % cluster.plan().size() + 1;
    const std::uint64_t killed_ns = wall_ns();
    cluster.kill(leader);
    const std::uint64_t committed_ns = std::strtoull(cluster.ask(survivor, "commit").c_str(), nullptr, 10);
    if (committed_ns < killed_ns) {
      std::fprintf(stderr, "error: nothing was committed after the leader was killed\n");
      std::exit(1);
    }
    gaps_ns.push_back(static_cast<double>(committed_ns - killed_ns));
    cluster.start(leader);
    (void)cluster.ask(leader, "leader");  // it follows again
  }
  if (gaps_ns.empty()) return;
  std::sort(gaps_ns.begin(), gaps_ns.end());
  report_figures({bench, cluster.plan().size(), payload_bytes, kills},
                 {{"wall_ns_per_op", gaps_ns[gaps_ns.size() / 2]}, {"worst_ns", gaps_ns.back()}});
}

/// Writes so many entries, then kills a member and takes the time until a command through it is committed
/// again.
void history(Cluster& cluster, const std::string& way, std::uint64_t entries) {
  const std::uint64_t leader = cluster.leader();
  for (std::uint64_t done = 0; done < entries; done += 100'000) {
    (void)cluster.ask(leader, "load 1024 " + std::to_string(std::min<std::uint64_t>(100'000, entries - done)));
  }
  const std::uint64_t member = leader % cluster.plan().size() + 1;
  const auto resident = static_cast<double>(cluster.resident_bytes(member));
  cluster.kill(member);
  const std::uint64_t begun_ns = wall_ns();
  cluster.start(member);
  (void)cluster.ask(member, "leader");
  const auto restart_ns = static_cast<double>(wall_ns() - begun_ns);
  report_figures({"history/" + way, cluster.plan().size(), payload_bytes, entries},
                 {{"wall_ns_per_op", restart_ns}, {"bytes_per_op", resident}});
}

LoadResult load_once(Cluster& cluster, std::uint64_t leader, std::uint64_t outstanding, std::uint64_t count) {
  std::istringstream answer(cluster.ask(leader, "load " + std::to_string(outstanding) + " " + std::to_string(count)));
  LoadResult result;
  answer >> result.done >> result.failed >> result.wall_ns;
  return result;
}

/// What recording costs: two clusters, one that records and one that does not, take the same load in turn (first the
/// one, then the other, then the other way round), so that whatever else the machine does meets both.
void trace_cost(const Arguments& arguments, const std::string& way, std::uint64_t outstanding) {
  Cluster plain(arguments.program, arguments.folder, arguments.nodes, arguments.curve, arguments.log_thread);
  Cluster traced(arguments.program, arguments.folder, arguments.nodes, arguments.curve, arguments.log_thread, true);
  const std::uint64_t count = count_of(outstanding, arguments.quick);
  const std::array<Cluster*, 2> both = {&plain, &traced};
  std::array<std::uint64_t, 2> leaders{};
  for (std::size_t i = 0; i < 2; ++i) {
    leaders[i] = both[i]->leader();
    (void)load_once(*both[i], leaders[i], outstanding, 4 * count);
  }
  const std::uint64_t bytes_before = traced.trace_bytes();
  std::vector<double> wall_ratios;
  std::vector<double> cpu_ratios;
  for (std::uint64_t round = 0; round < arguments.trace_rounds; ++round) {
    std::array<double, 2> wall{};
    std::array<double, 2> cpu{};
    for (std::size_t turn = 0; turn < 2; ++turn) {
      const std::size_t i = (round + turn) % 2;
      const std::uint64_t cpu_before_ns = both[i]->cpu_ns();
      const LoadResult result = load_once(*both[i], leaders[i], outstanding, count);
      wall[i] = static_cast<double>(result.wall_ns) / static_cast<double>(result.done);
      cpu[i] = static_cast<double>(both[i]->cpu_ns() - cpu_before_ns) / static_cast<double>(result.done);
    }
    wall_ratios.push_back(wall[1] / wall[0]);
    cpu_ratios.push_back(cpu[1] / cpu[0]);
  }
  std::sort(wall_ratios.begin(), wall_ratios.end());
  std::sort(cpu_ratios.begin(), cpu_ratios.end());
  const auto entries = static_cast<double>(count * arguments.trace_rounds);
  report_figures({"trace/" + way, arguments.nodes, payload_bytes, outstanding},
                 {{"wall_ratio", wall_ratios[wall_ratios.size() / 2]},
                  {"cpu_ratio", cpu_ratios[cpu_ratios.size() / 2]},
                  {"bytes_per_op", static_cast<double>(traced.trace_bytes() - bytes_before) / entries}});
}

/// Reads the argument at `i`, and the value behind it where it has one. False if it makes no sense.
bool read_argument(Arguments& arguments, char** values, int count, int& i) {
  const std::string_view argument = values[i];
  if (argument == "--plain") return arguments.curve = false, true;
  if (argument == "--log-thread") return arguments.log_thread = true;
  if (argument == "--quick") return arguments.quick = true;
  if (argument == "--no-client") return arguments.client = false, true;
  if (++i == count) return false;
  if (argument == "--folder") return arguments.folder = values[i], true;
  const std::uint64_t number = std::strtoull(values[i], nullptr, 10);
  if (number == 0) return false;
  if (argument == "--nodes") return arguments.nodes = number, true;
  if (argument == "--kills") return arguments.kills = number, true;
  if (argument == "--trace") return arguments.trace_rounds = number, true;
  if (argument == "--history") return arguments.history = number, true;
  if (argument == "--outstanding") return arguments.outstanding.push_back(number), true;
  return false;
}

int measure(const Arguments& arguments) {
  signal(SIGPIPE, SIG_IGN);
  const std::string way = std::string(arguments.curve ? "curve" : "plain") + (arguments.log_thread ? "/thread" : "");
  if (arguments.trace_rounds > 0) {
    for (const std::uint64_t outstanding : arguments.outstanding) trace_cost(arguments, way, outstanding);
    return 0;
  }
  Cluster cluster(arguments.program, arguments.folder, arguments.nodes, arguments.curve, arguments.log_thread);
  (void)cluster.leader();
  const auto idle_bytes = static_cast<double>(cluster.resident_bytes(cluster.leader()));
  report_figures({"idle/" + way, arguments.nodes, 0, 0}, {{"bytes_per_op", idle_bytes}});
  // Until snapshots have come and the log uses its segments again: while it grows it writes zeros ahead, which the
  // floor does before its clock starts.
  (void)cluster.ask(cluster.leader(), arguments.quick ? "load 64 2000" : "load 1024 1200000");
  for (const std::uint64_t outstanding : arguments.outstanding) {
    embedded_load(cluster, "commit/" + way, outstanding, count_of(outstanding, arguments.quick));
  }
  if (arguments.client) {
    for (const std::uint64_t outstanding : arguments.outstanding) {
      if (outstanding > client_outstanding) continue;
      client_load(cluster, "client/" + way, outstanding, count_of(outstanding, arguments.quick));
    }
  }
  failover(cluster, "failover/" + way, arguments.kills);
  if (arguments.history > 0) history(cluster, way, arguments.history);
  return 0;
}

}  // namespace
}  // namespace kelek::bench

int main(int count, char** values) {
  using namespace kelek::bench;
  if (count == 4 && std::string_view(values[1]) == "--member") {
    return run_member(ClusterPlan::from_text(values[3]), std::strtoull(values[2], nullptr, 10));
  }
  Arguments arguments;
  arguments.program = values[0];
  bool good = true;
  for (int i = 1; i < count && good; ++i) good = read_argument(arguments, values, count, i);
  if (!good || arguments.folder.empty()) {
    std::fprintf(stderr,
                 "usage: cluster_bench --folder FOLDER [--plain] [--log-thread] [--no-client] [--kills COUNT] "
                 "[--quick] [--trace ROUNDS]\n");
    return 2;
  }
  if (arguments.outstanding.empty()) arguments.outstanding = {1, 64, 256, 1024};
  return measure(arguments);
}
