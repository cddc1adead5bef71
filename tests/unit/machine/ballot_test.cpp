// Ballots as stories: opened, voted in, closed by what is settled, by the deadline, by a veto, or cancelled.
#include "world.h"

using namespace kelek::machine;
using namespace kelek::machine::test;

namespace {

uint64_t open(World& world, const BallotOpen& command) {
  const Result result = world.apply("opener", command);
  INFO(result.reason);
  REQUIRE(result.code == Code::ok);
  REQUIRE(body<BallotResult>(result).ballot_id == result.revision);
  return result.revision;
}

Code vote(World& world, const std::string& voter, uint64_t ballot_id, const std::string& choice) {
  return world.apply(voter, vote_for(ballot_id, choice)).code;
}

const Verdict& verdict(const World& world, uint64_t ballot_id) {
  REQUIRE(world.machine.ballot(ballot_id) != nullptr);
  REQUIRE(world.machine.ballot(ballot_id)->verdict.has_value());
  return *world.machine.ballot(ballot_id)->verdict;
}

}  // namespace

TEST_CASE("three of five approve: the ballot closes at once, and the verdict is in the topic") {
  World world;
  const uint64_t ballot = open(world, review());
  CHECK(vote(world, "ada", ballot, "approve") == Code::ok);
  CHECK(vote(world, "ben", ballot, "reject") == Code::ok);
  CHECK(vote(world, "cleo", ballot, "approve") == Code::ok);
  CHECK_FALSE(world.machine.ballot(ballot)->verdict);
  const Result last = world.apply("dan", vote_for(ballot, "approve"));
  REQUIRE(body<BallotResult>(last).verdict);

  const Verdict& made = verdict(world, ballot);
  CHECK(made == *body<BallotResult>(last).verdict);
  CHECK(made.outcome == Outcome::decided);
  CHECK(made.winner == 0u);
  CHECK(made.before_deadline);
  CHECK_FALSE(made.by_tie_rule);
  CHECK(made.tally[0].votes == 3);
  CHECK(made.tally[1].votes == 1);
  CHECK(made.revision == last.revision);
  CHECK(made.dissent == std::vector<uint32_t>{1});

  const TopicPage page = world.machine.topic_read("verdicts", 0, 0);
  REQUIRE(page.items.size() == 1);
  CHECK(page.items[0].record.ballot_id == ballot);
  CHECK(page.items[0].offset == made.topic_offset);
  CHECK(page.items[0].record.payload.find("\"winner\":\"approve\"") != std::string::npos);

  REQUIRE(world.events<BallotClosedEvent>().size() == 1);
  CHECK(world.events<BallotClosedEvent>()[0].winner == "approve");
  CHECK(world.events<BallotVotedEvent>()[0].votes == 4);
  CHECK(world.events<TopicAppendEvent>()[0].topic == "verdicts");
}

TEST_CASE("a vote keeps who cast it, how sure, why, and on what evidence") {
  World world;
  const uint64_t ballot = open(world, review());
  BallotVote command = vote_for(ballot, "reject");
  command.confidence_per_mille = 850;
  command.rationale = "The read may be stale.";
  Evidence evidence;
  evidence.uri = "https://example.org/trace";
  evidence.sha256[0] = 0xab;
  command.evidence = {evidence};
  REQUIRE(world.apply("ben", command).code == Code::ok);
  const Vote& stored = world.machine.ballot(ballot)->votes.at(0);
  CHECK(stored.elector == 1);
  CHECK(stored.choice == 1);
  CHECK(stored.confidence_per_mille == 850);
  CHECK(stored.rationale == "The read may be stale.");
  CHECK(stored.evidence == std::vector<Evidence>{evidence});
  CHECK(stored.revision == world.machine.revision());
  CHECK(stored.time_ms == world.time_ms);
}

TEST_CASE("somebody outside the electorate is refused, whatever else") {
  World world;
  const uint64_t ballot = open(world, review());
  const Result result = world.apply("mallory", vote_for(ballot, "approve"));
  CHECK(result.code == Code::not_eligible);
  CHECK(world.machine.ballot(ballot)->votes.empty());
  CHECK(world.last.events == nullptr);
}

