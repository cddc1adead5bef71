// Ballots: opening, voting, closing by what is settled, by the deadline, or by being cancelled.
#include <algorithm>

#include "context.h"
#include "policy.h"
#include "text.h"
#include "verdict.h"
#include "walk.h"

namespace kelek::machine {
namespace {

// Closed ballots make room for new ones: the oldest go first, their verdicts stay in the topic.
void forget_old_ballots(Context& context, uint64_t bytes_needed) {
  const Limits& limits = context.state.limits;
  DeadlineOfId& closed = context.indexes.closed_ballots;
  while (!closed.empty() &&
         (closed.size() > limits.closed_ballots || context.indexes.ballot_bytes + bytes_needed > limits.ballot_bytes)) {
    const uint64_t ballot_id = closed.begin()->second;
    context.indexes.ballot_bytes -= context.indexes.ballot_sizes[ballot_id];
    context.indexes.ballot_sizes.erase(ballot_id);
    context.state.ballots.erase(ballot_id);
    closed.erase(closed.begin());
  }
}

// The size of a ballot is counted once it is stored, and as long as it is.
void count_size(Context& context, uint64_t ballot_id, uint64_t bytes) {
  context.indexes.ballot_sizes[ballot_id] += bytes;
  context.indexes.ballot_bytes += bytes;
}

Refusal no_room(const Context& context, uint64_t bytes) {
  const uint64_t limit = context.state.limits.ballot_bytes;
  const uint64_t total = context.indexes.ballot_bytes + bytes;
  return {Code::over_limit, too_much("all open ballots together", total, "bytes", "ballot_bytes", limit)};
}

// Could it be stored if every closed ballot were forgotten?
bool has_room(const Context& context, uint64_t bytes) {
  const uint64_t limit = context.state.limits.ballot_bytes;
  if (context.indexes.ballot_bytes + bytes <= limit) {
    return true;
  }
  uint64_t closed_bytes = 0;
  for (const auto& [revision, ballot_id] : context.indexes.closed_ballots) {
    closed_bytes += context.indexes.ballot_sizes.find(ballot_id)->second;
    if (context.indexes.ballot_bytes - closed_bytes + bytes <= limit) {
      return true;
    }
  }
  return false;
}

// The verdict is made, stored, appended to the topic and, where a grant hangs on it, carried out: all in this
// entry.
void close_ballot(Context& context, Ballot& ballot, const Decision& decision, Outcome outcome, bool before_deadline) {
  const Count& count = context.indexes.counts.find(ballot.ballot_id)->second;
  Verdict verdict = tally_of(ballot, count, decision);
  verdict.outcome = outcome;
  verdict.before_deadline = before_deadline;
  verdict.revision = context.revision;
  verdict.time_ms = context.now_ms;
  ballot.verdict = std::move(verdict);
  ballot.verdict->topic_offset =
      append_verdict(context, ballot, verdict_json(ballot, context.state.limits.record_bytes));
  context.events.push_back(
      BallotClosedEvent{ballot.ballot_id, *ballot.verdict, decision.winner ? ballot.options[*decision.winner] : ""});
  context.indexes.ballots.erase({ballot.deadline_ms, ballot.ballot_id});
  context.indexes.counts.erase(ballot.ballot_id);
  context.indexes.closed_ballots.emplace(context.revision, ballot.ballot_id);
  count_size(context, ballot.ballot_id, measure(ballot.verdict));
  if (ballot.grant_request != 0) {
    decide_on_grant(context, ballot);
  }
}

// Nobody can vote any more, or nothing that is still to come could change the winner.
void close_decided(Context& context, Ballot& ballot, bool at_deadline) {
  const Count& count = context.indexes.counts.find(ballot.ballot_id)->second;
  const Decision decision = count.decision();
  Outcome outcome = Outcome::rejected;
  if (decision.winner) {
    outcome = Outcome::decided;
  } else if (count.vetoed()) {
    outcome = Outcome::vetoed;
  } else if (at_deadline && !count.floor_reached()) {
    outcome = Outcome::no_quorum;  // before the deadline it means: whoever votes, no option can win
  }
  close_ballot(context, ballot, decision, outcome, !at_deadline);
}

Refusal can_open(const Context& context, const BallotOpen& command) {
  const Limits& limits = context.state.limits;
  if (context.indexes.counts.size() >= limits.open_ballots) {
    return {Code::over_limit, too_much("the machine", context.indexes.counts.size() + 1, "open ballots", "open_ballots",
                                       limits.open_ballots)};
  }
  if (Refusal refusal = can_take_verdict(context, command.topic); !refusal.ok()) {
    return refusal;
  }
  return command.grant_request == 0 ? Refusal{} : can_decide_on_grant(context, command);
}

BallotResult answer_of(const Ballot& ballot) {
  BallotResult answer;
  answer.ballot_id = ballot.ballot_id;
  answer.deadline_ms = ballot.deadline_ms;
  answer.verdict = ballot.verdict;
  return answer;
}

// The index of the option, `abstained`, or nothing.
std::optional<uint32_t> find_choice(const Ballot& ballot, const std::string& word) {
  if (word == abstain_word) {
    return abstained;
  }
  const auto at = std::find(ballot.options.begin(), ballot.options.end(), word);
  if (at == ballot.options.end()) {
    return std::nullopt;
  }
  return static_cast<uint32_t>(at - ballot.options.begin());
}

Result closed_already(const Ballot& ballot) {
  const bool late = !ballot.verdict->before_deadline;
  return refuse(
      late ? Code::deadline_passed : Code::ballot_closed,
      "closed at revision " + std::to_string(ballot.verdict->revision) + ": " + outcome_name(ballot.verdict->outcome),
      answer_of(ballot));
}

struct Checked {
  Refusal refusal;
  Vote vote;
};

// Who votes is the authenticated caller, whatever the request says.
Checked check_vote(const Context& context, const Ballot& ballot, const Count& count, const BallotVote& command) {
  Checked checked;
  const std::optional<uint32_t> elector = count.elector(context.header.caller);
  if (!elector) {
    checked.refusal = {Code::not_eligible, "\"" + context.header.caller + "\" is not in the electorate"};
    return checked;
  }
  if (count.has_voted(*elector)) {
    checked.refusal = {Code::already_voted, "\"" + context.header.caller + "\" has voted"};
    return checked;
  }
  const std::optional<uint32_t> choice = find_choice(ballot, command.choice);
  if (!choice) {
    checked.refusal = {Code::invalid, "\"" + command.choice + "\" is not an option of this ballot"};
    return checked;
  }
  if (command.veto && !ballot.electorate[*elector].may_veto) {
    checked.refusal = {Code::forbidden, "\"" + context.header.caller + "\" has no veto"};
    return checked;
  }
  checked.vote = Vote{*elector,          *choice,          command.veto,     command.confidence_per_mille,
                      command.rationale, command.evidence, context.revision, context.now_ms};
  return checked;
}

}  // namespace

Result execute(Context& context, const BallotOpen& command) {
  if (Refusal refusal = can_open(context, command); !refusal.ok()) {
    return refuse(refusal.code, std::move(refusal.reason));
  }
  Ballot ballot;
  ballot.ballot_id = context.revision;
  ballot.question = command.question;
  ballot.options = command.options;
  ballot.electorate = command.electorate;
  ballot.rules = command.rules;
  ballot.opener = context.header.caller;
  ballot.topic = command.topic;
  ballot.opened_time_ms = context.now_ms;
  ballot.deadline_ms = saturating_add(context.now_ms, command.duration_ms);
  ballot.grant_request = command.grant_request;
  ballot.approving_option = command.approving_option;
  if (command.grant_request != 0) {
    const PolicySet& rule = find_policy(context.state, command.policy)->rule;
    ballot.electorate = rule.electorate;
    ballot.rules = rule.rules;
    if (std::string reason = contradiction(ballot.rules, ballot.electorate, ballot.options.size()); !reason.empty()) {
      return refuse(Code::invalid, std::move(reason));
    }
  }
  const uint64_t bytes = measure(ballot);
  if (!has_room(context, bytes)) {
    Refusal refusal = no_room(context, bytes);
    return refuse(refusal.code, std::move(refusal.reason));
  }
  forget_old_ballots(context, bytes);
  make_verdict_topic(context, ballot.topic);
  if (ballot.grant_request != 0) {
    bind_grant_to_ballot(context, ballot.grant_request, ballot.ballot_id, command.policy);
  }
  context.indexes.ballots.emplace(ballot.deadline_ms, ballot.ballot_id);
  context.indexes.counts.emplace(ballot.ballot_id, Count(ballot));
  count_size(context, ballot.ballot_id, bytes);
  context.events.push_back(BallotOpenedEvent{ballot.ballot_id, ballot.question, ballot.deadline_ms});
  Result result = done(answer_of(ballot));
  context.state.ballots.emplace(ballot.ballot_id, std::move(ballot));
  return result;
}

Result execute(Context& context, const BallotVote& command) {
  const auto at = context.state.ballots.find(command.ballot_id);
  if (at == context.state.ballots.end()) {
    return refuse(Code::not_found, "no ballot " + std::to_string(command.ballot_id));
  }
  Ballot& ballot = at->second;
  if (ballot.verdict) {
    return closed_already(ballot);
  }
  Count& count = context.indexes.counts.find(ballot.ballot_id)->second;
  Checked checked = check_vote(context, ballot, count, command);
  if (!checked.refusal.ok()) {
    return refuse(checked.refusal.code, std::move(checked.refusal.reason));
  }
  const uint64_t bytes = measure(checked.vote) + Measure::item_bytes;
  if (!has_room(context, bytes)) {
    Refusal refusal = no_room(context, bytes);
    return refuse(refusal.code, std::move(refusal.reason));
  }
  count.add(checked.vote);
  ballot.votes.push_back(std::move(checked.vote));
  count_size(context, ballot.ballot_id, bytes);
  context.events.push_back(BallotVotedEvent{ballot.ballot_id, context.header.caller, command.choice, command.veto,
                                            ballot.votes.size(), ballot.electorate.size()});
  if (count.all_voted() || (!ballot.rules.wait_for_all_votes && count.settled())) {
    close_decided(context, ballot, false);
  }
  Result result = done(answer_of(ballot));
  forget_old_ballots(context, 0);
  return result;
}

Result execute(Context& context, const BallotCancel& command) {
  const auto at = context.state.ballots.find(command.ballot_id);
  if (at == context.state.ballots.end()) {
    return refuse(Code::not_found, "no ballot " + std::to_string(command.ballot_id));
  }
  Ballot& ballot = at->second;
  if (ballot.verdict) {
    return closed_already(ballot);
  }
  if (ballot.opener != context.header.caller && !context.header.caller_is_admin) {
    return refuse(Code::forbidden, "a ballot is cancelled by who opened it, or by an admin");
  }
  close_ballot(context, ballot, {}, Outcome::cancelled, true);
  Result result = done(answer_of(ballot));
  forget_old_ballots(context, 0);
  return result;
}

void close_overdue_ballots(Context& context) {
  while (!context.indexes.ballots.empty() && context.indexes.ballots.begin()->first <= context.now_ms) {
    close_decided(context, context.state.ballots.find(context.indexes.ballots.begin()->second)->second, true);
  }
  forget_old_ballots(context, 0);
}

}  // namespace kelek::machine
