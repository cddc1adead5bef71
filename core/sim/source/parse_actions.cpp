// What a scenario does: one function a command.
#include <algorithm>
#include <array>
#include <utility>

#include "words.h"

namespace kelek::sim {

using namespace raft;

namespace {

std::optional<FactWord> until(Cursor& cursor, const Known& known) {
  if (!cursor.take_if("until")) return std::nullopt;
  return parse_fact(cursor, known);
}

/// Counts from 1 to what one line may ask for.
std::optional<std::uint64_t> count(Cursor& cursor) {
  return cursor.optional_number("how many", 1, max_number);
}

TickCommand tick(Cursor& cursor) {
  TickCommand command;
  command.nodes = cursor.nodes();
  command.times = cursor.optional_number("how many ticks", 1, max_ticks_a_line).value_or(1);
  return command;
}

RunCommand run(Cursor& cursor, const Known& known) {
  RunCommand command;
  command.rounds = cursor.number("how many rounds", 1, max_ticks_a_line);
  command.until = until(cursor, known);
  return command;
}

TimeoutCommand timeout(Cursor& cursor) {
  TimeoutCommand command;
  command.node = cursor.node();
  command.ticks = static_cast<std::uint32_t>(cursor.number("how many ticks", 1, max_ticks_a_line));
  return command;
}

ProposeCommand propose(Cursor& cursor, Known& known) {
  ProposeCommand command;
  command.node = cursor.node();
  command.data = cursor.take("data").text;
  if (const Word* times = cursor.peek()) {
    const Word word = cursor.take("xN");
    if (word.text.empty() || word.text[0] != 'x') {
      cursor.fail(times->place, "'" + word.text + "' is one word too many");
      return command;
    }
    Place place = word.place;
    ++place.column;
    command.times =
        cursor.number_of(std::string_view(word.text).substr(1), place, "how many entries", 1, max_entries_a_line);
    known.proposed += command.times;
    if (known.proposed > max_entries_a_scenario) {
      cursor.fail(word.place, "more than " + std::to_string(max_entries_a_scenario) + " entries are proposed");
    }
  }
  return command;
}

ReadCommand read(Cursor& cursor, Known& known) {
  ReadCommand command;
  command.node = cursor.node();
  const Word id = cursor.take("the name of the read");
  command.id = id.text;
  if (cursor.ok() && !known.reads.insert(id.text).second) {
    cursor.fail(id.place, "a read '" + id.text + "' was asked before");
  }
  command.lease = cursor.take_if("lease");
  return command;
}

std::optional<MemberOperation> operation(Cursor& cursor, const Word& word) {
  constexpr std::array<std::pair<char, MemberOperation::Kind>, 3> signs = {{{'+', MemberOperation::Kind::add_voter},
                                                                            {'~', MemberOperation::Kind::add_learner},
                                                                            {'-', MemberOperation::Kind::remove}}};
  const auto sign = std::find_if(signs.begin(), signs.end(),
                                 [&](const auto& one) { return !word.text.empty() && word.text[0] == one.first; });
  if (sign == signs.end()) {
    cursor.fail(word.place, "'" + word.text + "' is no change: +N adds a voter, ~N a learner, -N removes");
    return std::nullopt;
  }
  Place place = word.place;
  ++place.column;
  const NodeWord node = cursor.node_of(std::string_view(word.text).substr(1), place);
  if (node.is_leader()) cursor.fail(place, "a change names its nodes by numbers");
  MemberOperation wish;
  wish.kind = sign->second;
  wish.id = node.id;
  return wish;
}

ChangeCommand change(Cursor& cursor) {
  ChangeCommand command;
  command.node = cursor.node();
  if (cursor.take_if("leave")) return command;
  do {
    const Word word = cursor.take("a change");
    if (!cursor.ok()) return command;
    if (const auto wish = operation(cursor, word)) command.wish.operations.push_back(*wish);
  } while (!cursor.at_end() && !cursor.next_is("explicit") && cursor.ok());
  command.wish.explicit_leave = cursor.take_if("explicit");
  return command;
}

TransferCommand transfer(Cursor& cursor) {
  TransferCommand command;
  command.leader = cursor.node("the leader");
  command.to = cursor.node("to whom");
  return command;
}

MessagesCommand messages(Cursor& cursor, MessagesCommand::What what) {
  MessagesCommand command;
  command.what = what;
  cursor.which(command.which);
  command.count = count(cursor);
  if (what == MessagesCommand::What::duplicate) command.held = cursor.take_if("held");
  const bool is_after = cursor.take_if("after");
  if (is_after) command.after = cursor.number("how many to pass over", 1, max_number);
  if (const Word* word = cursor.peek(); word != nullptr && !command.count && !command.held && !is_after) {
    cursor.fail(word->place, "'" + word->text + "' is neither a link FROM>TO nor a kind of message nor a number");
  }
  return command;
}

SettleCommand settle(Cursor& cursor, const Known& known) {
  SettleCommand command;
  if (!cursor.at_end() && !cursor.next_is("until")) command.nodes = cursor.nodes();
  command.until = until(cursor, known);
  return command;
}

PersistCommand persist(Cursor& cursor) {
  PersistCommand command;
  command.node = cursor.node();
  command.count = count(cursor);
  return command;
}

RestartCommand restart(Cursor& cursor) {
  if (const Word* word = cursor.peek(); word != nullptr && word->text == "*") {
    cursor.fail(word->place, "* is every node that is up, and those need no restart: name the nodes");
  }
  return RestartCommand{cursor.nodes()};
}

CutCommand cut(Cursor& cursor) {
  CutCommand command;
  const Word word = cursor.take("a link A>B or A-B");
  if (!cursor.ok()) return command;
  const std::size_t sign = word.text.find_first_of(">-");
  if (sign == std::string::npos) {
    cursor.fail(word.place, "'" + word.text + "' is no link: A>B is one direction, A-B both");
    return command;
  }
  const std::string_view text = word.text;
  Place to_place = word.place;
  to_place.column += characters(text.substr(0, sign)) + 1;
  command.both_ways = text[sign] == '-';
  command.from = cursor.node_of(text.substr(0, sign), word.place);
  command.to = cursor.node_of(text.substr(sign + 1), to_place);
  if (cursor.ok() && command.from.id == command.to.id) cursor.fail(word.place, "a node has no link to itself");
  return command;
}

/// "1,2 | 3,4", with blanks around the bar or without.
PartitionCommand partition(Cursor& cursor) {
  PartitionCommand command;
  std::set<NodeId> placed;
  bool needs_group = true;
  while ((!cursor.at_end() || needs_group) && cursor.ok()) {
    const Word word = cursor.take("a group of nodes");
    Place place = word.place;
    for (std::string_view text = word.text; cursor.ok();) {
      const std::size_t bar = text.find('|');
      const std::string_view group = text.substr(0, bar);
      if (!group.empty()) {
        if (!needs_group) cursor.fail(place, "a bar is missing between the groups");
        command.groups.push_back(ids_of(cursor.node_list(group, place)));
        needs_group = false;
        for (const NodeId id : command.groups.back()) {
          if (!placed.insert(id).second) cursor.fail(place, "node " + std::to_string(id) + " is in two groups");
        }
      }
      if (bar == std::string_view::npos) break;
      place.column += characters(group);
      if (needs_group) cursor.fail(place, "a group of nodes is missing before the bar");
      ++place.column;
      needs_group = true;
      text.remove_prefix(bar + 1);
    }
  }
  return command;
}

DamageCommand damage(Cursor& cursor) {
  DamageCommand command;
  command.node = cursor.node();
  command.first = cursor.number("an index", 1, max_number);
  return command;
}

CompactCommand compact(Cursor& cursor) {
  CompactCommand command;
  command.node = cursor.node();
  command.index = cursor.number("an index", 1, max_number);
  return command;
}

}  // namespace

bool parse_action(const Word& word, Cursor& cursor, Known& known, Command& command) {
  using What = MessagesCommand::What;
  const std::string& name = word.text;
  if (name == "tick")
    command.what = tick(cursor);
  else if (name == "run")
    command.what = run(cursor, known);
  else if (name == "timeout")
    command.what = timeout(cursor);
  else if (name == "campaign")
    command.what = CampaignCommand{cursor.node()};
  else if (name == "propose")
    command.what = propose(cursor, known);
  else if (name == "read")
    command.what = read(cursor, known);
  else if (name == "change")
    command.what = change(cursor);
  else if (name == "transfer")
    command.what = transfer(cursor);
  else if (name == "deliver")
    command.what = messages(cursor, What::deliver);
  else if (name == "drop")
    command.what = messages(cursor, What::drop);
  else if (name == "duplicate")
    command.what = messages(cursor, What::duplicate);
  else if (name == "hold")
    command.what = messages(cursor, What::hold);
  else if (name == "release")
    command.what = messages(cursor, What::release);
  else if (name == "settle")
    command.what = settle(cursor, known);
  else if (name == "persist")
    command.what = persist(cursor);
  else if (name == "crash")
    command.what = CrashCommand{cursor.nodes()};
  else if (name == "restart")
    command.what = restart(cursor);
  else if (name == "wipe")
    command.what = WipeCommand{cursor.node()};
  else if (name == "damage")
    command.what = damage(cursor);
  else if (name == "recover")
    command.what = RecoverCommand{cursor.nodes()};
  else if (name == "cut")
    command.what = cut(cursor);
  else if (name == "isolate")
    command.what = IsolateCommand{cursor.nodes()};
  else if (name == "partition")
    command.what = partition(cursor);
  else if (name == "heal")
    command.what = HealCommand{};
  else if (name == "snapshot")
    command.what = SnapshotCommand{cursor.node()};
  else if (name == "compact")
    command.what = compact(cursor);
  else if (name == "take")
    command.what = TakeCommand{cursor.node()};
  else if (name == "expect")
    command.what = ExpectCommand{parse_fact(cursor, known)};
  else
    return false;
  cursor.finish();
  return true;
}

}  // namespace kelek::sim
