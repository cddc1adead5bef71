// Grants as stories: issued by policy or ballot, used exactly once each, extended, ended.
#include "world.h"

using namespace kelek::machine;
using namespace kelek::machine::test;

namespace {

// Ada may issue up to three uses of deploying to staging; ben, cleo and dan decide by ballot.
PolicySet deploy_policy() {
  PolicySet policy;
  policy.policy = "deploys";
  policy.action = "deploy";
  policy.resource = "staging/*";
  policy.max_uses = 3;
  policy.max_ttl_ms = 60'000;
  policy.issuers = {"ada"};
  policy.electorate = {elector("ben"), elector("cleo"), elector("dan")};
  return policy;
}

GrantTerms terms(std::string subject = "agent") {
  GrantTerms made;
  made.subject = std::move(subject);
  made.action = "deploy";
  made.resource = "staging/web";
  made.uses = 2;
  made.ttl_ms = 10'000;
  return made;
}

struct Granted : World {
  Granted() { REQUIRE(as_admin(deploy_policy()).code == Code::ok); }

  GrantResult issue(const GrantTerms& wanted) {
    const Result result = apply("ada", GrantIssue{0, wanted, "deploys"});
    INFO(result.reason);
    REQUIRE(result.code == Code::ok);
    return body<GrantResult>(result);
  }
  uint64_t request() {
    const Result result = apply("agent", GrantRequest{terms(""), "release 4"});
    REQUIRE(result.code == Code::ok);
    return result.revision;
  }
  uint64_t open_ballot_on(uint64_t grant_id) {
    BallotOpen command = review();
    command.electorate.clear();
    command.grant_request = grant_id;
    command.policy = "deploys";
    const Result result = apply("agent", command);
    INFO(result.reason);
    REQUIRE(result.code == Code::ok);
    return result.revision;
  }
  GrantState state_of(uint64_t grant_id) const { return machine.grant(grant_id)->state; }
};

}  // namespace

