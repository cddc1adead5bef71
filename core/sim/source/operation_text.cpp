// What operations and their answers look like for people, and their names.
#include "operation_text.h"

#include <algorithm>
#include <iterator>

#include <kelek/sim/history.h>

namespace kelek::sim::history {
namespace {

template <typename... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <typename... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

std::string version_text(std::uint64_t version) {
  return version == 0 ? "" : " version " + std::to_string(version);
}

std::string value_text(const std::optional<std::string>& value) {
  return value ? quoted(*value) : "nothing";
}

std::string records_text(const std::vector<std::string>& records) {
  constexpr std::size_t shown_at_most = 4;
  const std::size_t left_out = records.size() > shown_at_most ? records.size() - shown_at_most : 0;
  std::string text = "[";
  if (left_out > 0) text += "... " + std::to_string(left_out) + " more, ";
  for (std::size_t i = left_out; i < records.size(); ++i) text += (i > left_out ? " " : "") + quoted(records[i]);
  return text + "]";
}

std::string index_text(std::uint64_t index) {
  return index == 0 ? "" : " index " + std::to_string(index);
}

std::string asked(const Action& action) {
  return std::visit(
      Overloaded{
          [](const Get&) { return std::string("get"); },
          [](const Put& put) { return "put " + quoted(put.value); },
          [](const CompareAndSet& cas) { return "cas " + value_text(cas.expected) + " to " + quoted(cas.value); },
          [](const Delete&) { return std::string("delete"); },
          [](const Append& append) { return "append " + quoted(append.record); },
          [](const ReadLog& read) { return read.from == 0 ? "read" : "read from " + std::to_string(read.from); },
          [](const Acquire&) { return std::string("acquire"); },
          [](const Release& release) { return "release fence " + std::to_string(release.fence); },
          [](const Add& add) {
            const std::string sequence = add.session == 0 ? ""
                                                          : " (session " + std::to_string(add.session) + " sequence " +
                                                                std::to_string(add.sequence) + ")";
            return "add " + std::to_string(add.amount) + sequence;
          },
          [](const ReadTotal&) { return std::string("total"); },
          [](const ChangeMembers& change) { return "change members to " + members_text(change.members); },
          [](const ReadMembers&) { return std::string("members"); },
      },
      action);
}

std::string answered(const Action& action) {
  return std::visit(
      Overloaded{
          [](const Get& get) { return value_text(get.value) + version_text(get.version); },
          [](const Put& put) { return "ok" + version_text(put.version); },
          [](const CompareAndSet& cas) {
            return cas.done ? "done" + version_text(cas.version) : std::string("not as expected");
          },
          [](const Delete& erase) {
            if (!erase.existed) return std::string("ok");
            return std::string(*erase.existed ? "existed" : "there was nothing");
          },
          [](const Append& append) {
            return append.position ? "position " + std::to_string(*append.position) : std::string("ok");
          },
          [](const ReadLog& read) { return records_text(read.records); },
          [](const Acquire& acquire) {
            return acquire.got ? "fence " + std::to_string(acquire.fence) : std::string("held by another");
          },
          [](const Release& release) { return std::string(release.done ? "done" : "not held"); },
          [](const Add& add) { return add.total ? "total " + std::to_string(*add.total) : std::string("ok"); },
          [](const ReadTotal& read) { return std::to_string(read.total); },
          [](const ChangeMembers& change) { return "ok" + index_text(change.index); },
          [](const ReadMembers& read) { return members_text(read.members) + index_text(read.index); },
      },
      action);
}

}  // namespace

std::string quoted(const std::string& value) {
  constexpr std::size_t shown_at_most = 24;
  constexpr const char* digits = "0123456789abcdef";
  std::string text = "\"";
  for (const char each : value.substr(0, shown_at_most)) {
    const auto byte = static_cast<unsigned char>(each);
    if (byte >= 0x20 && byte < 0x7f && each != '"' && each != '\\') {
      text += each;
    } else {
      text += {'\\', 'x', digits[byte / 16], digits[byte % 16]};
    }
  }
  return text + (value.size() > shown_at_most ? "...\"" : "\"");
}

std::string members_text(std::vector<std::uint64_t> members) {
  std::sort(members.begin(), members.end());
  std::string text;
  for (const std::uint64_t member : members) text += (text.empty() ? "" : ",") + std::to_string(member);
  return text;
}

std::string describe(const Operation& operation) {
  std::string question = asked(operation.action);
  switch (operation.ending) {
    case Ending::answered: return question + " -> " + answered(operation.action);
    case Ending::unknown: return question + " -> outcome unknown";
    case Ending::refused: return question + " -> refused";
  }
  return question;
}

ObjectKind kind_of(const Action& action) {
  const std::size_t place = action.index();
  if (place < 4) return ObjectKind::register_;
  if (place < 6) return ObjectKind::log;
  if (place < 8) return ObjectKind::lock;
  return place < 10 ? ObjectKind::counter : ObjectKind::configuration;
}

const char* kind_name(ObjectKind kind) {
  switch (kind) {
    case ObjectKind::register_: return "register";
    case ObjectKind::log: return "log";
    case ObjectKind::lock: return "lock";
    case ObjectKind::counter: return "counter";
    case ObjectKind::configuration: return "configuration";
  }
  return "object";
}

const char* action_name(const Action& action) {
  constexpr const char* names[] = {"get",     "put",     "cas", "delete", "append",         "read",
                                   "acquire", "release", "add", "total",  "change_members", "members"};
  static_assert(std::size(names) == std::variant_size_v<Action>);
  return names[action.index()];
}

bool reads_only(const Action& action) {
  return std::holds_alternative<Get>(action) || std::holds_alternative<ReadLog>(action) ||
         std::holds_alternative<ReadTotal>(action) || std::holds_alternative<ReadMembers>(action);
}

}  // namespace kelek::sim::history
