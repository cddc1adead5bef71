// A whole scenario: its lines one by one, set-up first.
#include <kelek/sim/scenario.h>

#include "parse_setup.h"
#include "words.h"

namespace kelek::sim {

namespace {

class Parser {
 public:
  std::optional<Problem> line(std::string_view text, std::uint32_t number) {
    const raft::ValueOr<Line, Problem> cut = cut_line(text, number);
    if (!cut) return cut.error();
    if (cut->words.empty()) return std::nullopt;
    const Word& word = cut->words.front();
    if (SetupParser::is_setup(word.text)) {
      if (moving_) return Problem{word.place, "'" + word.text + "' comes too late: something has moved already"};
      return setup_.line(word, *cut);
    }
    return action(word, *cut);
  }

  raft::ValueOr<Scenario, Problem> finish(std::uint32_t lines) {
    if (!setup_.has_cluster()) return Problem{{lines, 1}, "there is no line 'cluster'"};
    return std::move(scenario_);
  }

 private:
  std::optional<Problem> action(const Word& word, const Line& line) {
    Cursor cursor(line, known_.nodes);
    cursor.take("a command");
    Command command;
    command.place = word.place;
    command.text = line.text;
    if (!parse_action(word, cursor, known_, command)) {
      return Problem{word.place, "there is no command '" + word.text + "'"};
    }
    if (!setup_.has_cluster()) {
      return Problem{word.place, "the line 'cluster' has to come before '" + word.text + "'"};
    }
    moving_ = true;
    scenario_.commands.push_back(std::move(command));
    return cursor.problem();
  }

  Scenario scenario_;
  Known known_;
  SetupParser setup_{scenario_, known_};
  bool moving_ = false;
};

}  // namespace

raft::ValueOr<Scenario, Problem> parse_scenario(std::string_view text) {
  if (text.size() > max_scenario_bytes) {
    return Problem{{1, 1}, "the scenario is longer than " + std::to_string(max_scenario_bytes) + " bytes"};
  }
  Parser parser;
  std::uint32_t number = 0;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (const auto problem = parser.line(line, ++number)) return *problem;
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  return parser.finish(number == 0 ? 1 : number);
}

}  // namespace kelek::sim
