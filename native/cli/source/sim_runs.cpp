// Many seeds at once, and what all of them came to.
#include "sim_runs.h"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <mutex>
#include <thread>
#include <unordered_set>

#include <fmt/format.h>

#include <kelek/raft/invariant.h>
#include <kelek/sim/steering.h>

#include "arguments.h"
#include "history_file.h"
#include "log_disk.h"
#include "process.h"
#include "progress.h"

namespace kelek::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t most_told = 10;

/// What a broken assertion of the core names: the run that this thread is in.
thread_local std::uint64_t seed_of_thread = 0;

void tell_broken_assertion(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "kelek: seed %llu breaks an assertion of the core: %s (%s:%d)\nkelek sim replay %llu\n",
               static_cast<unsigned long long>(seed_of_thread), condition, file, line,
               static_cast<unsigned long long>(seed_of_thread));
}

double seconds_since(Clock::time_point began) {
  return std::chrono::duration<double>(Clock::now() - began).count();
}

struct Range {
  std::uint64_t first = 1;
  std::uint64_t last = 1;

  std::uint64_t size() const { return last - first + 1; }
};

Range range_of(const std::string& text) {
  const std::size_t dots = text.find("..");
  const auto number = [&text](const std::string& part) {
    if (part.empty() || part.size() > 18 || part.find_first_not_of("0123456789") != std::string::npos) {
      throw bad_use(fmt::format("--seeds is a number, or two as in 1..1000, not '{}'", text));
    }
    return std::stoull(part);
  };
  if (dots == std::string::npos) return {1, std::max<std::uint64_t>(number(text), 1)};
  const Range range{number(text.substr(0, dots)), number(text.substr(dots + 2))};
  if (range.last < range.first) throw bad_use(fmt::format("--seeds {}: the last is below the first", text));
  return range;
}

/// How a run is done again, with what it was done with.
std::string replay_command(const SimulationSettings& given, const sim::Lineage& lineage) {
  std::string command = "kelek sim replay " + lineage.text();
  if (given.disk != "memory") command += " --disk " + given.disk;
  if (given.deliveries != 0) command += fmt::format(" --deliveries {}", given.deliveries);
  return command;
}

/// What all runs together came to.
struct Tally {
  std::uint64_t seeds = 0, deliveries = 0, events = 0, elections = 0, commits = 0, crashes = 0, answers = 0;
  std::uint64_t unrecoverable = 0, violations = 0;
  /// Histories that were judged, and what clients asked in them.
  std::uint64_t histories = 0, operations = 0;
  /// Of all digests; the same whatever the order in which the runs ended.
  std::uint64_t digest = 0;
  std::unordered_set<std::uint64_t> shapes;

  void add(std::uint64_t seed, const sim::Report& report) {
    ++seeds;
    deliveries += report.deliveries;
    events += report.events;
    elections += report.elections;
    commits += report.commits;
    crashes += report.crashes;
    answers += report.answers;
    if (report.unrecoverable) ++unrecoverable;
    if (!report.violation.empty()) ++violations;
    digest += sim::mix(report.digest ^ sim::mix(seed));
    shapes.insert(report.shapes.begin(), report.shapes.end());
  }
};

class Runs {
 public:
  Runs(const SimulationSettings& given, const Output& output)
      : given_(given), output_(output), range_(range_of(given.seeds)), steering_(range_.first) {}

