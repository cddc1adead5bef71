// kelek sim: runs of the simulator, many at once; one of them again; and a failing one made short.
#include <chrono>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include <kelek/raft/trace.h>
#include <kelek/sim/seed.h>
#include <kelek/sim/shrink.h>

#include "arguments.h"
#include "cli.h"
#include "sim_runs.h"
#include "trace_tellers.h"

namespace kelek::cli {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point began) {
  return std::chrono::duration<double>(Clock::now() - began).count();
}

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

int replay_seed(const Output& output, const SimulationSettings& given, Replay& replay) {
  const auto lineage = sim::Lineage::parse(replay.run);
  if (!lineage)
    throw bad_use(fmt::format("'{}' is no seed, nor one with turns as in 42@1500:7", printable(replay.run)));
  replay.seed = lineage->seed;
  name_broken_assertions(replay.seed);
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

void add_common(CLI::App& leaf, SimulationSettings& given) {
  leaf.add_option("--disk", given.disk, "memory (fast, the default), or log: the real log on a simulated disk")
      ->check(CLI::IsMember({"memory", "log"}));
  leaf.add_option("--deliveries", given.deliveries, "messages a run before it must recover (default: drawn)");
}

void add_run(Commands& commands, CLI::App& group) {
  const auto given = std::make_shared<SimulationSettings>();
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
    return run_seeds(*given, commands.output());
  });
}

void add_replay(Commands& commands, CLI::App& group) {
  const auto given = std::make_shared<SimulationSettings>();
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
