// Grants: asked for, issued by a policy or a ballot, used, extended, ended.
#include <algorithm>

#include "context.h"
#include "policy.h"
#include "text.h"

namespace kelek::machine {
namespace {

using GrantAt = std::map<uint64_t, Grant>::iterator;

void set_deadline(Context& context, Grant& grant, uint64_t deadline_ms) {
  if (grant.deadline_ms != 0) {
    context.indexes.grants.erase({grant.deadline_ms, grant.grant_id});
  }
  grant.deadline_ms = deadline_ms;
  if (deadline_ms != 0) {
    context.indexes.grants.emplace(deadline_ms, grant.grant_id);
  }
}

// The end of the lease or the hard end, whichever is sooner; 0 = neither.
uint64_t lease_end(const GrantTerms& terms, uint64_t now_ms) {
  if (terms.ttl_ms == 0) {
    return terms.not_after_ms;
  }
  const uint64_t end_ms = saturating_add(now_ms, terms.ttl_ms);
  return terms.not_after_ms == 0 ? end_ms : std::min(end_ms, terms.not_after_ms);
}

GrantResult answer_of(const Grant& grant) {
  GrantResult answer;
  answer.grant_id = grant.grant_id;
  answer.state = grant.state;
  answer.fence = grant.fence;
  answer.uses_limited = grant.terms.uses != 0;
  answer.uses_left = answer.uses_limited ? grant.terms.uses - grant.used : 0;
  answer.deadline_ms = grant.deadline_ms;
  return answer;
}

void end_grant(Context& context, Grant& grant, GrantState state, EndCause cause) {
  set_deadline(context, grant, 0);
  grant.state = state;
  grant.ended_revision = context.revision;
  context.events.push_back(GrantEndedEvent{grant.grant_id, cause});
  context.indexes.ended_grants.emplace(context.revision, grant.grant_id);
}

// Never the one that the running command still looks at: called when it is done with it.
void forget_old_grants(Context& context) {
  while (context.indexes.ended_grants.size() > context.state.limits.ended_grants) {
    const auto oldest = context.indexes.ended_grants.begin();
    context.state.grants.erase(oldest->second);
    context.indexes.ended_grants.erase(oldest);
  }
}

void issue(Context& context, Grant& grant, const std::string& issuer, const std::string& policy) {
  grant.issuer = issuer;
  grant.policy = policy;
  grant.state = GrantState::active;
  grant.fence = context.revision;
  set_deadline(context, grant, lease_end(grant.terms, context.now_ms));
  context.events.push_back(GrantIssuedEvent{grant.grant_id, grant.fence, grant.terms, grant.deadline_ms});
}

Refusal can_add(const Context& context, const GrantTerms& terms) {
  const uint64_t limit = context.state.limits.grants;
  const uint64_t living = context.state.grants.size() - context.indexes.ended_grants.size();
  if (living >= limit) {
    return {Code::over_limit, too_much("the machine", living + 1, "grants", "grants", limit)};
  }
  if (terms.not_after_ms != 0 && terms.not_after_ms <= context.now_ms) {
    return {Code::expired, "not_after_ms is over: log time is " + std::to_string(context.now_ms)};
  }
  return {};
}

Grant& add(Context& context, const GrantTerms& terms) {
  Grant& grant = context.state.grants[context.revision];
  grant.grant_id = context.revision;
  grant.terms = terms;
  grant.requester = context.header.caller;
  if (grant.terms.subject.empty()) {
    grant.terms.subject = context.header.caller;
  }
  return grant;
}

// Why a grant in this state permits nothing; ok if it is active.
Refusal why_not_active(const Grant& grant) {
  switch (grant.state) {
    case GrantState::active: return {};
    case GrantState::pending:
      return {Code::not_approved, grant.ballot_id == 0
                                      ? std::string("it waits for a ballot or a policy")
                                      : "ballot " + std::to_string(grant.ballot_id) + " is not closed"};
    case GrantState::denied:
      return {Code::not_approved, "ballot " + std::to_string(grant.ballot_id) + " did not approve it"};
    case GrantState::exhausted:
      return {Code::exhausted, "all " + std::to_string(grant.terms.uses) + " uses are counted"};
    case GrantState::expired: return {Code::expired, "it expired at revision " + std::to_string(grant.ended_revision)};
    case GrantState::revoked: break;
  }
  return {Code::ended, "it ended at revision " + std::to_string(grant.ended_revision)};
}

struct Found {
  Grant* grant = nullptr;
  Refusal refusal;
};

// The grant that its subject may use under this fence.
Found find_own(Context& context, uint64_t grant_id, uint64_t fence) {
  const auto at = context.state.grants.find(grant_id);
  if (at == context.state.grants.end()) {
    return {nullptr, {Code::not_found, "no grant " + std::to_string(grant_id)}};
  }
  Grant& grant = at->second;
  if (grant.terms.subject != context.header.caller) {
    return {&grant, {Code::not_eligible, "the grant is for \"" + grant.terms.subject + "\""}};
  }
  if (Refusal refusal = why_not_active(grant); !refusal.ok()) {
    return {&grant, std::move(refusal)};
  }
  if (grant.fence != fence) {
    return {&grant,
            {Code::stale_fence, "the fence is " + std::to_string(grant.fence) + ", not " + std::to_string(fence)}};
  }
  return {&grant, {}};
}

Result refuse_with(const Found& found) {
  ResultBody body;
  if (found.grant) {
    body = answer_of(*found.grant);
  }
  return refuse(found.refusal.code, found.refusal.reason, std::move(body));
}

// A request that can still be decided on.
Refusal find_request(const Context& context, uint64_t grant_id, const Grant*& found) {
  const auto at = context.state.grants.find(grant_id);
  if (at == context.state.grants.end()) {
    return {Code::not_found, "no grant request " + std::to_string(grant_id)};
  }
  found = &at->second;
  if (found->state == GrantState::active) {
    return {Code::exists, "the grant is issued already"};
  }
  if (found->state != GrantState::pending) {
    return why_not_active(*found);
  }
  if (found->ballot_id != 0) {
    return {Code::exists, "ballot " + std::to_string(found->ballot_id) + " decides on it"};
  }
  return {};
}

}  // namespace

Result execute(Context& context, const GrantRequest& command) {
  if (Refusal refusal = can_add(context, command.terms); !refusal.ok()) {
    return refuse(refusal.code, std::move(refusal.reason));
  }
  Grant& grant = add(context, command.terms);
  grant.reason = command.reason;
  set_deadline(context, grant, saturating_add(context.now_ms, context.state.limits.grant_request_ms));
  context.events.push_back(GrantRequestedEvent{grant.grant_id, grant.terms});
  return done(answer_of(grant));
}

Result execute(Context& context, const GrantIssue& command) {
  const Policy* policy = find_policy(context.state, command.policy);
  if (!policy) {
    return refuse(Code::not_approved, "no policy \"" + command.policy + "\"");
  }
  GrantTerms terms = command.terms;
  const Grant* request = nullptr;
  if (command.grant_id != 0) {
    if (Refusal refusal = find_request(context, command.grant_id, request); !refusal.ok()) {
      return refuse(refusal.code, std::move(refusal.reason));
    }
    terms = request->terms;
  } else if (terms.subject.empty()) {
    terms.subject = context.header.caller;
  }
  Refusal refusal = allows_issuer(policy->rule, context.header.caller, terms);
  if (refusal.ok() && !request) {
    refusal = can_add(context, terms);
  }
  if (refusal.ok() && request && terms.not_after_ms != 0 && terms.not_after_ms <= context.now_ms) {
    refusal = {Code::expired, "not_after_ms of the request is over"};
  }
  if (!refusal.ok()) {
    return refuse(refusal.code, std::move(refusal.reason));
  }
  Grant& grant = request ? context.state.grants.find(command.grant_id)->second : add(context, terms);
  issue(context, grant, context.header.caller, command.policy);
  return done(answer_of(grant));
}

Result execute(Context& context, const GrantUse& command) {
  const Found found = find_own(context, command.grant_id, command.fence);
  if (!found.refusal.ok()) {
    return refuse_with(found);
  }
  Grant& grant = *found.grant;
  const uint64_t left = grant.terms.uses == 0 ? UINT64_MAX : grant.terms.uses - grant.used;
  if (command.uses > left) {
    return refuse(Code::exhausted, std::to_string(left) + " uses are left, not " + std::to_string(command.uses),
                  answer_of(grant));
  }
  grant.used = saturating_add(grant.used, command.uses);
  context.events.push_back(GrantUsedEvent{grant.grant_id, grant.used});
  if (grant.terms.uses != 0 && grant.used == grant.terms.uses) {
    end_grant(context, grant, GrantState::exhausted, EndCause::exhausted);
  }
  Result result = done(answer_of(grant));
  forget_old_grants(context);
  return result;
}

Result execute(Context& context, const GrantRevoke& command) {
  const auto at = context.state.grants.find(command.grant_id);
  if (at == context.state.grants.end()) {
    return refuse(Code::not_found, "no grant " + std::to_string(command.grant_id));
  }
  Grant& grant = at->second;
  const std::string& caller = context.header.caller;
  const bool pending = grant.state == GrantState::pending;
  const bool subject = grant.terms.subject == caller;
  const bool other = (pending && grant.requester == caller) || (!pending && grant.issuer == caller);
  if (!subject && !other && !context.header.caller_is_admin) {
    return refuse(Code::forbidden, "a grant is ended by its subject, its issuer or an admin");
  }
  if (pending && grant.ballot_id != 0) {
    return refuse(Code::forbidden, "ballot " + std::to_string(grant.ballot_id) + " decides on it", answer_of(grant));
  }
  if (!pending && grant.state != GrantState::active) {
    return refuse_with({&grant, why_not_active(grant)});
  }
  end_grant(context, grant, GrantState::revoked, subject ? EndCause::released : EndCause::revoked);
  Result result = done(answer_of(grant));
  forget_old_grants(context);
  return result;
}

Result execute(Context& context, const GrantExtend& command) {
  const Found found = find_own(context, command.grant_id, command.fence);
  if (!found.refusal.ok()) {
    return refuse_with(found);
  }
  if (found.grant->terms.ttl_ms == 0) {
    return refuse(Code::invalid, "the grant has no lease to extend", answer_of(*found.grant));
  }
  set_deadline(context, *found.grant, lease_end(found.grant->terms, context.now_ms));
  return done(answer_of(*found.grant));
}

void expire_grants(Context& context) {
  while (!context.indexes.grants.empty() && context.indexes.grants.begin()->first <= context.now_ms) {
    Grant& grant = context.state.grants.find(context.indexes.grants.begin()->second)->second;
    end_grant(context, grant, GrantState::expired, EndCause::expired);
  }
  forget_old_grants(context);
}

// Leases only: what has a hard end keeps it.
void extend_grants(Context& context) {
  const DeadlineOfId old = context.indexes.grants;
  for (const auto& [deadline_ms, grant_id] : old) {
    Grant& grant = context.state.grants.find(grant_id)->second;
    if (grant.state == GrantState::active && grant.terms.ttl_ms != 0) {
      set_deadline(context, grant, std::max(deadline_ms, lease_end(grant.terms, context.now_ms)));
    }
  }
}

// ---- ballots on grants ----

Refusal can_decide_on_grant(const Context& context, const BallotOpen& command) {
  const Grant* request = nullptr;
  if (Refusal refusal = find_request(context, command.grant_request, request); !refusal.ok()) {
    return refusal;
  }
  const Policy* policy = find_policy(context.state, command.policy);
  if (!policy) {
    return {Code::not_approved, "no policy \"" + command.policy + "\""};
  }
  if (policy->rule.electorate.empty()) {
    return {Code::not_approved, "policy \"" + command.policy + "\" does not let a ballot decide"};
  }
  return allows(policy->rule, request->terms);
}

void bind_grant_to_ballot(Context& context, uint64_t grant_id, uint64_t ballot_id, const std::string& policy) {
  Grant& grant = context.state.grants.find(grant_id)->second;
  grant.ballot_id = ballot_id;
  grant.policy = policy;
  set_deadline(context, grant, 0);
}

void decide_on_grant(Context& context, const Ballot& ballot) {
  Grant& grant = context.state.grants.find(ballot.grant_request)->second;
  const Verdict& verdict = *ballot.verdict;
  if (verdict.outcome == Outcome::cancelled) {
    grant.ballot_id = 0;
    grant.policy.clear();
    set_deadline(context, grant, saturating_add(context.now_ms, context.state.limits.grant_request_ms));
  } else if (verdict.winner != ballot.approving_option) {
    end_grant(context, grant, GrantState::denied, EndCause::denied);
  } else if (grant.terms.not_after_ms != 0 && grant.terms.not_after_ms <= context.now_ms) {
    end_grant(context, grant, GrantState::expired, EndCause::expired);
  } else {
    issue(context, grant, ballot.opener, grant.policy);
  }
  forget_old_grants(context);
}

}  // namespace kelek::machine
