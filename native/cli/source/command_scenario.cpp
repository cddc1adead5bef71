// kelek scenario: plays scenarios on a simulated cluster, and tells them as sentences.
#include <fmt/format.h>
#include <kelek/sim/player.h>

#include <algorithm>
#include <cstdio>

#include "cli.h"
#include "cluster_file.h"
#include "trace_tellers.h"

namespace kelek::cli {
namespace {

struct NamedSchedule {
  std::string name;
  sim::Schedule schedule;
};

NamedSchedule schedule_of(const std::string& text) {
  using Order = sim::Schedule::Order;
  if (text == "sent") return {text, {Order::sent, 1}};
  if (text == "id") return {text, {Order::by_id, 1}};
  if (text == "reverse") return {text, {Order::reverse, 1}};
  const bool is_number =
      !text.empty() && text.size() <= 18 && text.find_first_not_of("0123456789") == std::string::npos;
  if (is_number) return {text, {Order::random, std::stoull(text)}};
  throw bad_use(fmt::format("--schedule is id, reverse, sent or a seed, not '{}'", text));
}

/// A file's text as a scenario, or why it is none.
raft::ValueOr<sim::Scenario, std::string> load(const std::string& file) {
  std::string text;
  try {
    text = read_text_file(file, sim::max_scenario_bytes);
  } catch (const Failed& failure) {
    return failure.text;
  }
  raft::ValueOr<sim::Scenario, sim::Problem> scenario = sim::parse_scenario(text);
  if (!scenario) return sim::describe(scenario.error(), file);
  return std::move(*scenario);
}

/// What people and programs hear of one file under one schedule.
void tell(const Output& output, const std::string& file, const std::string& schedule, const sim::Scenario* scenario,
          int status, const std::string& text) {
  if (status != 0) std::fputs((printable(text) + "\n").c_str(), stderr);
  Json told = {{"file", file}};
  if (scenario != nullptr) told["title"] = scenario->title;
  told["schedule"] = schedule;
  told["exit_status"] = status;
  if (status != 0) told["text"] = text;
  output.object(told);
}

int run_file(const Output& output, const std::string& file, const std::vector<NamedSchedule>& schedules) {
  const raft::ValueOr<sim::Scenario, std::string> scenario = load(file);
  if (!scenario) {
    tell(output, file, schedules.front().name, nullptr, exit_bad_use, scenario.error());
    return exit_bad_use;
  }
  int worst = exit_ok;
  for (const NamedSchedule& named : schedules) {
    sim::Player player(*scenario, named.schedule);
    const sim::Verdict& verdict = player.play();
    std::string text = sim::describe(verdict, file);
    if (verdict.exit_status() != exit_ok && schedules.size() > 1) text += fmt::format(" (schedule {})", named.name);
    tell(output, file, named.name, &*scenario, verdict.exit_status(), text);
    worst = std::max(worst, verdict.exit_status());
  }
  if (worst == exit_ok) {
    const std::string title = scenario->title.empty() ? "" : "  " + printable(scenario->title);
    output.line(fmt::format("{}  {}{}", output.paint(Color::green, "ok"), file, title));
  }
  return worst;
}

/// Tells what happens, as it happens. The receipt of a message is left out where its sending was told.
class Teller final : public raft::Observer {
 public:
  explicit Teller(const Output& output) : output_(output) {}

  void observe(const raft::TraceEvent& event) override {
    if (std::holds_alternative<raft::ReceiveEvent>(event.what) ||
        std::holds_alternative<raft::PersistedEvent>(event.what)) {
      return;
    }
    const std::string sentence = printable(raft::format_sentence(event));
    output_.line("  " + sentence);
    output_.object(Json{{"line", line_}, {"node", event.node}, {"term", event.term}, {"sentence", sentence}});
  }

  void begin(const sim::Command& command) {
    line_ = command.place.line;
    const bool acts = !std::holds_alternative<sim::ExpectCommand>(command.what);
    output_.line(
        fmt::format("{}{}", acts ? "\n" : "", output_.paint(Color::bold, fmt::format("{}: {}", line_, command.text))));
    output_.object(Json{{"line", line_}, {"command", command.text}});
  }

  void introduce(const sim::Scenario& scenario) {
    line_ = scenario.cluster_place.line;
    if (!scenario.title.empty()) output_.line(output_.paint(Color::bold, printable(scenario.title)));
    for (const std::string& about : scenario.about) output_.line(printable(about));
    output_.object(Json{{"title", scenario.title}, {"about", scenario.about}});
  }

