// Checks the ballots of a restored state: counting them must stay within bounds, and closing them must be
// possible.
#include <algorithm>
#include <set>
#include <string_view>

#include "ballot_rules.h"
#include "text.h"
#include "validate_state.h"

namespace kelek::machine {
namespace {

constexpr size_t options_a_standing_can_hold = 64;

std::string check_frame(const State& state, const Ballot& ballot) {
  if (ballot.ballot_id == 0 || ballot.ballot_id > state.applied_index) {
    return "its id is no applied revision";
  }
  if (ballot.options.size() < 2 || ballot.options.size() > options_a_standing_can_hold) {
    return "number of options";
  }
  if (!is_utf8(ballot.question) || !is_utf8(ballot.opener) ||
      !std::all_of(ballot.options.begin(), ballot.options.end(), is_utf8)) {
    return "question, opener or options are not UTF-8";
  }
  if (ballot.electorate.empty()) {
    return "the electorate is empty";
  }
  std::set<std::string_view> voters;
  for (const Elector& elector : ballot.electorate) {
    if (!is_utf8(elector.voter) || !is_utf8(elector.organisation) || !voters.insert(elector.voter).second) {
      return "voter \"" + elector.voter + "\" is there twice, or not UTF-8";
    }
    if (elector.weight == 0 || elector.weight > 1'000'000'000'000) {
      return "the weight of voter \"" + elector.voter + "\"";
    }
  }
  return contradiction(ballot.rules, ballot.electorate, ballot.options.size());
}

std::string check_votes(const State& state, const Ballot& ballot) {
  std::set<uint32_t> voted;
  uint64_t last_revision = ballot.ballot_id;
  for (const Vote& vote : ballot.votes) {
    if (vote.elector >= ballot.electorate.size() || !voted.insert(vote.elector).second) {
      return "a vote by nobody, or a second one";
    }
    if (vote.choice != abstained && vote.choice >= ballot.options.size()) {
      return "a vote for no option";
    }
    if (vote.veto && !ballot.electorate[vote.elector].may_veto) {
      return "a veto by somebody who has none";
    }
    if (vote.confidence_per_mille > full_confidence_per_mille || !is_utf8(vote.rationale)) {
      return "confidence or rationale of a vote";
    }
    for (const Evidence& evidence : vote.evidence) {
      if (!is_utf8(evidence.uri)) {
        return "evidence of a vote";
      }
    }
    if (vote.revision <= last_revision || vote.revision > state.applied_index) {
      return "the revisions of its votes";
    }
    last_revision = vote.revision;
  }
  return {};
}

std::string check_verdict(const State& state, const Ballot& ballot, const Verdict& verdict) {
  if (verdict.outcome > Outcome::cancelled || verdict.winner.has_value() != (verdict.outcome == Outcome::decided)) {
    return "outcome and winner of its verdict";
  }
  if (verdict.winner && *verdict.winner >= ballot.options.size()) {
    return "the winner of its verdict";
  }
  if (verdict.tally.size() != ballot.options.size() || verdict.electors_voted != ballot.votes.size()) {
    return "the tally of its verdict";
  }
  for (const uint32_t index : verdict.dissent) {
    if (index >= ballot.votes.size()) {
      return "the dissent of its verdict";
    }
  }
  if (verdict.revision <= ballot.ballot_id || verdict.revision > state.applied_index) {
    return "the revision of its verdict";
  }
  return {};
}

// What closing it will reach for must be there.
std::string check_open(const State& state, const Ballot& ballot) {
  if (state.topics.count(ballot.topic) == 0) {
    return "its topic is not there";
  }
  if (ballot.grant_request == 0) {
    return {};
  }
  if (ballot.approving_option >= ballot.options.size()) {
    return "its approving option";
  }
  const auto grant = state.grants.find(ballot.grant_request);
  if (grant == state.grants.end() || grant->second.state != GrantState::pending ||
      grant->second.ballot_id != ballot.ballot_id) {
    return "the grant that it decides on";
  }
  return {};
}

}  // namespace

std::string ballot_contradiction(const State& state, const Ballot& ballot) {
  std::string reason = check_frame(state, ballot);
  if (reason.empty()) {
    reason = check_votes(state, ballot);
  }
  if (reason.empty()) {
    reason = ballot.verdict ? check_verdict(state, ballot, *ballot.verdict) : check_open(state, ballot);
  }
  return reason;
}

}  // namespace kelek::machine