TEST_CASE("the first vote is final") {
  World world;
  const uint64_t ballot = open(world, review());
  CHECK(vote(world, "ada", ballot, "approve") == Code::ok);
  CHECK(vote(world, "ada", ballot, "reject") == Code::already_voted);
  CHECK(vote(world, "ada", ballot, "approve") == Code::already_voted);
  CHECK(world.machine.ballot(ballot)->votes.size() == 1);
}

TEST_CASE("a vote after the close changes nothing") {
  World world;
  const uint64_t ballot = open(world, review());
  for (const char* voter : {"ada", "ben", "cleo"}) vote(world, voter, ballot, "approve");
  const Verdict before = verdict(world, ballot);
  const Result late = world.apply("dan", vote_for(ballot, "reject"));
  CHECK(late.code == Code::ballot_closed);
  CHECK(body<BallotResult>(late).verdict == before);
  CHECK(verdict(world, ballot) == before);
  CHECK(world.machine.topic("verdicts")->records.size() == 1);
}

TEST_CASE("at the deadline, in log time, the votes so far decide") {
  World world;
  const uint64_t ballot = open(world, review());
  vote(world, "ada", ballot, "reject");
  CHECK(world.machine.next_deadline_ms() == world.time_ms + 60'000);
  world.wait(59'999);
  CHECK_FALSE(world.machine.ballot(ballot)->verdict);
  SECTION("a tick closes it") {
    world.wait(1);
    CHECK(verdict(world, ballot).outcome == Outcome::decided);
    CHECK(verdict(world, ballot).winner == 1u);
    CHECK_FALSE(verdict(world, ballot).before_deadline);
    CHECK(vote(world, "ben", ballot, "approve") == Code::deadline_passed);
  }
  SECTION("a vote that comes at the deadline is late") {
    world.time_ms += 1;
    CHECK(vote(world, "ben", ballot, "approve") == Code::deadline_passed);
    CHECK(verdict(world, ballot).winner == 1u);
  }
  SECTION("a vote just before it counts") {
    CHECK(vote(world, "ben", ballot, "reject") == Code::ok);
  }
  SECTION("a new leader does not move it: a deadline is no lease") {
    world.elect(1);
    CHECK(verdict(world, ballot).winner == 1u);
  }
}

TEST_CASE("a clock that falls back does not move log time") {
  World world;
  const uint64_t ballot = open(world, review());
  world.wait(60'000);
  const uint64_t reached = world.machine.time_ms();
  world.time_ms -= 30'000;
  CHECK(vote(world, "ada", ballot, "approve") == Code::deadline_passed);
  CHECK(world.machine.time_ms() == reached);
}

TEST_CASE("too few votes at the deadline: no quorum") {
  World world;
  BallotOpen command = review();
  command.rules.participation_floor = 3;
  const uint64_t ballot = open(world, command);
  vote(world, "ada", ballot, "approve");
  vote(world, "ben", ballot, "approve");
  world.wait(60'000);
  CHECK(verdict(world, ballot).outcome == Outcome::no_quorum);
  CHECK_FALSE(verdict(world, ballot).winner);
  CHECK(verdict(world, ballot).tally[0].votes == 2);
}

TEST_CASE("when no option can win any more, the ballot closes as rejected") {
  World world;
  const uint64_t ballot = open(world, review(Rule::unanimous));
  vote(world, "ada", ballot, "approve");
  CHECK_FALSE(world.machine.ballot(ballot)->verdict);
  vote(world, "ben", ballot, "abstain");
  CHECK(verdict(world, ballot).outcome == Outcome::rejected);
  CHECK(verdict(world, ballot).before_deadline);
  CHECK(verdict(world, ballot).abstentions == 1);
}

TEST_CASE("settled before the floor is reached, it is rejected: a quorum could not change that") {
  World world;
  BallotOpen command = review(Rule::unanimous);
  command.rules.participation_floor = 5;
  const uint64_t ballot = open(world, command);
  vote(world, "ada", ballot, "approve");
  vote(world, "ben", ballot, "reject");
  CHECK(verdict(world, ballot).outcome == Outcome::rejected);
}

TEST_CASE("a holder of a veto ends it, whatever the majority") {
  World world;
  BallotOpen command = review();
  command.electorate[4].may_veto = true;
  const uint64_t ballot = open(world, command);
  for (const char* voter : {"ada", "ben", "cleo"}) vote(world, voter, ballot, "approve");
  CHECK_FALSE(world.machine.ballot(ballot)->verdict);  // eve may still veto
  BallotVote veto = vote_for(ballot, "reject");
  veto.veto = true;
  CHECK(world.apply("dan", veto).code == Code::forbidden);
  CHECK(world.apply("eve", veto).code == Code::ok);
  CHECK(verdict(world, ballot).outcome == Outcome::vetoed);
  CHECK_FALSE(verdict(world, ballot).winner);
  CHECK(verdict(world, ballot).dissent == std::vector<uint32_t>{3});
}

TEST_CASE("a tie at the end is decided by the tie rule, and the verdict says so") {
  World world;
  BallotOpen command = review();
  command.electorate.pop_back();
  command.rules.tie_rule = TieRule::chair;
  command.rules.chair = "dan";
  const uint64_t ballot = open(world, command);
  vote(world, "ada", ballot, "approve");
  vote(world, "ben", ballot, "approve");
  vote(world, "cleo", ballot, "reject");
  CHECK_FALSE(world.machine.ballot(ballot)->verdict);
  vote(world, "dan", ballot, "reject");
  CHECK(verdict(world, ballot).winner == 1u);
  CHECK(verdict(world, ballot).by_tie_rule);
}

TEST_CASE("one organisation with two voters has one vote") {
  World world;
  BallotOpen command = review(Rule::one_per_organisation);
  const char* organisations[] = {"acme", "acme", "blue", "cyan", "cyan"};
  for (size_t i = 0; i < 5; ++i) command.electorate[i].organisation = organisations[i];
  const uint64_t ballot = open(world, command);
  for (const char* voter : {"ada", "ben"}) vote(world, voter, ballot, "approve");
  vote(world, "cleo", ballot, "reject");
  vote(world, "dan", ballot, "reject");
  CHECK_FALSE(world.machine.ballot(ballot)->verdict);  // eve can still silence cyan
  vote(world, "eve", ballot, "reject");
  CHECK(verdict(world, ballot).winner == 1u);
  CHECK(verdict(world, ballot).tally[0].weight == 1);
  CHECK(verdict(world, ballot).tally[0].votes == 2);
  CHECK(verdict(world, ballot).tally[1].weight == 2);
}

TEST_CASE("a ballot that waits for all votes hears the dissent too") {
  World world;
  BallotOpen command = review();
  command.rules.wait_for_all_votes = true;
  const uint64_t ballot = open(world, command);
  for (const char* voter : {"ada", "ben", "cleo", "dan"}) {
    vote(world, voter, ballot, "approve");
    CHECK_FALSE(world.machine.ballot(ballot)->verdict);
  }
  BallotVote last = vote_for(ballot, "reject");
  last.rationale = "Too early.";
  world.apply("eve", last);
  CHECK(verdict(world, ballot).winner == 0u);
  CHECK(verdict(world, ballot).dissent == std::vector<uint32_t>{4});
  CHECK(world.machine.topic("verdicts")->records[0].payload.find("Too early.") != std::string::npos);
}

TEST_CASE("opener and admin can cancel; then there is a verdict without a decision") {
  World world;
  const uint64_t ballot = open(world, review());
  vote(world, "ada", ballot, "approve");
  CHECK(world.apply("ada", BallotCancel{ballot}).code == Code::forbidden);
  CHECK(world.apply("opener", BallotCancel{ballot}).code == Code::ok);
  CHECK(verdict(world, ballot).outcome == Outcome::cancelled);
  CHECK_FALSE(verdict(world, ballot).winner);
  CHECK(world.apply("opener", BallotCancel{ballot}).code == Code::ballot_closed);
  CHECK(vote(world, "ben", ballot, "approve") == Code::ballot_closed);
  const uint64_t other = open(world, review());
  CHECK(world.as_admin(BallotCancel{other}).code == Code::ok);
}

TEST_CASE("what is not there or not an option is named") {
  World world;
  const uint64_t ballot = open(world, review());
  CHECK(vote(world, "ada", ballot + 100, "approve") == Code::not_found);
  CHECK(world.apply("ada", BallotCancel{ballot + 100}).code == Code::not_found);
  const Result result = world.apply("ada", vote_for(ballot, "perhaps"));
  CHECK(result.code == Code::invalid);
  CHECK(result.reason == "\"perhaps\" is not an option of this ballot");
}

TEST_CASE("a ballot of one closes with its only vote") {
  World world;
  BallotOpen command = review();
  command.electorate.resize(1);
  const uint64_t ballot = open(world, command);
  CHECK(vote(world, "ada", ballot, "approve") == Code::ok);
  CHECK(verdict(world, ballot).winner == 0u);
}

TEST_CASE("verdicts go to the topic that the ballot names, beside what others write there") {
  World world;
  TopicAppend note;
  note.topic = "plan";
  note.payload = "Let us decide.";
  note.create_if_missing = true;
  REQUIRE(world.apply("ada", note).code == Code::ok);
  BallotOpen command = review();
  command.topic = "plan";
  command.electorate.resize(1);
  const uint64_t ballot = open(world, command);
  vote(world, "ada", ballot, "approve");
  const TopicPage page = world.machine.topic_read("plan", 0, 0);
  REQUIRE(page.items.size() == 2);
  CHECK(page.items[0].record.ballot_id == 0);
  CHECK(page.items[1].record.ballot_id == ballot);
  CHECK(verdict(world, ballot).topic_offset == 1);
}

TEST_CASE("open ballots are limited") {
  World world;
  world.set_limit(&Limits::open_ballots, 1);
  const uint64_t first = open(world, review());
  CHECK(world.apply("opener", review()).code == Code::over_limit);
  world.apply("opener", BallotCancel{first});
  CHECK(world.apply("opener", review()).code == Code::ok);
}

TEST_CASE("old closed ballots are forgotten, their verdicts are not") {
  World world;
  world.set_limit(&Limits::closed_ballots, 1);
  BallotOpen command = review();
  command.electorate.resize(1);
  const uint64_t first = open(world, command);
  vote(world, "ada", first, "approve");
  const uint64_t second = open(world, command);
  const Result closing = world.apply("ada", vote_for(second, "approve"));
  CHECK(body<BallotResult>(closing).verdict);
  CHECK(world.machine.ballot(first) == nullptr);
  CHECK(world.machine.ballot(second) != nullptr);
  CHECK(world.machine.topic("verdicts")->records.size() == 2);
}

TEST_CASE("all ballots together are limited in bytes: closed ones make room, open ones do not") {
  World world;
  world.set_limit(&Limits::ballot_bytes, 64 * 1024);
  world.set_limit(&Limits::rationale_bytes, 40 * 1024);
  BallotOpen command = review();
  command.electorate.resize(1);
  const std::string long_rationale(38 * 1024, 'x');
  BallotVote vote = vote_for(open(world, command), "approve");
  vote.rationale = long_rationale;
  REQUIRE(world.apply("ada", vote).code == Code::ok);
  const uint64_t closed = vote.ballot_id;
  vote.ballot_id = open(world, review());
  CHECK(world.apply("ada", vote).code == Code::ok);  // the closed ballot made room
  CHECK(world.machine.ballot(closed) == nullptr);
  const Result refused = world.apply("ben", vote);
  CHECK(refused.code == Code::over_limit);
  CHECK(world.machine.ballot(vote.ballot_id)->votes.size() == 1);
  vote.rationale.clear();
  CHECK(world.apply("ben", vote).code == Code::ok);
}

TEST_CASE("a ballot does not open while its topic is full, but an open one always closes") {
  World world;
  const uint64_t ballot = open(world, review());
  world.set_limit(&Limits::topic_records, 1);
  BallotOpen command = review();
  command.electorate.resize(1);
  vote(world, "ada", open(world, command), "approve");
  CHECK(world.machine.topic("verdicts")->records.size() == 1);
  CHECK(world.apply("opener", review()).code == Code::over_limit);
  for (const char* voter : {"ada", "ben", "cleo"}) vote(world, voter, ballot, "approve");
  CHECK(verdict(world, ballot).winner == 0u);
  CHECK(world.machine.topic("verdicts")->records.size() == 2);
}
