// The shape of commands: every refusal that needs no look at the state, by its reason.
#include <kelek/machine/check.h>

#include "world.h"

using namespace kelek::machine;
using namespace kelek::machine::test;

namespace {

Refusal look(CommandBody body, const std::string& caller = "ada", const Limits& limits = {}) {
  Command command;
  command.header.caller = caller;
  command.body = std::move(body);
  return check(command, limits);
}

void expect(Code code, const std::string& reason, CommandBody body) {
  const Refusal refusal = look(std::move(body));
  CHECK(refusal.code == code);
  CHECK(refusal.reason == reason);
}

template <class Change>
BallotOpen changed(Change change) {
  BallotOpen command = review();
  change(command);
  return command;
}

const std::string long_name(200, 'n');

}  // namespace

TEST_CASE("the header: a caller, and session and sequence both or neither") {
  CHECK(look(put("a", "x")).ok());
  CHECK(look(put("a", "x"), "").reason == "caller is empty");
  CHECK(look(put("a", "x"), "a\nb").reason == "caller has a control character");
  CHECK(look(put("a", "x"), "\xff").reason == "caller is not UTF-8");
  CHECK(look(put("a", "x"), long_name).code == Code::over_limit);
  CHECK(look(ClockTick{}, "").ok());
  CHECK(look(LeaderStart{}, "").ok());
  CHECK(look(SessionOpen{1000}, "").code == Code::invalid);
  Command command{{"ada", false, 7, 0, 0}, put("a", "x")};
  CHECK(check(command, {}).reason == "session and sequence are given both or neither; sequences begin at 1");
  command.header = {"ada", false, 0, 7, 0};
  CHECK(check(command, {}).code == Code::invalid);
  command.header = {"ada", false, 7, 1, 0};
  CHECK(check(command, {}).ok());
  for (CommandBody body : {CommandBody(SessionOpen{1000}), CommandBody(SessionKeepAlive{1}),
                           CommandBody(SessionClose{1}), CommandBody(ClockTick{}), CommandBody(LeaderStart{})}) {
    command.body = body;
    CHECK(check(command, {}).reason == "this kind of command is sent without a session in its header");
  }
}

TEST_CASE("a command as a whole is limited") {
  Limits limits;
  limits.command_bytes = 2048;
  CHECK(look(put("a", std::string(2000, 'x')), "ada", limits).ok());
  CHECK(look(put("a", std::string(2045, 'x')), "ada", limits).reason ==
        "command has 2049 bytes, the limit command_bytes is 2048");
}

TEST_CASE("the shape of keys, values and ranges") {
  expect(Code::invalid, "key is empty", put("", "x"));
  expect(Code::over_limit, "key has 1025 bytes, the limit key_bytes is 1024", put(std::string(1025, 'k'), "x"));
  expect(Code::over_limit, "value has 524289 bytes, the limit value_bytes is 524288",
         put("k", std::string(524289, 'v')));
  KvPut both = put("k", "x");
  both.if_absent = true;
  both.if_revision = 1;
  expect(Code::invalid, "if_absent and if_revision exclude each other", both);
  KvPut brief = put("k", "x");
  brief.ttl_ms = 99;
  expect(Code::invalid, "ttl_ms is 99, the shortest lease is 100 ms", brief);
  brief.ttl_ms = UINT64_MAX;
  CHECK(look(brief).code == Code::over_limit);
  expect(Code::invalid, "key is empty", KvDelete{});
  expect(Code::invalid, "the range ends before it begins", KvDeleteRange{{"b", "a"}});
  expect(Code::invalid, "the range ends before it begins", KvDeleteRange{{"b", "b"}});
  CHECK(look(KvDeleteRange{{std::string(2000, 'k'), ""}}).code == Code::over_limit);
}

