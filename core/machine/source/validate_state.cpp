// Checks a restored state, and takes it into a machine.
#include "validate_state.h"

#include <optional>

#include "engine.h"
#include "text.h"

namespace kelek::machine {
namespace {

uint64_t largest(uint64_t Limits::*field) {
  for (const LimitInfo& info : limit_table()) {
    if (info.field == field) {
      return info.maximum;
    }
  }
  return 0;
}

// 0 = not bound; a session that is bound to must live.
bool session_lives(const State& state, uint64_t session_id) {
  return session_id == 0 || state.sessions.count(session_id) != 0;
}

// A revision that an applied entry can have had.
bool was_applied(const State& state, uint64_t revision) {
  return revision != 0 && revision <= state.applied_index;
}

std::string check_header(const State& state) {
  if (std::string reason = validate(state.limits); !reason.empty()) {
    return "limits: " + reason;
  }
  if (state.lease_term > state.applied_term) {
    return "lease_term is above applied_term";
  }
  return {};
}

std::string check_key(const State& state, const std::string& key, const KvRecord& record) {
  if (key.empty() || key.size() > largest(&Limits::key_bytes) || record.value.size() > largest(&Limits::value_bytes)) {
    return "sizes of key or value";
  }
  if (!was_applied(state, record.create_revision) || !was_applied(state, record.mod_revision) ||
      record.create_revision > record.mod_revision || record.version == 0) {
    return "revisions";
  }
  if ((record.ttl_ms == 0) != (record.deadline_ms == 0)) {
    return "ttl and deadline";
  }
  return session_lives(state, record.session_id) ? "" : "bound to a session that is not there";
}

std::string check_topic(const State& state, const std::string& name, const Topic& topic) {
  if (name.empty() || !was_applied(state, topic.create_revision)) {
    return "name or revision";
  }
  if (topic.first_offset > state.applied_index || topic.records.size() > state.applied_index) {
    return "more records than entries";
  }
  uint64_t last = topic.create_revision;
  for (const TopicRecord& record : topic.records) {
    if (record.revision < last || record.revision > state.applied_index) {
      return "revisions of its records";
    }
    last = record.revision;
  }
  return {};
}

std::string check_grant(const State& state, uint64_t grant_id, const Grant& grant) {
  if (grant.grant_id != grant_id || !was_applied(state, grant_id)) {
    return "id";
  }
  if (grant.state > GrantState::denied) {
    return "unknown state";
  }
  const bool ended = grant.state != GrantState::pending && grant.state != GrantState::active;
  if (ended != (grant.ended_revision != 0) || grant.ended_revision > state.applied_index) {
    return "ended_revision";
  }
  if (ended && grant.deadline_ms != 0) {
    return "a deadline after its end";
  }
  const bool issued = grant.state == GrantState::active || grant.state == GrantState::exhausted;
  if ((issued && grant.fence == 0) || grant.fence > state.applied_index) {
    return "fence";
  }
  if (grant.terms.uses != 0 && grant.used > grant.terms.uses) {
    return "more used than allowed";
  }
  if (grant.state == GrantState::active && grant.terms.ttl_ms != 0 && grant.deadline_ms == 0) {
    return "a lease without a deadline";
  }
  if (grant.state == GrantState::pending && grant.ballot_id != 0) {
    const auto ballot = state.ballots.find(grant.ballot_id);
    if (ballot == state.ballots.end() || ballot->second.verdict || ballot->second.grant_request != grant_id) {
      return "the ballot that decides on it";
    }
  }
  return {};
}

std::string check_policy(const State& state, const std::string& name, const Policy& policy) {
  if (policy.rule.policy != name || !was_applied(state, policy.revision)) {
    return "name or revision";
  }
  if (policy.rule.electorate.empty()) {
    return {};
  }
  return contradiction(policy.rule.rules, policy.rule.electorate, largest(&Limits::options));
}

std::string check_lock(const State& state, const std::string& name, const Lock& lock) {
  if (name.empty() || (!lock.hold && lock.waiters.empty())) {
    return "neither held nor waited for";
  }
  if (lock.hold && (!was_applied(state, lock.hold->fence) || !was_applied(state, lock.hold->ticket) ||
                    lock.hold->ticket > lock.hold->fence || lock.hold->ttl_ms == 0 ||
                    !session_lives(state, lock.hold->session_id))) {
    return "its hold";
  }
  for (const auto& [ticket, waiter] : lock.waiters) {
    // A lease of no length would end in the entry that grants it, and that entry could grant the lock again.
    if (waiter.ticket != ticket || !was_applied(state, ticket) || waiter.ttl_ms == 0 ||
        !session_lives(state, waiter.session_id) || (lock.hold && ticket <= lock.hold->ticket)) {
      return "the waiter with ticket " + std::to_string(ticket);
    }
  }
  return {};
}

std::string check_session(const State& state, uint64_t session_id, const Session& session) {
  if (session.session_id != session_id || !was_applied(state, session_id) || session.owner.empty()) {
    return "id or owner";
  }
  if (state.ended_sessions.count(session_id) != 0) {
    return "it lives and has ended";
  }
  if (session.results.size() > session.last_sequence || session.last_sequence > state.applied_index ||
      (session.last_sequence != 0 && session.results.empty())) {
    return "more answers than commands, or none";
  }
  uint64_t sequence = session.last_sequence - session.results.size();
  for (const StoredResult& stored : session.results) {
    if (stored.sequence != ++sequence) {
      return "its answers are not consecutive";
    }
  }
  return {};
}

std::string named(const char* what, const std::string& name, const std::string& reason) {
  return reason.empty() ? std::string{} : std::string(what) + " " + name + ": " + reason;
}

// Calls check(name, value) for each item until one gives a reason.
template <class Map, class Check>
std::string first_reason(const char* what, const Map& map, const Check& check) {
  for (const auto& [name, value] : map) {
    std::string reason = check(name, value);
    if (reason.empty()) {
      continue;
    }
    if constexpr (std::is_same_v<typename Map::key_type, std::string>) {
      return named(what, "\"" + name + "\"", reason);
    } else {
      return named(what, std::to_string(name), reason);
    }
  }
  return {};
}

}  // namespace

std::string contradiction(const State& state) {
  const auto with_state = [&state](auto check) {
    return [&state, check](const auto& name, const auto& value) { return check(state, name, value); };
  };
  const auto ballot = [&state](uint64_t id, const Ballot& value) {
    return value.ballot_id == id ? ballot_contradiction(state, value) : std::string("id");
  };
  const auto ended = [&state](uint64_t id, const EndedSession& value) {
    return was_applied(state, id) && was_applied(state, value.ended_revision) ? "" : "its revisions";
  };
  std::string reason = check_header(state);
  if (reason.empty()) reason = first_reason("key", state.kv, with_state(check_key));
  if (reason.empty()) reason = first_reason("topic", state.topics, with_state(check_topic));
  if (reason.empty()) reason = first_reason("ballot", state.ballots, ballot);
  if (reason.empty()) reason = first_reason("grant", state.grants, with_state(check_grant));
  if (reason.empty()) reason = first_reason("policy", state.policies, with_state(check_policy));
  if (reason.empty()) reason = first_reason("lock", state.locks, with_state(check_lock));
  if (reason.empty()) reason = first_reason("session", state.sessions, with_state(check_session));
  if (reason.empty()) reason = first_reason("ended session", state.ended_sessions, ended);
  return reason;
}

RestoreOutcome Machine::restore(State state) {
  RestoreOutcome outcome;
  outcome.reason = contradiction(state);
  if (outcome.reason.empty()) {
    outcome.machine = Machine(std::make_unique<Engine>(std::move(state)));
  }
  return outcome;
}

}  // namespace kelek::machine
