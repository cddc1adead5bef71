// Lines as words, and words as numbers, nodes and kinds of messages.
#include "words.h"

#include <algorithm>
#include <array>
#include <utility>

namespace kelek::sim {

using namespace raft;

namespace {

bool is_blank(char letter) {
  return letter == ' ' || letter == '\t';
}

bool is_digit(char letter) {
  return letter >= '0' && letter <= '9';
}

std::string quoted(std::string_view text) {
  return "'" + std::string(text) + "'";
}

constexpr std::array<std::pair<std::string_view, MessageKind>, 15> message_words = {{
    {"pre-vote", MessageKind::pre_vote_request},
    {"pre-vote-response", MessageKind::pre_vote_response},
    {"vote", MessageKind::vote_request},
    {"vote-response", MessageKind::vote_response},
    {"append", MessageKind::append_request},
    {"append-response", MessageKind::append_response},
    {"heartbeat", MessageKind::heartbeat_request},
    {"heartbeat-response", MessageKind::heartbeat_response},
    {"snapshot", MessageKind::snapshot_chunk},
    {"snapshot-response", MessageKind::snapshot_response},
    {"read", MessageKind::read_request},
    {"read-response", MessageKind::read_response},
    {"timeout-now", MessageKind::timeout_now},
    {"propose", MessageKind::propose_request},
    {"propose-response", MessageKind::propose_response},
}};

/// Cuts one line; a class so that what is read and where travel together.
class Cutter {
 public:
  Cutter(std::string_view text, std::uint32_t number) : text_(text) { line_.end.line = number; }

  ValueOr<Line, Problem> cut() {
    if (text_.size() > max_line_bytes) {
      return Problem{place(), "the line is longer than " + std::to_string(max_line_bytes) + " bytes"};
    }
    std::size_t first = 0;
    std::size_t end = 0;
    while (skip_blanks()) {
      if (line_.words.empty()) first = next_;
      if (!take_word()) return *problem_;
      end = next_;
    }
    if (problem_) return *problem_;
    line_.text = std::string(text_.substr(first, end - first));
    line_.end.column = characters(text_.substr(0, end)) + 1;
    return std::move(line_);
  }

 private:
  Place place() const { return {line_.end.line, characters(text_.substr(0, next_)) + 1}; }
  bool fail(std::string text) {
    problem_ = Problem{place(), std::move(text)};
    return false;
  }

  /// False at the end of the line, or where a comment begins.
  bool skip_blanks() {
    while (next_ < text_.size() && is_blank(text_[next_])) ++next_;
    return next_ < text_.size() && text_[next_] != '#';
  }

  bool take_word() {
    line_.words.push_back(Word{{}, place()});
    if (text_[next_] == '"') return take_quoted();
    std::string& word = line_.words.back().text;
    for (; next_ < text_.size() && !is_blank(text_[next_]) && text_[next_] != '#'; ++next_) {
      if (text_[next_] == '"') return fail("a quote begins within a word");
      if (is_control(text_[next_])) return fail("a control character");
      word += text_[next_];
    }
    return true;
  }

  bool take_quoted() {
    const Place begin = place();
    std::string& word = line_.words.back().text;
    for (++next_; next_ < text_.size() && text_[next_] != '"'; ++next_) {
      if (is_control(text_[next_])) return fail("a control character");
      if (text_[next_] == '\\') {
        if (next_ + 1 == text_.size() || (text_[next_ + 1] != '"' && text_[next_ + 1] != '\\')) {
          return fail("a backslash stands before a quote or another backslash only");
        }
        ++next_;
      }
      word += text_[next_];
    }
    if (next_ == text_.size()) {
      problem_ = Problem{begin, "the quote is not closed"};
      return false;
    }
    ++next_;
    if (next_ < text_.size() && !is_blank(text_[next_]) && text_[next_] != '#') {
      return fail("a blank is missing after the quote");
    }
    return true;
  }

  static bool is_control(char letter) {
    const auto code = static_cast<unsigned char>(letter);
    return (code < 0x20 && letter != '\t') || code == 0x7f;
  }

