// kelek policy: who may decide on which grants.
#include <fmt/format.h>

#include "arguments.h"
#include "json_of.h"
#include "rules.h"

namespace kelek::cli {
namespace {

void add_set(Commands& commands, CLI::App& group) {
  struct Given {
    std::string name, action, resource, max_ttl;
    std::uint64_t max_uses = 0;
    std::vector<std::string> issuers;
    bool only_to_self = false;
    RuleFlags rules;
  };
  const auto given = std::make_shared<Given>();
  CLI::App& leaf =
      commands.leaf(group, "set", "say who may decide on which grants; admins only",
                    "kelek policy set deployments deploy 'production*' --voter alice --voter bob --rule unanimous\n"
                    "kelek policy set staging deploy staging --issuer operator --max-uses 3 --max-ttl 1h");
  leaf.add_option("policy", given->name, "its name")->required();
  leaf.add_option("action", given->action, "exact, or a prefix that ends in *")->required();
  leaf.add_option("resource", given->resource, "exact, or a prefix that ends in *")->required();
  leaf.add_option("--issuer", given->issuers, "who may issue alone; * is everybody; several times")
      ->allow_extra_args(false);
  leaf.add_flag("--only-to-self", given->only_to_self, "issuers may issue to nobody but themselves");
  leaf.add_option("--max-uses", given->max_uses, "a grant has a limit within this; 0: no limit");
  leaf.add_option("--max-ttl", given->max_ttl, "a grant has a lease within this");
  given->rules.add_to(leaf);
  commands.on_client(leaf, [&commands, given](client::Client& client, const client::CallOptions& call) {
    machine::PolicySet policy;
    policy.policy = given->name;
    policy.action = given->action;
    policy.resource = given->resource;
    policy.max_uses = given->max_uses;
    if (!given->max_ttl.empty()) policy.max_ttl_ms = parse_duration(given->max_ttl, "--max-ttl");
    policy.issuers = given->issuers;
    policy.to_others = !given->only_to_self;
    policy.electorate = given->rules.electorate();
    if (!policy.electorate.empty()) policy.rules = given->rules.rules({});
    const auto answer = client.execute(std::move(policy), call);
    need(answer);
    commands.output().line(fmt::format("ok, revision {}", answer.revision));
    commands.output().object(Json{{"policy", given->name}, {"revision", answer.revision}});
    return exit_ok;
  });
}

void add_remove(Commands& commands, CLI::App& group) {
  const auto name = std::make_shared<std::string>();
  CLI::App& leaf =
      commands.leaf(group, "remove", "remove a policy; what was granted by it stays", "kelek policy remove staging");
  leaf.add_option("policy", *name, "its name")->required();
  commands.on_client(leaf, [&commands, name](client::Client& client, const client::CallOptions& call) {
    const auto answer = client.execute(machine::PolicyRemove{*name}, call);
    need(answer);
    commands.output().line(fmt::format("ok, revision {}", answer.revision));
    commands.output().object(Json{{"policy", *name}, {"revision", answer.revision}});
    return exit_ok;
  });
}

void add_list(Commands& commands, CLI::App& group) {
  const auto prefix = std::make_shared<std::string>();
  CLI::App& leaf = commands.leaf(group, "list", "all policies", "kelek policy list --json");
  leaf.add_option("prefix", *prefix, "only those that begin so");
  commands.on_client(leaf, [&commands, prefix](client::Client& client, const client::CallOptions& call) {
    Table table({"policy", "action", "resource", "issuers", "voters", "max uses", "max ttl"});
    wire::ByName part{*prefix, {}, 0};
    bool more = true;
    while (more) {
      const wire::PolicyListAnswer answer = take(client.ask(wire::PolicyListQuery{part}, call));
      for (const machine::Policy& policy : answer.policies) {
        const machine::PolicySet& rule = policy.rule;
        std::string issuers;
        for (const std::string& issuer : rule.issuers) issuers += (issuers.empty() ? "" : ",") + issuer;
        table.add({rule.policy, rule.action, rule.resource, issuers, std::to_string(rule.electorate.size()),
                   rule.max_uses == 0 ? "-" : std::to_string(rule.max_uses),
                   rule.max_ttl_ms == 0 ? "-" : duration_text(rule.max_ttl_ms)});
        commands.output().object(json_of(policy));
        part.after = rule.policy;
      }
      more = answer.more && !answer.policies.empty();
    }
    commands.output().line(table.text(commands.output()));
    return exit_ok;
  });
}

}  // namespace

void add_policy(Commands& commands) {
  CLI::App& group = commands.group("policy", "who may decide on which grants");
  add_set(commands, group);
  add_remove(commands, group);
  add_list(commands, group);
}

}  // namespace kelek::cli
