// Exactly-once: the check of a command's session before it runs, and the keeping of its answer afterwards.
#pragma once

#include "context.h"

namespace kelek::machine {

// ok if the caller owns this living session; otherwise forbidden, unknown_session or expired_session.
Refusal find_session(const Context& context, uint64_t session_id);
void touch_session(Context& context, Session& session);

struct SessionCheck {
  bool run = false;       // the command is new: run it, then keep its answer
  bool replayed = false;  // `answer` is the one that was given before
  Result answer;          // not run: this, be it the old answer or a refusal
};
// For a command whose header names a session. Keeps the session alive unless it refuses.
SessionCheck check_session(Context& context);
void keep_answer(Context& context, const Result& result);

}  // namespace kelek::machine
