// Reading and writing of history files.
#include "history_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "json_fields.h"
#include "output.h"

namespace kelek::cli {
namespace {

using namespace sim::history;
using Wrong = JsonFields::Wrong;

std::optional<std::string> text_or_null(JsonFields& from, const std::string& name) {
  if (!from.has(name)) throw Wrong{fmt::format("\"{}\" is missing: a text, or null where there is nothing", name)};
  if (from.is_null(name)) return std::nullopt;
  return from.text(name);
}

std::optional<std::uint64_t> number_if_told(JsonFields& from, const std::string& name) {
  if (from.is_null(name)) return std::nullopt;
  return from.number(name);
}

/// An operation by its name, with what was asked.
Action asked(const std::string& name, JsonFields& in) {
  if (name == "get") return Get{};
  if (name == "put") return Put{in.text("value"), 0};
  if (name == "cas") return CompareAndSet{text_or_null(in, "expected"), in.text("value"), false, 0};
  if (name == "delete") return Delete{};
  if (name == "append") return Append{in.text("record"), std::nullopt};
  if (name == "read") return ReadLog{in.number_or("from", 0), {}};
  if (name == "acquire") return Acquire{in.number_or("lease", 0), false, 0};
  if (name == "release") return Release{in.number("fence"), false};
  if (name == "add") {
    return Add{in.number_or("amount", 1), in.number_or("session", 0), in.number_or("sequence", 0), std::nullopt};
  }
  if (name == "total") return ReadTotal{};
  if (name == "change_members") return ChangeMembers{in.numbers("members"), 0};
  if (name == "members") return ReadMembers{};
  throw Wrong{
      fmt::format("\"{}\" is no operation: get, put, cas, delete, append, read, acquire, release, add, total, "
                  "change_members, members",
                  name)};
}

class Answer {
 public:
  explicit Answer(JsonFields& out) : out_(out) {}

  void operator()(Get& get) {
    get.value = text_or_null(out_, "value");
    get.version = out_.number_or("version", 0);
  }
  void operator()(Put& put) { put.version = out_.number_or("version", 0); }
  void operator()(CompareAndSet& cas) {
    cas.done = out_.truth("done");
    cas.version = out_.number_or("version", 0);
  }
  void operator()(Delete& erase) {
    if (!out_.is_null("existed")) erase.existed = out_.truth("existed");
  }
  void operator()(Append& append) { append.position = number_if_told(out_, "position"); }
  void operator()(ReadLog& read) { read.records = out_.texts("records"); }
  void operator()(Acquire& acquire) {
    acquire.got = out_.truth("got");
    if (acquire.got) acquire.fence = out_.number("fence");
  }
  void operator()(Release& release) { release.done = out_.truth("done"); }
  void operator()(Add& add) { add.total = number_if_told(out_, "total"); }
  void operator()(ReadTotal& read) { read.total = out_.number("total"); }
  void operator()(ChangeMembers& change) { change.index = out_.number_or("index", 0); }
  void operator()(ReadMembers& read) {
    read.members = out_.numbers("members");
    read.index = out_.number_or("index", 0);
  }

 private:
  JsonFields& out_;
};

void read_answer(Operation& operation, JsonFields& line) {
  JsonFields out(line.object("out"), " of \"out\"");
  if (out.has("refused")) {
    operation.ending = Ending::refused;
    out.text("refused");
    line.is_null("return");  // taken, and of no use
  } else if (line.is_null("return")) {
    if (!line.has("return")) throw Wrong{"\"return\" is missing: a time, or null where the outcome is unknown"};
    if (!line.is_null("out")) throw Wrong{"\"out\" tells an answer, and \"return\" no time of it"};
    operation.ending = Ending::unknown;
  } else {
    operation.return_time = line.number("return");
    if (operation.return_time < operation.call_time) throw Wrong{"\"return\" is before \"call\""};
    std::visit(Answer(out), operation.action);
  }
  out.nothing_left();
}

Operation parse_operation(const nlohmann::json& parsed) {
  JsonFields line(parsed, "");
  Operation operation;
  operation.process = line.number("process");
  operation.key = line.text("key");
  JsonFields in(line.object("in"), " of \"in\"");
  operation.action = asked(line.text("op"), in);
  in.nothing_left();
  operation.call_time = line.number("call");
  read_answer(operation, line);
  operation.stale = line.truth_or("stale", false);
  operation.revision = line.number_or("revision", 0);
  line.nothing_left();
  if (operation.stale && !reads_only(operation.action)) throw Wrong{"only reads can be stale"};
  return operation;
}

/// A process does one thing after the other: two at once are two processes, or a mistake in the recording.
void check_processes(const HistoryFile& file, const std::string& name) {
  std::vector<std::size_t> answered;
  for (std::size_t i = 0; i < file.operations.size(); ++i) {
    if (file.operations[i].ending == Ending::answered) answered.push_back(i);
  }
  std::stable_sort(answered.begin(), answered.end(), [&](std::size_t a, std::size_t b) {
    return file.operations[a].call_time < file.operations[b].call_time;
  });
  std::map<std::uint64_t, std::size_t> last;
  for (const std::size_t each : answered) {
    const Operation& operation = file.operations[each];
    const auto [place, first] = last.try_emplace(operation.process, each);
    if (!first && file.operations[place->second].return_time > operation.call_time) {
      throw bad_use(fmt::format("{}:{}: process {} calls this before it is answered what it called in line {}", name,
                                file.lines[each], operation.process, file.lines[place->second]));
    }
    place->second = each;
  }
}

HistoryFile read_lines(std::istream& input, const std::string& name) {
  HistoryFile file;
  std::string line;
  std::uint32_t number = 0;
  std::size_t bytes = 0;
  const auto wrong = [&](const std::string& what) { return bad_use(fmt::format("{}:{}: {}", name, number, what)); };
  while (std::getline(input, line)) {
    ++number;
    bytes += line.size() + 1;
    if (line.size() > max_history_line_bytes) throw wrong(fmt::format("longer than {} bytes", max_history_line_bytes));
    if (bytes > max_history_bytes) throw wrong("the file is too large: 2 GiB is the limit");
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const nlohmann::json parsed = nlohmann::json::parse(line, nullptr, false);
    if (parsed.is_discarded()) throw wrong("not JSON");
    if (parsed.is_object() && parsed.size() == 1 && parsed.contains("about")) continue;
    if (file.operations.size() == max_history_operations) throw wrong("too many operations: five million is the limit");
    try {
      file.operations.push_back(parse_operation(parsed));
    } catch (const Wrong& problem) {
      throw wrong(problem.text);
    }
    file.lines.push_back(number);
  }
  check_processes(file, name);
  return file;
}

}  // namespace

HistoryFile read_history_file(const std::string& path) {
  std::error_code none;
  const std::uintmax_t bytes = std::filesystem::file_size(path, none);
  if (!none && bytes > max_history_bytes) throw bad_use(fmt::format("{}: larger than 2 GiB, the limit", path));
  std::ifstream input(path, std::ios::binary);
  if (!input) throw bad_use(fmt::format("{}: cannot be read", path));
  HistoryFile file = read_lines(input, path);
  if (input.bad()) throw bad_use(fmt::format("{}: cannot be read to its end", path));
  return file;
}

HistoryFile parse_history(std::string_view text, const std::string& name) {
  std::istringstream input{std::string(text)};
  return read_lines(input, name);
}

}  // namespace kelek::cli
