// kelek history: judges what clients recorded of a cluster.
#include <fmt/format.h>
#include <kelek/sim/linearizability.h>

#include <algorithm>
#include <cstdio>

#include "cli.h"
#include "history_file.h"

namespace kelek::cli {
namespace {

namespace history = sim::history;

/// Not among the exit codes of all commands: no other has a question that may stay open.
constexpr int exit_undecided = 5;

struct Given {
  std::vector<std::string> files;
  std::uint64_t max_steps = history::CheckLimits{}.max_steps;
  std::uint64_t max_memory_mib = history::CheckLimits{}.max_memory_bytes >> 20;
};

struct Judged {
  HistoryFile file;
  history::Verdict verdict;
  std::vector<std::string> stale_faults;

  int exit_status() const {
    if (verdict.judgement == history::Judgement::not_linearizable || !stale_faults.empty()) return exit_error;
    return verdict.linearizable() ? exit_ok : exit_undecided;
  }
};

Judged judge(const std::string& path, const Given& given) {
  Judged judged;
  judged.file = read_history_file(path);
  history::CheckLimits limits;
  limits.max_steps = given.max_steps;
  limits.max_memory_bytes = static_cast<std::size_t>(given.max_memory_mib) << 20;
  judged.verdict = history::check_linearizability(judged.file.operations, limits);
  judged.stale_faults = history::check_stale_reads(judged.file.operations);
  return judged;
}

Json json_of(const Judged& judged, const history::ObjectVerdict& object) {
  Json told = {{"kind", history::kind_name(object.kind)},
               {"key", object.key},
               {"judgement", history::judgement_name(object.judgement)},
               {"operations", object.operations},
               {"steps", object.steps}};
  if (object.judgement == history::Judgement::unknown) told["limit"] = object.limit;
  if (object.judgement == history::Judgement::not_linearizable) {
    const auto lines_of = [&](const std::vector<std::size_t>& operations) {
      Json lines = Json::array();
      for (const std::size_t each : operations) lines.push_back(judged.file.lines[each]);
      return lines;
    };
    told["blocked_line"] = judged.file.lines[object.explanation.blocked];
    told["order_lines"] = lines_of(object.explanation.order);
    told["stuck_lines"] = lines_of(object.explanation.stuck);
    told["text"] = object.explanation.text;
  }
  return told;
}

void tell_program(const Output& output, const std::string& path, const Judged& judged) {
  Json objects = Json::array();
  for (const history::ObjectVerdict& object : judged.verdict.objects) objects.push_back(json_of(judged, object));
  output.object({{"file", path},
                 {"judgement", history::judgement_name(judged.verdict.judgement)},
                 {"exit_status", judged.exit_status()},
                 {"operations", judged.verdict.operations},
                 {"left_out", judged.verdict.left_out},
                 {"steps", judged.verdict.steps},
                 {"objects", std::move(objects)},
                 {"stale_faults", judged.stale_faults}});
}

void tell_people(const Output& output, const std::string& path, const Judged& judged) {
  const history::Verdict& verdict = judged.verdict;
  const bool fine = judged.exit_status() == exit_ok;
  const std::string word = fine ? output.paint(Color::green, "ok") : output.paint(Color::red, "no");
  const std::string judgement = fine                                               ? "linearizable"
                                : verdict.judgement == history::Judgement::unknown ? "unknown"
                                : verdict.linearizable()                           ? "stale reads that go back"
                                                                                   : "not linearizable";
  output.line(fmt::format("{}  {}  {}: {} operations ({} without part in it), {} objects, {} steps",
                          verdict.judgement == history::Judgement::unknown ? "??" : word, path, judgement,
                          verdict.operations, verdict.left_out, verdict.objects.size(), verdict.steps));
  for (const history::ObjectVerdict& object : verdict.objects) {
    if (object.judgement == history::Judgement::not_linearizable) {
      output.line(fmt::format("{}:{}: {}", path, judged.file.lines[object.explanation.blocked],
                              printable(object.explanation.text, true)));
    } else if (object.judgement == history::Judgement::unknown) {
      output.line(fmt::format("{}: {} \"{}\" is not decided within the limit of {}, after {} steps", path,
                              history::kind_name(object.kind), printable(object.key), object.limit, object.steps));
    }
  }
  for (const std::string& fault : judged.stale_faults) output.line(fmt::format("{}: {}", path, printable(fault)));
}

/// The worst of several: what is malformed first, then what is wrong, then what is not decided.
int worse(int a, int b) {
  const auto rank = [](int status) {
    if (status == exit_bad_use) return 3;
    if (status == exit_error) return 2;
    return status == exit_undecided ? 1 : 0;
  };
  return rank(a) >= rank(b) ? a : b;
}

int check_files(const Output& output, const Given& given) {
  int worst = exit_ok;
  for (const std::string& path : given.files) {
    try {
      const Judged judged = judge(path, given);
      tell_program(output, path, judged);
      tell_people(output, path, judged);
      worst = worse(worst, judged.exit_status());
    } catch (const Failed& failure) {
      if (failure.exit_code != exit_bad_use) throw;
      std::fputs((printable(failure.text) + "\n").c_str(), stderr);
      output.object(
          {{"file", path}, {"judgement", "malformed"}, {"exit_status", exit_bad_use}, {"text", failure.text}});
      worst = worse(worst, exit_bad_use);
    }
  }
  return worst;
}

void add_check(Commands& commands, CLI::App& group) {
  const auto given = std::make_shared<Given>();
  CLI::App& leaf = commands.leaf(
      group, "check", "tell whether what clients recorded is linearizable",
      "kelek history check clients.jsonl\nkelek history check --json run-*.jsonl\n"
      "A file has one operation a line:\n"
      "  "
      "{\"process\":1,\"op\":\"put\",\"key\":\"a\",\"in\":{\"value\":\"x\"},\"out\":{\"version\":1},\"call\":10,"
      "\"return\":25}\n"
      "  "
      "{\"process\":2,\"op\":\"get\",\"key\":\"a\",\"out\":{\"value\":\"x\",\"version\":1},\"call\":12,\"return\":30}\n"
      "  "
      "{\"process\":1,\"op\":\"append\",\"key\":\"log\",\"in\":{\"record\":\"r\"},\"out\":null,\"call\":31,\"return\":"
      "null}\n"
      "\"return\": null where nobody was answered: it may have happened, or not. Registers have get, put, cas and\n"
      "delete; logs append and read; locks acquire and release; counters add and total; groups change_members and\n"
      "members. tests/histories/README.md has every field. A key begins absent, empty, free, or at 0.\n"
      "Exit codes: 0 linearizable; 1 not, or a stale read that goes back; 2 malformed; 5 not decided within the\n"
      "limits. All files are judged; the worst code counts.");
  leaf.add_option("file", given->files, "history files, in JSON Lines")->required();
  leaf.add_option("--max-steps", given->max_steps, "give an object up after so many steps of the search")
      ->capture_default_str();
  leaf.add_option("--max-memory-mib", given->max_memory_mib, "or when it has taken so much memory")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 20))
      ->capture_default_str();
  commands.on_run(leaf, [&commands, given] { return check_files(commands.output(), *given); });
}

}  // namespace

void add_history(Commands& commands) {
  CLI::App& group = commands.group("history", "judge what clients recorded of a cluster");
  add_check(commands, group);
}

}  // namespace kelek::cli
