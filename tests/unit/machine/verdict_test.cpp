// The line of JSON that a verdict leaves in its topic.
#include "verdict.h"

#include "world.h"

using namespace kelek::machine;
using namespace kelek::machine::test;

namespace {

Ballot closed_ballot() {
  Ballot ballot;
  ballot.ballot_id = 7;
  ballot.question = "Merge \"397\"?\n";
  ballot.options = {"approve", "reject"};
  ballot.electorate = {elector("ada", "acme"), elector("ben", "blue"), elector("cleo", "cyan")};
  ballot.opener = "opener";
  Evidence evidence;
  evidence.uri = "file:\\trace";
  evidence.sha256[31] = 0x0f;
  ballot.votes = {Vote{0, 0, false, 900, "fine", {}, 8, 1}, Vote{1, 1, false, 300, "stale reads", {evidence}, 9, 1},
                  Vote{2, 0, false, 701, "", {}, 10, 1}};
  const Count count(ballot);
  ballot.verdict = tally_of(ballot, count, count.decision());
  ballot.verdict->outcome = Outcome::decided;
  ballot.verdict->before_deadline = true;
  ballot.verdict->revision = 10;
  ballot.verdict->time_ms = 1234;
  return ballot;
}

}  // namespace

TEST_CASE("the tally has votes, weight and mean confidence of each option") {
  const Ballot ballot = closed_ballot();
  CHECK(ballot.verdict->tally[0] == OptionTally{2, 2, 800});
  CHECK(ballot.verdict->tally[1] == OptionTally{1, 1, 300});
  CHECK(ballot.verdict->dissent == std::vector<uint32_t>{1});
}

TEST_CASE("a verdict as JSON, with everything that needs an escape") {
  CHECK(verdict_json(closed_ballot(), 100'000) ==
        R"({"ballot":7,"question":"Merge \"397\"?\u000a","opener":"opener","outcome":"decided","winner":"approve",)"
        R"("by_tie_rule":false,"before_deadline":true,"rule":"majority","threshold":0,"participation_floor":0,)"
        R"("electors":3,"electors_voted":3,"abstentions":0,"tally":[)"
        R"({"option":"approve","votes":2,"weight":2,"mean_confidence_per_mille":800},)"
        R"({"option":"reject","votes":1,"weight":1,"mean_confidence_per_mille":300}],)"
        R"("grant_request":0,"revision":10,"time_ms":1234,"dissent":[)"
        R"({"voter":"ben","organisation":"blue","choice":"reject","veto":false,"confidence_per_mille":300,)"
        R"("rationale":"stale reads","evidence":[{"uri":"file:\\trace",)"
        R"("sha256":"000000000000000000000000000000000000000000000000000000000000000f"}],"revision":9}],)"
        R"("dissent_omitted":0})");
}

TEST_CASE("dissent that would make the record too long is counted instead") {
  const std::string json = verdict_json(closed_ballot(), 100);
  CHECK(json.find("\"dissent\":[],\"dissent_omitted\":1}") != std::string::npos);
}

TEST_CASE("without a winner the JSON says null") {
  Ballot ballot = closed_ballot();
  ballot.verdict->winner.reset();
  CHECK(verdict_json(ballot, 100'000).find("\"winner\":null,") != std::string::npos);
}
