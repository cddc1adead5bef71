// kelek topic: append-only logs that all share.
#include <fmt/format.h>

#include "arguments.h"
#include "json_of.h"
#include "stream.h"

namespace kelek::cli {
namespace {

void show(const Output& output, const std::string& topic, const machine::TopicItem& item) {
  output.line(fmt::format("{}  {}  {}  {}", item.offset, time_text(item.record.time_ms), item.record.author,
                          printable(item.record.payload)));
  if (output.json) output.object(json_of(topic, item));
}

void add_create(Commands& commands, CLI::App& group) {
  struct Given {
    std::string topic;
    bool verdicts_only = false;
  };
  const auto given = std::make_shared<Given>();
  CLI::App& leaf = commands.leaf(group, "create", "make a topic", "kelek topic create decisions --verdicts-only");
  leaf.add_option("topic", given->topic)->required();
  leaf.add_flag("--verdicts-only", given->verdicts_only, "only verdicts of ballots may be appended");
  commands.on_client(leaf, [&commands, given](client::Client& client, const client::CallOptions& call) {
    const auto answer = client.execute(machine::TopicCreate{given->topic, given->verdicts_only}, call);
    need(answer);
    commands.output().line(fmt::format("ok, revision {}", answer.revision));
    commands.output().object(Json{{"topic", given->topic}, {"revision", answer.revision}});
    return exit_ok;
  });
}

void add_append(Commands& commands, CLI::App& group) {
  struct Given {
    std::string topic, payload;
    std::optional<std::uint64_t> if_offset;
    bool no_create = false;
  };
  const auto given = std::make_shared<Given>();
  CLI::App& leaf = commands.leaf(group, "append", "append a record; makes the topic if it is missing",
                                 "kelek topic append findings 'the cache is stale after a failover'\n"
                                 "kelek topic append findings @report.txt --if-offset 4");
  leaf.add_option("topic", given->topic)->required();
  leaf.add_option("payload", given->payload, "the record; @FILE reads a file, - standard input")->required();
  leaf.add_option("--if-offset", given->if_offset, "only if the record gets this offset");
  leaf.add_flag("--no-create", given->no_create, "refuse if there is no such topic");
  commands.on_client(leaf, [&commands, given](client::Client& client, const client::CallOptions& call) {
    machine::TopicAppend append{given->topic, value_of(given->payload), given->if_offset, !given->no_create};
    const client::Answer<machine::TopicResult> answer = client.execute(std::move(append), call);
    need(answer);
    commands.output().line(fmt::format("offset {}, revision {}", answer->offset, answer.revision));
    commands.output().object(Json{
        {"topic", given->topic}, {"offset", answer->offset}, {"revision", answer.revision}, {"term", answer.term}});
    return exit_ok;
  });
}

struct ReadGiven {
  std::string topic;
  std::uint64_t from = 0;
  std::uint64_t limit = 0;
  bool follow = false;
};

int follow_topic(client::Client& client, const ReadGiven& given, std::uint64_t revision, std::uint64_t offset,
                 StopSignals& signals, const Output& output) {
  machine::WatchFilter filter;
  filter.kinds = machine::watch_bit(machine::EventKind::topic_append);
  filter.subject_prefix = given.topic;
  filter.exact = true;
  follow(client, filter, revision + 1, signals, [&](const machine::EventBatch& batch) {
    for (const machine::Event& event : batch.events) {
      const auto* append = std::get_if<machine::TopicAppendEvent>(&event);
      if (append == nullptr || append->offset < offset) continue;
      show(output, given.topic, {append->offset, append->record});
      offset = append->offset + 1;
    }
    return true;
  });
  return exit_ok;
}

int read_topic(client::Client& client, const ReadGiven& given, const client::CallOptions& call, bool tail,
               const Output& output) {
  StopSignals signals;
  const auto ask = [&](std::uint64_t offset, std::uint64_t limit) {
    return tail ? client.ask(wire::TopicTailQuery{given.topic, limit}, call)
                : client.ask(wire::TopicReadQuery{given.topic, offset, limit}, call);
  };
  std::uint64_t offset = given.from;
  std::uint64_t shown = 0;
  std::uint64_t revision = 0;
  while (true) {
    const client::Answer<machine::TopicPage> page = ask(offset, given.limit == 0 ? 0 : given.limit - shown);
    need(page);
    revision = page.revision;
    if (page->code == machine::Code::not_found && given.follow) break;
    if (page->code == machine::Code::not_found) {
      throw Failed(exit_refused, "not_found", fmt::format("there is no topic '{}'", printable(given.topic)));
    }
    if (page->code != machine::Code::ok) {
      throw Failed(
          exit_refused, machine::code_name(page->code),
          fmt::format("topic '{}' begins at offset {}; what was before is gone", given.topic, page->first_offset));
    }
    for (const machine::TopicItem& item : page->items) show(output, given.topic, item);
    shown += page->items.size();
    offset = page->next_offset;
    const bool enough = given.limit != 0 && shown >= given.limit;
    if (tail || enough || page->items.empty() || page->next_offset >= page->end_offset) break;
  }
  return given.follow ? follow_topic(client, given, revision, offset, signals, output) : exit_ok;
}

void add_read(Commands& commands, CLI::App& group) {
  const auto given = std::make_shared<ReadGiven>();
  CLI::App& leaf = commands.leaf(group, "read", "print the records from an offset on",
                                 "kelek topic read verdicts\nkelek topic read findings --from 10 --limit 5 --json");
  leaf.add_option("topic", given->topic)->required();
  leaf.add_option("--from", given->from, "the first offset");
  leaf.add_option("--limit", given->limit, "at most so many");
  const std::shared_ptr<ReadFlags> flags = add_read_flags(leaf);
  commands.on_client(leaf, [&commands, given, flags](client::Client& client, const client::CallOptions& call) {
    return read_topic(client, *given, flags->apply(call), false, commands.output());
  });
}

void add_tail(Commands& commands, CLI::App& group) {
  const auto given = std::make_shared<ReadGiven>();
  given->limit = 10;
  CLI::App& leaf = commands.leaf(group, "tail", "print the newest records, and with -f those to come",
                                 "kelek topic tail verdicts\nkelek topic tail -f findings --json");
  leaf.add_option("topic", given->topic)->required();
  leaf.add_option("-n,--lines", given->limit, "how many")->capture_default_str();
  leaf.add_flag("-f,--follow", given->follow, "go on until Ctrl-C");
  const std::shared_ptr<ReadFlags> flags = add_read_flags(leaf);
  commands.on_client(leaf, [&commands, given, flags](client::Client& client, const client::CallOptions& call) {
    return read_topic(client, *given, flags->apply(call), true, commands.output());
  });
}

void add_list(Commands& commands, CLI::App& group) {
  const auto prefix = std::make_shared<std::string>();
  CLI::App& leaf = commands.leaf(group, "list", "all topics", "kelek topic list\nkelek topic list find");
  leaf.add_option("prefix", *prefix, "only those that begin so");
  const std::shared_ptr<ReadFlags> flags = add_read_flags(leaf);
  commands.on_client(leaf, [&commands, prefix, flags](client::Client& client, const client::CallOptions& call) {
    Table table({"topic", "first", "end", "creator", "takes"});
    wire::ByName part{*prefix, {}, 0};
    bool more = true;
    while (more) {
      const wire::TopicListAnswer answer = take(client.ask(wire::TopicListQuery{part}, flags->apply(call)));
      for (const wire::TopicSummary& topic : answer.topics) {
        table.add({topic.topic, std::to_string(topic.first_offset), std::to_string(topic.end_offset), topic.creator,
                   topic.verdicts_only ? "verdicts only" : "anything"});
        commands.output().object(Json{{"topic", topic.topic},
                                      {"creator", topic.creator},
                                      {"verdicts_only", topic.verdicts_only},
                                      {"first_offset", topic.first_offset},
                                      {"end_offset", topic.end_offset}});
        part.after = topic.topic;
      }
      more = answer.more && !answer.topics.empty();
    }
    commands.output().line(table.text(commands.output()));
    return exit_ok;
  });
}

void add_trim(Commands& commands, CLI::App& group) {
  struct Given {
    std::string topic;
    std::uint64_t below = 0;
  };
  const auto given = std::make_shared<Given>();
  CLI::App& leaf = commands.leaf(group, "trim", "forget the records below an offset", "kelek topic trim findings 100");
  leaf.add_option("topic", given->topic)->required();
  leaf.add_option("first", given->below, "the lowest offset that stays")->required();
  commands.on_client(leaf, [&commands, given](client::Client& client, const client::CallOptions& call) {
    const auto answer = client.execute(machine::TopicTrim{given->topic, given->below}, call);
    need(answer);
    commands.output().line(fmt::format("begins at offset {} now, revision {}", answer->offset, answer.revision));
    commands.output().object(
        Json{{"topic", given->topic}, {"first_offset", answer->offset}, {"revision", answer.revision}});
    return exit_ok;
  });
}

}  // namespace

void add_topic(Commands& commands) {
  CLI::App& group = commands.group("topic", "append-only logs that all share");
  add_create(commands, group);
  add_append(commands, group);
  add_read(commands, group);
  add_tail(commands, group);
  add_list(commands, group);
  add_trim(commands, group);
}

}  // namespace kelek::cli
