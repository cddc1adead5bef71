// Restoring: a good state goes on where it was, and whatever could lead out of bounds is refused by name.
#include "validate_state.h"

#include "world.h"

using namespace kelek::machine;
using namespace kelek::machine::test;

namespace {

// One of everything.
State full_state() {
  World world;
  const uint64_t session = world.open_session("ada", 100'000);
  KvPut bound = put("bound", "x");
  bound.bind_to_session = true;
  bound.ttl_ms = 50'000;
  world.in_session("ada", session, 1, bound);                                 // 2
  world.in_session("ada", session, 2, LockAcquire{"lock", 60'000, 0, true});  // 3
  world.apply("ben", LockAcquire{"lock", 60'000, 60'000, false});             // 4
  BallotOpen ballot = review();
  ballot.electorate[4].may_veto = true;
  world.apply("opener", ballot);  // 5
  BallotVote vote = vote_for(5, "approve");
  vote.evidence.push_back(Evidence{"file:x", {}});
  world.apply("ada", vote);  // 6
  BallotOpen quick = review();
  quick.electorate.resize(1);
  world.apply("opener", quick);               // 7
  world.apply("ada", vote_for(7, "reject"));  // 8
  PolicySet policy;
  policy.policy = "p";
  policy.action = "*";
  policy.resource = "*";
  policy.issuers = {"*"};
  policy.electorate = {elector("ada"), elector("ben")};
  world.as_admin(policy);                                             // 9
  world.apply("ada", GrantRequest{{"", "a", "r", 2, 1'000, 0}, ""});  // 10
  BallotOpen on_grant = review();
  on_grant.electorate.clear();
  on_grant.grant_request = 10;
  on_grant.policy = "p";
  world.apply("ada", on_grant);                                          // 11
  world.apply("ada", GrantIssue{0, {"", "a", "r", 2, 50'000, 0}, "p"});  // 12
  const uint64_t other = world.open_session("ben", 1'000);               // 13
  world.apply("ben", SessionClose{other});                               // 14
  return world.machine.state();
}

template <class Change>
std::string refused(Change change) {
  State state = full_state();
  change(state);
  const RestoreOutcome outcome = Machine::restore(std::move(state));
  CHECK_FALSE(outcome.machine);
  return outcome.reason;
}

}  // namespace

TEST_CASE("a state comes back whole, and goes on") {
  const State state = full_state();
  REQUIRE(state.ballots.size() == 3);
  REQUIRE(state.grants.size() == 2);
  RestoreOutcome outcome = Machine::restore(state);
  INFO(outcome.reason);
  REQUIRE(outcome.machine);
  CHECK(outcome.machine->state() == state);
  CHECK(outcome.machine->state_hash() == state.hash);
  CHECK(outcome.machine->next_deadline_ms());
  CHECK(outcome.machine->history(3).code == Code::compacted);
  CHECK(outcome.machine->history(state.applied_index + 1).code == Code::ok);
  World world;
  world.machine = std::move(*outcome.machine);
  CHECK(world.apply("ben", vote_for(5, "approve")).code == Code::ok);
  CHECK(world.apply("ada", vote_for(5, "approve")).code == Code::already_voted);
  CHECK(world.in_session("ada", 1, 2, LockAcquire{"lock", 60'000, 0, true}).revision == 3);
}

TEST_CASE("an empty state is a state") {
  CHECK(Machine::restore(State{}).machine);
}

TEST_CASE("a restore refuses bad header and limits") {
  CHECK(refused([](State& s) { s.limits.options = 65; }) == "limits: options is 65, allowed is 2 to 64");
  CHECK(refused([](State& s) { s.lease_term = 9; }) == "lease_term is above applied_term");
}

TEST_CASE("a restore refuses bad keys") {
  CHECK(refused([](State& s) { s.kv[""] = s.kv["bound"]; }) == "key \"\": sizes of key or value");
  CHECK(refused([](State& s) { s.kv["bound"].mod_revision = 99; }) == "key \"bound\": revisions");
  CHECK(refused([](State& s) { s.kv["bound"].create_revision = 0; }) == "key \"bound\": revisions");
  CHECK(refused([](State& s) { s.kv["bound"].version = 0; }) == "key \"bound\": revisions");
  CHECK(refused([](State& s) { s.kv["bound"].ttl_ms = 0; }) == "key \"bound\": ttl and deadline");
  CHECK(refused([](State& s) { s.kv["bound"].session_id = 13; }) ==
        "key \"bound\": bound to a session that is not there");
}

TEST_CASE("a restore refuses bad topics") {
  CHECK(refused([](State& s) { s.topics["verdicts"].create_revision = 99; }) == "topic \"verdicts\": name or revision");
  CHECK(refused([](State& s) { s.topics["verdicts"].first_offset = UINT64_MAX; }) ==
        "topic \"verdicts\": more records than entries");
  CHECK(refused([](State& s) { s.topics["verdicts"].records[0].revision = 1; }) ==
        "topic \"verdicts\": revisions of its records");
  CHECK(refused([](State& s) { s.topics.erase("verdicts"); }) == "ballot 5: its topic is not there");
}

TEST_CASE("a restore refuses bad ballots") {
  CHECK(refused([](State& s) { s.ballots[5].ballot_id = 6; }) == "ballot 5: id");
  CHECK(refused([](State& s) { s.ballots[99] = s.ballots[5], s.ballots[99].ballot_id = 99; }) ==
        "ballot 99: its id is no applied revision");
  CHECK(refused([](State& s) { s.ballots[5].options.resize(65, "x"); }) == "ballot 5: number of options");
  CHECK(refused([](State& s) { s.ballots[5].question = "\xff"; }) ==
        "ballot 5: question, opener or options are not UTF-8");
  CHECK(refused([](State& s) { s.ballots[5].electorate.clear(); }) == "ballot 5: the electorate is empty");
  CHECK(refused([](State& s) { s.ballots[5].electorate[1].voter = "ada"; }) ==
        "ballot 5: voter \"ada\" is there twice, or not UTF-8");
  CHECK(refused([](State& s) { s.ballots[5].electorate[1].weight = 0; }) == "ballot 5: the weight of voter \"ben\"");
  CHECK(refused([](State& s) { s.ballots[5].rules.tie_rule = TieRule::chair; }) ==
        "ballot 5: the chair \"\" is not in the electorate");
  CHECK(refused([](State& s) { s.ballots[5].votes[0].elector = 5; }) == "ballot 5: a vote by nobody, or a second one");
  CHECK(refused([](State& s) { s.ballots[5].votes.push_back(s.ballots[5].votes[0]); }) ==
        "ballot 5: a vote by nobody, or a second one");
  CHECK(refused([](State& s) { s.ballots[5].votes[0].choice = 2; }) == "ballot 5: a vote for no option");
  CHECK(refused([](State& s) { s.ballots[5].votes[0].veto = true; }) == "ballot 5: a veto by somebody who has none");
  CHECK(refused([](State& s) { s.ballots[5].votes[0].confidence_per_mille = 1001; }) ==
        "ballot 5: confidence or rationale of a vote");
  CHECK(refused([](State& s) { s.ballots[5].votes[0].evidence[0].uri = "\xff"; }) == "ballot 5: evidence of a vote");
  CHECK(refused([](State& s) { s.ballots[5].votes[0].revision = 5; }) == "ballot 5: the revisions of its votes");
  CHECK(refused([](State& s) { s.ballots[7].verdict->winner.reset(); }) ==
        "ballot 7: outcome and winner of its verdict");
  CHECK(refused([](State& s) { s.ballots[7].verdict->winner = 2; }) == "ballot 7: the winner of its verdict");
  CHECK(refused([](State& s) { s.ballots[7].verdict->tally.pop_back(); }) == "ballot 7: the tally of its verdict");
  CHECK(refused([](State& s) { s.ballots[7].verdict->dissent = {1}; }) == "ballot 7: the dissent of its verdict");
  CHECK(refused([](State& s) { s.ballots[7].verdict->revision = 99; }) == "ballot 7: the revision of its verdict");
  CHECK(refused([](State& s) { s.ballots[11].approving_option = 2; }) == "ballot 11: its approving option");
  CHECK(refused([](State& s) { s.grants.erase(10); }) == "ballot 11: the grant that it decides on");
}

TEST_CASE("a restore refuses bad grants and policies") {
  CHECK(refused([](State& s) { s.grants[12].grant_id = 1; }) == "grant 12: id");
  CHECK(refused([](State& s) { s.grants[12].state = static_cast<GrantState>(9); }) == "grant 12: unknown state");
  CHECK(refused([](State& s) { s.grants[12].state = GrantState::expired; }) == "grant 12: ended_revision");
  CHECK(refused([](State& s) { s.grants[12].state = GrantState::expired, s.grants[12].ended_revision = 13; }) ==
        "grant 12: a deadline after its end");
  CHECK(refused([](State& s) { s.grants[12].fence = 0; }) == "grant 12: fence");
  CHECK(refused([](State& s) { s.grants[12].used = 3; }) == "grant 12: more used than allowed");
  CHECK(refused([](State& s) { s.grants[12].deadline_ms = 0; }) == "grant 12: a lease without a deadline");
  CHECK(refused([](State& s) { s.grants[13] = s.grants[10], s.grants[13].grant_id = 13; }) ==
        "grant 13: the ballot that decides on it");
  CHECK(refused([](State& s) { s.policies["p"].rule.policy = "q"; }) == "policy \"p\": name or revision");
  CHECK(refused([](State& s) { s.policies["p"].rule.rules.threshold = 1; }) ==
        "policy \"p\": only k_of_n and weight_threshold have a threshold");
}

TEST_CASE("a restore refuses bad locks and sessions") {
  CHECK(refused([](State& s) { s.locks["free"]; }) == "lock \"free\": neither held nor waited for");
  CHECK(refused([](State& s) { s.locks["lock"].hold->fence = 99; }) == "lock \"lock\": its hold");
  CHECK(refused([](State& s) { s.locks["lock"].hold->session_id = 99; }) == "lock \"lock\": its hold");
  CHECK(refused([](State& s) { s.locks["lock"].hold->ttl_ms = 0; }) == "lock \"lock\": its hold");
  CHECK(refused([](State& s) { s.locks["lock"].waiters[4].ttl_ms = 0; }) == "lock \"lock\": the waiter with ticket 4");
  CHECK(refused([](State& s) { s.locks["lock"].waiters[4].ticket = 5; }) == "lock \"lock\": the waiter with ticket 4");
  CHECK(refused([](State& s) { s.sessions[1].owner = ""; }) == "session 1: id or owner");
  CHECK(refused([](State& s) { s.ended_sessions[1] = {EndCause::expired, 2}; }) == "session 1: it lives and has ended");
  CHECK(refused([](State& s) { s.sessions[1].last_sequence = 1; }) == "session 1: more answers than commands, or none");
  CHECK(refused([](State& s) { s.sessions[1].results.clear(); }) == "session 1: more answers than commands, or none");
  CHECK(refused([](State& s) { s.sessions[1].results[0].sequence = 2; }) ==
        "session 1: its answers are not consecutive");
  CHECK(refused([](State& s) { s.ended_sessions[13].ended_revision = 99; }) == "ended session 13: its revisions");
}
