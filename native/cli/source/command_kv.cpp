// kelek kv: keys and values.
#include <algorithm>
#include <cstdio>
#include <sstream>

#include <fmt/format.h>

#include "arguments.h"
#include "json_of.h"

namespace kelek::cli {
namespace {

void add_put(Commands& commands, CLI::App& group) {
  struct Given {
    std::string key, value, ttl;
    std::optional<std::uint64_t> if_revision;
    bool if_absent = false, previous = false;
  };
  const auto given = std::make_shared<Given>();
  CLI::App& leaf = commands.leaf(group, "put", "store a value under a key",
                                 "kelek kv put plan/current 'ship on Friday'\n"
                                 "kelek kv put config @config.json --if-absent\n"
                                 "kelek kv put plan/current v2 --if-revision 17   # only if nobody changed it since\n"
                                 "kelek kv put heartbeat/me alive --ttl 30s");
  leaf.add_option("key", given->key)->required();
  leaf.add_option("value", given->value, "the value; @FILE reads a file, - standard input")->required();
  leaf.add_option("--if-revision", given->if_revision,
                  "only if the key was last changed at this revision (0: is absent)");
  leaf.add_flag("--if-absent", given->if_absent, "only if the key is absent");
  leaf.add_option("--ttl", given->ttl, "remove it after this time (10s, 5m, 2h)");
  leaf.add_flag("--previous", given->previous, "show what was there before");
  commands.on_client(leaf, [&commands, given](client::Client& client, const client::CallOptions& call) {
    machine::KvPut put;
    put.key = given->key;
    put.value = value_of(given->value);
    put.if_revision = given->if_revision;
    put.if_absent = given->if_absent;
    put.want_previous = given->previous;
    if (!given->ttl.empty()) put.ttl_ms = parse_duration(given->ttl, "--ttl");
    const client::Answer<machine::KvResult> answer = client.execute(std::move(put), call);
    need(answer);
    Json json;
    put_bytes(json, "key", given->key);
    json["revision"] = answer.revision;
    json["term"] = answer.term;
    if (given->previous) json["previous"] = answer->record ? json_of(given->key, *answer->record) : Json();
    commands.output().line(fmt::format("ok, revision {}", answer.revision));
    if (answer->record) commands.output().line("before: " + printable(answer->record->value, true));
    commands.output().object(json);
    return exit_ok;
  });
}

void add_get(Commands& commands, CLI::App& group) {
  struct Given {
    std::string key;
    bool details = false;
  };
  const auto given = std::make_shared<Given>();
  CLI::App& leaf = commands.leaf(group, "get", "print the value of a key (exit code 3 if it is absent)",
                                 "kelek kv get plan/current\nkelek kv get plan/current --details\n"
                                 "kelek kv get plan/current --stale --min-revision 17 --json");
  leaf.add_option("key", given->key)->required();
  leaf.add_flag("--details", given->details, "revisions and expiry too");
  const std::shared_ptr<ReadFlags> flags = add_read_flags(leaf);
  commands.on_client(leaf, [&commands, given, flags](client::Client& client, const client::CallOptions& call) {
    const client::Answer<wire::KvGetAnswer> answer = client.ask(wire::KvGetQuery{given->key}, flags->apply(call));
    need(answer);
    if (!answer->record.has_value()) {
      throw Failed(exit_refused, "not_found", fmt::format("there is no key '{}'", printable(given->key)));
    }
    const machine::KvRecord& record = *answer->record;
    const Output& output = commands.output();
    output.line(record.value);  // all of it: a value may hold any byte
    if (given->details) {
      output.line(fmt::format("created at revision {}, last changed at {}, version {}{}", record.create_revision,
                              record.mod_revision, record.version,
                              record.deadline_ms == 0 ? "" : ", expires " + time_text(record.deadline_ms)));
    }
    output.object(json_of(given->key, record));
    return exit_ok;
  });
}

void add_delete(Commands& commands, CLI::App& group) {
  struct Given {
    std::string key;
    bool prefix = false;
    std::optional<std::uint64_t> if_revision;
  };
  const auto given = std::make_shared<Given>();
  CLI::App& leaf = commands.leaf(group, "delete", "remove a key, or all keys with a prefix",
                                 "kelek kv delete plan/old\nkelek kv delete --prefix drafts/\n"
                                 "kelek kv delete plan/current --if-revision 17");
  leaf.add_option("key", given->key)->required();
  CLI::Option* prefix = leaf.add_flag("--prefix", given->prefix, "all keys that begin so");
  leaf.add_option("--if-revision", given->if_revision, "only if the key was last changed at this revision")
      ->excludes(prefix);
  commands.on_client(leaf, [&commands, given](client::Client& client, const client::CallOptions& call) {
    client::Answer<machine::KvResult> answer;
    if (given->prefix) {
      answer = client.execute(machine::KvDeleteRange{machine::prefix_range(given->key)}, call);
    } else {
      answer = client.execute(machine::KvDelete{given->key, given->if_revision, false}, call);
    }
    need(answer);
    commands.output().line(fmt::format("{} removed, revision {}", answer->deleted, answer.revision));
    commands.output().object(Json{{"deleted", answer->deleted}, {"revision", answer.revision}, {"term", answer.term}});
    return exit_ok;
  });
}

void add_range(Commands& commands, CLI::App& group) {
  struct Given {
    std::string prefix, from, to;
    std::uint64_t limit = 0;
    bool keys_only = false, count = false;
  };
  const auto given = std::make_shared<Given>();
  CLI::App& leaf = commands.leaf(group, "range", "list keys and values in order",
                                 "kelek kv range plan/\nkelek kv range --from a --to m --keys-only\n"
                                 "kelek kv range --count drafts/");
  CLI::Option* prefix = leaf.add_option("prefix", given->prefix, "only keys that begin so");
  leaf.add_option("--from", given->from, "from this key on")->excludes(prefix);
  leaf.add_option("--to", given->to, "up to below this key")->excludes(prefix);
  leaf.add_option("--limit", given->limit, "at most so many");
  leaf.add_flag("--keys-only", given->keys_only, "without values");
  leaf.add_flag("--count", given->count, "only how many there are");
  const std::shared_ptr<ReadFlags> flags = add_read_flags(leaf);
  commands.on_client(leaf, [&commands, given, flags](client::Client& client, const client::CallOptions& call) {
    const Output& output = commands.output();
    machine::KeyRange range{given->from, given->to};
    if (!given->prefix.empty()) range = machine::prefix_range(given->prefix);
    if (given->count) {
      const machine::KvCount count = take(client.ask(wire::KvCountQuery{range}, flags->apply(call)));
      output.line(fmt::format("{}{}", count.keys, count.more ? " or more" : ""));
      output.object(Json{{"keys", count.keys}, {"more", count.more}});
      return exit_ok;
    }
    std::uint64_t shown = 0;
    while (true) {
      const std::uint64_t left = given->limit == 0 ? 0 : given->limit - shown;
      const machine::KvPage page =
          take(client.ask(wire::KvListQuery{{range, left, given->keys_only}}, flags->apply(call)));
      for (const machine::KvItem& item : page.items) {
        output.line(given->keys_only ? printable(item.key) : printable(item.key) + "\t" + printable(item.record.value));
        if (output.json) output.object(json_of(item.key, item.record));
      }
      shown += page.items.size();
      if (!page.more || (given->limit != 0 && shown >= given->limit)) return exit_ok;
      range.from = page.next_key;
    }
  });
}

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream stream(line);
  std::vector<std::string> words;
  std::string word;
  while (stream >> word) words.push_back(word);
  return words;
}

std::string rest_of(const std::string& line, std::size_t words) {
  std::size_t at = 0;
  for (std::size_t i = 0; i < words; ++i) {
    at = line.find_first_not_of(' ', at);
    at = std::min(line.find(' ', at), line.size());
  }
  return at >= line.size() ? std::string() : line.substr(at + 1);
}

machine::KvCompare parse_compare(const std::string& text) {
  const std::vector<std::string> words = words_of(text);
  machine::KvCompare compare;
  if (words.size() < 4) throw bad_use("--if '" + text + "' is not 'KEY value|revision|created|version =|!=|<|> WHAT'");
  compare.key = words[0];
  const std::string& target = words[1];
  if (target == "value") {
    compare.target = machine::CompareTarget::value;
  } else if (target == "revision") {
    compare.target = machine::CompareTarget::mod_revision;
  } else if (target == "created") {
    compare.target = machine::CompareTarget::create_revision;
  } else if (target == "version") {
    compare.target = machine::CompareTarget::version;
  } else {
    throw bad_use("--if '" + text + "': '" + target + "' is none of value, revision, created, version");
  }
  static const std::vector<std::string> relations = {"=", "!=", "<", ">"};
  const auto relation = std::find(relations.begin(), relations.end(), words[2]);
  if (relation == relations.end()) throw bad_use("--if '" + text + "': '" + words[2] + "' is none of = != < >");
  compare.relation = static_cast<machine::CompareRelation>(relation - relations.begin());
  if (compare.target == machine::CompareTarget::value) {
    compare.value = rest_of(text, 3);
  } else if (const std::string problem = parse_number(words[3], compare.number); !problem.empty()) {
    throw bad_use("--if '" + text + "': " + problem);
  }
  return compare;
}

machine::KvOperation parse_operation(const std::string& text, const std::string& flag) {
  const std::vector<std::string> words = words_of(text);
  if (words.size() >= 2 && words[0] == "put") {
    machine::KvPut put;
    put.key = words[1];
    put.value = rest_of(text, 2);
    return put;
  }
  if (words.size() == 2 && words[0] == "get") return machine::KvGet{words[1]};
  if (words.size() == 2 && words[0] == "delete") return machine::KvDelete{words[1], {}, false};
  if (words.size() == 2 && words[0] == "delete-prefix") return machine::KvDeleteRange{machine::prefix_range(words[1])};
  throw bad_use(flag + " '" + text + "' is none of 'put KEY VALUE', 'get KEY', 'delete KEY', 'delete-prefix PREFIX'");
}

/// The key that an operation is about, for its line in the answer.
std::string key_of(const machine::KvOperation& operation) {
  if (const auto* put = std::get_if<machine::KvPut>(&operation)) return put->key;
  if (const auto* get = std::get_if<machine::KvGet>(&operation)) return get->key;
  if (const auto* one = std::get_if<machine::KvDelete>(&operation)) return one->key;
  return std::get<machine::KvDeleteRange>(operation).range.from;
}

void add_txn(Commands& commands, CLI::App& group) {
  struct Given {
    std::vector<std::string> compares, then_operations, else_operations;
  };
  const auto given = std::make_shared<Given>();
  CLI::App& leaf = commands.leaf(group, "txn", "several operations in one step, if all conditions hold",
                                 "kelek kv txn --if 'owner value = alice' --then 'put owner bob' --else 'get owner'\n"
                                 "kelek kv txn --if 'plan revision = 17' --then 'put plan v2' --then 'delete draft'\n"
                                 "kelek kv txn --then 'put a 1' --then 'put b 2'      # both or neither");
  const auto repeated = [&leaf](const char* name, std::vector<std::string>& into, const char* help) {
    leaf.add_option(name, into, help)->allow_extra_args(false);
  };
  repeated("--if", given->compares, "'KEY value|revision|created|version =|!=|<|> WHAT'; all must hold");
  repeated("--then", given->then_operations, "'put KEY VALUE', 'get KEY', 'delete KEY', 'delete-prefix PREFIX'");
  repeated("--else", given->else_operations, "what to do instead, if a condition does not hold");
  commands.on_client(leaf, [&commands, given](client::Client& client, const client::CallOptions& call) {
    machine::KvTxn txn;
    for (const std::string& text : given->compares) txn.compares.push_back(parse_compare(text));
    for (const std::string& text : given->then_operations)
      txn.then_operations.push_back(parse_operation(text, "--then"));
    for (const std::string& text : given->else_operations)
      txn.else_operations.push_back(parse_operation(text, "--else"));
    const machine::KvTxn asked = txn;
    const client::Answer<machine::TxnResult> answer = client.execute(std::move(txn), call);
    need(answer);
    const std::vector<machine::KvOperation>& taken =
        answer->compares_held ? asked.then_operations : asked.else_operations;
    const Output& output = commands.output();
    output.line(
        fmt::format("conditions {}; revision {}", answer->compares_held ? "held" : "did not hold", answer.revision));
    Json operations = Json::array();
    for (std::size_t i = 0; i < answer->operations.size() && i < taken.size(); ++i) {
      const machine::KvResult& result = answer->operations[i];
      const std::string key = key_of(taken[i]);
      const Json record = result.record ? json_of(key, *result.record) : Json();
      operations.push_back({{"key", printable(key)}, {"record", record}, {"deleted", result.deleted}});
      if (result.record) output.line(printable(key) + "\t" + printable(result.record->value));
    }
    output.object(Json{{"conditions_held", answer->compares_held},
                       {"revision", answer.revision},
                       {"term", answer.term},
                       {"operations", operations}});
    return answer->compares_held ? exit_ok : exit_refused;
  });
}

}  // namespace

void add_kv(Commands& commands) {
  CLI::App& group = commands.group("kv", "keys and values");
  add_put(commands, group);
  add_get(commands, group);
  add_delete(commands, group);
  add_range(commands, group);
  add_txn(commands, group);
}

}  // namespace kelek::cli
