// Locks: one holder with a lease, a queue in order of asking, and fences that only grow.
#include "context.h"
#include "text.h"

namespace kelek::machine {
namespace {

using LockAt = std::map<std::string, Lock, std::less<>>::iterator;

void index_hold(Context& context, const std::string& name, const LockHold& hold) {
  context.indexes.holds.emplace(hold.deadline_ms, name);
  if (hold.session_id != 0) {
    context.indexes.bindings[hold.session_id].holds.insert(name);
  }
}

void unindex_hold(Context& context, const std::string& name, const LockHold& hold) {
  context.indexes.holds.erase({hold.deadline_ms, name});
  if (hold.session_id != 0) {
    context.indexes.bindings[hold.session_id].holds.erase(name);
    unbind_if_empty(context, hold.session_id);
  }
}

void index_waiter(Context& context, const std::string& name, const LockWaiter& waiter) {
  context.indexes.waits.emplace(waiter.deadline_ms, name, waiter.ticket);
  if (waiter.session_id != 0) {
    context.indexes.bindings[waiter.session_id].waits.emplace(name, waiter.ticket);
  }
}

void unindex_waiter(Context& context, const std::string& name, const LockWaiter& waiter) {
  context.indexes.waits.erase({waiter.deadline_ms, name, waiter.ticket});
  if (waiter.session_id != 0) {
    context.indexes.bindings[waiter.session_id].waits.erase({name, waiter.ticket});
    unbind_if_empty(context, waiter.session_id);
  }
}

void grant_hold(Context& context, const std::string& name, Lock& lock, const LockWaiter& to) {
  LockHold hold;
  hold.holder = to.caller;
  hold.fence = context.revision;
  hold.ticket = to.ticket;
  hold.ttl_ms = to.ttl_ms;
  hold.deadline_ms = saturating_add(context.now_ms, to.ttl_ms);
  hold.session_id = to.session_id;
  index_hold(context, name, hold);
  context.events.push_back(LockGrantedEvent{name, hold.holder, hold.fence, hold.ticket, hold.deadline_ms});
  lock.hold = std::move(hold);
}

void grant_to_first_waiter(Context& context, const std::string& name, Lock& lock) {
  const LockWaiter first = std::move(lock.waiters.begin()->second);
  lock.waiters.erase(lock.waiters.begin());
  unindex_waiter(context, name, first);
  grant_hold(context, name, lock, first);
}

// After a hold or a waiter went: hand the lock on, or drop the record of one that nobody wants. A lock that
// was granted by this very entry is not granted a second time by it, for both holds would have the same
// fence.
void settle(Context& context, LockAt at, uint64_t released_fence) {
  Lock& lock = at->second;
  if (lock.hold) {
    return;
  }
  if (lock.waiters.empty()) {
    context.indexes.unheld_locks.erase(at->first);
    context.state.locks.erase(at);
  } else if (released_fence == context.revision) {
    context.indexes.unheld_locks.insert(at->first);
  } else if (context.indexes.unheld_locks.count(at->first) == 0) {
    grant_to_first_waiter(context, at->first, lock);
  }
}

void free_hold(Context& context, LockAt at, EndCause cause) {
  const LockHold hold = std::move(*at->second.hold);
  at->second.hold.reset();
  unindex_hold(context, at->first, hold);
  context.events.push_back(LockReleasedEvent{at->first, hold.holder, hold.fence, cause});
  settle(context, at, hold.fence);
}

void drop_waiter(Context& context, LockAt at, uint64_t ticket, EndCause cause) {
  const auto waiter_at = at->second.waiters.find(ticket);
  const LockWaiter waiter = std::move(waiter_at->second);
  at->second.waiters.erase(waiter_at);
  unindex_waiter(context, at->first, waiter);
  context.events.push_back(LockWaitEndedEvent{at->first, waiter.caller, ticket, cause});
  settle(context, at, 0);
}

std::string holder_of(const Lock& lock) {
  return lock.hold ? lock.hold->holder : std::string{};
}

Result held_by_another(const Lock& lock) {
  LockResult body;
  body.holder = holder_of(lock);
  return refuse(Code::held_by_another,
                lock.hold ? "held by \"" + lock.hold->holder + "\"" : "others wait for it since before",
                std::move(body));
}

// Which refusal a token gets that is not the present fence.
Result wrong_token(const Lock& lock, uint64_t token) {
  LockResult body;
  body.holder = holder_of(lock);
  if (lock.hold && token < lock.hold->fence) {
    return refuse(Code::stale_fence,
                  "the present fence is " + std::to_string(lock.hold->fence) + ", not " + std::to_string(token),
                  std::move(body));
  }
  return refuse(Code::not_holder, "no hold and no place in the queue has the token " + std::to_string(token),
                std::move(body));
}

LockResult held(const LockHold& hold) {
  LockResult body;
  body.held = true;
  body.fence = hold.fence;
  body.ticket = hold.ticket;
  body.deadline_ms = hold.deadline_ms;
  body.holder = hold.holder;
  return body;
}

// Holds and places in queues count alike: each is a record that a client makes and may leave behind.
Refusal can_add(const Context& context) {
  const uint64_t limit = context.state.limits.locks;
  const uint64_t total = context.indexes.holds.size() + context.indexes.waits.size();
  if (total >= limit) {
    return {Code::over_limit, too_much("the machine", total + 1, "locks and places in their queues", "locks", limit)};
  }
  return {};
}

Result enqueue(Context& context, const LockAcquire& command, Lock& lock, LockWaiter waiter) {
  const Limits& limits = context.state.limits;
  if (lock.waiters.size() >= limits.lock_waiters) {
    return refuse(Code::over_limit,
                  too_much("the queue", lock.waiters.size() + 1, "waiters", "lock_waiters", limits.lock_waiters));
  }
  LockResult body;
  body.ticket = waiter.ticket;
  body.position = lock.waiters.size() + (lock.hold ? 1u : 0u);
  body.deadline_ms = waiter.deadline_ms;
  body.holder = holder_of(lock);
  index_waiter(context, command.lock, waiter);
  lock.waiters.emplace(waiter.ticket, std::move(waiter));
  return done(std::move(body));
}

}  // namespace

Result execute(Context& context, const LockAcquire& command) {
  const auto at = context.state.locks.find(command.lock);
  const bool is_taken = at != context.state.locks.end();
  if (is_taken && command.wait_ms == 0) {
    return held_by_another(at->second);
  }
  LockWaiter waiter;
  waiter.caller = context.header.caller;
  waiter.ticket = context.revision;
  waiter.ttl_ms = command.ttl_ms;
  waiter.wait_ms = command.wait_ms;
  waiter.deadline_ms = saturating_add(context.now_ms, command.wait_ms);
  waiter.session_id = command.bind_to_session ? context.header.session_id : 0;
  if (waiter.session_id != 0) {
    if (Refusal refusal = can_bind(context, waiter.session_id); !refusal.ok()) {
      return refuse(refusal.code, std::move(refusal.reason));
    }
  }
  if (Refusal refusal = can_add(context); !refusal.ok()) {
    return refuse(refusal.code, std::move(refusal.reason));
  }
  if (is_taken) {
    return enqueue(context, command, at->second, std::move(waiter));
  }
  // Nor has this very entry granted it: whoever got it while log time went on has a lease and a session that
  // go on.
  Lock& lock = context.state.locks[command.lock];
  grant_hold(context, command.lock, lock, waiter);
  return done(held(*lock.hold));
}

Result execute(Context& context, const LockRelease& command) {
  const auto at = context.state.locks.find(command.lock);
  if (at == context.state.locks.end()) {
    return refuse(Code::not_holder, "nobody holds the lock \"" + command.lock + "\"");
  }
  const Lock& lock = at->second;
  const bool admin = context.header.caller_is_admin;
  if (lock.hold && (command.token == lock.hold->fence || command.token == lock.hold->ticket)) {
    const bool own = lock.hold->holder == context.header.caller;
    if (!own && !admin) {
      return refuse(Code::not_holder, "held by \"" + lock.hold->holder + "\"");
    }
    free_hold(context, at, own ? EndCause::released : EndCause::revoked);
    return done(LockResult{});
  }
  const auto waiter = lock.waiters.find(command.token);
  if (waiter == lock.waiters.end()) {
    return wrong_token(lock, command.token);
  }
  const bool own = waiter->second.caller == context.header.caller;
  if (!own && !admin) {
    return refuse(Code::not_holder, "\"" + waiter->second.caller + "\" waits with this ticket");
  }
  drop_waiter(context, at, command.token, own ? EndCause::released : EndCause::revoked);
  return done(LockResult{});
}

Result execute(Context& context, const LockExtend& command) {
  const auto at = context.state.locks.find(command.lock);
  if (at == context.state.locks.end()) {
    return refuse(Code::not_holder, "nobody holds the lock \"" + command.lock + "\"");
  }
  Lock& lock = at->second;
  if (!lock.hold || command.fence != lock.hold->fence) {
    return wrong_token(lock, command.fence);
  }
  if (lock.hold->holder != context.header.caller) {
    return refuse(Code::not_holder, "held by \"" + lock.hold->holder + "\"");
  }
  context.indexes.holds.erase({lock.hold->deadline_ms, command.lock});
  if (command.ttl_ms != 0) {
    lock.hold->ttl_ms = command.ttl_ms;
  }
  lock.hold->deadline_ms = saturating_add(context.now_ms, lock.hold->ttl_ms);
  context.indexes.holds.emplace(lock.hold->deadline_ms, command.lock);
  return done(held(*lock.hold));
}

void end_wait(Context& context, const std::string& lock, uint64_t ticket, EndCause cause) {
  drop_waiter(context, context.state.locks.find(lock), ticket, cause);
}

void end_hold(Context& context, const std::string& lock, EndCause cause) {
  free_hold(context, context.state.locks.find(lock), cause);
}

void expire_waits(Context& context) {
  while (!context.indexes.waits.empty()) {
    const auto [deadline_ms, lock, ticket] = *context.indexes.waits.begin();
    if (deadline_ms > context.now_ms) {
      return;
    }
    end_wait(context, lock, ticket, EndCause::expired);
  }
}

void expire_holds(Context& context) {
  while (!context.indexes.holds.empty()) {
    const auto [deadline_ms, lock] = *context.indexes.holds.begin();
    if (deadline_ms > context.now_ms) {
      return;
    }
    end_hold(context, lock, EndCause::expired);
  }
}

void hand_on_locks(Context& context, const std::set<std::string>& names) {
  for (const std::string& name : names) {
    if (context.indexes.unheld_locks.erase(name) != 0) {  // otherwise its last waiter has left meanwhile
      grant_to_first_waiter(context, name, context.state.locks.find(name)->second);
    }
  }
}

void extend_waits_and_holds(Context& context) {
  context.indexes.waits.clear();
  context.indexes.holds.clear();
  for (auto& [name, lock] : context.state.locks) {
    if (lock.hold) {
      const uint64_t extended_ms = saturating_add(context.now_ms, lock.hold->ttl_ms);
      lock.hold->deadline_ms = extended_ms > lock.hold->deadline_ms ? extended_ms : lock.hold->deadline_ms;
      context.indexes.holds.emplace(lock.hold->deadline_ms, name);
    }
    for (auto& [ticket, waiter] : lock.waiters) {
      const uint64_t extended_ms = saturating_add(context.now_ms, waiter.wait_ms);
      waiter.deadline_ms = extended_ms > waiter.deadline_ms ? extended_ms : waiter.deadline_ms;
      context.indexes.waits.emplace(waiter.deadline_ms, name, ticket);
    }
  }
}

}  // namespace kelek::machine
