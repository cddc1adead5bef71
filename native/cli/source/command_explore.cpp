// kelek sim explore: every state of a small cluster within bounds.
#include <chrono>
#include <cstdio>
#include <ctime>
#include <fstream>

#include <fmt/format.h>

#include <kelek/raft/invariant.h>
#include <kelek/sim/explore.h>
#include <kelek/sim/shrink.h>

#include "arguments.h"
#include "cli.h"
#include "process.h"
#include "progress.h"

namespace kelek::cli {
namespace {

using Clock = std::chrono::steady_clock;

struct Given {
  sim::ExploreOptions options;
  std::uint64_t memory_mib = 4096;
  bool no_symmetry = false;
  std::uint32_t shrink_seconds = 60;
  std::string scenario_file;
};

double seconds_since(Clock::time_point began) {
  return std::chrono::duration<double>(Clock::now() - began).count();
}

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

std::string bounds_of(const sim::ExploreOptions& options) {
  const auto many = [](std::uint32_t count, const char* one, const char* more) {
    return fmt::format("{} {}", count, count == 1 ? one : more);
  };
  std::string text = many(options.nodes, "node", "nodes") + ", " + many(options.terms, "term", "terms") + ", " +
                     many(options.entries, "entry", "entries");
  if (options.crashes != 0) text += ", " + many(options.crashes, "crash", "crashes") + " a node";
  if (options.heartbeats != 0) text += ", " + many(options.heartbeats, "heartbeat", "heartbeats") + " a leadership";
  if (options.asynchronous) text += ", writes that take their time";
  text += options.messages_kept == 0 ? ", all messages kept"
                                     : fmt::format(", {} of each kind, link and term kept",
                                                   many(options.messages_kept, "message", "messages"));
  return text;
}

class Exploration {
 public:
  Exploration(const Given& given, const Output& output) : given_(given), output_(output) {}

  int run() {
    StopSignals signals;
    ProgressLine progress_line(output_);
    output_.line(bounds_of(given_.options));
    raft::set_invariant_handler([](const char* condition, const char* file, int line) {
      std::fprintf(stderr, "kelek: a node breaks an assertion of its own: %s (%s:%d)\n", condition, file, line);
    });
    const sim::Explored explored = sim::explore(given_.options, [&](const sim::ExploreProgress& progress) {
      if (progress_line.is_due()) progress_line.show(text_of(progress));
      return signals.wait(std::chrono::milliseconds(0)) == 0;
    });
    progress_line.clear();
    tell(explored);
    if (!explored.violation.empty()) tell_shrunk(explored);
    return explored.violation.empty() ? exit_ok : exit_error;
  }

