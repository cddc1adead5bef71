// The demo's review: the bundled one is sound, and every way of being malformed is named by file, line and reason.
#include <catch2/catch.hpp>

#include <string>

#include "demo/review.h"
#include "exit_codes.h"

using namespace kelek::cli;

namespace {

const std::string header = R"({"question": "Ship?", "rule": "majority", "deadline_seconds": 60})";

std::string vote(const std::string& voter, const std::string& more = "") {
  return R"({"voter": ")" + voter +
         R"(", "organisation": "o", "choice": "approve", "confidence": 0.5, "rationale": "r")" + more + "}";
}

/// What the parser says of it; empty if it takes it.
std::string refusal(const std::string& text, const EvidenceSource& source = {}) {
  try {
    (void)parse_review(text, "review.jsonl", source);
    return {};
  } catch (const Failed& failure) {
    CHECK(failure.exit_code == exit_bad_use);
    return failure.text;
  }
}

void refused(const std::string& text, const std::string& where, const std::string& why) {
  const std::string said = refusal(text);
  CAPTURE(text, said);
  CHECK(said.rfind("review.jsonl:" + where + ": ", 0) == 0);
  CHECK(said.find(why) != std::string::npos);
}

void refused_header(const std::string& line, const std::string& why) {
  refused(line + "\n" + vote("a") + "\n", "1", why);
}

void refused_vote(const std::string& line, const std::string& why) {
  refused(header + "\n" + vote("first") + "\n\n" + line + "\n", "4", why);
}

}  // namespace

TEST_CASE("the bundled review is sound, and its evidence has the digests that it claims") {
  const Review review = parse_review(bundled_review(), bundled_review_name, bundled_evidence);
  REQUIRE(review.votes.size() == 5);
  CHECK(review.options == std::vector<std::string>{"approve", "request-changes"});
  for (const ReviewVote& one : review.votes) {
    CHECK_FALSE(one.evidence.empty());
    for (const kelek::machine::Evidence& item : one.evidence) {
      if (item.uri.find("://") == std::string::npos) CHECK(bundled_evidence(item.uri).has_value());
    }
  }
}

