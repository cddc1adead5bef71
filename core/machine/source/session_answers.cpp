// Exactly-once: a command of a session is applied once, in the order of its sequence numbers, and a retry
// gets the answer of the first time as long as that is kept.
#include "session.h"

#include <algorithm>

#include "text.h"

namespace kelek::machine {
namespace {

constexpr uint64_t smallest_share_bytes = 1024;

}  // namespace

SessionCheck check_session(Context& context) {
  SessionCheck check;
  if (Refusal refusal = find_session(context, context.header.session_id); !refusal.ok()) {
    check.answer = refuse(refusal.code, std::move(refusal.reason));
    return check;
  }
  Session& session = context.state.sessions.find(context.header.session_id)->second;
  const uint64_t sequence = context.header.sequence;
  if (sequence > session.last_sequence + 1) {
    check.answer = refuse(Code::sequence_gap, "the next sequence is " + std::to_string(session.last_sequence + 1) +
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
  const uint64_t bytes_before = bytes;
  bytes += answer_size(result);
  while (session.results.size() > limits.session_results ||
         (session.results.size() > 1 && bytes > limits.session_result_bytes)) {
    bytes -= answer_size(session.results.front().result);
    session.results.pop_front();
  }
  context.indexes.all_answers_bytes += bytes;
  context.indexes.all_answers_bytes -= bytes_before;
}

// The newest answer of a session is kept whatever its size. So that thousands of sessions with a large answer
// each do not fill the memory, an answer above a session's share needs room in what all shares come to.
Refusal can_answer(const Context& context, uint64_t bytes) {
  const Limits& limits = context.state.limits;
  if (bytes > limits.result_bytes) {
    return {Code::over_limit, too_much("the answer", bytes, "bytes", "result_bytes", limits.result_bytes)};
  }
  const uint64_t share = std::max(limits.session_result_bytes, smallest_share_bytes);
  const uint64_t total = context.indexes.all_answers_bytes + bytes;
  if (context.header.session_id != 0 && bytes > share && total > limits.sessions * share) {
    return {Code::over_limit,
            "the answers of all sessions: " + too_much("what is kept", total, "bytes",
                                                       "sessions times session_result_bytes", limits.sessions * share)};
  }
  return {};
}

}  // namespace kelek::machine
