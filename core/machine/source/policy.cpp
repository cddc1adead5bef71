// Policies: who may decide on which grants without, or by, a ballot. And the limits, which are set like them.
#include "policy.h"

#include <algorithm>

#include "text.h"

namespace kelek::machine {

Refusal allows(const PolicySet& rule, const GrantTerms& terms) {
  const auto denied = [&rule](const std::string& why) {
    return Refusal{Code::not_approved, "policy \"" + rule.policy + "\" " + why};
  };
  if (!covers(rule.action, terms.action)) {
    return denied("is about the action \"" + rule.action + "\", not \"" + terms.action + "\"");
  }
  if (!covers(rule.resource, terms.resource)) {
    return denied("is about the resource \"" + rule.resource + "\", not \"" + terms.resource + "\"");
  }
  if (rule.max_uses != 0 && (terms.uses == 0 || terms.uses > rule.max_uses)) {
    return denied("allows " + std::to_string(rule.max_uses) + " uses at most");
  }
  if (rule.max_ttl_ms != 0 && (terms.ttl_ms == 0 || terms.ttl_ms > rule.max_ttl_ms)) {
    return denied("allows a lease of " + std::to_string(rule.max_ttl_ms) + " ms at most");
  }
  return {};
}

Refusal allows_issuer(const PolicySet& rule, const std::string& issuer, const GrantTerms& terms) {
  const auto listed = [&issuer](const std::string& name) { return name == "*" || name == issuer; };
  if (std::none_of(rule.issuers.begin(), rule.issuers.end(), listed)) {
    return {Code::not_approved, "policy \"" + rule.policy + "\" does not let \"" + issuer + "\" issue"};
  }
  if (!rule.to_others && terms.subject != issuer) {
    return {Code::not_approved, "policy \"" + rule.policy + "\" lets issuers issue to themselves only"};
  }
  return allows(rule, terms);
}

const Policy* find_policy(const State& state, const std::string& name) {
  const auto at = state.policies.find(name);
  return at == state.policies.end() ? nullptr : &at->second;
}

Result execute(Context& context, const PolicySet& command) {
  if (!context.header.caller_is_admin) {
    return refuse(Code::forbidden, "policies are set by an admin");
  }
  const uint64_t limit = context.state.limits.policies;
  if (!find_policy(context.state, command.policy) && context.state.policies.size() >= limit) {
    return refuse(Code::over_limit,
                  too_much("the machine", context.state.policies.size() + 1, "policies", "policies", limit));
  }
  Policy& policy = context.state.policies[command.policy];
  policy.rule = command;
  policy.revision = context.revision;
  return done();
}

Result execute(Context& context, const PolicyRemove& command) {
  if (!context.header.caller_is_admin) {
    return refuse(Code::forbidden, "policies are removed by an admin");
  }
  if (context.state.policies.erase(command.policy) == 0) {
    return refuse(Code::not_found, "no policy \"" + command.policy + "\"");
  }
  return done();
}

Result execute(Context& context, const SetLimits& command) {
  if (!context.header.caller_is_admin) {
    return refuse(Code::forbidden, "limits are set by an admin");
  }
  // Otherwise this would be the last command of an admin with a long name, who could not take it back.
  if (context.header.caller.size() > command.limits.name_bytes) {
    return refuse(Code::invalid, "name_bytes is " + std::to_string(command.limits.name_bytes) +
                                     ", shorter than the name of who sets it");
  }
  context.state.limits = command.limits;
  return done();
}

}  // namespace kelek::machine