  int run() {
    StopSignals signals;
    raft::set_invariant_handler(tell_broken_assertion);
    began_ = Clock::now();
    next_ = range_.first;
    const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
    const unsigned jobs = given_.jobs != 0 ? given_.jobs : cores;
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < jobs; ++i) threads.emplace_back([this] { work(); });
    ProgressLine progress(output_);
    while (working_.load() != 0 || !started_all(jobs)) {
      if (signals.wait(ProgressLine::interval) != 0) stopped_ = true;
      if (given_.seconds != 0 && seconds_since(began_) >= given_.seconds) stopped_ = true;
      if (progress.is_due()) progress.show(progress_text());
    }
    for (std::thread& thread : threads) thread.join();
    progress.clear();
    tell_summary();
    return tally_.violations == 0 ? exit_ok : exit_error;
  }

 private:
  bool started_all(unsigned jobs) const { return started_.load() == jobs; }

  void work() {
    ++working_;
    ++started_;
    while (!stopped_) {
      const std::uint64_t number = next_.fetch_add(1);
      if (number > range_.last) break;
      const sim::Lineage lineage = lineage_of(number);
      const std::uint64_t seed = lineage.seed;
      seed_of_thread = seed;
      std::vector<sim::history::Operation> history;
      sim::SeedOptions options = options_of(given_);
      const bool judges = given_.judge_every != 0 && seed % given_.judge_every == 0;
      if (judges) options.history = &history;
      options.judges_history = judges;
      options.turns = lineage.turns;
      const sim::Report report = sim::run_seed(seed, options);
      if (judges && !given_.histories_folder.empty()) save(seed, history);
      const std::lock_guard<std::mutex> lock(mutex_);
      tally_.add(seed, report);
      if (given_.steers) steering_.learn(lineage, report);
      if (judges) ++tally_.histories;
      tally_.operations += history.size();
      if (!report.violation.empty()) tell_violation(lineage, report);
    }
    --working_;
  }

  sim::Lineage lineage_of(std::uint64_t number) {
    if (!given_.steers) return {number, {}};
    const std::lock_guard<std::mutex> lock(mutex_);
    return steering_.next();
  }

  void save(std::uint64_t seed, const std::vector<sim::history::Operation>& history) const {
    std::ofstream file(fmt::format("{}/seed-{}.jsonl", given_.histories_folder, seed));
    for (const sim::history::Operation& operation : history) file << history_line(operation) << '\n';
    file.close();
    if (!file)
      std::fprintf(stderr, "kelek: the history of seed %llu cannot be written\n",
                   static_cast<unsigned long long>(seed));
  }

  void tell_violation(const sim::Lineage& lineage, const sim::Report& report) {
    if (tally_.violations <= most_told) {
      output_.line(fmt::format("\r{}  seed {}: {}\n      {}", output_.paint(Color::red, "broken"), lineage.text(),
                               printable(report.violation), replay_command(given_, lineage)));
    }
    output_.object(Json{{"seed", lineage.text()},
                        {"violation", report.violation},
                        {"deliveries", report.deliveries},
                        {"replay", replay_command(given_, lineage)}});
  }

  std::string progress_text() {
    const std::lock_guard<std::mutex> lock(mutex_);
    const double seconds = seconds_since(began_);
    const double share = static_cast<double>(tally_.seeds) / static_cast<double>(range_.size());
    const double left = share > 0 ? seconds / share - seconds : 0;
    return fmt::format("{} of {} seeds, {:.0f} k deliveries/s, {} shapes, {} broken, {:.0f} s left", tally_.seeds,
                       range_.size(), static_cast<double>(tally_.deliveries) / seconds / 1'000, tally_.shapes.size(),
                       tally_.violations, left);
  }

  void tell_summary() const {
    const double seconds = seconds_since(began_);
    const auto rate = static_cast<std::uint64_t>(static_cast<double>(tally_.deliveries) / std::max(seconds, 0.001));
    const std::string verdict = tally_.violations == 0
                                    ? output_.paint(Color::green, "no invariant broken")
                                    : output_.paint(Color::red, fmt::format("{} seeds broken", tally_.violations));
    output_.line(fmt::format("{}{} seeds: {}", stopped_ ? "stopped after " : "", tally_.seeds, verdict));
    output_.line(fmt::format("  {} deliveries ({} a second), {} events, {:.1f} s", tally_.deliveries, rate,
                             tally_.events, seconds));
    output_.line(fmt::format("  {} elections, {} entries committed, {} crashes, {} requests answered", tally_.elections,
                             tally_.commits, tally_.crashes, tally_.answers));
    output_.line(fmt::format("  {} histories of {} operations in all judged by the search", tally_.histories,
                             tally_.operations));
    output_.line(fmt::format("  {} state shapes, {} runs lost too much for any quorum, digest {:016x}",
                             tally_.shapes.size(), tally_.unrecoverable, tally_.digest));
    output_.object(Json{{"seeds", tally_.seeds},
                        {"stopped", stopped_.load()},
                        {"violations", tally_.violations},
                        {"deliveries", tally_.deliveries},
                        {"deliveries_per_second", rate},
                        {"events", tally_.events},
                        {"seconds", seconds},
                        {"elections", tally_.elections},
                        {"commits", tally_.commits},
                        {"crashes", tally_.crashes},
                        {"answers", tally_.answers},
                        {"histories", tally_.histories},
                        {"operations", tally_.operations},
                        {"shapes", tally_.shapes.size()},
                        {"unrecoverable", tally_.unrecoverable},
                        {"digest", fmt::format("{:016x}", tally_.digest)}});
  }

  const SimulationSettings& given_;
  const Output& output_;
  Range range_;
  sim::Steering steering_;
  Clock::time_point began_;
  std::atomic<std::uint64_t> next_{1};
  std::atomic<unsigned> working_{0};
  std::atomic<unsigned> started_{0};
  std::atomic<bool> stopped_{false};
  std::mutex mutex_;
  Tally tally_;
};

}  // namespace

sim::SeedOptions options_of(const SimulationSettings& given) {
  sim::SeedOptions options;
  options.deliveries = given.deliveries;
  options.make_disk = disk_maker_of(given.disk);
  options.judges_history = true;
  return options;
}

void name_broken_assertions(std::uint64_t seed) {
  raft::set_invariant_handler(tell_broken_assertion);
  seed_of_thread = seed;
}

int run_seeds(const SimulationSettings& given, const Output& output) {
  return Runs(given, output).run();
}

}  // namespace kelek::cli