 private:
  std::string text_of(const sim::ExploreProgress& progress) const {
    return fmt::format("{} states, {} steps, depth {} of {}, {:.0f} k states/s, {} MiB", progress.states,
                       progress.steps, progress.depth, progress.deepest,
                       static_cast<double>(progress.states) / seconds_since(began_) / 1'000, progress.bytes >> 20);
  }

  void tell(const sim::Explored& explored) const {
    const sim::ExploreProgress& reached = explored.reached;
    const double seconds = seconds_since(began_);
    const char* how_far = explored.complete        ? "complete"
                          : explored.out_of_memory ? "the memory is full: incomplete"
                                                   : "stopped: incomplete";
    output_.line(explored.violation.empty() ? output_.paint(explored.complete ? Color::green : Color::yellow, how_far) +
                                                  ", no invariant broken"
                                            : output_.paint(Color::red, printable(explored.violation)));
    output_.line(
        fmt::format("  {} states, {} steps, at most {} from the first; {:.1f} s of CPU, {:.0f} states a second",
                    reached.states, reached.steps, reached.deepest, cpu_seconds(),
                    static_cast<double>(reached.states) / std::max(cpu_seconds(), 0.001)));
    output_.line(fmt::format("  {} states of a node, {} messages, a node asked {} times; {} MiB", reached.node_states,
                             reached.messages, reached.node_steps, reached.bytes >> 20));
    output_.object(Json{{"complete", explored.complete},
                        {"violation", explored.violation},
                        {"states", reached.states},
                        {"steps", reached.steps},
                        {"deepest", reached.deepest},
                        {"node_states", reached.node_states},
                        {"node_steps", reached.node_steps},
                        {"messages", reached.messages},
                        {"bytes", reached.bytes},
                        {"seconds", seconds},
                        {"cpu_seconds", cpu_seconds()}});
  }

  /// Played again on a cluster with all invariants, and made short.
  void tell_shrunk(const sim::Explored& explored) const {
    const Clock::time_point began = Clock::now();
    const auto enough = [&] { return seconds_since(began) > given_.shrink_seconds; };
    const std::string title = fmt::format("{}, found by looking at every state", sim::invariant_of(explored.violation));
    const sim::Shrunk shrunk =
        sim::shrink(sim::swarm_of(given_.options), explored.acts, explored.violation, title, enough);
    if (!shrunk.reproduced) {
      output_.line(
          fmt::format("  it takes {} steps, which a simulated cluster does not do again", explored.acts.size()));
      return;
    }
    output_.line(fmt::format("  {} of {} acts are left\n", shrunk.acts.size(), explored.acts.size()));
    output_.object(Json{{"acts", shrunk.acts.size()}, {"scenario", shrunk.scenario}});
    if (given_.scenario_file.empty()) return output_.line(shrunk.scenario);
    std::ofstream file(given_.scenario_file);
    file << shrunk.scenario;
    file.close();
    if (!file) throw failed(fmt::format("cannot write {}", given_.scenario_file));
    output_.line(fmt::format("kelek scenario run {}", given_.scenario_file));
  }

  const Given& given_;
  const Output& output_;
  const Clock::time_point began_ = Clock::now();
};

}  // namespace

void add_explore(Commands& commands, CLI::App& group) {
  const auto given = std::make_shared<Given>();
  CLI::App& leaf = commands.leaf(
      group, "explore", "look at every state of a small cluster: messages lost, doubled, reordered, crashes",
      "kelek sim explore                                  # 3 nodes, 2 terms, 1 entry\n"
      "kelek sim explore --terms 1 --messages 0           # every message that was ever sent may still arrive\n"
      "kelek sim explore --nodes 2 --crashes 1 --async    # writes that a crash may lose\n"
      "Elections and heartbeats come whenever they can, and no deadline ever does. Ctrl-C ends it with what\n"
      "was reached so far. Exit code 1 if an invariant was broken: then a short scenario of it is printed.");
  leaf.add_option("--nodes", given->options.nodes, "voters (3)");
  leaf.add_option("--terms", given->options.terms, "nobody campaigns beyond this term (2)");
  leaf.add_option("--entries", given->options.entries, "that clients offer (1)");
  leaf.add_option("--crashes", given->options.crashes, "of each node (0)")->check(CLI::Range(0U, 8U));
  leaf.add_option("--heartbeats", given->options.heartbeats, "of each leadership, besides those of its commits (0)")
      ->check(CLI::Range(0U, 8U));
  leaf.add_flag("--async", given->options.asynchronous, "writes become durable at any later time");
  leaf.add_option("--messages", given->options.messages_kept,
                  "how many of each kind, link and term can still arrive (1); 0: all")
      ->check(CLI::Range(0U, 64U));
  leaf.add_option("--memory", given->memory_mib, "MiB for what was visited (4096)")
      ->check(CLI::Range(std::uint64_t{16}, std::uint64_t{1} << 20));
  leaf.add_flag("--no-symmetry", given->no_symmetry, "nodes that have changed their names make another state");
  leaf.add_flag("--reduction", given->options.reduction,
                "steps that commute are taken in one order: the same states, fewer steps, more time for each");
  leaf.add_option("--scenario", given->scenario_file, "the file to write the scenario of a violation to");
  commands.on_run(leaf, [&commands, given] {
    given->options.symmetry = !given->no_symmetry;
    given->options.most_bytes = static_cast<std::size_t>(given->memory_mib) << 20;
    if (const std::string wrong = sim::check(given->options); !wrong.empty()) throw bad_use(wrong);
    return Exploration(*given, commands.output()).run();
  });
}

}  // namespace kelek::cli
