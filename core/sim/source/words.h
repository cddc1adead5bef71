// Words: one line of a scenario, cut at its blanks, and a cursor that takes typed arguments from it.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <kelek/sim/scenario.h>

namespace kelek::sim {

struct Word {
  std::string text;
  Place place;
};

/// Where the line ends, before its comment.
struct Line {
  std::vector<Word> words;
  Place end;
  /// The words as they were written, without comment and outer blanks.
  std::string text;
};

raft::ValueOr<Line, Problem> cut_line(std::string_view text, std::uint32_t number);

/// Takes a line's words one by one. The first problem stays; from then on everything taken is a default, so that
/// callers need not look after each.
class Cursor {
 public:
  Cursor(const Line& line, const std::set<raft::NodeId>& nodes) : line_(line), nodes_(nodes) {}

  const std::optional<Problem>& problem() const { return problem_; }
  void fail(Place place, std::string text) {
    if (!problem_) problem_ = Problem{place, std::move(text)};
  }
  bool ok() const { return !problem_.has_value(); }

  bool at_end() const { return next_ == line_.words.size(); }
  /// The next word; null at the end.
  const Word* peek() const { return at_end() ? nullptr : &line_.words[next_]; }
  bool next_is(std::string_view text) const { return !at_end() && line_.words[next_].text == text; }
  /// Takes the next word if it is this one.
  bool take_if(std::string_view text);
  /// The next word, which must be there: `what` says for what.
  Word take(const char* what);
  /// Nothing may be left.
  void finish();
  /// From the next word to the end of the line, as they are written.
  std::string rest() const;

  std::uint64_t number(const char* what, std::uint64_t lowest, std::uint64_t highest);
  /// Only if the next word begins with a digit.
  std::optional<std::uint64_t> optional_number(const char* what, std::uint64_t lowest, std::uint64_t highest);
  /// A number, or `leader`.
  NodeWord node(const char* what = "a node");
  NodesWord nodes();
  /// Numbers joined by commas, of nodes that there are (before the cluster is set up: of any); may be empty.
  std::vector<NodeWord> node_list(std::string_view text, Place place);
  NodeWord node_of(std::string_view text, Place place);
  /// `FROM>TO`, a kind, or both. False if the next word is neither.
  bool which(WhichWord& which);
  std::uint64_t number_of(std::string_view text, Place place, const char* what, std::uint64_t lowest,
                          std::uint64_t highest);

 private:
  bool known(raft::NodeId id, Place place);

  const Line& line_;
  const std::set<raft::NodeId>& nodes_;
  std::size_t next_ = 0;
  std::optional<Problem> problem_;
};

NodeIds ids_of(const std::vector<NodeWord>& nodes);

/// Columns count characters, not bytes.
std::uint32_t characters(std::string_view text);

/// What the parser knows so far, beside the line at hand.
struct Known {
  std::set<raft::NodeId> nodes;
  /// The ids of the reads that were asked in earlier lines.
  std::set<std::string> reads;
  std::uint64_t proposed = 0;
};

/// A fact, with "not" before it or without, to the end of the line.
FactWord parse_fact(Cursor& cursor, const Known& known);
/// What is done; `word` is the first of the line. False if there is no such command.
bool parse_action(const Word& word, Cursor& cursor, Known& known, Command& command);

/// The language's word for a kind of message.
std::string_view word_of(raft::MessageKind kind);

}  // namespace kelek::sim