TEST_CASE("the shape of txns") {
  expect(Code::invalid, "a txn without any operation", KvTxn{});
  KvTxn txn;
  txn.then_operations = {KvGet{""}};
  expect(Code::invalid, "key is empty", txn);
  KvPut conditional = put("k", "x");
  conditional.if_absent = true;
  txn.then_operations = {conditional};
  expect(Code::invalid, "operations of a txn have no conditions of their own: use compares", txn);
  txn.then_operations = {KvDelete{"k", 1, false}};
  expect(Code::invalid, "operations of a txn have no conditions of their own: use compares", txn);
  txn.then_operations = {KvGet{"k"}};
  txn.compares = {KvCompare{"", {}, {}, 0, ""}};
  expect(Code::invalid, "key is empty", txn);
  txn.compares = {KvCompare{"k", static_cast<CompareTarget>(9), {}, 0, ""}};
  expect(Code::invalid, "unknown target of a compare", txn);
  txn.compares = {KvCompare{"k", {}, static_cast<CompareRelation>(9), 0, ""}};
  expect(Code::invalid, "unknown relation of a compare", txn);
  txn.compares.clear();
  txn.else_operations.assign(129, KvGet{"k"});
  expect(Code::over_limit, "else_operations has 129 items, the limit txn_operations is 128", txn);
}

TEST_CASE("the shape of topics") {
  expect(Code::invalid, "topic is empty", TopicCreate{});
  expect(Code::over_limit, "topic has 200 bytes, the limit name_bytes is 128", TopicCreate{long_name, false});
  expect(Code::over_limit, "payload has 262145 bytes, the limit record_bytes is 262144",
         TopicAppend{"t", std::string(262145, 'x'), {}, false});
  expect(Code::invalid, "topic is empty", TopicTrim{});
}

TEST_CASE("the shape of opening a ballot") {
  CHECK(look(review()).ok());
  expect(Code::invalid, "question is empty", changed([](BallotOpen& b) { b.question = ""; }));
  expect(Code::invalid, "question is not UTF-8", changed([](BallotOpen& b) { b.question = "\xc3"; }));
  expect(Code::invalid, "a ballot has two options at least", changed([](BallotOpen& b) { b.options = {"a"}; }));
  expect(Code::invalid, "option \"a\" is there twice", changed([](BallotOpen& b) { b.options = {"a", "a"}; }));
  expect(Code::invalid, "\"abstain\" is no option: everybody may abstain", changed([](BallotOpen& b) {
           b.options = {"a", "abstain"};
         }));
  CHECK(look(changed([](BallotOpen& b) {
          for (int i = 0; i < 20; ++i) b.options.push_back(std::to_string(i));
        })).code == Code::over_limit);
  expect(Code::invalid, "the electorate is empty", changed([](BallotOpen& b) { b.electorate.clear(); }));
  expect(Code::invalid, "voter \"ada\" is there twice",
         changed([](BallotOpen& b) { b.electorate.push_back(elector("ada")); }));
  expect(Code::invalid, "the weight of voter \"ada\" is 0", changed([](BallotOpen& b) { b.electorate[0].weight = 0; }));
  CHECK(look(changed([](BallotOpen& b) { b.electorate[0].weight = 1'000'001; })).code == Code::over_limit);
  CHECK(look(changed([](BallotOpen& b) { b.electorate.resize(1001, elector("x")); })).code == Code::over_limit);
  expect(Code::invalid, "duration_ms is 0: a ballot needs a deadline",
         changed([](BallotOpen& b) { b.duration_ms = 0; }));
  CHECK(look(changed([](BallotOpen& b) { b.duration_ms = UINT64_MAX; })).code == Code::over_limit);
  expect(Code::invalid, "topic is empty", changed([](BallotOpen& b) { b.topic = ""; }));
  expect(Code::invalid, "participation_floor is 6, the electorate has 5",
         changed([](BallotOpen& b) { b.rules.participation_floor = 6; }));
  expect(Code::invalid, "policy and approving_option are only for a ballot on a grant",
         changed([](BallotOpen& b) { b.policy = "p"; }));
  expect(Code::invalid, "electorate and rules of a ballot on a grant come from its policy",
         changed([](BallotOpen& b) { b.grant_request = 1, b.policy = "p"; }));
  expect(Code::invalid, "approving_option is not the index of an option", changed([](BallotOpen& b) {
           b.grant_request = 1, b.policy = "p", b.electorate.clear(), b.approving_option = 2;
         }));
  expect(Code::invalid, "policy is empty", changed([](BallotOpen& b) { b.grant_request = 1, b.electorate.clear(); }));
}

