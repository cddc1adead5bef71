// What the cluster says, as JSON for programs.
#pragma once

#include <kelek/machine/events.h>
#include <kelek/machine/machine.h>
#include <kelek/machine/state.h>
#include <kelek/wire/client_protocol.h>

#include "output.h"

namespace kelek::cli {

Json json_of(const std::string& key, const machine::KvRecord& record);
Json json_of(const std::string& topic, const machine::TopicItem& item);
Json json_of(const machine::Ballot& ballot);
Json json_of(const machine::Verdict& verdict, const std::vector<std::string>& options);
Json json_of(const wire::BallotSummary& ballot);
Json json_of(const machine::Grant& grant);
Json json_of(const machine::GrantTerms& terms);
Json json_of(const machine::Policy& policy);
Json json_of(const std::string& name, const machine::Lock& lock);
Json json_of(const wire::LockSummary& lock);
Json json_of(const wire::SessionSummary& session);
Json json_of(const machine::BallotRules& rules, const std::vector<std::string>& options);
Json json_of(const machine::Event& event);
/// One object an event, each with revision, term and time.
std::vector<Json> json_of(const machine::EventBatch& batch);
Json json_of(const wire::StatusReport& status);
Json json_of(const wire::MembersReport& members);

const char* role_name(raft::Role role);
const char* state_name(raft::ReplicationState state);
/// The option's name, or "abstain".
std::string choice_of(const machine::Ballot& ballot, const machine::Vote& vote);

}  // namespace kelek::cli
