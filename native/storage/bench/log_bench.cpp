// What a batch costs in the log, beside what its bare bytes cost: a preallocated, zero-written file, one pwrite and
// one fdatasync. Both take turns batch by batch, so that a busy neighbour meets both alike.
// Usage: log_bench DIRECTORY [--batches N] [--payload BYTES] [--json FILE]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <string>
#include <vector>

#include <kelek/storage/data_directory.h>
#include <kelek/storage/posix_file.h>

namespace {

using namespace kelek;
using Clock = std::chrono::steady_clock;

struct Settings {
  std::string directory;
  std::size_t batches = 1000;
  std::size_t payload_bytes = 256;
  std::string json;
};

struct Timing {
  std::vector<double> wall_us;
  double cpu_us = 0;

  double median() {
    std::sort(wall_us.begin(), wall_us.end());
    return wall_us[wall_us.size() / 2];
  }
};

double cpu_now_us() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

[[noreturn]] void give_up(const std::string& text) {
  std::fprintf(stderr, "log_bench: %s\n", text.c_str());
  std::exit(1);
}

template <typename Value>
Value required(storage::Result<Value> result) {
  if (!result) give_up(result.error().text);
  return std::move(*result);
}

template <typename Work>
void timed(Timing& timing, Work&& work) {
  const double cpu = cpu_now_us();
  const auto start = Clock::now();
  work();
  timing.wall_us.push_back(std::chrono::duration<double, std::micro>(Clock::now() - start).count());
  timing.cpu_us += cpu_now_us() - cpu;
}

struct Row {
  std::size_t batch = 0;
  Timing bare;
  Timing log;
};

void measure(const Settings& settings, storage::Log& log, raft::Index& next, storage::File& bare, Row& row) {
  const std::string text(settings.payload_bytes, 'p');
  const raft::Payload payload = raft::Payload::copy_of(text);
  const std::vector<std::byte> bytes(row.batch * settings.payload_bytes, std::byte{'p'});
  std::uint64_t offset = 0;
  constexpr std::size_t warm_up = 20;
  for (std::size_t i = 0; i < settings.batches + warm_up; ++i) {
    if (i == warm_up) row.bare = row.log = Timing();
    timed(row.bare, [&] {
      required(storage::write_all(bare, offset, bytes));
      required(bare.sync());
    });
    offset += bytes.size();
    raft::EntryRange::Builder builder(next, static_cast<std::uint32_t>(row.batch));
    for (std::size_t k = 0; k < row.batch; ++k) builder.add(1, raft::EntryKind::command, payload);
    const raft::EntryRange range = builder.finish();
    next = range.end_index();
    timed(row.log, [&] {
      required(log.stage(nullptr, {&range, 1}));
      required(log.commit());
    });
  }
}

Row run(const Settings& settings, std::size_t batch) {
  storage::FileSystem& files = storage::posix_file_system();
  Row row;
  row.batch = batch;
  storage::Identity identity;
  identity.cluster_name = "bench";
  identity.node_id = 1;
  identity.incarnation = 1;
  const raft::NodeId voters[] = {1};
  const std::string path = settings.directory + "/log-" + std::to_string(batch);
  required(storage::DataDirectory::create(files, path, identity, raft::Configuration::of_voters(voters)));
  storage::DataDirectory::Opened opened = required(storage::DataDirectory::open(files, path, identity));
  const std::string bare_path = settings.directory + "/bare-" + std::to_string(batch);
  auto bare = required(files.open(bare_path, storage::OpenMode::create_new));
  required(storage::write_zeros(*bare, 0, (settings.batches + 20) * batch * settings.payload_bytes));
  required(bare->sync());
  storage::Log& log = opened.directory->log();
  required(log.prepare());
  raft::Index next = 1;
  measure(settings, log, next, *bare, row);
  return row;
}

Settings parse(int count, char** arguments) {
  Settings settings;
  for (int i = 1; i < count; ++i) {
    const std::string word = arguments[i];
    const bool has_value = i + 1 < count;
    if (word == "--batches" && has_value) {
      settings.batches = std::strtoul(arguments[++i], nullptr, 10);
    } else if (word == "--payload" && has_value) {
      settings.payload_bytes = std::strtoul(arguments[++i], nullptr, 10);
    } else if (word == "--json" && has_value) {
      settings.json = arguments[++i];
    } else {
      settings.directory = word;
    }
  }
  if (settings.directory.empty() || settings.batches == 0 || settings.payload_bytes == 0) {
    give_up("usage: log_bench DIRECTORY [--batches N] [--payload BYTES] [--json FILE]");
  }
  return settings;
}

}  // namespace

int main(int count, char** arguments) {
  const Settings settings = parse(count, arguments);
  std::string rows;
  std::printf("%8s %12s %12s %8s %16s %16s\n", "batch", "bare p50 us", "log p50 us", "ratio", "bare cpu us",
              "log cpu us");
  for (const std::size_t batch : {std::size_t{1}, std::size_t{16}, std::size_t{256}, std::size_t{1024}}) {
    Row row = run(settings, batch);
    const double bare = row.bare.median();
    const double log = row.log.median();
    const double n = static_cast<double>(settings.batches);
    std::printf("%8zu %12.1f %12.1f %8.3f %16.1f %16.1f\n", batch, bare, log, log / bare, row.bare.cpu_us / n,
                row.log.cpu_us / n);
    for (const auto& [name, timing, median] :
         {std::tuple("bare_append", &row.bare, bare), {"log_append", &row.log, log}}) {
      char text[256];
      std::snprintf(text, sizeof text,
                    "%s{\"bench\":\"%s\",\"payload\":%zu,\"batch\":%zu,\"cpu_ns_per_op\":%.1f,\"wall_ns_per_op\":%.1f}",
                    rows.empty() ? "" : ",\n", name, settings.payload_bytes, batch, timing->cpu_us * 1e3 / n,
                    median * 1e3);
      rows += text;
    }
  }
  if (!settings.json.empty()) std::ofstream(settings.json) << "[" << rows << "]\n";
  return 0;
}
