// What the parts of the machine work on while one entry is applied, and the functions of these parts. Each
// command has its `execute`: it either refuses and has changed nothing, or does all of it.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <kelek/machine/command.h>
#include <kelek/machine/events.h>
#include <kelek/machine/result.h>
#include <kelek/machine/state.h>

#include "indexes.h"

namespace kelek::machine {

struct Context {
  State& state;
  Indexes& indexes;
  std::vector<Event>& events;
  const CommandHeader& header;
  uint64_t revision = 0;
  uint64_t now_ms = 0;
  uint64_t before_ms = 0;  // log time after the entry before this one
};

inline Result done(ResultBody body = {}) {
  Result result;
  result.body = std::move(body);
  return result;
}
inline Result refuse(Code code, std::string reason = {}, ResultBody body = {}) {
  Result result;
  result.code = code;
  result.reason = std::move(reason);
  result.body = std::move(body);
  return result;
}

Result execute(Context& context, KvPut&& command);
Result execute(Context& context, const KvDelete& command);
Result execute(Context& context, const KvDeleteRange& command);
Result execute(Context& context, const KvTxn& command);
Result execute(Context& context, const TopicCreate& command);
Result execute(Context& context, TopicAppend&& command);
Result execute(Context& context, const TopicTrim& command);
Result execute(Context& context, const BallotOpen& command);
Result execute(Context& context, const BallotVote& command);
Result execute(Context& context, const BallotCancel& command);
Result execute(Context& context, const GrantRequest& command);
Result execute(Context& context, const GrantIssue& command);
Result execute(Context& context, const GrantUse& command);
Result execute(Context& context, const GrantRevoke& command);
Result execute(Context& context, const GrantExtend& command);
Result execute(Context& context, const PolicySet& command);
Result execute(Context& context, const PolicyRemove& command);
Result execute(Context& context, const LockAcquire& command);
Result execute(Context& context, const LockRelease& command);
Result execute(Context& context, const LockExtend& command);
Result execute(Context& context, const SessionOpen& command);
Result execute(Context& context, const SessionKeepAlive& command);
Result execute(Context& context, const SessionClose& command);
Result execute(Context& context, const SetLimits& command);
inline Result execute(Context&, const ClockTick&) {
  return done();
}
inline Result execute(Context&, const LeaderStart&) {
  return done();
}

// ---- what log time ends ----
// The waits of sessions that are over and those that are over themselves.
void expire_waits_of_sessions(Context& context);
void expire_waits(Context& context);
void expire_sessions(Context& context);
void expire_holds(Context& context);
void expire_keys(Context& context);
void close_overdue_ballots(Context& context);
void expire_grants(Context& context);
// Hands locks that an earlier entry left free but waited for to their first waiters.
void hand_on_locks(Context& context, const std::set<std::string>& names);

// ---- a new leader: every lease gets its full length from now on, before anything expires ----
void extend_sessions(Context& context);
void extend_waits_and_holds(Context& context);
void extend_keys(Context& context);
void extend_grants(Context& context);

// ---- between the parts ----

// The session of the header (0 where the command is not to be bound). A refusal if it has too many bindings.
Refusal can_bind(const Context& context, uint64_t session_id, uint64_t more = 1);
// Whether an answer with so many bytes of values can be given (and, under a session, be kept).
Refusal can_answer(const Context& context, uint64_t bytes);
void unbind_if_empty(Context& context, uint64_t session_id);
// Removes a key that a session had bound.
void remove_key_of_session(Context& context, const std::string& key);
// Take a wait out of the queue; free a hold and hand it on.
void end_wait(Context& context, const std::string& lock, uint64_t ticket, EndCause cause);
void end_hold(Context& context, const std::string& lock, EndCause cause);
// The verdict of a ballot, at the end of its topic; gives the offset.
uint64_t append_verdict(Context& context, const Ballot& ballot, std::string payload);
// Is there room for one more record, or for the topic itself, should it be missing?
Refusal can_take_verdict(const Context& context, const std::string& topic);
void make_verdict_topic(Context& context, const std::string& topic);
// A ballot that decides on a grant: opened, closed.
Refusal can_decide_on_grant(const Context& context, const BallotOpen& command);
void bind_grant_to_ballot(Context& context, uint64_t grant_id, uint64_t ballot_id, const std::string& policy);
void decide_on_grant(Context& context, const Ballot& ballot);

}  // namespace kelek::machine