TEST_CASE("the shape of votes") {
  BallotVote vote = vote_for(1, "approve");
  CHECK(look(vote).ok());
  vote.confidence_per_mille = 1001;
  expect(Code::invalid, "confidence is 1001 per mille, more than 1000", vote);
  vote = vote_for(1, "");
  expect(Code::invalid, "choice is empty", vote);
  vote = vote_for(1, "approve");
  vote.rationale = std::string(4097, 'r');
  expect(Code::over_limit, "rationale has 4097 bytes, the limit rationale_bytes is 4096", vote);
  vote.rationale = "\xed\xa0\x80";
  expect(Code::invalid, "rationale is not UTF-8", vote);
  vote.rationale = "";
  vote.evidence.resize(1);
  expect(Code::invalid, "uri of evidence is empty", vote);
  vote.evidence[0].uri = std::string(1025, 'u');
  expect(Code::over_limit, "uri of evidence has 1025 bytes, the limit evidence_uri_bytes is 1024", vote);
  vote.evidence.assign(17, Evidence{"u", {}});
  expect(Code::over_limit, "evidence has 17 items, the limit evidence_items is 16", vote);
}

TEST_CASE("the shape of grants and policies") {
  GrantTerms terms;
  terms.action = "deploy";
  terms.resource = "web";
  CHECK(look(GrantRequest{terms, ""}).ok());
  terms.uses = 1'000'000'001;
  CHECK(look(GrantRequest{terms, ""}).code == Code::over_limit);
  terms.uses = 1;
  terms.ttl_ms = 1;
  expect(Code::invalid, "ttl_ms is 1, the shortest lease is 100 ms", GrantRequest{terms, ""});
  terms.ttl_ms = 0;
  terms.action = "";
  expect(Code::invalid, "action is empty", GrantRequest{terms, ""});
  terms.action = "deploy";
  expect(Code::invalid, "the terms of a request are those it was made with: give grant_id or terms, not both",
         GrantIssue{1, terms, "p"});
  expect(Code::invalid, "policy is empty", GrantIssue{1, {}, ""});
  expect(Code::invalid, "uses is 0", GrantUse{1, 1, 0});
  expect(Code::session_required, "", GrantUse{1, 1, 1});
  PolicySet policy;
  policy.policy = "p";
  policy.action = "a";
  policy.resource = "r";
  CHECK(look(policy).ok());
  policy.rules.participation_floor = 1;
  expect(Code::invalid, "rules without an electorate", policy);
  policy.electorate = {elector("ada")};
  CHECK(look(policy).ok());
  policy.rules.participation_floor = 2;
  expect(Code::invalid, "participation_floor is 2, the electorate has 1", policy);
  policy.issuers = {""};
  expect(Code::invalid, "issuer is empty", policy);
  policy.issuers.assign(1001, "i");
  expect(Code::over_limit, "issuers has 1001 items, the limit policy_issuers is 1000", policy);
  expect(Code::invalid, "policy is empty", PolicyRemove{});
}

TEST_CASE("the shape of locks, sessions and limits") {
  expect(Code::invalid, "lock is empty", LockAcquire{"", 1000, 0, false});
  expect(Code::invalid, "ttl_ms is 0, the shortest lease is 100 ms", LockAcquire{"l", 0, 0, false});
  CHECK(look(LockAcquire{"l", 1000, UINT64_MAX, false}).code == Code::over_limit);
  expect(Code::session_required, "", LockAcquire{"l", 1000, 0, true});
  expect(Code::invalid, "lock is empty", LockRelease{});
  expect(Code::invalid, "ttl_ms is 1, the shortest lease is 100 ms", LockExtend{"l", 1, 1});
  expect(Code::invalid, "ttl_ms is 0, the shortest lease is 100 ms", SessionOpen{0});
  SetLimits limits;
  limits.limits.lease_min_ms = 2000;
  limits.limits.lease_max_ms = 1000;
  expect(Code::invalid, "lease_min_ms is larger than lease_max_ms", limits);
}