  std::string_view text_;
  std::size_t next_ = 0;
  Line line_;
  std::optional<Problem> problem_;
};

}  // namespace

std::uint32_t characters(std::string_view text) {
  return static_cast<std::uint32_t>(std::count_if(
      text.begin(), text.end(), [](char letter) { return (static_cast<unsigned char>(letter) & 0xc0U) != 0x80U; }));
}

NodeIds ids_of(const std::vector<NodeWord>& nodes) {
  NodeIds ids;
  for (const NodeWord& node : nodes) ids.push_back(node.id);
  return ids;
}

ValueOr<Line, Problem> cut_line(std::string_view text, std::uint32_t number) {
  return Cutter(text, number).cut();
}

bool Cursor::take_if(std::string_view text) {
  if (!next_is(text)) return false;
  ++next_;
  return true;
}

Word Cursor::take(const char* what) {
  if (!at_end()) return line_.words[next_++];
  fail(line_.end, std::string(what) + " is missing");
  return Word{{}, line_.end};
}

void Cursor::finish() {
  if (!at_end()) fail(peek()->place, quoted(peek()->text) + " is one word too many");
}

std::string Cursor::rest() const {
  std::string all;
  for (std::size_t i = next_; i < line_.words.size(); ++i) {
    const std::string& word = line_.words[i].text;
    const bool plain = !word.empty() && word.find_first_of(" \t\"\\#") == std::string::npos;
    if (!all.empty()) all += ' ';
    if (plain) {
      all += word;
      continue;
    }
    all += '"';
    for (const char letter : word) {
      if (letter == '"' || letter == '\\') all += '\\';
      all += letter;
    }
    all += '"';
  }
  return all;
}

std::uint64_t Cursor::number_of(std::string_view text, Place place, const char* what, std::uint64_t lowest,
                                std::uint64_t highest) {
  std::uint64_t value = 0;
  bool too_large = false;
  for (const char letter : text) {
    if (!is_digit(letter)) {
      fail(place, std::string(what) + " must be a number, not " + quoted(text));
      return lowest;
    }
    too_large = too_large || value > max_number;
    if (!too_large) value = value * 10 + static_cast<std::uint64_t>(letter - '0');
  }
  if (text.empty()) {
    fail(place, std::string(what) + " is missing");
  } else if (too_large || value > highest) {
    fail(place, std::string(what) + " is " + std::string(text) + " but may be at most " + std::to_string(highest));
  } else if (value < lowest) {
    fail(place, std::string(what) + " is " + std::string(text) + " but must be at least " + std::to_string(lowest));
  } else {
    return value;
  }
  return lowest;
}

std::uint64_t Cursor::number(const char* what, std::uint64_t lowest, std::uint64_t highest) {
  const Word word = take(what);
  return ok() ? number_of(word.text, word.place, what, lowest, highest) : lowest;
}

std::optional<std::uint64_t> Cursor::optional_number(const char* what, std::uint64_t lowest, std::uint64_t highest) {
  if (at_end() || peek()->text.empty() || !is_digit(peek()->text[0])) return std::nullopt;
  return number(what, lowest, highest);
}

bool Cursor::known(NodeId id, Place place) {
  if (!ok()) return false;
  if (nodes_.count(id) == 0) fail(place, "there is no node " + std::to_string(id));
  return ok();
}

NodeWord Cursor::node_of(std::string_view text, Place place) {
  if (text == "leader") return NodeWord{no_node, place};
  const NodeId id = number_of(text, place, "a node", 1, max_number);
  return known(id, place) ? NodeWord{id, place} : NodeWord{1, place};
}

NodeWord Cursor::node(const char* what) {
  const Word word = take(what);
  return ok() ? node_of(word.text, word.place) : NodeWord{1, word.place};
}

std::vector<NodeWord> Cursor::node_list(std::string_view text, Place place) {
  std::vector<NodeWord> list;
  std::set<NodeId> seen;
  while (!text.empty() && ok()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const NodeId id = number_of(text.substr(0, comma), place, "a node", 1, max_number);
    if (ok() && !seen.insert(id).second) fail(place, "node " + std::to_string(id) + " comes twice");
    if (!nodes_.empty()) known(id, place);
    list.push_back(NodeWord{id, place});
    place.column += characters(text.substr(0, comma)) + 1;
    if (comma + 1 == text.size()) fail(place, "a node is missing");
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return list;
}

std::string_view word_of(MessageKind kind) {
  const auto known =
      std::find_if(message_words.begin(), message_words.end(), [kind](const auto& one) { return one.second == kind; });
  return known != message_words.end() ? known->first : std::string_view();
}

NodesWord Cursor::nodes() {
  const Word word = take("a list of nodes");
  NodesWord list;
  if (!ok()) return list;
  list.all_up = word.text == "*";
  if (list.all_up) return list;
  if (word.text.empty()) fail(word.place, "a list of nodes is missing");
  if (word.text == "leader") fail(word.place, "nodes are numbers joined by commas, or *; 'leader' is no list");
  list.nodes = node_list(word.text, word.place);
  return list;
}

bool Cursor::which(WhichWord& which) {
  bool any = false;
  bool has_link = false;
  while (const Word* word = peek()) {
    const std::size_t arrow = word->text.find('>');
    const auto kind = std::find_if(message_words.begin(), message_words.end(),
                                   [&](const auto& known) { return known.first == word->text; });
    if (arrow != std::string::npos && !has_link) {
      has_link = true;
      const std::string_view text = word->text;
      Place to_place = word->place;
      to_place.column += characters(text.substr(0, arrow)) + 1;
      if (text.substr(0, arrow) != "*") which.from = node_of(text.substr(0, arrow), word->place);
      if (text.substr(arrow + 1) != "*") which.to = node_of(text.substr(arrow + 1), to_place);
    } else if (kind != message_words.end() && !which.kind) {
      which.kind = kind->second;
    } else {
      break;
    }
    any = true;
    ++next_;
  }
  return any;
}

}  // namespace kelek::sim