 private:
  const Output& output_;
  std::uint32_t line_ = 1;
};

int trace_file(const Output& output, const std::string& file, const NamedSchedule& named) {
  const raft::ValueOr<sim::Scenario, std::string> scenario = load(file);
  if (!scenario) {
    tell(output, file, named.name, nullptr, exit_bad_use, scenario.error());
    return exit_bad_use;
  }
  Teller teller(output);
  teller.introduce(*scenario);
  sim::Player player(*scenario, named.schedule, &teller);
  while (const sim::Command* command = player.next()) {
    teller.begin(*command);
    player.step();
  }
  const sim::Verdict& verdict = player.verdict();
  tell(output, file, named.name, &*scenario, verdict.exit_status(), sim::describe(verdict, file));
  return verdict.exit_status();
}

/// Events in the forms of other tools. A simulation has an order and no clock: each event is 10 us after the last.
class Converter final : public raft::Observer {
 public:
  explicit Converter(TraceTeller& teller) : teller_(teller) {}

  void observe(const raft::TraceEvent& event) override {
    now_us_ += 10;
    if (goes_on_) goes_on_ = teller_.tell(event, now_us_, false);
  }

 private:
  TraceTeller& teller_;
  std::uint64_t now_us_ = 0;
  bool goes_on_ = true;
};

int convert_file(const Output& output, const std::string& file, const NamedSchedule& named, const std::string& format) {
  const raft::ValueOr<sim::Scenario, std::string> scenario = load(file);
  if (!scenario) throw bad_use(scenario.error());
  const std::unique_ptr<TraceTeller> teller = trace_teller(format, output, 0);
  Converter converter(*teller);
  sim::Player player(*scenario, named.schedule, &converter);
  const sim::Verdict& verdict = player.play();
  teller->finish();
  const std::string text = sim::describe(verdict, file);
  if (!text.empty()) std::fputs((printable(text) + "\n").c_str(), stderr);
  return verdict.exit_status();
}

void add_run(Commands& commands, CLI::App& group) {
  struct Given {
    std::vector<std::string> files;
    std::vector<std::string> schedules;
  };
  const auto given = std::make_shared<Given>();
  CLI::App& leaf = commands.leaf(
      group, "run", "play scenarios, and check what they expect",
      "kelek scenario run split-vote.scn\nkelek scenario run *.scn --schedule 7\n"
      "kelek scenario run *.scn --schedule id,reverse,1,2,3     # each file under each of them\n"
      "kelek scenario run --json transfer.scn\n"
      "A failed expectation is told as FILE:LINE: expected ..., but ... (exit code 1); a line that cannot be\n"
      "understood or done as FILE:LINE:COLUMN: ... (exit code 2). All files are played; the highest code counts.");
  leaf.add_option("file", given->files, "scenario files")->required();
  leaf.add_option("--schedule", given->schedules,
                  "the order in which links deliver: sent (oldest first, the default), id, reverse, or a seed")
      ->delimiter(',')
      ->allow_extra_args(false);
  commands.on_run(leaf, [&commands, given] {
    std::vector<NamedSchedule> schedules;
    for (const std::string& text : given->schedules) schedules.push_back(schedule_of(text));
    if (schedules.empty()) schedules.push_back(schedule_of("sent"));
    int worst = exit_ok;
    for (const std::string& file : given->files) worst = std::max(worst, run_file(commands.output(), file, schedules));
    return worst;
  });
}

void add_trace(Commands& commands, CLI::App& group) {
  struct Given {
    std::string file;
    std::string schedule = "sent";
    std::string format = "sentences";
  };
  const auto given = std::make_shared<Given>();
  CLI::App& leaf = commands.leaf(group, "trace", "tell a scenario as sentences, with the sections of the paper",
                                 "kelek scenario trace split-vote.scn\n"
                                 "kelek scenario trace log-repair.scn | less\n"
                                 "kelek scenario trace --json transfer.scn     # an object an event\n"
                                 "kelek scenario trace --format etcd split-vote.scn > run.ndjson\n"
                                 "kelek scenario trace --format perfetto split-vote.scn > run.json");
  leaf.add_option("file", given->file, "scenario file")->required();
  leaf.add_option("--schedule", given->schedule, "as for run");
  leaf.add_option("--format", given->format,
                  "sentences; etcd: NDJSON for etcd's TLA+ trace specification; perfetto: JSON for its viewer")
      ->capture_default_str();
  commands.on_run(leaf, [&commands, given] {
    const NamedSchedule named = schedule_of(given->schedule);
    if (given->format == "sentences") return trace_file(commands.output(), given->file, named);
    return convert_file(commands.output(), given->file, named, given->format);
  });
}

}  // namespace

void add_scenario(Commands& commands) {
  CLI::App& group = commands.group("scenario", "play scenarios on a simulated cluster");
  add_run(commands, group);
  add_trace(commands, group);
}

}  // namespace kelek::cli
