// What may follow `expect` and `until`.
#include <algorithm>
#include <array>
#include <utility>

#include "words.h"

namespace kelek::sim {

using namespace raft;

namespace {

constexpr std::array<std::pair<std::string_view, RoleWord>, 5> role_words = {{
    {"follower", RoleWord::follower},
    {"pre-candidate", RoleWord::pre_candidate},
    {"candidate", RoleWord::candidate},
    {"leader", RoleWord::leader},
    {"learner", RoleWord::learner},
}};

LeaderFact leader_fact(Cursor& cursor) {
  LeaderFact fact;
  fact.none = cursor.take_if("none");
  if (fact.none) return fact;
  fact.nodes = cursor.nodes();
  if (const Word* word = cursor.peek(); word != nullptr && word->text.rfind("term=", 0) == 0) {
    const Word option = cursor.take("term=");
    Place place = option.place;
    place.column += 5;
    fact.term = cursor.number_of(std::string_view(option.text).substr(5), place, "a term", 0, max_number);
  }
  return fact;
}

RoleFact role_fact(Cursor& cursor) {
  RoleFact fact;
  fact.nodes = cursor.nodes();
  const Word word = cursor.take("a role");
  const auto role =
      std::find_if(role_words.begin(), role_words.end(), [&](const auto& known) { return known.first == word.text; });
  if (role != role_words.end()) {
    fact.role = role->second;
  } else {
    cursor.fail(word.place,
                "'" + word.text + "' is no role: follower, pre-candidate, candidate, leader and learner are");
  }
  return fact;
}

NumberFact number_fact(Cursor& cursor, NumberFact::What what) {
  NumberFact fact;
  fact.what = what;
  fact.nodes = cursor.nodes();
  if (what == NumberFact::What::vote) {
    if (cursor.take_if("none")) return fact;
    const NodeWord vote = cursor.node("whom it votes for, or none,");
    if (vote.is_leader()) cursor.fail(vote.place, "a vote is for a number, or none");
    fact.value = vote.id;
  } else {
    fact.value = cursor.number(what == NumberFact::What::term ? "a term" : "an index", 0, max_number);
  }
  return fact;
}

LogFact log_fact(Cursor& cursor) {
  LogFact fact;
  fact.node = cursor.node();
  while (!cursor.at_end() && cursor.ok()) fact.terms.push_back(cursor.number("a term", 0, max_number));
  return fact;
}

EntryFact entry_fact(Cursor& cursor) {
  EntryFact fact;
  fact.node = cursor.node();
  fact.index = cursor.number("an index", 1, max_number);
  fact.term = cursor.number("a term", 0, max_number);
  if (!cursor.at_end()) fact.data = cursor.take("data").text;
  return fact;
}

DataFact data_fact(Cursor& cursor) {
  DataFact fact;
  fact.node = cursor.node();
  while (!cursor.at_end()) fact.data.push_back(cursor.take("data").text);
  return fact;
}

ConfigFact config_fact(Cursor& cursor) {
  ConfigFact fact;
  fact.nodes = cursor.nodes();
  const std::array<std::pair<std::string_view, NodeIds*>, 3> lists = {
      {{"voters=", &fact.voters}, {"outgoing=", &fact.outgoing}, {"learners=", &fact.learners}}};
  std::set<std::string_view> named;
  while (!cursor.at_end() && cursor.ok()) {
    const Word word = cursor.take("voters=");
    const auto list =
        std::find_if(lists.begin(), lists.end(), [&](const auto& one) { return word.text.rfind(one.first, 0) == 0; });
    if (list == lists.end()) {
      cursor.fail(word.place, "'" + word.text + "' is none of voters=, outgoing=, learners=");
      break;
    }
    if (!named.insert(list->first).second) cursor.fail(word.place, std::string(list->first) + " comes twice");
    Place place = word.place;
    place.column += static_cast<std::uint32_t>(list->first.size());
    *list->second = ids_of(cursor.node_list(std::string_view(word.text).substr(list->first.size()), place));
    std::sort(list->second->begin(), list->second->end());
  }
  if (named.count("voters=") == 0) cursor.take("voters=");
  return fact;
}

ReadFact read_fact(Cursor& cursor, const Known& known) {
  ReadFact fact;
  const Word id = cursor.take("the name of a read");
  fact.id = id.text;
  if (cursor.ok() && known.reads.count(id.text) == 0)
    cursor.fail(id.place, "no read '" + id.text + "' was asked before");
  if (cursor.take_if("pending")) {
    fact.state = ReadFact::State::pending;
  } else if (cursor.take_if("failed")) {
    fact.state = ReadFact::State::failed;
  } else {
    fact.state = ReadFact::State::answered;
    fact.index = cursor.number("an index, pending or failed:", 0, max_number);
  }
  return fact;
}

InFlightFact in_flight_fact(Cursor& cursor) {
  InFlightFact fact;
  if (!cursor.which(fact.which)) {
    const Word word = cursor.take("which messages");
    cursor.fail(word.place, "'" + word.text + "' is neither a link FROM>TO nor a kind of message");
  }
  fact.count = cursor.number("how many", 0, max_number);
  return fact;
}

MatchFact match_fact(Cursor& cursor) {
  MatchFact fact;
  fact.leader = cursor.node("the leader");
  fact.node = cursor.node();
  fact.index = cursor.number("an index", 0, max_number);
  return fact;
}

SnapshotFact snapshot_fact(Cursor& cursor) {
  SnapshotFact fact;
  fact.node = cursor.node();
  fact.index = cursor.number("an index", 0, max_number);
  return fact;
}

TransferringFact transferring_fact(Cursor& cursor) {
  TransferringFact fact;
  fact.leader = cursor.node("the leader");
  if (!cursor.take_if("none")) fact.to = cursor.node("to whom, or none,");
  return fact;
}

}  // namespace

FactWord parse_fact(Cursor& cursor, const Known& known) {
  FactWord fact;
  fact.text = cursor.rest();
  fact.negated = cursor.take_if("not");
  const Word word = cursor.take("a fact");
  using What = NumberFact::What;
  if (!cursor.ok()) return fact;
  if (word.text == "leader")
    fact.what = leader_fact(cursor);
  else if (word.text == "role")
    fact.what = role_fact(cursor);
  else if (word.text == "term")
    fact.what = number_fact(cursor, What::term);
  else if (word.text == "vote")
    fact.what = number_fact(cursor, What::vote);
  else if (word.text == "commit")
    fact.what = number_fact(cursor, What::commit);
  else if (word.text == "applied")
    fact.what = number_fact(cursor, What::applied);
  else if (word.text == "last")
    fact.what = number_fact(cursor, What::last);
  else if (word.text == "log")
    fact.what = log_fact(cursor);
  else if (word.text == "entry")
    fact.what = entry_fact(cursor);
  else if (word.text == "same-log")
    fact.what = SameLogFact{cursor.nodes()};
  else if (word.text == "data")
    fact.what = data_fact(cursor);
  else if (word.text == "config")
    fact.what = config_fact(cursor);
  else if (word.text == "read")
    fact.what = read_fact(cursor, known);
  else if (word.text == "in-flight")
    fact.what = in_flight_fact(cursor);
  else if (word.text == "match")
    fact.what = match_fact(cursor);
  else if (word.text == "snapshot")
    fact.what = snapshot_fact(cursor);
  else if (word.text == "refused")
    fact.what = RequestFact{true};
  else if (word.text == "accepted")
    fact.what = RequestFact{false};
  else if (word.text == "transferring")
    fact.what = transferring_fact(cursor);
  else
    cursor.fail(word.place, "there is no fact '" + word.text + "'");
  cursor.finish();
  return fact;
}

}  // namespace kelek::sim