TEST_CASE("a review is read with its header, votes and evidence") {
  const std::string digest(64, 'a');
  const std::string text =
      header + "\n" + vote("a", R"(, "evidence": [{"uri": "x", "sha256": ")" + digest + R"("}])") + "\n" +
      R"({"voter":"b","organisation":"p","choice":"abstain","confidence":1,"rationale":"r","weight":3})";
  const Review review = parse_review(text, "f");
  CHECK(review.question == "Ship?");
  CHECK(review.deadline_ms == 60'000);
  CHECK(review.rules.wait_for_all_votes);
  CHECK(review.options == std::vector<std::string>{"approve", "reject"});
  REQUIRE(review.votes.size() == 2);
  CHECK(review.votes[0].confidence_per_mille == 500);
  CHECK(hex(review.votes[0].evidence.at(0).sha256) == digest);
  CHECK(review.votes[1].elector.weight == 3);
  CHECK(review.votes[1].line == 3);
}

TEST_CASE("a header that makes no sense is named with its line") {
  CHECK(refusal("").find("review.jsonl:1: the file is empty") == 0);
  refused_header("nonsense", "not JSON");
  refused_header("[1]", "not a JSON object");
  refused_header(vote("a"), "the first line is the header");
  refused_header(R"({"rule": "majority", "deadline_seconds": 60})", "'question' is missing");
  refused_header(R"({"question": 3, "rule": "majority", "deadline_seconds": 60})", "'question' is not a string");
  refused_header(R"({"question": "", "rule": "majority", "deadline_seconds": 60})", "'question' is empty");
  refused_header(R"({"question": "q", "deadline_seconds": 60})", "'rule' is missing");
  refused_header(R"({"question": "q", "rule": "loudest", "deadline_seconds": 60})", "the rule 'loudest' is none of");
  refused_header(R"({"question": "q", "rule": "majority"})", "'deadline_seconds' is missing");
  refused_header(R"({"question": "q", "rule": "majority", "deadline_seconds": -1})", "not a whole number");
  refused_header(R"({"question": "q", "rule": "majority", "deadline_seconds": 999999})", "above");
  refused_header(R"({"question": "q", "rule": "k_of_n", "deadline_seconds": 60})", "needs a 'threshold'");
  refused_header(R"({"question": "q", "rule": "majority", "threshold": 2, "deadline_seconds": 60})", "no use for");
  refused_header(R"({"question": "q", "rule": "majority", "deadline_seconds": 60, "options": ["a"]})", "two or more");
  refused_header(R"({"question": "q", "rule": "majority", "deadline_seconds": 60, "options": ["a", "a"]})", "twice");
  refused_header(R"({"question": "q", "rule": "majority", "deadline_seconds": 60, "options": ["a", "abstain"]})",
                 "abstain");
  refused_header(R"({"question": "q", "rule": "majority", "deadline_seconds": 60, "participation_floor": 9})", "floor");
  refused_header(R"({"question": "q", "rule": "majority", "deadline_seconds": 60, "tie_rule": "chair", "chair": "x"})",
                 "'chair' is none of the voters");
  refused_header(R"({"question": "q", "rule": "majority", "deadline_seconds": 60, "colour": 1})",
                 "'colour' is unknown");
}

TEST_CASE("a vote that makes no sense is named with its line") {
  refused_vote("{", "not JSON");
  refused_vote("7", "not a JSON object");
  refused_vote("{}", "'voter' is missing");
  refused_vote(vote("first"), "'first' votes twice");
  refused_vote(vote("a b"), "is no name");
  refused_vote(R"({"voter":"b","choice":"approve","confidence":1,"rationale":"r"})", "'organisation' is missing");
  refused_vote(R"({"voter":"b","organisation":"p","confidence":1,"rationale":"r"})", "'choice' is missing");
  refused_vote(R"({"voter":"b","organisation":"p","choice":"approve","rationale":"r"})", "'confidence' is missing");
  refused_vote(R"({"voter":"b","organisation":"p","choice":"approve","confidence":"x","rationale":"r"})",
               "not a number");
  refused_vote(R"({"voter":"b","organisation":"p","choice":"approve","confidence":1.5,"rationale":"r"})",
               "between 0 and 1");
  refused_vote(R"({"voter":"b","organisation":"p","choice":"approve","confidence":1})", "'rationale' is missing");
  refused_vote(vote("b", R"(, "evidence": 3)"), "'evidence' is not a list");
  refused_vote(vote("b", R"(, "evidence": [{"uri": "x"}])"), "an item of evidence is not");
  refused_vote(vote("b", R"(, "evidence": [{"uri": "x", "sha256": "12"}])"), "64 hexadecimal digits");
  refused_vote(vote("b", R"(, "veto": true)"), "may not");
  refused_vote(vote("b", R"(, "weight": 0)"), "'weight' is 0");
  refused_vote(vote("b", R"(, "mood": "good")"), "'mood' is unknown");
  CHECK(refusal(header + "\n").find("no votes follow") != std::string::npos);
}

TEST_CASE("a key that is there twice, and a number that is none, are named") {
  refused_vote(R"({"voter":"b","voter":"c","organisation":"p","choice":"approve","confidence":1,"rationale":"r"})",
               "'voter' is there twice");
  refused_vote(vote("b", R"(, "evidence": [{"uri": "x", "uri": "y", "sha256": "12"}])"), "'uri' is there twice");
  refused_vote(R"({"voter":"b","organisation":"p","choice":"approve","confidence":1e999,"rationale":"r"})", "number");
  // The same key in two objects is none that is there twice.
  const std::string item = R"({"uri": "x", "sha256": ")" + std::string(64, 'a') + R"("})";
  CHECK(refusal(header + "\n" + vote("a", R"(, "evidence": [)" + item + ", " + item + "]")).empty());
}

TEST_CASE("what the machine would refuse is refused before anything is started") {
  const std::string first = R"({"question": "q", "deadline_seconds": 60, )";
  refused_header(first + R"("rule": "k_of_n", "threshold": 9})", "threshold is 9, possible is 1 to 1");
  refused_header(first + R"("rule": "weight_threshold", "threshold": 9})", "threshold is 9, possible is 1 to 1");
  refused_header(first + R"("rule": "majority", "chair": "a"})", "'chair' needs");
  refused_header(first + R"("rule": "majority", "status_quo": "approve"})", "'status_quo' needs");
  refused_vote(R"({"voter":"b","organisation":"p","choice":"a\nb","confidence":1,"rationale":"r"})",
               "control character");
  refused_vote(R"({"voter":"b","organisation":"p\u001b[1m","choice":"approve","confidence":1,"rationale":"r"})",
               "control character");
  refused_vote(vote("b", R"(, "evidence": [{"uri": "x\u0000y", "sha256": ")" + std::string(64, 'a') + R"("}])"), "NUL");
}

TEST_CASE("a choice outside the options is named, where options are given") {
  const std::string with_options =
      R"({"question": "q", "rule": "majority", "deadline_seconds": 60, "options": ["yes", "no"]})";
  CHECK(refusal(with_options + "\n" + vote("a")).find("review.jsonl:2: the choice 'approve'") == 0);
}

TEST_CASE("evidence that is at hand must have its digest") {
  const auto source = [](const std::string& uri) -> std::optional<std::string> {
    if (uri == "here") return "content";
    return {};
  };
  const std::string wrong = R"(, "evidence": [{"uri": "here", "sha256": ")" + std::string(64, '0') + R"("}])";
  CHECK(refusal(header + "\n" + vote("a", wrong), source).find("review.jsonl:2: the evidence 'here' has the sha256") ==
        0);
  const auto unreadable = [](const std::string&) -> std::optional<std::string> { throw bad_use("cannot read here"); };
  CHECK(refusal(header + "\n" + vote("a", wrong), unreadable) == "review.jsonl:2: cannot read here");
  const std::string right = R"(, "evidence": [{"uri": "here", "sha256": ")" + hex(sha256("content")) + R"("}])";
  CHECK(refusal(header + "\n" + vote("a", right), source).empty());
}
