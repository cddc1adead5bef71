// Ballots in words.
#include "ballot_text.h"

#include <algorithm>

#include <fmt/format.h>

#include "json_of.h"

namespace kelek::cli {
namespace {

/// No option won because two or more have the most. (Under the other rules they fell short of something
/// else.)
bool is_tie(const machine::Verdict& verdict, machine::Rule rule) {
  const bool compares = rule == machine::Rule::plurality || rule == machine::Rule::majority ||
                        rule == machine::Rule::one_per_organisation;
  if (!compares || verdict.outcome != machine::Outcome::rejected) return false;
  std::uint64_t most = 0;
  std::size_t times = 0;
  for (const auto& option : verdict.tally) {
    if (option.weight > most) times = 0;
    most = std::max<std::uint64_t>(most, option.weight);
    if (option.weight == most) ++times;
  }
  return most > 0 && times > 1;
}

}  // namespace

std::string verdict_line(const machine::Verdict& verdict, const std::vector<std::string>& options, machine::Rule rule) {
  std::string tally;
  for (std::size_t i = 0; i < verdict.tally.size() && i < options.size(); ++i) {
    tally += fmt::format("{}{} {}", i == 0 ? "" : ", ", options[i], verdict.tally[i].weight);
  }
  if (verdict.abstentions != 0) tally += fmt::format(", abstained {}", verdict.abstentions);
  std::string head = "no option won";
  if (verdict.winner.has_value() && *verdict.winner < options.size()) head = options[*verdict.winner];
  std::string how = machine::rule_name(rule);
  if (verdict.by_tie_rule) how += ", by the tie rule";
  if (is_tie(verdict, rule)) how += ", a tie";
  return fmt::format("{}: {} ({}; {})", machine::outcome_name(verdict.outcome), head, tally, how);
}

std::string ballot_text(const machine::Ballot& ballot, const Output& output) {
  std::string text = fmt::format("ballot {}: {}\n", ballot.ballot_id, printable(ballot.question));
  std::string options;
  for (const std::string& option : ballot.options) options += (options.empty() ? "" : ", ") + printable(option);
  text += fmt::format("options: {}; rule: {}{}\n", options, machine::rule_name(ballot.rules.rule),
                      ballot.rules.threshold == 0 ? "" : fmt::format(" ({})", ballot.rules.threshold));
  text += fmt::format("opened {} by {}; deadline {}\n", time_text(ballot.opened_time_ms), ballot.opener,
                      time_text(ballot.deadline_ms));
  Table table({"voter", "organisation", "choice", "confidence", "revision", "why"});
  table.align_right(3);
  table.align_right(4);
  for (const machine::Vote& vote : ballot.votes) {
    const machine::Elector& elector = ballot.electorate.at(vote.elector);
    table.add({elector.voter, elector.organisation, choice_of(ballot, vote) + (vote.veto ? " (veto)" : ""),
               fmt::format("{}.{} %", vote.confidence_per_mille / 10, vote.confidence_per_mille % 10),
               std::to_string(vote.revision), shortened(printable(vote.rationale), 60)});
  }
  text += "\n" + table.text(output, "  ") + "\n\n";
  if (!ballot.verdict.has_value()) {
    return text + fmt::format("open: {} of {} have voted", ballot.votes.size(), ballot.electorate.size());
  }
  text += output.paint(Color::bold, verdict_line(*ballot.verdict, ballot.options, ballot.rules.rule));
  text += fmt::format("\nclosed at revision {}, offset {} of topic '{}'", ballot.verdict->revision,
                      ballot.verdict->topic_offset, printable(ballot.topic));
  for (const std::uint32_t index : ballot.verdict->dissent) {
    const machine::Vote& vote = ballot.votes.at(index);
    text += fmt::format("\n  dissent of {} ({}): {}", ballot.electorate.at(vote.elector).voter, choice_of(ballot, vote),
                        wrapped(printable(vote.rationale, true), 90, "    "));
  }
  return text;
}

}  // namespace kelek::cli