TEST_CASE_METHOD(Granted, "an issuer grants within the policy") {
  const GrantResult grant = issue(terms());
  CHECK(grant.state == GrantState::active);
  CHECK(grant.fence == machine.revision());
  CHECK(grant.uses_left == 2);
  CHECK(grant.deadline_ms == time_ms + 10'000);
  CHECK(events<GrantIssuedEvent>().size() == 1);
  CHECK(machine.grant(grant.grant_id)->policy == "deploys");
  CHECK(machine.grant_check(grant.grant_id, grant.fence, "agent", "deploy", "staging/web").ok());
}

TEST_CASE_METHOD(Granted, "nothing outside the policy is granted, and the reason is given") {
  const auto refused = [this](const std::string& caller, auto change) {
    GrantTerms wanted = terms();
    change(wanted);
    const Result result = apply(caller, GrantIssue{0, wanted, "deploys"});
    CHECK(result.code == Code::not_approved);
    return result.reason;
  };
  CHECK(refused("ben", [](GrantTerms&) {}) == "policy \"deploys\" does not let \"ben\" issue");
  CHECK(refused("ada", [](GrantTerms& t) { t.action = "delete"; }) ==
        "policy \"deploys\" is about the action \"deploy\", not \"delete\"");
  CHECK(refused("ada", [](GrantTerms& t) { t.resource = "production"; }) ==
        "policy \"deploys\" is about the resource \"staging/*\", not \"production\"");
  CHECK(refused("ada", [](GrantTerms& t) { t.uses = 4; }) == "policy \"deploys\" allows 3 uses at most");
  CHECK(refused("ada", [](GrantTerms& t) { t.uses = 0; }) == "policy \"deploys\" allows 3 uses at most");
  CHECK(refused("ada", [](GrantTerms& t) { t.ttl_ms = 0; }) == "policy \"deploys\" allows a lease of 60000 ms at most");
  CHECK(refused("ada", [](GrantTerms& t) { t.ttl_ms = 60'001; }) ==
        "policy \"deploys\" allows a lease of 60000 ms at most");
  const Result unknown = apply("ada", GrantIssue{0, terms(), "other"});
  CHECK(unknown.code == Code::not_approved);
  CHECK(unknown.reason == "no policy \"other\"");
}

TEST_CASE_METHOD(Granted, "uses are counted exactly once, and no more than there are") {
  const GrantResult grant = issue(terms());
  const uint64_t session = open_session("agent");
  const GrantUse use{grant.grant_id, grant.fence, 1};
  CHECK(apply("agent", use).code == Code::session_required);
  const Result first = in_session("agent", session, 1, use);
  CHECK(body<GrantResult>(first).uses_left == 1);
  CHECK(in_session("agent", session, 1, use) == first);
  CHECK(machine.grant(grant.grant_id)->used == 1);
  const Result too_many = in_session("agent", session, 2, GrantUse{grant.grant_id, grant.fence, 2});
  CHECK(too_many.code == Code::exhausted);
  CHECK(body<GrantResult>(too_many).uses_left == 1);
  const Result second = in_session("agent", session, 3, use);
  CHECK(second.code == Code::ok);
  CHECK(body<GrantResult>(second).state == GrantState::exhausted);
  CHECK(events<GrantEndedEvent>() == std::vector<GrantEndedEvent>{{grant.grant_id, EndCause::exhausted}});
  CHECK(in_session("agent", session, 4, use).code == Code::exhausted);
  CHECK(machine.grant_check(grant.grant_id, 0, "agent", "deploy", "staging/web").code == Code::exhausted);
}

TEST_CASE_METHOD(Granted, "a grant without a limit of uses still counts them") {
  PolicySet free = deploy_policy();
  free.max_uses = 0;
  as_admin(free);
  GrantTerms wanted = terms();
  wanted.uses = 0;
  const GrantResult grant = issue(wanted);
  CHECK_FALSE(grant.uses_limited);
  const uint64_t session = open_session("agent");
  CHECK(in_session("agent", session, 1, GrantUse{grant.grant_id, grant.fence, 1'000}).code == Code::ok);
  CHECK(machine.grant(grant.grant_id)->used == 1'000);
  CHECK(state_of(grant.grant_id) == GrantState::active);
}

TEST_CASE_METHOD(Granted, "only its subject uses a grant, and only under its fence") {
  const GrantResult grant = issue(terms());
  const uint64_t own = open_session("agent");
  const uint64_t other = open_session("ben");
  CHECK(in_session("ben", other, 1, GrantUse{grant.grant_id, grant.fence, 1}).code == Code::not_eligible);
  CHECK(in_session("agent", own, 1, GrantUse{grant.grant_id, grant.fence - 1, 1}).code == Code::stale_fence);
  CHECK(in_session("agent", own, 2, GrantUse{999, grant.fence, 1}).code == Code::not_found);
  CHECK(machine.grant(grant.grant_id)->used == 0);
}

TEST_CASE_METHOD(Granted, "a lease ends unless it is extended, and never outlives the hard end") {
  GrantTerms wanted = terms();
  wanted.not_after_ms = time_ms + 15'000;
  const GrantResult grant = issue(wanted);
  wait(9'000);
  CHECK(apply("ada", GrantExtend{grant.grant_id, grant.fence}).code == Code::not_eligible);
  const Result extended = apply("agent", GrantExtend{grant.grant_id, grant.fence});
  CHECK(body<GrantResult>(extended).deadline_ms == wanted.not_after_ms);
  wait(6'000);
  CHECK(state_of(grant.grant_id) == GrantState::expired);
  CHECK(events<GrantEndedEvent>()[0].cause == EndCause::expired);
  CHECK(apply("agent", GrantExtend{grant.grant_id, grant.fence}).code == Code::expired);
  CHECK(apply("agent", GrantRevoke{grant.grant_id}).code == Code::expired);
}

TEST_CASE_METHOD(Granted, "a new leader extends the lease, but not the hard end") {
  GrantTerms leased = terms();
  const GrantResult lease = issue(leased);
  leased.not_after_ms = time_ms + 11'000;
  const GrantResult hard = issue(leased);
  elect(12'000);
  CHECK(state_of(lease.grant_id) == GrantState::active);
  CHECK(machine.grant(lease.grant_id)->deadline_ms == time_ms + 10'000);
  CHECK(state_of(hard.grant_id) == GrantState::expired);
}

TEST_CASE_METHOD(Granted, "a grant without a lease cannot be extended") {
  PolicySet free = deploy_policy();
  free.max_ttl_ms = 0;
  as_admin(free);
  GrantTerms wanted = terms();
  wanted.ttl_ms = 0;
  const GrantResult grant = issue(wanted);
  CHECK(grant.deadline_ms == 0);
  CHECK(apply("agent", GrantExtend{grant.grant_id, grant.fence}).code == Code::invalid);
}

TEST_CASE_METHOD(Granted, "subject, issuer and admin end a grant; a stranger does not") {
  const uint64_t first = issue(terms()).grant_id;
  const uint64_t second = issue(terms()).grant_id;
  const uint64_t third = issue(terms()).grant_id;
  CHECK(apply("ben", GrantRevoke{first}).code == Code::forbidden);
  CHECK(apply("agent", GrantRevoke{first}).code == Code::ok);
  CHECK(events<GrantEndedEvent>()[0].cause == EndCause::released);
  CHECK(apply("ada", GrantRevoke{second}).code == Code::ok);
  CHECK(events<GrantEndedEvent>()[0].cause == EndCause::revoked);
  CHECK(as_admin(GrantRevoke{third}).code == Code::ok);
  CHECK(apply("agent", GrantRevoke{first}).code == Code::ended);
  CHECK(apply("agent", GrantRevoke{999}).code == Code::not_found);
  CHECK(machine.grant_check(first, 0, "agent", "deploy", "staging/web").code == Code::ended);
}

TEST_CASE_METHOD(Granted, "a request permits nothing until somebody issues it") {
  const uint64_t grant = request();
  CHECK(machine.grant(grant)->terms.subject == "agent");
  CHECK(events<GrantRequestedEvent>().size() == 1);
  const uint64_t session = open_session("agent");
  CHECK(in_session("agent", session, 1, GrantUse{grant, 0, 1}).code == Code::not_approved);
  const Result issued = apply("ada", GrantIssue{grant, {}, "deploys"});
  CHECK(body<GrantResult>(issued).grant_id == grant);
  CHECK(body<GrantResult>(issued).fence == issued.revision);
  CHECK(in_session("agent", session, 2, GrantUse{grant, issued.revision, 1}).code == Code::ok);
  CHECK(apply("ada", GrantIssue{grant, {}, "deploys"}).code == Code::exists);
  CHECK(apply("ada", GrantIssue{999, {}, "deploys"}).code == Code::not_found);
}

TEST_CASE_METHOD(Granted, "a request that nobody decides on is dropped, and one can withdraw it") {
  const uint64_t forgotten = request();
  const uint64_t withdrawn = request();
  CHECK(apply("ben", GrantRevoke{withdrawn}).code == Code::forbidden);
  CHECK(apply("agent", GrantRevoke{withdrawn}).code == Code::ok);
  wait(machine.limits().grant_request_ms);
  CHECK(state_of(forgotten) == GrantState::expired);
  CHECK(apply("ada", GrantIssue{forgotten, {}, "deploys"}).code == Code::expired);
}

TEST_CASE_METHOD(Granted, "a ballot approves: the grant is issued in the same entry as the verdict") {
  const uint64_t grant = request();
  const uint64_t ballot = open_ballot_on(grant);
  CHECK(machine.ballot(ballot)->electorate.size() == 3);  // of the policy
  CHECK(apply("agent", vote_for(ballot, "approve")).code == Code::not_eligible);
  apply("ben", vote_for(ballot, "approve"));
  CHECK(state_of(grant) == GrantState::pending);
  const Result deciding = apply("cleo", vote_for(ballot, "approve"));
  CHECK(state_of(grant) == GrantState::active);
  CHECK(machine.grant(grant)->fence == deciding.revision);
  CHECK(machine.grant(grant)->ballot_id == ballot);
  CHECK(events<GrantIssuedEvent>().size() == 1);
}

TEST_CASE_METHOD(Granted, "a ballot refuses: the grant is denied") {
  const uint64_t grant = request();
  const uint64_t ballot = open_ballot_on(grant);
  apply("ben", vote_for(ballot, "reject"));
  apply("cleo", vote_for(ballot, "reject"));
  CHECK(state_of(grant) == GrantState::denied);
  CHECK(events<GrantEndedEvent>() == std::vector<GrantEndedEvent>{{grant, EndCause::denied}});
  CHECK(apply("ada", GrantIssue{grant, {}, "deploys"}).code == Code::not_approved);
  const uint64_t session = open_session("agent");
  CHECK(in_session("agent", session, 1, GrantUse{grant, 0, 1}).code == Code::not_approved);
}

TEST_CASE_METHOD(Granted, "while a ballot decides, nobody else does; cancelled, the request waits again") {
  const uint64_t grant = request();
  const uint64_t ballot = open_ballot_on(grant);
  CHECK(apply("ada", GrantIssue{grant, {}, "deploys"}).code == Code::exists);
  CHECK(apply("agent", GrantRevoke{grant}).code == Code::forbidden);
  CHECK(machine.grant(grant)->deadline_ms == 0);
  apply("agent", BallotCancel{ballot});
  CHECK(state_of(grant) == GrantState::pending);
  CHECK(machine.grant(grant)->deadline_ms == time_ms + machine.limits().grant_request_ms);
  CHECK(apply("ada", GrantIssue{grant, {}, "deploys"}).code == Code::ok);
}

TEST_CASE_METHOD(Granted, "whoever opens a ballot on a grant chooses neither electorate nor rules") {
  const uint64_t grant = request();
  BallotOpen command = review();
  command.grant_request = grant;
  command.policy = "deploys";
  CHECK(apply("agent", command).code == Code::invalid);
  command.electorate.clear();
  command.policy = "other";
  CHECK(apply("agent", command).code == Code::not_approved);
  PolicySet no_ballots = deploy_policy();
  no_ballots.policy = "other";
  no_ballots.electorate.clear();
  as_admin(no_ballots);
  CHECK(apply("agent", command).code == Code::not_approved);
  command.policy = "deploys";
  command.grant_request = 999;
  CHECK(apply("agent", command).code == Code::not_found);
  command.grant_request = apply("agent", GrantRequest{{"", "deploy", "production", 1, 1'000, 0}, ""}).revision;
  CHECK(apply("agent", command).code == Code::not_approved);
  command.grant_request = grant;
  CHECK(apply("agent", command).code == Code::ok);
  CHECK(apply("agent", command).code == Code::exists);
}

TEST_CASE_METHOD(Granted, "a policy whose status quo is no option of the ballot opens none") {
  PolicySet policy = deploy_policy();
  policy.rules.tie_rule = TieRule::status_quo;
  policy.rules.status_quo = 5;
  REQUIRE(as_admin(policy).code == Code::ok);
  const uint64_t grant = request();
  BallotOpen command = review();
  command.electorate.clear();
  command.grant_request = grant;
  command.policy = "deploys";
  CHECK(apply("agent", command).code == Code::invalid);
  CHECK(machine.grant(grant)->ballot_id == 0);
  CHECK(machine.topic("verdicts") == nullptr);
}

TEST_CASE_METHOD(Granted, "approved too late, a grant is expired instead of issued") {
  GrantTerms wanted = terms("");
  wanted.not_after_ms = time_ms + 1'000;
  const uint64_t grant = apply("agent", GrantRequest{wanted, ""}).revision;
  const uint64_t ballot = open_ballot_on(grant);
  apply("ben", vote_for(ballot, "approve"));
  wait(1'000);
  apply("cleo", vote_for(ballot, "approve"));
  CHECK(state_of(grant) == GrantState::expired);
  CHECK(apply("agent", GrantRequest{wanted, ""}).code == Code::expired);
  CHECK(apply("ada", GrantIssue{0, wanted, "deploys"}).code == Code::expired);
}

TEST_CASE_METHOD(Granted, "fences of grants grow with the revision") {
  const uint64_t early_request = request();
  const GrantResult direct = issue(terms());
  const Result late = apply("ada", GrantIssue{early_request, {}, "deploys"});
  CHECK(early_request < direct.grant_id);
  CHECK(body<GrantResult>(late).fence > direct.fence);
}

TEST_CASE_METHOD(Granted, "grants are limited; those that ended are remembered for a while") {
  set_limit(&Limits::grants, 1);
  set_limit(&Limits::ended_grants, 1);
  const uint64_t first = issue(terms()).grant_id;
  CHECK(apply("ada", GrantIssue{0, terms(), "deploys"}).code == Code::over_limit);
  apply("agent", GrantRevoke{first});
  const uint64_t second = issue(terms()).grant_id;
  CHECK(machine.grant(first));
  apply("agent", GrantRevoke{second});
  CHECK_FALSE(machine.grant(first));
  CHECK(machine.grant(second));
}

TEST_CASE_METHOD(Granted, "a check asks for subject, action, resource and fence") {
  const GrantResult grant = issue(terms());
  CHECK(machine.grant_check(999, 0, "agent", "deploy", "staging/web").code == Code::not_found);
  CHECK(machine.grant_check(grant.grant_id, 0, "ben", "deploy", "staging/web").code == Code::not_eligible);
  CHECK(machine.grant_check(grant.grant_id, 0, "agent", "delete", "staging/web").code == Code::forbidden);
  CHECK(machine.grant_check(grant.grant_id, 0, "agent", "deploy", "staging/db").code == Code::forbidden);
  CHECK(machine.grant_check(grant.grant_id, 1, "agent", "deploy", "staging/web").code == Code::stale_fence);
  const uint64_t pending = request();
  CHECK(machine.grant_check(pending, 0, "agent", "deploy", "staging/web").code == Code::not_approved);
}
