// kelek watch: what happens, as it happens.
#include <algorithm>

#include <fmt/format.h>

#include "arguments.h"
#include "json_of.h"
#include "stream.h"

namespace kelek::cli {
namespace {

using machine::EventKind;

/// What can be watched, and the events that belong to it.
std::uint32_t kinds_of(const std::string& what) {
  const auto bits = [](EventKind first, EventKind last) {
    std::uint32_t all = 0;
    for (unsigned kind = static_cast<unsigned>(first); kind <= static_cast<unsigned>(last); ++kind) {
      all |= machine::watch_bit(static_cast<EventKind>(kind));
    }
    return all;
  };
  if (what.empty() || what == "all") return 0xffffffff;
  if (what == "kv") return bits(EventKind::kv_put, EventKind::kv_delete);
  if (what == "topic") return bits(EventKind::topic_append, EventKind::topic_append);
  if (what == "ballot") return bits(EventKind::ballot_opened, EventKind::ballot_closed);
  if (what == "grant") return bits(EventKind::grant_requested, EventKind::grant_ended);
  if (what == "lock") return bits(EventKind::lock_granted, EventKind::lock_wait_ended);
  if (what == "session") return bits(EventKind::session_opened, EventKind::session_ended);
  throw bad_use("'" + what + "' is none of all, kv, topic, ballot, grant, lock, session");
}

/// One event for a person: "key=value" for what its JSON says.
std::string event_text(const Json& event) {
  std::string text = fmt::format("{:>8}  {:<16}", event.value("revision", std::uint64_t{0}), event.value("event", ""));
  for (const auto& [key, value] : event.items()) {
    if (key == "revision" || key == "event" || key == "term" || key == "time") continue;
    text += fmt::format(" {}={}", key, value.is_string() ? printable(value.get<std::string>()) : dump(value));
  }
  return text;
}

struct Given {
  std::string what, prefix;
  bool exact = false;
  std::uint64_t from = 0, count = 0;
};

int watch(client::Client& client, const Given& given, const Output& output) {
  StopSignals signals;
  machine::WatchFilter filter;
  filter.kinds = kinds_of(given.what);
  filter.subject_prefix = given.prefix;
  filter.exact = given.exact;
  std::uint64_t seen = 0;
  follow(client, filter, given.from, signals, [&](const machine::EventBatch& batch) {
    for (const Json& event : json_of(batch)) {
      output.line(event_text(event));
      output.object(event);
      if (++seen == given.count) return false;
    }
    return true;
  });
  return exit_ok;
}

}  // namespace

void add_watch(Commands& commands) {
  const auto given = std::make_shared<Given>();
  CLI::App& leaf = commands.leaf(commands.app(), "watch", "print what happens, as it happens, until Ctrl-C",
                                 "kelek watch\nkelek watch kv plan/ --json\nkelek watch ballot 17 --exact\n"
                                 "kelek watch lock deploy --count 1\nkelek watch kv --from 120     # history first");
  leaf.add_option("what", given->what, "all, kv, topic, ballot, grant, lock or session");
  leaf.add_option("prefix", given->prefix, "only keys, topics, locks, numbers that begin so");
  leaf.add_flag("--exact", given->exact, "only this very key, topic, lock or number");
  leaf.add_option("--from", given->from, "from this revision on; otherwise from now on");
  leaf.add_option("--count", given->count, "end after so many events");
  commands.on_client(leaf, [&commands, given](client::Client& client, const client::CallOptions&) {
    return watch(client, *given, commands.output());
  });
}

}  // namespace kelek::cli
