// Measures the write-ahead log alone: a batch of entries staged, written and synced, beside a bare append to
// a preallocated file and, where the library was there at build time, beside LMDB. Prints one JSON row a
// line.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <kelek/storage/data_directory.h>
#include <kelek/storage/posix_file.h>

#ifdef KELEK_BENCH_LMDB
#include <lmdb.h>
#endif

#include "../floor/durable_file.h"
#include "../harness/measure.h"

namespace kelek::bench {
namespace {

constexpr std::size_t payload_bytes = 256;

void require(bool condition, const std::string& what) {
  if (condition) return;
  std::fprintf(stderr, "error: %s\n", what.c_str());
  std::exit(1);
}

struct Times {
  std::vector<double> append_ns;
  double cpu_ns = 0;
};

/// One append of either kind, so that a busy neighbour disturbs both alike.
void timed(Times& times, const std::function<void()>& append) {
  const std::uint64_t cpu_ns = process_cpu_ns();
  const std::uint64_t begun_ns = wall_ns();
  append();
  times.append_ns.push_back(static_cast<double>(wall_ns() - begun_ns));
  times.cpu_ns += static_cast<double>(process_cpu_ns() - cpu_ns);
}

void report_times(const std::string& bench, std::size_t batch, Times& times) {
  std::sort(times.append_ns.begin(), times.append_ns.end());
  const std::size_t count = times.append_ns.size();
  report_figures({bench, 0, payload_bytes, batch}, {{"cpu_ns_per_op", times.cpu_ns / static_cast<double>(count)},
                                                    {"wall_ns_per_op", times.append_ns[count / 2]},
                                                    {"p99_ns", times.append_ns[count * 99 / 100]}});
}

/// The log of a fresh data directory.
class KelekLog {
 public:
  explicit KelekLog(const std::string& folder) {
    storage::Identity identity;
    identity.cluster_id.fill(1);
    identity.node_id = 1;
    identity.incarnation = 1;
    identity.cluster_name = "bench";
    const std::vector<raft::NodeId> voters{1};
    const std::string path = folder + "/log";
    const auto made = storage::DataDirectory::create(storage::posix_file_system(), path, identity,
                                                     raft::Configuration::of_voters(voters));
    require(made.ok(), made.ok() ? "" : made.error().text);
    auto opened = storage::DataDirectory::open(storage::posix_file_system(), path, identity);
    require(opened.ok(), opened.ok() ? "" : opened.error().text);
    directory_ = std::move(opened.value().directory);
  }

  void append(std::size_t batch, const raft::Payload& payload) {
    raft::EntryRange::Builder builder(next_, static_cast<std::uint32_t>(batch));
    for (std::size_t i = 0; i < batch; ++i) builder.add(1, raft::EntryKind::command, payload);
    const std::vector<raft::EntryRange> entries{builder.finish()};
    const raft::HardState hard_state{1, 1, next_ - 1};
    require(directory_->log().stage(&hard_state, entries).ok(), "stage");
    require(directory_->log().commit().ok(), "commit");
    next_ += batch;
  }

 private:
  std::unique_ptr<storage::DataDirectory> directory_;
  raft::Index next_ = 1;
};

#ifdef KELEK_BENCH_LMDB
/// Entries by index in one table, a transaction a batch, synced as it comes.
class Lmdb {
 public:
  explicit Lmdb(const std::string& folder) {
    std::filesystem::create_directory(folder + "/lmdb");
    check(mdb_env_create(&environment_));
    check(mdb_env_set_mapsize(environment_, std::size_t{2} << 30));
    check(mdb_env_open(environment_, (folder + "/lmdb").c_str(), 0, 0600));
    MDB_txn* transaction = nullptr;
    check(mdb_txn_begin(environment_, nullptr, 0, &transaction));
    check(mdb_dbi_open(transaction, nullptr, MDB_INTEGERKEY, &table_));
    check(mdb_txn_commit(transaction));
  }
  ~Lmdb() { mdb_env_close(environment_); }
  Lmdb(const Lmdb&) = delete;
  Lmdb& operator=(const Lmdb&) = delete;

  void append(std::size_t batch, const raft::Payload& payload) {
    MDB_txn* transaction = nullptr;
    check(mdb_txn_begin(environment_, nullptr, 0, &transaction));
    for (std::size_t i = 0; i < batch; ++i) {
      std::size_t index = next_++;
      MDB_val key{sizeof index, &index};
      MDB_val value{payload.size(), const_cast<std::byte*>(payload.bytes().data())};
      check(mdb_put(transaction, table_, &key, &value, MDB_APPEND));
    }
    check(mdb_txn_commit(transaction));
  }

 private:
  static void check(int failed) { require(failed == 0, std::string("LMDB: ") + mdb_strerror(failed)); }

  MDB_env* environment_ = nullptr;
  MDB_dbi table_ = 0;
  std::size_t next_ = 1;
};
#endif

void measure(const std::string& folder, std::size_t batch, std::size_t count) {
  const std::string own = folder + "/batch-" + std::to_string(batch);
  std::filesystem::create_directory(own);
  const raft::Payload payload = raft::Payload::copy_of(std::string(payload_bytes, 'x'));
  const std::vector<std::byte> bytes(batch * (payload_bytes + 32), std::byte{7});
  KelekLog log(own);
  DurableFile file(own, bytes.size() * count);
  Times log_times;
  Times bare_times;
#ifdef KELEK_BENCH_LMDB
  Lmdb lmdb(own);
  Times lmdb_times;
#endif
  for (std::size_t i = 0; i < count; ++i) {
    timed(bare_times, [&] { file.append(bytes); });
    timed(log_times, [&] { log.append(batch, payload); });
#ifdef KELEK_BENCH_LMDB
    timed(lmdb_times, [&] { lmdb.append(batch, payload); });
#endif
  }
  report_times("append/bare", batch, bare_times);
  report_times("append/log", batch, log_times);
#ifdef KELEK_BENCH_LMDB
  report_times("append/lmdb", batch, lmdb_times);
#endif
}

}  // namespace
}  // namespace kelek::bench

int main(int count, char** values) {
  using namespace kelek::bench;
  std::string folder;
  bool quick = false;
  bool good = true;
  for (int i = 1; i < count; ++i) {
    const std::string_view argument = values[i];
    if (argument == "--quick") {
      quick = true;
    } else if (argument == "--folder" && i + 1 < count) {
      folder = values[++i];
    } else {
      good = false;
    }
  }
  if (!good || folder.empty()) {
    std::fprintf(stderr, "usage: append_bench --folder FOLDER [--quick]\n");
    return 2;
  }
  for (const std::size_t batch : {std::size_t{1}, std::size_t{64}, std::size_t{256}}) {
    measure(folder, batch, quick ? 200 : 1000);
  }
}
