// kelek_recorder: clients of a real cluster, one a thread, that work on the same keys at once and write what they asked
// and were answered as a history (tests/histories/README.md). Ends after --count operations, or when standard input has
// a line. Every third client has no session: what it loses the answer of is unknown at once.
#include <poll.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <kelek/client/client.h>

#include "cluster_file.h"
#include "history_file.h"
#include "recorded_calls.h"
#include "workload.h"

using namespace kelek;

namespace {

struct Given {
  std::string cluster;
  std::string key;
  std::string prefix;
  std::uint64_t count = 1000;
  std::uint64_t clients = 4;
  std::uint64_t first_process = 0;
  std::uint64_t seed = 1;
  recorder::Counter counter;
};

Given parse(int count, char** arguments) {
  Given given;
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string flag = arguments[i];
    const std::string value = arguments[i + 1];
    const auto number = [&] { return std::strtoull(value.c_str(), nullptr, 10); };
    if (flag == "--cluster") given.cluster = value;
    if (flag == "--key") given.key = value;
    if (flag == "--prefix") given.prefix = value;
    if (flag == "--count") given.count = number();
    if (flag == "--clients") given.clients = number();
    if (flag == "--first-process") given.first_process = number();
    if (flag == "--seed") given.seed = number();
    if (flag == "--grant") given.counter.grant_id = number();
    if (flag == "--fence") given.counter.fence = number();
    if (flag == "--uses") given.counter.limit = number();
  }
  return given;
}

std::unique_ptr<client::Client> open_client(const Given& given, std::uint64_t number, bool has_session) {
  client::ClientOptions options;
  options.coordinators = cli::read_cluster_file(given.cluster).endpoints();
  const std::uint64_t turns = number % options.coordinators.size();
  std::rotate(options.coordinators.begin(), options.coordinators.begin() + static_cast<std::ptrdiff_t>(turns),
              options.coordinators.end());
  options.key_file = given.key;
  options.deadline_ms = 1'500;
  options.silence_ms = 300;
  options.exactly_once = has_session;
  auto opened = client::Client::create(options);
  if (!opened.ok()) std::fprintf(stderr, "%s\n", opened.problem.text.c_str());
  return std::move(opened.value);
}

/// What all clients share: how much is left to do, and where it is written.
class Record {
 public:
  explicit Record(std::uint64_t count) : left_(static_cast<std::int64_t>(count)) {}

  bool take_one() { return left_.fetch_sub(1) > 0; }
  void end() { left_ = 0; }
  bool ended() const { return left_ <= 0; }
  void write(const sim::history::Operation& operation) {
    const std::string line = cli::history_line(operation) + "\n";
    const std::lock_guard<std::mutex> one_at_a_time(writing_);
    std::fwrite(line.data(), 1, line.size(), stdout);
    std::fflush(stdout);
  }

 private:
  std::atomic<std::int64_t> left_;
  std::mutex writing_;
};

void work(const Given& given, std::uint64_t number, Record& record) {
  constexpr std::uint64_t next_life = 1000;  // numbers of processes of one recorder stay below
  const bool has_session = number % 3 != 2;
  const std::unique_ptr<client::Client> client = open_client(given, number, has_session);
  if (!client) return record.end();
  recorder::RecordedCalls calls(*client, given.counter);
  recorder::Workload workload(given.seed * 1'000 + number, given.prefix, has_session);
  std::uint64_t process = given.first_process + number;
  while (record.take_one()) {
    sim::history::Operation operation = workload.next(process);
    calls.perform(operation);
    workload.learn(operation);
    record.write(operation);
    // What it lost the answer of may happen any time later: it goes on as another one.
    if (operation.ending == sim::history::Ending::unknown) process += next_life;
  }
}

void await_the_end(Record& record) {
  pollfd input{0, POLLIN, 0};
  while (!record.ended()) {
    if (poll(&input, 1, 50) > 0) record.end();
  }
}

}  // namespace

int main(int count, char** arguments) {
  const Given given = parse(count, arguments);
  Record record(given.count);
  std::vector<std::thread> clients;
  for (std::uint64_t i = 0; i < given.clients; ++i) {
    clients.emplace_back([&given, &record, i] { work(given, i, record); });
  }
  await_the_end(record);
  for (std::thread& each : clients) each.join();
  return 0;
}
