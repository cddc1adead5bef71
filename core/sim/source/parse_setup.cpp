// title, about, cluster and its options, spare, seed-log, seed-term.
#include "parse_setup.h"

#include <algorithm>
#include <array>
#include <utility>

namespace kelek::sim {

using namespace raft;

namespace {

constexpr std::uint64_t max_timeout_ticks = 10'000;
constexpr std::uint64_t max_window = 65'536;

}  // namespace

bool SetupParser::is_setup(std::string_view word) {
  constexpr std::array<std::string_view, 6> names = {"title", "about", "cluster", "spare", "seed-log", "seed-term"};
  return std::find(names.begin(), names.end(), word) != names.end();
}

std::optional<Problem> SetupParser::line(const Word& word, const Line& line) {
  const std::set<NodeId> anybody;
  const bool names_new_nodes = word.text == "cluster" || word.text == "spare";
  Cursor cursor(line, names_new_nodes ? anybody : known_.nodes);
  cursor.take("a command");
  if (word.text == "title" || word.text == "about") {
    title(word, cursor);
  } else if (word.text == "cluster") {
    cluster(word, line, cursor);
  } else if (!has_cluster_) {
    cursor.fail(word.place, "the line 'cluster' has to come before '" + word.text + "'");
  } else if (word.text == "spare") {
    spare(cursor);
  } else if (word.text == "seed-log") {
    seed_log(cursor);
  } else {
    seed_term(cursor);
  }
  cursor.finish();
  return cursor.problem();
}

void SetupParser::title(const Word& word, Cursor& cursor) {
  std::string text = cursor.take("a text in quotes").text;
  if (word.text == "about") {
    scenario_.about.push_back(std::move(text));
    return;
  }
  if (has_title_) cursor.fail(word.place, "there is a title already");
  has_title_ = true;
  scenario_.title = std::move(text);
}

void SetupParser::members(std::string_view value, Place place, Cursor& cursor, NodeIds& into) {
  for (const NodeWord& node : cursor.node_list(value, place)) {
    if (!known_.nodes.insert(node.id).second) {
      cursor.fail(node.place, "node " + std::to_string(node.id) + " comes twice");
    }
    if (known_.nodes.size() > max_nodes) {
      cursor.fail(node.place, "there are more than " + std::to_string(max_nodes) + " nodes");
    }
    into.push_back(node.id);
  }
}

void SetupParser::cluster(const Word& word, const Line& line, Cursor& cursor) {
  if (has_cluster_) return cursor.fail(word.place, "there is a cluster already");
  has_cluster_ = true;
  scenario_.cluster_place = word.place;
  Setup& setup = scenario_.setup;
  setup.voters.clear();
  // What the language does not know must not show: no step-down for a slow disk, no log kept for a snapshot's receiver.
  setup.options.disk_stall_ticks = 0;
  setup.options.max_kept_for_snapshot_bytes = 0;
  std::set<std::string> named;
  while (!cursor.at_end() && cursor.ok()) option(cursor.take("an option"), cursor, named);
  if (named.count("voters") == 0) cursor.fail(line.end, "voters= is missing");
  if (cursor.ok() && setup.voters.empty()) cursor.fail(word.place, "a cluster needs a voter");
  if (cursor.ok()) check_options(word, cursor);
}

void SetupParser::option(const Word& word, Cursor& cursor, std::set<std::string>& named) {
  const std::size_t equals = word.text.find('=');
  if (equals == std::string::npos) {
    return cursor.fail(word.place, "'" + word.text + "' is no option: they are written name=value");
  }
  const std::string_view text = word.text;
  const std::string_view name = text.substr(0, equals);
  const std::string_view value = text.substr(equals + 1);
  Place place = word.place;
  place.column += characters(name) + 1;
  if (!named.insert(std::string(name)).second) return cursor.fail(word.place, std::string(name) + "= comes twice");
  if (name == "heartbeat") heartbeat_ = place;
  if (name == "voters") return members(value, place, cursor, scenario_.setup.voters);
  if (name == "learners") return members(value, place, cursor, scenario_.setup.learners);
  if (number_option(name, value, place, cursor) || switch_option(name, value, place, cursor)) return;
  cursor.fail(word.place, "there is no option '" + std::string(name) + "'");
}

bool SetupParser::number_option(std::string_view name, std::string_view value, Place place, Cursor& cursor) {
  Options& options = scenario_.setup.options;
  NetworkOptions& network = scenario_.setup.network;
  const auto number = [&](const char* what, std::uint64_t lowest, std::uint64_t highest) {
    return static_cast<std::uint32_t>(cursor.number_of(value, place, what, lowest, highest));
  };
  if (name == "election")
    options.election_ticks = number("election", 2, max_timeout_ticks);
  else if (name == "heartbeat")
    options.heartbeat_ticks = number("heartbeat", 1, max_timeout_ticks);
  else if (name == "latency")
    network.latency_rounds = number("latency", 0, max_timeout_ticks);
  else if (name == "loss")
    network.loss_percent = number("loss", 0, 100);
  else if (name == "duplicate")
    network.duplicate_percent = number("duplicate", 0, 100);
  else if (name == "max-append-entries")
    options.max_append_entries = number("max-append-entries", 1, EntryRange::max_built_entries);
  else if (name == "max-inflight")
    options.max_inflight_appends = number("max-inflight", 1, max_window);
  else if (name == "seed")
    network.seed = options.seed = number("seed", 0, max_number);
  else
    return false;
  return true;
}

bool SetupParser::switch_option(std::string_view name, std::string_view value, Place place, Cursor& cursor) {
  Setup& setup = scenario_.setup;
  const auto is = [&](std::string_view yes, std::string_view no) {
    if (value != yes && value != no) {
      cursor.fail(place, std::string(name) + " is " + std::string(yes) + " or " + std::string(no) + ", not '" +
                             std::string(value) + "'");
    }
    return value == yes;
  };
  if (name == "pre-vote")
    setup.options.pre_vote = is("on", "off");
  else if (name == "check-quorum")
    setup.options.check_quorum = is("on", "off");
  else if (name == "lease-read")
    setup.options.lease_reads = is("on", "off");
  else if (name == "auto-leave")
    scenario_.auto_leave = is("on", "off");
  else if (name == "network")
    setup.network.automatic = is("auto", "manual");
  else if (name == "storage")
    setup.async_storage = is("async", "sync");
  else if (name == "ready")
    setup.takes_late = is("late", "at-once");
  else
    return false;
  return true;
}

void SetupParser::check_options(const Word& word, Cursor& cursor) {
  Options& options = scenario_.setup.options;
  NetworkOptions& network = scenario_.setup.network;
  if (options.heartbeat_ticks >= options.election_ticks) {
    cursor.fail(heartbeat_.column > 1 ? heartbeat_ : word.place,
                "heartbeat is " + std::to_string(options.heartbeat_ticks) + " but must be below election, which is " +
                    std::to_string(options.election_ticks));
  }
  if (!network.automatic && (network.loss_percent > 0 || network.duplicate_percent > 0)) {
    cursor.fail(word.place, "loss and duplicate need network=auto");
  }
  // A lease rests on voters that keep to their leader: without check-quorum there is none, and reads take a round.
  if (!options.check_quorum) options.lease_reads = false;
  if (options.lease_drift_ticks >= options.election_ticks) options.lease_drift_ticks = options.election_ticks - 1;
  options.id = 1;
  for (const std::string& reason : options.validate()) cursor.fail(word.place, reason);
}

void SetupParser::spare(Cursor& cursor) {
  const Word word = cursor.take("a list of nodes");
  if (cursor.ok()) members(word.text, word.place, cursor, scenario_.setup.spares);
}

void SetupParser::seed_log(Cursor& cursor) {
  const NodeWord node = cursor.node();
  if (node.is_leader()) cursor.fail(node.place, "nobody leads before the start: name the node by its number");
  std::vector<Term>& log = scenario_.setup.logs[node.id];
  if (!log.empty()) cursor.fail(node.place, "node " + std::to_string(node.id) + " has a log already");
  if (scenario_.setup.terms.count(node.id) != 0) {
    cursor.fail(node.place, "the seed-log of node " + std::to_string(node.id) + " has to come before its seed-term");
  }
  do {
    log.push_back(cursor.number("a term", log.empty() ? 1 : log.back(), max_number));
  } while (!cursor.at_end() && cursor.ok());
}

void SetupParser::seed_term(Cursor& cursor) {
  const NodeWord node = cursor.node();
  if (node.is_leader()) cursor.fail(node.place, "nobody leads before the start: name the node by its number");
  const auto log = scenario_.setup.logs.find(node.id);
  const Term lowest = log != scenario_.setup.logs.end() && !log->second.empty() ? log->second.back() : 0;
  Setup::TermAndVote state;
  state.term = cursor.number("a term", lowest, max_number);
  if (!cursor.at_end()) {
    const Word word = cursor.take("vote=");
    Place place = word.place;
    place.column += 5;
    if (word.text.rfind("vote=", 0) != 0) {
      cursor.fail(word.place, "'" + word.text + "' is not vote=NODE");
    } else if (word.text != "vote=none") {
      const NodeWord vote = cursor.node_of(std::string_view(word.text).substr(5), place);
      if (vote.is_leader()) cursor.fail(place, "nobody leads before the start: name the node by its number");
      state.vote = vote.id;
    }
  }
  if (!scenario_.setup.terms.insert({node.id, state}).second) {
    cursor.fail(node.place, "node " + std::to_string(node.id) + " has a term already");
  }
}

}  // namespace kelek::sim
