// A process for each mutation: what a broken core does to its memory, or to the time, ends with it.
#include "exam.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <optional>
#include <stdexcept>

#include <kelek/raft/invariant.h>

#include "explorer.h"
#include "program.h"
#include "report.h"
#include "scenarios.h"
#include "seeds.h"
#include "unit_tests.h"
#include "watch.h"

namespace kelek::mutants {
namespace {

[[noreturn]] void throw_stopped(const char* condition, const char* file, int line) {
  throw CoreStopped(std::string(condition) + " does not hold (" + file + ":" + std::to_string(line) + ")");
}

struct Running {
  pid_t process = 0;
  int output = -1;
  std::size_t place = 0;
};

class Exam {
 public:
  Exam(const Settings& settings, const std::vector<const Mutant*>& mutants)
      : settings_(settings), mutants_(mutants), results_(mutants.size()) {
    if (wants("scenario")) scenarios_ = load_scenarios(settings.scenario_folder);
  }

  std::vector<Result> run(const std::function<void(const Result&)>& done) {
    std::vector<Running> running;
    std::size_t next = 0;
    while (next < mutants_.size() || !running.empty()) {
      if (next < mutants_.size() && running.size() < settings_.jobs) {
        running.push_back(begin(next++));
        continue;
      }
      // The oldest first: what the others write meanwhile waits in their pipes.
      results_[running.front().place] = end(running.front());
      done(results_[running.front().place]);
      running.erase(running.begin());
    }
    return std::move(results_);
  }

 private:
  bool wants(const std::string& way) const {
    return std::find(settings_.with.begin(), settings_.with.end(), way) != settings_.with.end();
  }

  Running begin(std::size_t place) {
    int pipe_ends[2];
    if (pipe(pipe_ends) != 0) throw std::runtime_error(std::string("pipe: ") + std::strerror(errno));
    const pid_t process = fork();
    if (process < 0) throw std::runtime_error(std::string("fork: ") + std::strerror(errno));
    if (process == 0) {
      close(pipe_ends[0]);
      const auto most =
          static_cast<rlim_t>(settings_.cpu_seconds + 2 * settings_.seed_seconds + settings_.shrink_seconds);
      const rlimit limit{most, most};
      setrlimit(RLIMIT_CPU, &limit);
      const rlimit no_core{0, 0};
      setrlimit(RLIMIT_CORE, &no_core);
      write_all(pipe_ends[1], text_of(look(mutants_[place])));
      _exit(0);
    }
    close(pipe_ends[1]);
    return {process, pipe_ends[0], place};
  }

  std::vector<Finding> look(const Mutant* mutant) const {
    put_in_force(mutant);
    watch_assertions();
    std::vector<Finding> findings;
    if (wants("scenario") && (mutant == nullptr || mutant->part == Part::core)) {
      if (const auto only = only_of(mutant, "scenario")) findings.push_back(play_scenarios(scenarios_, *only));
    }
    if (const auto only = only_of(mutant, "unit"); wants("unit") && only) {
      findings.push_back(run_unit_tests(settings_.unit_folder, mutant, *only, settings_.cpu_seconds));
    }
    if (const auto only = only_of(mutant, "seed"); wants("seed") && only && is_simulated(mutant)) {
      const SeedSearch search{settings_.first_seed, settings_.seeds, settings_.seed_seconds, settings_.steers,
                              settings_.shrink_seconds};
      findings.push_back(run_seeds(mutant, search, *only));
    }
    const bool is_explored = mutant == nullptr || mutant->part == Part::core;
    if (const auto only = only_of(mutant, "explorer"); wants("explorer") && only && is_explored) {
      findings.push_back(run_explorer(mutant, settings_.seed_seconds, *only));
    }
    return findings;
  }

  /// What the simulator runs: not the log, which has its own.
  static bool is_simulated(const Mutant* mutant) { return mutant == nullptr || mutant->part != Part::log; }

  /// The names to look at, empty for all; none where nothing is to be looked at this way.
  std::optional<std::vector<std::string>> only_of(const Mutant* mutant, const std::string& way) const {
    if (mutant == nullptr || settings_.only.empty()) return std::vector<std::string>();
    const auto& named = settings_.only.at(mutant->id);
    const auto found = named.find(way);
    if (found == named.end()) return std::nullopt;
    return found->second;
  }

  Result end(const Running& running) const {
    Result result;
    result.mutant = mutants_[running.place];
    const std::string text = read_all(running.output);
    close(running.output);
    int status = 0;
    waitpid(running.process, &status, 0);
    if (WIFSIGNALED(status)) {
      const int number = WTERMSIG(status);
      result.died =
          number == SIGXCPU || number == SIGKILL ? "it never ends" : std::string("it dies: ") + strsignal(number);
    } else if (WEXITSTATUS(status) != 0) {
      result.died = "it ends with status " + std::to_string(WEXITSTATUS(status));
    } else {
      result.findings = findings_of(text);
    }
    return result;
  }

  static void write_all(int output, const std::string& text) {
    for (std::size_t written = 0; written < text.size();) {
      const ssize_t count = write(output, text.data() + written, text.size() - written);
      if (count <= 0) _exit(1);
      written += static_cast<std::size_t>(count);
    }
  }
  const Settings& settings_;
  const std::vector<const Mutant*>& mutants_;
  std::vector<NamedScenario> scenarios_;
  std::vector<Result> results_;
};

}  // namespace

void watch_assertions() {
  raft::set_invariant_handler(throw_stopped);
}

std::string invariant_of(const std::string& sentence) {
  const std::size_t colon = sentence.find(':');
  const bool numbered = sentence.size() > 2 && sentence[0] == 'I' && sentence[1] >= '0' && sentence[1] <= '9';
  return numbered && colon != std::string::npos ? sentence.substr(0, colon) : "contract";
}

bool Result::caught() const {
  return !died.empty() ||
         std::any_of(findings.begin(), findings.end(), [](const Finding& one) { return one.caught(); });
}

const std::vector<std::string>& ways() {
  static const std::vector<std::string> names = {"scenario", "unit", "seed", "explorer"};
  return names;
}

std::vector<Result> examine(const Settings& settings, const std::vector<const Mutant*>& mutants,
                            const std::function<void(const Result&)>& done) {
  return Exam(settings, mutants).run(done);
}

}  // namespace kelek::mutants
