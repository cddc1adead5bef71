// kelek bench: a simple load on a running cluster.
#include <algorithm>
#include <thread>

#include <fmt/format.h>

#include "arguments.h"
#include "process.h"

namespace kelek::cli {
namespace {

using Clock = std::chrono::steady_clock;

struct Given {
  std::size_t clients = 4, inflight = 32, size_bytes = 128, keys = 1'000;
  std::string lasting = "5s";
  bool reads = false;
};

struct Share {
  std::vector<std::uint32_t> latencies_us;
  std::uint64_t not_ok = 0;
  std::string problem;
};

/// One client with so many calls on their way at any time.
class Load {
 public:
  Load(client::Client& client, const Given& given, std::size_t number, Share& share)
      : client_(client), given_(given), number_(number), share_(share), value_(given.size_bytes, 'x') {}

  void run(Clock::time_point end) {
    end_ = end;
    for (std::size_t i = 0; i < given_.inflight; ++i) begin();
    while (client_.unanswered() != 0) client_.run(std::chrono::milliseconds(100));
  }

 private:
  void begin() {
    const Clock::time_point sent = Clock::now();
    if (sent >= end_) return;
    std::string key = fmt::format("bench/{}", (number_ * 1'000'003 + count_++) % given_.keys);
    const auto done = [this, sent](bool ok, const client::Problem& problem) {
      if (ok) {
        const auto passed = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - sent).count();
        share_.latencies_us.push_back(static_cast<std::uint32_t>(std::min<long long>(passed, 0xffffffffLL)));
        begin();
      } else {
        ++share_.not_ok;
        share_.problem = problem.text;
        if (share_.not_ok < 100) begin();
      }
    };
    if (given_.reads) {
      wire::Query query;
      query.body = wire::KvGetQuery{std::move(key)};
      client_.request_async(std::move(query),
                            [done](client::Answer<wire::ResponseBody>&& a) { done(a.ok(), a.problem); });
    } else {
      machine::KvPut put;
      put.key = std::move(key);
      put.value = value_;
      client_.execute_async(std::move(put), [done](client::Answer<machine::Result>&& a) { done(a.ok(), a.problem); });
    }
  }

  client::Client& client_;
  const Given& given_;
  std::size_t number_;
  Share& share_;
  std::string value_;
  std::uint64_t count_ = 0;
  Clock::time_point end_;
};

double percentile_ms(const std::vector<std::uint32_t>& sorted, double share) {
  if (sorted.empty()) return 0.0;
  const std::size_t at = static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1));
  return static_cast<double>(sorted[at]) / 1'000.0;
}

int bench(const client::ClientOptions& options, const Given& given, const Output& output) {
  if (given.clients < 1 || given.clients > 256) throw bad_use("--clients: between 1 and 256");
  if (given.inflight < 1 || given.inflight > 4'096) throw bad_use("--inflight: between 1 and 4096");
  if (given.keys < 1) throw bad_use("--keys: at least 1");
  const std::chrono::milliseconds lasting(parse_duration(given.lasting, "--for"));
  std::vector<std::unique_ptr<client::Client>> clients;
  for (std::size_t i = 0; i < given.clients; ++i) {
    clients.push_back(take(client::Client::create(options)));
    need(clients.back()->ask(wire::MachineQuery{}));  // connected, and there is a leader
  }
  std::vector<Share> shares(given.clients);
  std::vector<std::thread> threads;
  const Clock::time_point begin = Clock::now();
  for (std::size_t i = 0; i < given.clients; ++i) {
    threads.emplace_back([&, i] { Load(*clients[i], given, i, shares[i]).run(begin + lasting); });
  }
  for (std::thread& thread : threads) thread.join();
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  std::vector<std::uint32_t> all;
  std::uint64_t not_ok = 0;
  std::string problem;
  for (const Share& share : shares) {
    all.insert(all.end(), share.latencies_us.begin(), share.latencies_us.end());
    not_ok += share.not_ok;
    if (!share.problem.empty()) problem = share.problem;
  }
  std::sort(all.begin(), all.end());
  const double rate = static_cast<double>(all.size()) / seconds;
  output.line(fmt::format("{} {} of {} bytes in {:.1f} s by {} clients, {} on their way each", all.size(),
                          given.reads ? "linearizable reads" : "writes", given.size_bytes, seconds, given.clients,
                          given.inflight));
  output.line(
      fmt::format("{:.0f}/s   latency p50 {:.2f} ms, p90 {:.2f} ms, p99 {:.2f} ms, p99.9 {:.2f} ms, max {:.2f} ms",
                  rate, percentile_ms(all, 0.5), percentile_ms(all, 0.9), percentile_ms(all, 0.99),
                  percentile_ms(all, 0.999), percentile_ms(all, 1.0)));
  if (not_ok != 0) output.line(output.paint(Color::red, fmt::format("{} were not ok: {}", not_ok, problem)));
  output.object(Json{{"operation", given.reads ? "read" : "write"},
                     {"clients", given.clients},
                     {"inflight", given.inflight},
                     {"size_bytes", given.size_bytes},
                     {"seconds", seconds},
                     {"operations", all.size()},
                     {"per_second", rate},
                     {"not_ok", not_ok},
                     {"p50_ms", percentile_ms(all, 0.5)},
                     {"p90_ms", percentile_ms(all, 0.9)},
                     {"p99_ms", percentile_ms(all, 0.99)},
                     {"p999_ms", percentile_ms(all, 0.999)},
                     {"max_ms", percentile_ms(all, 1.0)}});
  return not_ok == 0 ? exit_ok : exit_error;
}

}  // namespace

void add_bench(Commands& commands) {
  const auto given = std::make_shared<Given>();
  CLI::App& leaf = commands.leaf(
      commands.app(), "bench", "writes (or reads) a second, and their latency, of a running cluster",
      "kelek bench\nkelek bench --clients 16 --inflight 8 --size 512 --for 10s\n"
      "kelek bench --reads --json\nIt writes keys that begin with bench/ (kelek kv delete --prefix bench/).");
  leaf.add_option("--clients", given->clients, "each with a connection of its own")->capture_default_str();
  leaf.add_option("--inflight", given->inflight, "calls of each that are on their way at a time")
      ->capture_default_str();
  leaf.add_option("--size", given->size_bytes, "bytes of a value")->capture_default_str();
  leaf.add_option("--keys", given->keys, "how many different keys")->capture_default_str();
  leaf.add_option("--for", given->lasting, "how long")->capture_default_str();
  leaf.add_flag("--reads", given->reads, "linearizable reads instead of writes");
  commands.on_run(leaf, [&commands, given, connection = commands.connection(leaf)] {
    return bench(connection->options(), *given, commands.output());
  });
}

}  // namespace kelek::cli
