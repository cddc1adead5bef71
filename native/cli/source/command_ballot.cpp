// kelek ballot: questions that voters decide.
#include <algorithm>
#include <sstream>

#include <fmt/format.h>

#include "arguments.h"
#include "ballot_text.h"
#include "demo/review.h"
#include "json_of.h"
#include "rules.h"
#include "stream.h"

namespace kelek::cli {
namespace {

machine::Ballot ballot_of(client::Client& client, std::uint64_t id, const client::CallOptions& call) {
  wire::BallotGetAnswer answer = take(client.ask(wire::BallotGetQuery{id}, call));
  if (answer.ballot.has_value()) return std::move(*answer.ballot);
  throw Failed(exit_refused, "not_found", fmt::format("there is no ballot {}", id));
}

void add_open(Commands& commands, CLI::App& group) {
  struct Given {
    std::string question, deadline = "1h", topic = "verdicts", policy, approving;
    std::vector<std::string> options = {"approve", "reject"};
    RuleFlags rules;
    std::uint64_t grant = 0;
  };
  const auto given = std::make_shared<Given>();
  CLI::App& leaf = commands.leaf(
      group, "open", "open a ballot; prints its number",
      "kelek ballot open 'Shall we ship?' --voter alice --voter bob:team-b --voter carol:team-c:2\n"
      "kelek ballot open 'Which plan?' --option a --option b --option c --rule plurality --voter x --voter y "
      "--deadline 10m\n"
      "kelek ballot open 'May the deployer deploy?' --grant 42 --policy deployments");
  leaf.add_option("question", given->question)->required();
  leaf.add_option("--option", given->options, "what can be chosen; two or more")
      ->allow_extra_args(false)
      ->capture_default_str();
  given->rules.add_to(leaf);
  leaf.add_option("--deadline", given->deadline, "how long it stays open (10m, 2h)")->capture_default_str();
  leaf.add_option("--topic", given->topic, "where the verdict is appended")->capture_default_str();
  leaf.add_option("--grant", given->grant, "decide on this pending grant request");
  leaf.add_option("--policy", given->policy, "with --grant: the policy that says who decides, and how");
  leaf.add_option("--approving", given->approving, "with --grant: the option that issues it (the first)");
  commands.on_client(leaf, [&commands, given](client::Client& client, const client::CallOptions& call) {
    machine::BallotOpen open;
    open.question = given->question;
    open.options = given->options;
    open.duration_ms = parse_duration(given->deadline, "--deadline");
    open.topic = given->topic;
    open.grant_request = given->grant;
    open.policy = given->policy;
    if (given->grant == 0) {
      open.electorate = given->rules.electorate();
      if (open.electorate.empty()) throw bad_use("who may vote? Say --voter NAME[:ORGANISATION[:WEIGHT]] for each");
      open.rules = given->rules.rules(open.options);
    } else if (!given->approving.empty()) {
      open.approving_option = option_number(open.options, given->approving, "--approving");
    }
    const client::Answer<machine::BallotResult> answer = client.execute(std::move(open), call);
    need(answer);
    commands.output().line(
        fmt::format("ballot {} is open until {}", answer->ballot_id, time_text(answer->deadline_ms)));
    commands.output().object(Json{{"ballot", answer->ballot_id},
                                  {"deadline", time_text(answer->deadline_ms)},
                                  {"revision", answer.revision},
                                  {"term", answer.term}});
    return exit_ok;
  });
}

machine::Evidence evidence_of(const std::string& text) {
  const std::size_t equals = text.rfind('=');
  const std::optional<machine::Digest> digest =
      equals == std::string::npos ? std::nullopt : parse_digest(std::string_view(text).substr(equals + 1));
  if (!digest.has_value())
    throw bad_use("--evidence '" + shortened(text, 80) + "' is not URI=SHA256 (64 hexadecimal digits)");
  return {text.substr(0, equals), *digest};
}

struct VoteGiven {
  std::uint64_t ballot = 0;
  std::string choice, rationale;
  double confidence = 1.0;
  bool veto = false, announce = false;
  std::vector<std::string> evidence;
};

int vote(client::Client& client, const VoteGiven& given, const client::CallOptions& call, const Output& output) {
  machine::BallotVote vote;
  vote.ballot_id = given.ballot;
  vote.choice = given.choice;
  vote.veto = given.veto;
  if (!(given.confidence >= 0.0 && given.confidence <= 1.0)) throw bad_use("--confidence is not between 0 and 1");
  vote.confidence_per_mille = static_cast<std::uint32_t>(given.confidence * machine::full_confidence_per_mille + 0.5);
  vote.rationale = value_of(given.rationale);
  for (const std::string& text : given.evidence) vote.evidence.push_back(evidence_of(text));
  if (given.announce) {
    // Whoever watches this process learns that the vote is about to leave; the link is up by then.
    need(client.ask(wire::MachineQuery{}, client::CallOptions{call.deadline_ms, true, 0}));
    output.object(Json{{"event", "sending"}, {"ballot", given.ballot}});
  }
  const client::Answer<machine::BallotResult> answer = client.execute(std::move(vote), call);
  need(answer);
  const bool closed = answer->verdict.has_value();
  output.line(fmt::format("counted, revision {}{}", answer.revision, closed ? "; the ballot is closed" : ""));
  Json json{{"event", "counted"},
            {"ballot", answer->ballot_id},
            {"revision", answer.revision},
            {"term", answer.term},
            {"member", answer.member},
            {"closed", closed},
            {"through", client.coordinator().address}};
  output.object(json);
  return exit_ok;
}

void add_vote(Commands& commands, CLI::App& group) {
  const auto given = std::make_shared<VoteGiven>();
  CLI::App& leaf = commands.leaf(group, "vote", "vote, as who your key says you are; a vote is final",
                                 "kelek ballot vote 17 approve --rationale 'the tests cover it' --confidence 0.8\n"
                                 "kelek ballot vote 17 reject --evidence https://example.org/log=$(sha256sum <log | "
                                 "cut -d' ' -f1)\n"
                                 "kelek ballot vote 17 abstain");
  leaf.add_option("ballot", given->ballot, "its number")->required();
  leaf.add_option("choice", given->choice, "an option, or abstain")->required();
  leaf.add_option("--rationale", given->rationale, "why; @FILE reads a file, - standard input");
  leaf.add_option("--confidence", given->confidence, "from 0 to 1")->capture_default_str();
  leaf.add_option("--evidence", given->evidence, "URI=SHA256; may be given several times")->allow_extra_args(false);
  leaf.add_flag("--veto", given->veto, "no option wins any more; only for those who may");
  leaf.add_flag("--announce", given->announce)->group("");
  commands.on_client(leaf, [&commands, given](client::Client& client, const client::CallOptions& call) {
    return vote(client, *given, call, commands.output());
  });
}

void add_show(Commands& commands, CLI::App& group) {
  const auto id = std::make_shared<std::uint64_t>();
  CLI::App& leaf = commands.leaf(group, "show", "a ballot with its votes, verdict and dissent", "kelek ballot show 17");
  leaf.add_option("ballot", *id, "its number")->required();
  const std::shared_ptr<ReadFlags> flags = add_read_flags(leaf);
  commands.on_client(leaf, [&commands, id, flags](client::Client& client, const client::CallOptions& call) {
    const machine::Ballot ballot = ballot_of(client, *id, flags->apply(call));
    commands.output().line(ballot_text(ballot, commands.output()));
    commands.output().object(json_of(ballot));
    return exit_ok;
  });
}

void add_list(Commands& commands, CLI::App& group) {
  const auto open_only = std::make_shared<bool>(false);
  CLI::App& leaf = commands.leaf(group, "list", "all ballots", "kelek ballot list\nkelek ballot list --open --json");
  leaf.add_flag("--open", *open_only, "only those that are open");
  const std::shared_ptr<ReadFlags> flags = add_read_flags(leaf);
  commands.on_client(leaf, [&commands, open_only, flags](client::Client& client, const client::CallOptions& call) {
    Table table({"ballot", "votes", "outcome", "winner", "deadline", "question"});
    wire::ById part;
    bool more = true;
    while (more) {
      const wire::BallotListAnswer answer =
          take(client.ask(wire::BallotListQuery{part, *open_only}, flags->apply(call)));
      for (const wire::BallotSummary& ballot : answer.ballots) {
        table.add({std::to_string(ballot.ballot_id), fmt::format("{}/{}", ballot.votes, ballot.electors),
                   ballot.outcome.has_value() ? machine::outcome_name(*ballot.outcome) : "open", ballot.winner,
                   time_text(ballot.deadline_ms), shortened(printable(ballot.question), 70)});
        commands.output().object(json_of(ballot));
        part.after = ballot.ballot_id;
      }
      more = answer.more && !answer.ballots.empty();
    }
    commands.output().line(table.text(commands.output()));
    return exit_ok;
  });
}

void add_cancel(Commands& commands, CLI::App& group) {
  const auto id = std::make_shared<std::uint64_t>();
  CLI::App& leaf = commands.leaf(group, "cancel", "close a ballot without a decision; its opener or an admin",
                                 "kelek ballot cancel 17");
  leaf.add_option("ballot", *id, "its number")->required();
  commands.on_client(leaf, [&commands, id](client::Client& client, const client::CallOptions& call) {
    const auto answer = client.execute(machine::BallotCancel{*id}, call);
    need(answer);
    commands.output().line(fmt::format("cancelled, revision {}", answer.revision));
    commands.output().object(Json{{"ballot", *id}, {"revision", answer.revision}});
    return exit_ok;
  });
}

int wait_for(client::Client& client, std::uint64_t id, std::chrono::milliseconds timeout,
             const client::CallOptions& call, const Output& output) {
  StopSignals signals;
  const client::Answer<wire::BallotGetAnswer> now = client.ask(wire::BallotGetQuery{id}, call);
  need(now);
  machine::Ballot ballot = ballot_of(client, id, call);
  if (!ballot.verdict.has_value()) {
    machine::WatchFilter filter;
    filter.kinds = machine::watch_bit(machine::EventKind::ballot_closed);
    filter.subject_prefix = std::to_string(id);
    filter.exact = true;
    const bool closed = follow(
        client, filter, now.revision + 1, signals, [](const machine::EventBatch&) { return false; }, timeout);
    if (!closed) throw Failed(exit_error, "interrupted", "interrupted");
    ballot = ballot_of(client, id, call);
  }
  output.line(ballot_text(ballot, output));
  output.object(json_of(ballot));
  return ballot.verdict.has_value() && ballot.verdict->winner.has_value() ? exit_ok : exit_refused;
}

void add_wait(Commands& commands, CLI::App& group) {
  struct Given {
    std::uint64_t ballot = 0;
    std::string timeout;
  };
  const auto given = std::make_shared<Given>();
  CLI::App& leaf = commands.leaf(group, "wait", "wait for the verdict (exit code 3 if no option won)",
                                 "kelek ballot wait 17\nkelek ballot wait 17 --for 5m --json");
  leaf.add_option("ballot", given->ballot, "its number")->required();
  leaf.add_option("--for", given->timeout, "at most so long (exit code 4 then)");
  commands.on_client(leaf, [&commands, given](client::Client& client, const client::CallOptions& call) {
    const std::uint64_t ms = given->timeout.empty() ? 0 : parse_duration(given->timeout, "--for");
    return wait_for(client, given->ballot, std::chrono::milliseconds(ms), call, commands.output());
  });
}

}  // namespace

void add_ballot(Commands& commands) {
  CLI::App& group = commands.group("ballot", "questions that voters decide");
  add_open(commands, group);
  add_vote(commands, group);
  add_show(commands, group);
  add_list(commands, group);
  add_cancel(commands, group);
  add_wait(commands, group);
}

}  // namespace kelek::cli
