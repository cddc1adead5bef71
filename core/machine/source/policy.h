// What a policy allows.
#pragma once

#include "context.h"

namespace kelek::machine {

// ok, or not_approved with the reason.
Refusal allows(const PolicySet& rule, const GrantTerms& terms);
Refusal allows_issuer(const PolicySet& rule, const std::string& issuer, const GrantTerms& terms);
const Policy* find_policy(const State& state, const std::string& name);

}  // namespace kelek::machine
