// kelek trace: what coordinators recorded, told as a story, in the forms of others' tools, or played again to see
// whether the same comes out.
#include <cstdio>
#include <memory>

#include <fmt/format.h>

#include <kelek/sim/trace_merge.h>

#include "cli.h"
#include "trace_files.h"
#include "trace_tellers.h"

namespace kelek::cli {

wire::TraceReader::Read trace_source(const std::string& file) {
  struct Close {
    void operator()(std::FILE* opened) const { std::fclose(opened); }
  };
  const std::shared_ptr<std::FILE> opened(std::fopen(file.c_str(), "rbe"), Close());
  if (opened == nullptr) throw failed(fmt::format("{} cannot be read", file));
  return [opened](std::span<std::byte> into) { return std::fread(into.data(), 1, into.size(), opened.get()); };
}

namespace {

struct Given {
  std::vector<std::string> files;
  std::string format = "sentences";
  std::uint64_t most_events = 0;
  bool replay = false;
};

/// What is wrong in itself, and not merely the end of the story.
bool is_bad(sim::RunEnd end) {
  return end == sim::RunEnd::damaged || end == sim::RunEnd::differs;
}

std::string ending_text(const sim::RecordedRun& run) {
  switch (run.end()) {
    case sim::RunEnd::none: return "not told to its end";
    case sim::RunEnd::stopped: return "to its clean stop";
    case sim::RunEnd::failed: return "to its failure";
    case sim::RunEnd::limit: return "to the limit of the file";
    case sim::RunEnd::killed: return "to where the process was killed";
    case sim::RunEnd::gap: return "to a gap: " + run.text();
    case sim::RunEnd::damaged:
    case sim::RunEnd::differs: return run.text();
  }
  return {};
}

Json json_of_run(const sim::RecordedRun& run) {
  const wire::TraceBegin& begin = run.replay().begin();
  Json told = {{"file", run.name()},
               {"node", begin.options.id},
               {"incarnation", hex(begin.options.incarnation)},
               {"began", time_text(begin.wall_us / 1'000)},
               {"payloads", begin.has_payloads},
               {"records", run.records()},
               {"readies", run.replay().readies()},
               {"end", sim::name_of(run.end())},
               {"same", !is_bad(run.end())}};
  if (!run.text().empty()) told["text"] = run.text();
  return told;
}

int replay_files(const Given& given, const Output& output) {
  int worst = exit_ok;
  for (const std::string& file : given.files) {
    sim::RecordedRun run(file, trace_source(file));
    while (run.play()) {
    }
    const bool bad = is_bad(run.end());
    output.object(json_of_run(run));
    if (bad) {
      worst = exit_error;
      std::fputs(fmt::format("{}: {}\n", file, printable(ending_text(run))).c_str(), stderr);
    } else {
      output.line(fmt::format("{}  {}  node {}, {} records, {} Readys came out as recorded, {}",
                              output.paint(Color::green, "same"), file, run.replay().begin().options.id, run.records(),
                              run.replay().readies(), ending_text(run)));
    }
  }
  return worst;
}

int tell_files(const Given& given, const Output& output) {
  const std::unique_ptr<TraceTeller> teller = trace_teller(given.format, output, given.most_events);
  bool goes_on = true;
  sim::TraceMerge merge([&](const sim::ToldEvent& told) {
    if (goes_on) goes_on = teller->tell(told.event, told.wall_us, told.unexplained);
  });
  for (const std::string& file : given.files) merge.add(file, trace_source(file));
  while (goes_on && merge.step()) {
  }
  teller->finish();
  int worst = exit_ok;
  for (std::size_t i = 0; i < merge.size(); ++i) {
    const sim::RecordedRun& run = merge.run(i);
    if (is_bad(run.end())) worst = exit_error;
    if (!run.text().empty()) std::fputs(fmt::format("{}: {}\n", run.name(), printable(run.text())).c_str(), stderr);
  }
  if (merge.unexplained() != 0 && given.format != "etcd") {
    std::fputs(fmt::format("kelek: {} messages were heard that no file says were sent: a node is missing here, or was "
                           "killed before it wrote them down\n",
                           merge.unexplained())
                   .c_str(),
               stderr);
  }
  return worst;
}

}  // namespace

void add_trace(Commands& commands) {
  const auto given = std::make_shared<Given>();
  CLI::App& leaf = commands.leaf(
      commands.app(), "trace", "tell, convert or verify what coordinators recorded (kelek serve --trace FILE)",
      "kelek trace node1.trace node2.trace node3.trace | less     # one story, nothing heard before it is said\n"
      "kelek trace --replay *.trace                               # does the core do again what it did?\n"
      "kelek trace --format perfetto *.trace > run.json           # open it at ui.perfetto.dev\n"
      "kelek trace --format etcd --events 400 *.trace > run.ndjson\n"
      "kelek trace --json node1.trace                             # an object an event\n"
      "Files of one cluster, also those of a node that was restarted (node1.trace.2), belong together on one line.\n"
      "Exit code 1: a file is damaged, or the core does not do what was recorded; the text names record and byte.");
  leaf.add_option("file", given->files, "trace files")->required();
  leaf.add_option("--format", given->format,
                  "sentences; etcd: NDJSON for etcd's TLA+ trace specification; perfetto: JSON for its viewer")
      ->capture_default_str();
  leaf.add_option("--events", given->most_events, "stop after so many events (0: all of them)");
  leaf.add_flag("--replay", given->replay, "only play each file again, and say whether the same came out");
  commands.on_run(leaf, [&commands, given] {
    return given->replay ? replay_files(*given, commands.output()) : tell_files(*given, commands.output());
  });
}

}  // namespace kelek::cli
