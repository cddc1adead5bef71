// kelek doctor: checks what users run into, and says what to do about it.
#include <algorithm>
#include <chrono>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <zmq.h>

#include <kelek/runtime/offline.h>
#include <kelek/transport/keys.h>

#include "arguments.h"
#include "asking.h"

namespace kelek::cli {
namespace {

using Clock = std::chrono::steady_clock;

struct Finding {
  enum class Grade { good, warning, bad } grade;
  std::string what, text;
};

class Doctor {
 public:
  void good(const std::string& what, const std::string& text) { add(Finding::Grade::good, what, text); }
  void warn(const std::string& what, const std::string& text) { add(Finding::Grade::warning, what, text); }
  void bad(const std::string& what, const std::string& text) { add(Finding::Grade::bad, what, text); }
  const std::vector<Finding>& findings() const { return findings_; }

 private:
  void add(Finding::Grade grade, const std::string& what, const std::string& text) {
    findings_.push_back({grade, what, text});
  }
  std::vector<Finding> findings_;
};

void check_libraries(Doctor& doctor) {
  int major = 0;
  int minor = 0;
  int patch = 0;
  zmq_version(&major, &minor, &patch);
  const std::string version = fmt::format("libzmq {}.{}.{}", major, minor, patch);
  const bool new_enough = major > 4 || (major == 4 && (minor > 3 || (minor == 3 && patch >= 4)));
  if (!new_enough) {
    doctor.bad("libraries", version + " is older than 4.3.4, which has holes that are known: update it");
  } else if (zmq_has("curve") == 0) {
    doctor.bad("libraries", version + " was built without CURVE: Kelek needs its encryption");
  } else {
    doctor.good("libraries", version + " with CURVE");
  }
}

void check_limits(Doctor& doctor) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  const std::string text = fmt::format("{} file descriptors for a process", limit.rlim_cur);
  if (limit.rlim_cur < 1'024) {
    doctor.bad("limits", text + ": a coordinator with a few hundred clients needs more (ulimit -n 65536)");
  } else if (limit.rlim_cur < 16'384) {
    doctor.warn("limits", text + ": enough for some hundred clients (ulimit -n 65536 for more)");
  } else {
    doctor.good("limits", text);
  }
}

/// A wall clock that moves otherwise than the steady one does, as seen within a fifth of a second.
void check_clock(Doctor& doctor) {
  const auto wall = std::chrono::system_clock::now();
  const auto steady = Clock::now();
  usleep(200'000);
  const auto drift = (std::chrono::system_clock::now() - wall) - (Clock::now() - steady);
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(drift).count();
  if (std::abs(ms) > 5) {
    doctor.warn("clock", fmt::format("the wall clock jumped by {} ms within 200 ms; deadlines follow it in steps", ms));
  } else {
    doctor.good("clock", "wall clock and steady clock agree");
  }
}

void check_key(Doctor& doctor, const std::string& file) {
  const transport::Result<transport::KeyPair> keys = transport::read_key_file(file);
  if (keys.ok()) {
    doctor.good("key", fmt::format("{}: fingerprint {}", file, keys->public_key.fingerprint()));
  } else {
    doctor.bad("key", keys.error().text);
  }
}

/// Median time of a 4 KiB write with its sync, as the log makes them. Nothing where it could not be measured.
std::string measure_sync(const std::string& directory, std::vector<double>& times_ms) {
  std::string path = directory + "/.kelek-doctor-XXXXXX";
  const int file = mkostemp(path.data(), O_CLOEXEC);
  if (file < 0) return fmt::format("cannot write in {}: {}", directory, std::strerror(errno));
  const std::vector<char> block(4'096, 'k');
  std::string problem;
  for (int i = 0; i < 50 && problem.empty(); ++i) {
    const Clock::time_point begin = Clock::now();
    if (pwrite(file, block.data(), block.size(), i * 4'096) != static_cast<ssize_t>(block.size()) ||
        fdatasync(file) != 0) {
      problem = fmt::format("cannot sync in {}: {}", directory, std::strerror(errno));
    }
    times_ms.push_back(std::chrono::duration<double, std::milli>(Clock::now() - begin).count());
  }
  close(file);
  unlink(path.c_str());
  std::sort(times_ms.begin(), times_ms.end());
  return problem;
}

void check_disk(Doctor& doctor, const std::string& directory) {
  std::vector<double> times;
  const std::string problem = measure_sync(directory, times);
  if (!problem.empty()) {
    doctor.bad("disk", problem);
    return;
  }
  const double median = times[times.size() / 2];
  const std::string text = fmt::format("a synced write in {} takes {:.2f} ms, at worst {:.2f} ms of {}", directory,
                                       median, times.back(), times.size());
  if (median > 50) {
    doctor.warn("disk", text + ": every commit waits for that");
  } else if (median < 0.02) {
    doctor.warn("disk", text + ": too fast to be durable; is this a disk in memory, or one that does not sync?");
  } else {
    doctor.good("disk", text);
  }
  struct statvfs space {};
  if (statvfs(directory.c_str(), &space) == 0) {
    const std::uint64_t free = std::uint64_t{space.f_bavail} * space.f_frsize;
    const std::string left = bytes_text(free) + " free";
    if (free < (std::uint64_t{1} << 30)) {
      doctor.warn("disk", left + ": segments of the log alone take 64 MiB each");
    } else {
      doctor.good("disk", left);
    }
  }
}

void check_directory(Doctor& doctor, const std::string& directory) {
  std::error_code error;
  if (!std::filesystem::is_directory(directory, error)) {
    doctor.bad("data", directory + " is no directory");
    return;
  }
  check_disk(doctor, directory);
  if (std::filesystem::is_empty(directory, error)) {
    doctor.good("data", directory + " is blank: a coordinator can begin in it");
    return;
  }
  const runtime::Result<runtime::DirectoryReport> report = runtime::inspect_directory(directory);
  if (!report.ok()) {
    doctor.bad("data", report.failure().text);
  } else if (!report->damage.empty()) {
    doctor.bad("data", report->damage);
  } else {
    doctor.good("data", fmt::format("{}: sound, node {}, log up to {} of term {}, {}", directory, report->node_id,
                                    report->last_index, report->last_term, report->configuration));
  }
}

void check_cluster(Doctor& doctor, const client::ClientOptions& options) {
  const ClusterStatus status = ask_all(options, 2'000);
  std::vector<std::pair<std::uint64_t, std::string>> hashes;
  for (const Asked& asked : status.coordinators) {
    if (!asked.report.has_value()) {
      doctor.bad("cluster", asked.address + ": " + asked.problem);
      continue;
    }
    const wire::StatusReport& report = *asked.report;
    doctor.good("cluster",
                fmt::format("{} is node {} of '{}', term {}", asked.address, report.id, report.cluster, report.term));
    if (!report.trouble.empty()) doctor.warn("cluster", fmt::format("node {}: {}", report.id, report.trouble));
    for (const Asked& other : status.coordinators) {
      if (!other.report.has_value() || other.report->applied != report.applied) continue;
      if (other.report->state_hash != report.state_hash && other.report->id > report.id) {
        doctor.bad("cluster", fmt::format("nodes {} and {} hold different states at index {}", report.id,
                                          other.report->id, report.applied));
      }
    }
  }
  if (status.leader() == nullptr) {
    doctor.bad("cluster", "nobody leads");
  } else {
    doctor.good("cluster", fmt::format("node {} leads", status.leader()->id));
  }
}

int report(const Doctor& doctor, const Output& output) {
  static constexpr const char* words[] = {"ok", "look", "bad"};
  static constexpr Color colors[] = {Color::green, Color::yellow, Color::red};
  bool all_good = true;
  for (const Finding& finding : doctor.findings()) {
    const std::size_t grade = static_cast<std::size_t>(finding.grade);
    all_good = all_good && finding.grade != Finding::Grade::bad;
    output.line(fmt::format("{}  {:<10} {}", output.paint(colors[grade], fmt::format("{:<4}", words[grade])),
                            finding.what, printable(finding.text)));
    output.object(Json{{"check", finding.what}, {"grade", words[grade]}, {"text", finding.text}});
  }
  return all_good ? exit_ok : exit_error;
}

}  // namespace

void add_doctor(Commands& commands) {
  const auto directory = std::make_shared<std::string>();
  CLI::App& leaf = commands.leaf(
      commands.app(), "doctor", "look for what usually goes wrong: libraries, keys, disk, ports, clock, cluster",
      "kelek doctor\nkelek doctor --data-directory node1\nkelek doctor --cluster cluster.conf --json\n"
      "Exit code 1 if something is bad.");
  leaf.add_option("--data-directory", *directory, "look at this one too: lock, health, disk latency");
  commands.on_run(leaf, [&commands, directory, connection = commands.connection(leaf)] {
    Doctor doctor;
    check_libraries(doctor);
    check_limits(doctor);
    check_clock(doctor);
    if (!directory->empty()) {
      check_directory(doctor, *directory);
    } else {
      check_disk(doctor, ".");
    }
    try {
      const client::ClientOptions options = connection->options();
      check_key(doctor, options.key_file);
      check_cluster(doctor, options);
    } catch (const Failed& failure) {
      if (connection->settings().given("cluster") || connection->settings().given("connect")) {
        doctor.bad("cluster", failure.text);
      } else {
        doctor.warn("cluster", "no cluster was named (--cluster FILE), so none was asked");
      }
    }
    return report(doctor, commands.output());
  });
}

}  // namespace kelek::cli
