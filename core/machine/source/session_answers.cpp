// Exactly-once: a command of a session is applied once, in the order of its sequence numbers, and a retry
// gets the answer of the first time as long as that is kept.
#include "session.h"
#include "walk.h"

namespace kelek::machine {

SessionCheck check_session(Context& context) {
  SessionCheck check;
  if (Refusal refusal = find_session(context, context.header.session_id); !refusal.ok()) {
    check.answer = refuse(refusal.code, std::move(refusal.reason));
    return check;
  }
  Session& session = context.state.sessions.find(context.header.session_id)->second;
  const uint64_t sequence = context.header.sequence;
  if (sequence > session.last_sequence + 1) {
    check.answer =
        refuse(Code::sequence_gap, "the next sequence is " + std::to_string(session.last_sequence + 1) +
                                       ", not " + std::to_string(sequence));
    return check;
  }
  touch_session(context, session);
  if (sequence == session.last_sequence + 1) {
    check.run = true;
    return check;
  }
  const uint64_t behind = session.last_sequence - sequence;
  if (behind >= session.results.size()) {
    check.answer =
        refuse(Code::stale_sequence, "sequence " + std::to_string(sequence) + " was applied, the newest is " +
                                         std::to_string(session.last_sequence));
    return check;
  }
  check.replayed = true;
  check.answer = session.results[session.results.size() - 1 - static_cast<size_t>(behind)].result;
  return check;
}

void keep_answer(Context& context, const Result& result) {
  const auto at = context.state.sessions.find(context.header.session_id);
  if (at == context.state.sessions.end()) {
    return;
  }
  Session& session = at->second;
  const Limits& limits = context.state.limits;
  uint64_t& bytes = context.indexes.answer_bytes[session.session_id];
  session.last_sequence = context.header.sequence;
  session.results.push_back(StoredResult{context.header.sequence, result});
  bytes += measure(result);
  while (session.results.size() > limits.session_results ||
         (session.results.size() > 1 && bytes > limits.session_result_bytes)) {
    bytes -= measure(session.results.front().result);
    session.results.pop_front();
  }
}

}  // namespace kelek::machine
