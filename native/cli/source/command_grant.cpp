// kelek grant: permissions with limits and an end.
#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "arguments.h"
#include "json_of.h"

namespace kelek::cli {
namespace {

struct TermsFlags {
  std::string action, resource, subject, ttl, lifetime;
  std::uint64_t uses = 0;

  void add_to(CLI::App& leaf, bool required) {
    CLI::Option* first = leaf.add_option("action", action, "what: deploy, read, spend ...");
    CLI::Option* second = leaf.add_option("resource", resource, "on what: production, budget/q3 ...");
    if (required) {
      first->required();
      second->required();
    }
    leaf.add_option("--subject", subject, "who may; otherwise you");
    leaf.add_option("--uses", uses, "how often; 0: no limit");
    leaf.add_option("--ttl", ttl, "ends unless extended within this time");
    leaf.add_option("--for", lifetime, "ends after this time in any case");
  }
  /// `now_ms`: log time.
  machine::GrantTerms terms(std::uint64_t now_ms) const {
    machine::GrantTerms all{subject, action, resource, uses, 0, 0};
    if (!ttl.empty()) all.ttl_ms = parse_duration(ttl, "--ttl");
    if (!lifetime.empty()) all.not_after_ms = now_ms + parse_duration(lifetime, "--for");
    return all;
  }
};

/// Only asked for where it is needed.
std::uint64_t log_time(client::Client& client, const TermsFlags& flags, const client::CallOptions& call) {
  return flags.lifetime.empty() ? 0 : take(client.ask(wire::MachineQuery{}, call)).time_ms;
}

void show(const Output& output, const client::Answer<machine::GrantResult>& answer) {
  std::string text = fmt::format("grant {} is {}", answer->grant_id, machine::grant_state_name(answer->state));
  if (answer->fence != 0) text += fmt::format(", fence {}", answer->fence);
  if (answer->uses_limited)
    text += fmt::format(", {} {} left", answer->uses_left, answer->uses_left == 1 ? "use" : "uses");
  if (answer->deadline_ms != 0) text += ", until " + time_text(answer->deadline_ms);
  output.line(text);
  Json json{{"grant", answer->grant_id}, {"state", machine::grant_state_name(answer->state)}, {"fence", answer->fence}};
  json["uses_left"] = answer->uses_limited ? Json(answer->uses_left) : Json();
  json["deadline"] = answer->deadline_ms == 0 ? Json() : Json(time_text(answer->deadline_ms));
  json["revision"] = answer.revision;
  output.object(json);
}

void add_request(Commands& commands, CLI::App& group) {
  struct Given {
    TermsFlags terms;
    std::string reason;
  };
  const auto given = std::make_shared<Given>();
  CLI::App& leaf = commands.leaf(group, "request", "ask for a grant; a ballot or an issuer decides",
                                 "kelek grant request deploy production --uses 1 --reason 'release 2.1'\n"
                                 "kelek ballot open 'May it deploy?' --grant 42 --policy deployments");
  given->terms.add_to(leaf, true);
  leaf.add_option("--reason", given->reason, "why");
  commands.on_client(leaf, [&commands, given](client::Client& client, const client::CallOptions& call) {
    const machine::GrantTerms terms = given->terms.terms(log_time(client, given->terms, call));
    const auto answer = client.execute(machine::GrantRequest{terms, given->reason}, call);
    need(answer);
    show(commands.output(), answer);
    return exit_ok;
  });
}

void add_issue(Commands& commands, CLI::App& group) {
  struct Given {
    TermsFlags terms;
    std::uint64_t grant = 0;
    std::string policy;
  };
  const auto given = std::make_shared<Given>();
  CLI::App& leaf = commands.leaf(group, "issue", "issue a grant, where a policy makes you an issuer",
                                 "kelek grant issue --policy deployments --request 42\n"
                                 "kelek grant issue deploy staging --subject alice --uses 3 --policy deployments");
  given->terms.add_to(leaf, false);
  leaf.add_option("--request", given->grant, "a pending request; instead of action and resource");
  leaf.add_option("--policy", given->policy, "the policy that allows it")->required();
  commands.on_client(leaf, [&commands, given](client::Client& client, const client::CallOptions& call) {
    if (given->grant == 0 && given->terms.resource.empty()) throw bad_use("say action and resource, or --request N");
    machine::GrantIssue issue{given->grant, {}, given->policy};
    if (given->grant == 0) issue.terms = given->terms.terms(log_time(client, given->terms, call));
    const auto answer = client.execute(std::move(issue), call);
    need(answer);
    show(commands.output(), answer);
    return exit_ok;
  });
}

/// The fence of a grant of ours, unless it was given.
std::uint64_t fence_of(client::Client& client, std::uint64_t grant, std::uint64_t given,
                       const client::CallOptions& call) {
  if (given != 0) return given;
  const wire::GrantGetAnswer answer = take(client.ask(wire::GrantGetQuery{grant}, call));
  if (!answer.grant.has_value()) throw Failed(exit_refused, "not_found", fmt::format("there is no grant {}", grant));
  return answer.grant->fence;
}

struct HeldGiven {
  std::uint64_t grant = 0, fence = 0, uses = 1;
};

std::shared_ptr<HeldGiven> add_held_flags(CLI::App& leaf) {
  auto given = std::make_shared<HeldGiven>();
  leaf.add_option("grant", given->grant, "its number")->required();
  leaf.add_option("--fence", given->fence, "its fencing token; otherwise it is looked up");
  return given;
}

void add_use(Commands& commands, CLI::App& group) {
  CLI::App& leaf = commands.leaf(group, "use", "count a use, exactly once (exit code 3 if it is not allowed)",
                                 "kelek grant use 42 && ./deploy\nkelek grant use 42 --uses 3 --fence 57");
  const std::shared_ptr<HeldGiven> given = add_held_flags(leaf);
  leaf.add_option("--uses", given->uses, "how many")->capture_default_str();
  commands.on_client(leaf, [&commands, given](client::Client& client, const client::CallOptions& call) {
    const std::uint64_t fence = fence_of(client, given->grant, given->fence, call);
    const auto answer = client.execute(machine::GrantUse{given->grant, fence, given->uses}, call);
    need(answer);
    show(commands.output(), answer);
    return exit_ok;
  });
}

void add_extend(Commands& commands, CLI::App& group) {
  CLI::App& leaf = commands.leaf(group, "extend", "renew the lease of a grant", "kelek grant extend 42");
  const std::shared_ptr<HeldGiven> given = add_held_flags(leaf);
  commands.on_client(leaf, [&commands, given](client::Client& client, const client::CallOptions& call) {
    const std::uint64_t fence = fence_of(client, given->grant, given->fence, call);
    const auto answer = client.execute(machine::GrantExtend{given->grant, fence}, call);
    need(answer);
    show(commands.output(), answer);
    return exit_ok;
  });
}

void add_revoke(Commands& commands, CLI::App& group) {
  const auto id = std::make_shared<std::uint64_t>();
  CLI::App& leaf = commands.leaf(group, "revoke", "end a grant, or withdraw a request", "kelek grant revoke 42");
  leaf.add_option("grant", *id, "its number")->required();
  commands.on_client(leaf, [&commands, id](client::Client& client, const client::CallOptions& call) {
    const auto answer = client.execute(machine::GrantRevoke{*id}, call);
    need(answer);
    show(commands.output(), answer);
    return exit_ok;
  });
}

void add_check(Commands& commands, CLI::App& group) {
  struct Given {
    wire::GrantCheckQuery query;
  };
  const auto given = std::make_shared<Given>();
  CLI::App& leaf = commands.leaf(group, "check", "may this be done now? Counts no use (exit code 3 if not)",
                                 "kelek grant check 42 alice deploy production --fence 57");
  leaf.add_option("grant", given->query.grant_id, "its number")->required();
  leaf.add_option("subject", given->query.subject, "who")->required();
  leaf.add_option("action", given->query.action, "what")->required();
  leaf.add_option("resource", given->query.resource, "on what")->required();
  leaf.add_option("--fence", given->query.fence, "only if its fencing token is this one");
  commands.on_client(leaf, [&commands, given](client::Client& client, const client::CallOptions& call) {
    const wire::GrantCheckAnswer answer = take(client.ask(given->query, call));
    const machine::Refusal& refusal = answer.refusal;
    if (!refusal.ok()) {
      throw Failed(exit_refused, machine::code_name(refusal.code),
                   refusal.reason.empty() ? machine::describe(refusal.code) : refusal.reason);
    }
    commands.output().line("yes");
    commands.output().object(Json{{"allowed", true}});
    return exit_ok;
  });
}

void add_show(Commands& commands, CLI::App& group) {
  const auto id = std::make_shared<std::uint64_t>();
  CLI::App& leaf = commands.leaf(group, "show", "all about one grant", "kelek grant show 42 --json");
  leaf.add_option("grant", *id, "its number")->required();
  commands.on_client(leaf, [&commands, id](client::Client& client, const client::CallOptions& call) {
    const wire::GrantGetAnswer answer = take(client.ask(wire::GrantGetQuery{*id}, call));
    if (!answer.grant.has_value()) throw Failed(exit_refused, "not_found", fmt::format("there is no grant {}", *id));
    const Json json = json_of(*answer.grant);
    for (const auto& [key, value] : json.items()) {
      std::string name = key;
      std::replace(name.begin(), name.end(), '_', ' ');
      const std::string text = value.is_null() ? "-" : value.is_string() ? value.get<std::string>() : dump(value);
      commands.output().line(fmt::format("{:<12}{}", name, text));
    }
    commands.output().object(json);
    return exit_ok;
  });
}

void add_list(Commands& commands, CLI::App& group) {
  const auto active_only = std::make_shared<bool>(false);
  CLI::App& leaf = commands.leaf(group, "list", "all grants", "kelek grant list --active");
  leaf.add_flag("--active", *active_only, "only those in force");
  const std::shared_ptr<ReadFlags> flags = add_read_flags(leaf);
  commands.on_client(leaf, [&commands, active_only, flags](client::Client& client, const client::CallOptions& call) {
    Table table({"grant", "state", "subject", "action", "resource", "uses", "fence", "until"});
    wire::ById part;
    bool more = true;
    while (more) {
      const wire::GrantListAnswer answer =
          take(client.ask(wire::GrantListQuery{part, *active_only}, flags->apply(call)));
      for (const machine::Grant& grant : answer.grants) {
        const std::string limit = grant.terms.uses == 0 ? "∞" : std::to_string(grant.terms.uses);
        table.add({std::to_string(grant.grant_id), machine::grant_state_name(grant.state), grant.terms.subject,
                   grant.terms.action, grant.terms.resource, fmt::format("{}/{}", grant.used, limit),
                   std::to_string(grant.fence), time_text(grant.deadline_ms)});
        commands.output().object(json_of(grant));
        part.after = grant.grant_id;
      }
      more = answer.more && !answer.grants.empty();
    }
    commands.output().line(table.text(commands.output()));
    return exit_ok;
  });
}

}  // namespace

void add_grant(Commands& commands) {
  CLI::App& group = commands.group("grant", "permissions with limits and an end");
  add_request(commands, group);
  add_issue(commands, group);
  add_use(commands, group);
  add_extend(commands, group);
  add_revoke(commands, group);
  add_check(commands, group);
  add_show(commands, group);
  add_list(commands, group);
}

}  // namespace kelek::cli
