// Words and diagrams for people who want to see why a history is not linearizable.
#include "explanation.h"

#include <algorithm>
#include <map>

#include "operation_text.h"

namespace kelek::sim::history {
namespace {

constexpr std::size_t shown_of_the_order = 6;
constexpr std::size_t shown_stuck = 8;
constexpr std::size_t columns = 48;

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(width, text.size()), ' ');
  return text;
}

/// Times are told from the first call on: on a machine that has run for weeks they have many digits.
std::string span_text(const Operation& operation, std::uint64_t begin) {
  const std::string call = std::to_string(operation.call_time - begin);
  const bool open = operation.ending == Ending::unknown;
  return "[" + call + ", " + (open ? "-" : std::to_string(operation.return_time - begin)) + "]";
}

std::string line_of(const Operation& operation, std::uint64_t begin) {
  return "    process " + padded(std::to_string(operation.process), 5) + padded(describe(operation), 44) + "  " +
         span_text(operation, begin) + "\n";
}

/// Marks of columns for moments: only their order counts, so that what is short can be seen too.
class Columns {
 public:
  explicit Columns(const std::vector<const Operation*>& shown) {
    for (const Operation* operation : shown) {
      column_[operation->call_time] = 0;
      if (operation->ending == Ending::answered) column_[operation->return_time] = 0;
    }
    std::size_t place = 0;
    for (auto& [time, column] : column_)
      column = place++ * (columns - 1) / std::max<std::size_t>(column_.size() - 1, 1);
  }
  std::size_t of(std::uint64_t time) const { return column_.at(time); }

 private:
  std::map<std::uint64_t, std::size_t> column_;
};

/// "|--put "a"--|", or with = where nothing fits.
std::string bar(const Operation& operation, const Columns& at, bool is_stuck) {
  const bool open = operation.ending == Ending::unknown;
  const std::size_t begin = at.of(operation.call_time);
  const std::size_t end = std::max(open ? columns - 1 : at.of(operation.return_time), begin + 1);
  std::string line(begin, ' ');
  line += '|';
  line.append(end - begin - 1, is_stuck ? '=' : '-');
  return line + (open ? '>' : '|');
}

std::string diagram(const std::vector<const Operation*>& shown, std::size_t placed) {
  const Columns at(shown);
  std::string text = "  In time, not to scale (= fits nowhere, > outcome unknown):\n";
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const std::string line = bar(*shown[i], at, i >= placed);
    text += "    process " + padded(std::to_string(shown[i]->process), 5) + padded(line, columns + 1) + " " +
            describe(*shown[i]) + "\n";
  }
  return text;
}

}  // namespace

std::string explain(const std::vector<Operation>& history, const ObjectVerdict& verdict, const std::string& state) {
  const Explanation& found = verdict.explanation;
  std::uint64_t begin = history[found.blocked].call_time;
  for (const std::size_t each : found.order) begin = std::min(begin, history[each].call_time);
  for (const std::size_t each : found.stuck) begin = std::min(begin, history[each].call_time);

  std::string text = std::string(kind_name(verdict.kind)) + " " + quoted(verdict.key) + " is not linearizable.\n";
  text += "  No order of its operations gets past this answer:\n" + line_of(history[found.blocked], begin);
  const std::size_t left_out = found.order.size() - std::min(found.order.size(), shown_of_the_order);
  if (found.order.empty()) {
    text += "  Nothing comes before it; then " + state + ".\n";
  } else {
    text += "  The order that comes furthest places " + std::to_string(found.order.size()) +
            (left_out > 0 ? " operations, at last:\n" : " operations:\n");
  }
  std::vector<const Operation*> shown;
  for (std::size_t i = left_out; i < found.order.size(); ++i) shown.push_back(&history[found.order[i]]);
  for (const Operation* operation : shown) text += line_of(*operation, begin);
  const std::size_t placed = shown.size();
  const bool is_alone = found.stuck.size() == 1;  // and is the one that was told of above
  if (placed > 0) text += "  Then " + state + (is_alone ? ".\n" : ", and none of these fits next:\n");
  for (std::size_t i = 0; i < std::min(found.stuck.size(), shown_stuck); ++i) {
    shown.push_back(&history[found.stuck[i]]);
    if (placed > 0 && !is_alone) text += line_of(*shown.back(), begin);
  }
  if (found.stuck.size() > shown_stuck) {
    text += "    and " + std::to_string(found.stuck.size() - shown_stuck) + " more\n";
  }
  return text + diagram(shown, placed);
}

}  // namespace kelek::sim::history
