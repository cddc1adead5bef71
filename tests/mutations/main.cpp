// mutants: breaks one rule after the other, and tells what notices.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "exam.h"
#include "expected.h"
#include "report.h"

namespace {

using namespace kelek::mutants;

/// On a terminal: how far the exam has come. It goes away again.
class Progress {
 public:
  explicit Progress(std::size_t all) : all_(all), shown_(isatty(STDERR_FILENO) != 0) { show(); }
  ~Progress() { clear(); }
  void clear() const {
    if (shown_) std::fputs("\r\x1b[K", stderr);
  }
  void one_more() {
    ++done_;
    show();
  }

 private:
  void show() const {
    if (shown_) std::fprintf(stderr, "\r\x1b[K%zu of %zu mutations", done_, all_);
  }

  std::size_t all_;
  std::size_t done_ = 0;
  bool shown_;
};

std::vector<const Mutant*> chosen(const std::vector<std::string>& ids) {
  std::vector<const Mutant*> mutants;
  if (ids.empty()) {
    for (const Mutant& mutant : catalogue()) mutants.push_back(&mutant);
  }
  for (const std::string& id : ids) {
    const Mutant* mutant = find_mutant(id);
    if (mutant == nullptr && id != "none") throw CLI::ValidationError("--only", "there is no mutation '" + id + "'");
    mutants.push_back(mutant);
  }
  return mutants;
}

int run(const Settings& settings, const std::vector<const Mutant*>& mutants, bool json) {
  Progress progress(mutants.size());
  if (!json) std::puts(heading().c_str());
  const std::vector<Result> results = examine(settings, mutants, [&](const Result& result) {
    progress.clear();
    std::puts((json ? json_of(result) : row_of(result)).c_str());
    std::fflush(stdout);
    progress.one_more();
  });
  progress.clear();
  if (!json) std::puts(("\n" + summary_of(results)).c_str());
  for (const Result& result : results) {
    if (result.caught() == (result.mutant == nullptr)) return 1;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Breaks one rule of Raft, or of the log, after the other, and tells what notices.");
  Settings settings;
  settings.scenario_folder = KELEK_SCENARIO_FOLDER;
  settings.unit_folder = KELEK_UNIT_FOLDER;
  settings.with = ways();
  std::vector<std::string> only;
  std::string expected;
  bool json = false;
  app.add_option("--only", only, "just these: M01,M07; `none` for what is released")->delimiter(',');
  app.add_option("--with", settings.with, "ways of looking, of: scenario, unit, seed, explorer")
      ->delimiter(',')
      ->check(CLI::IsMember(ways()));
  app.add_option("--seeds", settings.seeds, "seeds of the simulator, at the most, for each mutation");
  app.add_option("--seed-seconds", settings.seed_seconds,
                 "seconds of the processor for them, and as many for the explorer, at the most");
  app.add_option("--first-seed", settings.first_seed, "where they begin (1)");
  app.add_flag("--steer", settings.steers,
               "make runs of others that met states of new shapes, as `kelek sim run --steer`");
  app.add_option("--shrink", settings.shrink_seconds,
                 "make the run short that a seed finds, for so many seconds of the processor (the scenario: --json)");
  app.add_option("--jobs", settings.jobs, "processes at a time")->check(CLI::Range(1U, 64U));
  app.add_option("--cpu-seconds", settings.cpu_seconds, "the most that one mutation may take");
  app.add_option("--expected", expected,
                 "check that each mutation is caught by what this file says, and that what is "
                 "released is not");
  app.add_flag("--json", json, "an object a mutation");
  try {
    app.parse(argc, argv);
    const std::vector<const Mutant*> mutants = chosen(only);
    return expected.empty() ? run(settings, mutants, json) : check_expected(settings, expected);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "mutants: %s\n", error.what());
    return 2;
  }
}
