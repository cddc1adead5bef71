// Sessions: opening, keeping alive, ending, and what ends with them. (Exactly-once itself:
// session_answers.cpp.)
#include "context.h"
#include "text.h"

namespace kelek::machine {
namespace {

using SessionAt = std::map<uint64_t, Session>::iterator;

// Every command of a session comes here: most within the millisecond of the one before, and none needs
// memory.
void set_deadline(Context& context, Session& session, uint64_t deadline_ms) {
  if (session.deadline_ms == deadline_ms) {
    return;
  }
  auto entry = context.indexes.sessions.extract({session.deadline_ms, session.session_id});
  session.deadline_ms = deadline_ms;
  entry.value().first = deadline_ms;
  context.indexes.sessions.insert(std::move(entry));
}

void remember_ended(Context& context, uint64_t session_id, EndCause cause) {
  context.state.ended_sessions[session_id] = EndedSession{cause, context.revision};
  context.indexes.ended_sessions.emplace(context.revision, session_id);
  while (context.state.ended_sessions.size() > context.state.limits.ended_sessions) {
    const auto oldest = context.indexes.ended_sessions.begin();
    context.state.ended_sessions.erase(oldest->second);
    context.indexes.ended_sessions.erase(oldest);
  }
}

void end_waits(Context& context, uint64_t session_id) {
  const auto at = context.indexes.bindings.find(session_id);
  if (at == context.indexes.bindings.end()) {
    return;
  }
  const auto waits = at->second.waits;
  for (const auto& [lock, ticket] : waits) {
    end_wait(context, lock, ticket, EndCause::session_ended);
  }
}

// Waits first, then holds: a session that ends gets no lock by its own end.
void end_bindings(Context& context, uint64_t session_id) {
  end_waits(context, session_id);
  const auto at = context.indexes.bindings.find(session_id);
  if (at == context.indexes.bindings.end()) {
    return;
  }
  const Bindings bound = at->second;
  for (const std::string& lock : bound.holds) {
    end_hold(context, lock, EndCause::session_ended);
  }
  for (const std::string& key : bound.keys) {
    remove_key_of_session(context, key);
  }
}

void end_session(Context& context, SessionAt at, EndCause cause) {
  const uint64_t session_id = at->first;
  context.events.push_back(SessionEndedEvent{session_id, at->second.owner, cause});
  context.indexes.sessions.erase({at->second.deadline_ms, session_id});
  if (const auto answers = context.indexes.answer_bytes.find(session_id);
      answers != context.indexes.answer_bytes.end()) {
    context.indexes.all_answers_bytes -= answers->second;
    context.indexes.answer_bytes.erase(answers);
  }
  context.state.sessions.erase(at);
  remember_ended(context, session_id, cause);
  end_bindings(context, session_id);
}

}  // namespace

Refusal find_session(const Context& context, uint64_t session_id) {
  const auto at = context.state.sessions.find(session_id);
  if (at != context.state.sessions.end()) {
    if (at->second.owner != context.header.caller) {
      return {Code::forbidden, "the session belongs to another caller"};
    }
    if (at->second.deadline_ms <= context.now_ms) {
      return {Code::expired_session, "it expired, and is about to be cleared away"};
    }
    return {};
  }
  const auto ended = context.state.ended_sessions.find(session_id);
  if (ended == context.state.ended_sessions.end()) {
    return {Code::unknown_session, "no session " + std::to_string(session_id)};
  }
  return {Code::expired_session,
          std::string(ended->second.cause == EndCause::expired ? "it expired" : "it was closed") + " at revision " +
              std::to_string(ended->second.ended_revision)};
}

void touch_session(Context& context, Session& session) {
  set_deadline(context, session, saturating_add(context.now_ms, session.ttl_ms));
}

Result execute(Context& context, const SessionOpen& command) {
  const uint64_t limit = context.state.limits.sessions;
  if (context.state.sessions.size() >= limit) {
    return refuse(Code::over_limit,
                  too_much("the machine", context.state.sessions.size() + 1, "sessions", "sessions", limit));
  }
  Session session;
  session.session_id = context.revision;
  session.owner = context.header.caller;
  session.ttl_ms = command.ttl_ms;
  session.deadline_ms = saturating_add(context.now_ms, command.ttl_ms);
  context.indexes.sessions.emplace(session.deadline_ms, session.session_id);
  context.events.push_back(SessionOpenedEvent{session.session_id, session.owner});
  const SessionResult answer{session.session_id, session.deadline_ms};
  context.state.sessions.emplace(session.session_id, std::move(session));
  return done(answer);
}

Result execute(Context& context, const SessionKeepAlive& command) {
  if (Refusal refusal = find_session(context, command.session_id); !refusal.ok()) {
    return refuse(refusal.code, std::move(refusal.reason));
  }
  Session& session = context.state.sessions.find(command.session_id)->second;
  touch_session(context, session);
  return done(SessionResult{session.session_id, session.deadline_ms});
}

Result execute(Context& context, const SessionClose& command) {
  if (Refusal refusal = find_session(context, command.session_id); !refusal.ok()) {
    return refuse(refusal.code, std::move(refusal.reason));
  }
  end_session(context, context.state.sessions.find(command.session_id), EndCause::released);
  return done(SessionResult{command.session_id, 0});
}

Refusal can_bind(const Context& context, uint64_t session_id, uint64_t more) {
  const uint64_t limit = context.state.limits.session_bindings;
  const auto at = context.indexes.bindings.find(session_id);
  const uint64_t total = (at == context.indexes.bindings.end() ? 0 : at->second.count()) + more;
  if (total > limit) {
    return {Code::over_limit, too_much("the session", total, "things bound to it", "session_bindings", limit)};
  }
  return {};
}

void unbind_if_empty(Context& context, uint64_t session_id) {
  const auto at = context.indexes.bindings.find(session_id);
  if (at != context.indexes.bindings.end() && at->second.count() == 0) {
    context.indexes.bindings.erase(at);
  }
}

void expire_waits_of_sessions(Context& context) {
  for (const auto& [deadline_ms, session_id] : context.indexes.sessions) {
    if (deadline_ms > context.now_ms) {
      return;
    }
    end_waits(context, session_id);
  }
}

// As with keys, a bounded number an entry: what hundreds of sessions have bound to them would otherwise hold
// everybody up. A session that is left for the next entry is refused all the same.
void expire_sessions(Context& context) {
  const size_t before = context.events.size();
  while (!context.indexes.sessions.empty() && context.events.size() - before < context.state.limits.range_delete_keys) {
    const auto [deadline_ms, session_id] = *context.indexes.sessions.begin();
    if (deadline_ms > context.now_ms) {
      return;
    }
    end_session(context, context.state.sessions.find(session_id), EndCause::expired);
  }
}

// Not those that were over under the leader before, and are only not cleared away yet: they were refused.
void extend_sessions(Context& context) {
  for (auto& [session_id, session] : context.state.sessions) {
    if (session.deadline_ms <= context.before_ms) {
      continue;
    }
    const uint64_t extended_ms = saturating_add(context.now_ms, session.ttl_ms);
    if (extended_ms > session.deadline_ms) {
      set_deadline(context, session, extended_ms);
    }
  }
}

}  // namespace kelek::machine
