// kelek sim: runs of the simulator, many at once; one of them again; and a failing one made short.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>
#include <unordered_set>

#include <fmt/format.h>
#include <unistd.h>

#include <kelek/raft/invariant.h>
#include <kelek/raft/trace.h>
#include <kelek/sim/seed.h>
#include <kelek/sim/shrink.h>
#include <kelek/sim/steering.h>

#include "arguments.h"
#include "cli.h"
#include "history_file.h"
#include "log_disk.h"
#include "process.h"
#include "trace_tellers.h"

namespace kelek::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto progress_interval = std::chrono::milliseconds(200);
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

struct Given {
  std::string seeds = "1..1000";
  unsigned jobs = 0;
  std::uint32_t seconds = 0;
  std::string disk = "memory";
  std::uint32_t deliveries = 0;
  /// The history of each so many seeds is judged by the search; 0: none.
  std::uint64_t judge_every = 1;
  std::string histories_folder;
  bool steers = false;
};

sim::SeedOptions options_of(const Given& given) {
  sim::SeedOptions options;
  options.deliveries = given.deliveries;
  options.make_disk = disk_maker_of(given.disk);
  options.judges_history = true;
  return options;
}

/// How a run is done again, with what it was done with.
std::string replay_command(const Given& given, const sim::Lineage& lineage) {
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
  Runs(const Given& given, const Output& output)
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
    const bool shows = isatty(STDERR_FILENO) == 1 && !output_.json;
    while (working_.load() != 0 || !started_all(jobs)) {
      if (signals.wait(progress_interval) != 0) stopped_ = true;
      if (given_.seconds != 0 && seconds_since(began_) >= given_.seconds) stopped_ = true;
      if (shows) show_progress();
    }
    for (std::thread& thread : threads) thread.join();
    if (shows) std::fputs("\r\033[K", stderr);
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

  void show_progress() {
    const std::lock_guard<std::mutex> lock(mutex_);
    const double seconds = seconds_since(began_);
    const double share = static_cast<double>(tally_.seeds) / static_cast<double>(range_.size());
    const double left = share > 0 ? seconds / share - seconds : 0;
    const std::string line = fmt::format(
        "{} of {} seeds, {:.0f} k deliveries/s, {} shapes, {} broken, {:.0f} s left", tally_.seeds, range_.size(),
        static_cast<double>(tally_.deliveries) / seconds / 1'000, tally_.shapes.size(), tally_.violations, left);
    std::fprintf(stderr, "\r\033[K%s", line.substr(0, terminal_width(STDERR_FILENO, 100) - 1).c_str());
    std::fflush(stderr);
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

  const Given& given_;
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

/// Everything that happens, in one of the forms of a trace.
class Tracer final : public raft::Observer {
 public:
  explicit Tracer(TraceTeller& teller, const sim::Time& now) : teller_(teller), now_(now) {}
  void observe(const raft::TraceEvent& event) override {
    if (goes_on_) goes_on_ = teller_.tell(event, now_, false);
  }

 private:
  TraceTeller& teller_;
  const sim::Time& now_;
  bool goes_on_ = true;
};

struct Replay {
  std::string run;
  std::uint64_t seed = 0;
  bool trace = false;
  std::string format = "sentences";
  bool shrink = false;
  std::string scenario_file;
  std::uint32_t seconds = 60;
};

void tell_report(const Output& output, std::uint64_t seed, const sim::Swarm& swarm, const sim::Report& report) {
  output.line(fmt::format("seed {}: {}", seed, swarm.describe()));
  output.line(fmt::format("  {} deliveries, {} events, {} elections, {} entries committed, {} crashes, {} answers",
                          report.deliveries, report.events, report.elections, report.commits, report.crashes,
                          report.answers));
  output.line(fmt::format("  {} state shapes{}, digest {:016x}", report.shapes.size(),
                          report.unrecoverable ? ", too much lost for any quorum to go on" : "", report.digest));
  output.object(Json{{"seed", seed},
                     {"swarm", swarm.describe()},
                     {"violation", report.violation},
                     {"deliveries", report.deliveries},
                     {"events", report.events},
                     {"elections", report.elections},
                     {"commits", report.commits},
                     {"crashes", report.crashes},
                     {"answers", report.answers},
                     {"shapes", report.shapes.size()},
                     {"unrecoverable", report.unrecoverable},
                     {"digest", fmt::format("{:016x}", report.digest)}});
}

/// Makes the run short, and gives the scenario to who wants to keep it.
void tell_shrunk(const Output& output, const Replay& replay, const sim::Swarm& swarm, sim::Acts acts,
                 const std::string& violation) {
  const std::size_t before = acts.size();
  const Clock::time_point began = Clock::now();
  const auto enough = [&] { return seconds_since(began) > replay.seconds; };
  const std::string title = fmt::format("{}, from seed {}", sim::invariant_of(violation), replay.seed);
  const sim::Shrunk shrunk = sim::shrink(swarm, std::move(acts), violation, title, enough);
  if (!shrunk.reproduced) {
    output.line("  it cannot be said as a scenario: it hangs on what the scenario language has no words for");
    output.object(Json{{"seed", replay.seed}, {"reproduced", false}});
    return;
  }
  output.line(fmt::format("  {} of {} acts are left, after {} plays and {:.1f} s\n", shrunk.acts.size(), before,
                          shrunk.plays, seconds_since(began)));
  output.object(Json{{"seed", replay.seed},
                     {"reproduced", true},
                     {"acts", shrunk.acts.size()},
                     {"of", before},
                     {"violation", shrunk.violation},
                     {"scenario", shrunk.scenario}});
  if (replay.scenario_file.empty()) {
    output.line(shrunk.scenario);
    return;
  }
  std::ofstream file(replay.scenario_file);
  file << shrunk.scenario;
  file.close();
  if (!file) throw failed(fmt::format("cannot write {}", replay.scenario_file));
  output.line(fmt::format("kelek scenario run {}", replay.scenario_file));
}

int replay_seed(const Output& output, const Given& given, Replay& replay) {
  const auto lineage = sim::Lineage::parse(replay.run);
  if (!lineage)
    throw bad_use(fmt::format("'{}' is no seed, nor one with turns as in 42@1500:7", printable(replay.run)));
  replay.seed = lineage->seed;
  raft::set_invariant_handler(tell_broken_assertion);
  seed_of_thread = replay.seed;
  const sim::Swarm swarm = sim::draw_swarm(replay.seed);
  sim::SeedOptions options = options_of(given);
  options.turns = lineage->turns;
  sim::Acts acts;
  options.acts = &acts;
  sim::Time now = 0;
  options.clock = &now;
  const bool converts = replay.format != "sentences";
  const auto teller = trace_teller(replay.format, output, 0);
  Tracer tracer(*teller, now);
  if (replay.trace || converts) options.observer = &tracer;
  const sim::Report report = sim::run_swarm(replay.seed, swarm, options);
  teller->finish();
  if (converts) return report.violation.empty() ? exit_ok : exit_error;  // what is read by programs has no more in it
  tell_report(output, replay.seed, swarm, report);
  if (report.violation.empty()) {
    output.line(output.paint(Color::green, "  no invariant broken"));
    return exit_ok;
  }
  output.line(output.paint(Color::red, "  " + printable(report.violation)));
  if (replay.shrink || !replay.scenario_file.empty()) {
    tell_shrunk(output, replay, swarm, std::move(acts), report.violation);
  }
  return exit_error;
}

void add_common(CLI::App& leaf, Given& given) {
  leaf.add_option("--disk", given.disk, "memory (fast, the default), or log: the real log on a simulated disk")
      ->check(CLI::IsMember({"memory", "log"}));
  leaf.add_option("--deliveries", given.deliveries, "messages a run before it must recover (default: drawn)");
}

void add_run(Commands& commands, CLI::App& group) {
  const auto given = std::make_shared<Given>();
  CLI::App& leaf = commands.leaf(
      group, "run", "run seeds: each draws faults and options, and all invariants are checked after every step",
      "kelek sim run --seeds 1..100000\n"
      "kelek sim run --seeds 5000 --jobs 2 --json\n"
      "kelek sim run --seeds 1..200 --disk log     # over the real log, on a disk that tears and rots\n"
      "Ctrl-C ends it with the summary so far. Exit code 1 if an invariant was broken: then the command\n"
      "is printed that does the run again.");
  leaf.add_option("--seeds", given->seeds, "FIRST..LAST, or how many from 1 on (default 1..1000)");
  leaf.add_option("--jobs", given->jobs, "threads (default: as many as there are cores)")->check(CLI::Range(1U, 256U));
  leaf.add_option("--seconds", given->seconds, "end after so long, whatever is left");
  leaf.add_flag(
      "--steer", given->steers,
      "make half of the runs of others that met states of new shapes: the same up to there, then another way");
  leaf.add_option("--judge-every", given->judge_every,
                  "look for an order that explains what clients saw, in each so many seeds (1); 0: in none");
  leaf.add_option("--save-histories", given->histories_folder,
                  "a folder for the histories that are judged, as `kelek history check` reads them");
  add_common(leaf, *given);
  commands.on_run(leaf, [&commands, given] {
    const std::string& folder = given->histories_folder;
    if (!folder.empty() && !std::filesystem::is_directory(folder)) throw bad_use(folder + " is not a folder");
    return Runs(*given, commands.output()).run();
  });
}

void add_replay(Commands& commands, CLI::App& group) {
  const auto given = std::make_shared<Given>();
  const auto replay = std::make_shared<Replay>();
  CLI::App& leaf = commands.leaf(group, "replay", "do one seed again: what it drew, what came of it, its digest",
                                 "kelek sim replay 42\n"
                                 "kelek sim replay 42 --trace | less\n"
                                 "kelek sim replay 42 --format perfetto > run.json   # open it at ui.perfetto.dev\n"
                                 "kelek sim replay 42 --shrink                  # print it as a short scenario\n"
                                 "kelek sim replay 42 --scenario broken.scn     # and keep that in a file");
  leaf.add_option("seed", replay->run, "the seed, or what --steer gave: 42@1500:7")->required();
  leaf.add_flag("--trace", replay->trace, "tell everything that happens, as sentences");
  leaf.add_option(
          "--format", replay->format,
          "tell it in another form: etcd (NDJSON for its TLA+ trace specification), perfetto (JSON for its viewer)")
      ->check(CLI::IsMember({"sentences", "etcd", "perfetto"}));
  leaf.add_flag("--shrink", replay->shrink,
                "where an invariant is broken: shorten the run, and print it as a scenario");
  leaf.add_option("--scenario", replay->scenario_file, "the file to write that scenario to");
  leaf.add_option("--shrink-seconds", replay->seconds, "how long to try (default 60)");
  add_common(leaf, *given);
  commands.on_run(leaf, [&commands, given, replay] { return replay_seed(commands.output(), *given, *replay); });
}

void add_mutants(Commands& commands, CLI::App& group) {
  CLI::App& leaf = commands.leaf(group, "mutants", "where the exam is that breaks every rule on purpose",
                                 "./dev sim mutants     # in the project's folder: builds the exam, and runs it");
  commands.on_run(leaf, []() -> int {
    throw bad_use(
        "no rule can be broken in this program: `./dev sim mutants`, in the project's folder, builds one that "
        "breaks fifty, one after the other, and tells what notices");
  });
}

}  // namespace

void add_sim(Commands& commands) {
  CLI::App& group = commands.group("sim", "search for bugs: simulated clusters under drawn faults");
  add_run(commands, group);
  add_replay(commands, group);
  add_explore(commands, group);
  add_mutants(commands, group);
}

}  // namespace kelek::cli
