// Answer: what a call of the client came to: ok with a value, refused, or unknown; with a plain sentence why.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include <kelek/machine/result.h>
#include <kelek/raft/types.h>

namespace kelek::client {

enum class OutcomeKind : std::uint8_t {
  ok,
  /// Surely not done, now or later.
  refused,
  /// It may have happened, or may yet happen. Never a guess; only reads and retries under the same sequence tell.
  unknown,
};

/// Why a call is not ok.
enum class ProblemKind : std::uint8_t {
  none = 0,
  bad_use,           ///< the arguments make no sense; nothing was sent
  unreachable,       ///< nobody listens at any of the addresses
  key_refused,       ///< the coordinator does not know our key
  wrong_server_key,  ///< whoever listens there is not who the key says
  no_answer,         ///< somebody listens, and did not answer before the deadline
  no_leader,         ///< the cluster has no leader, or none was found before the deadline
  not_permitted,     ///< our role does not allow it
  over_limit,        ///< too much of ours is waiting, or the request is too large
  machine_refused,   ///< the machine's answer is not ok: `code` says which
  lagged,            ///< a watch fell behind and ended: resume from the revision after the last one seen
  compacted,         ///< the history is gone: read the state and go on from there
  bad_frame,         ///< what came back makes no sense
  stopping,          ///< the coordinator shuts down
  refused,           ///< another refusal of the cluster's; the text says which
};
/// A word for each, as JSON shows it.
const char* problem_name(ProblemKind kind);

struct Problem {
  ProblemKind kind = ProblemKind::none;
  /// The machine's code, where kind is machine_refused.
  machine::Code code = machine::Code::ok;
  /// One plain sentence: "Nobody listens at tcp://127.0.0.1:7101."
  std::string text;
};

/// The exit code of a command line for it: 0 ok, 1 error, 2 bad use, 3 refused or conflict, 4 no leader or timeout.
int exit_code(OutcomeKind kind, const Problem& problem);

template <typename Value>
struct Answer {
  OutcomeKind kind = OutcomeKind::unknown;
  /// Only where kind is ok; for machine_refused it says what the machine said with its refusal.
  Value value{};
  Problem problem;
  /// Log index and term of the entry (commands), or the revision of which a query is the answer.
  std::uint64_t revision = 0;
  std::uint64_t term = 0;
  /// Which coordinator answered.
  raft::NodeId member = raft::no_node;

  bool ok() const { return kind == OutcomeKind::ok; }
  explicit operator bool() const { return ok(); }
  Value* operator->() { return &value; }
  const Value* operator->() const { return &value; }
  int exit_code() const { return client::exit_code(kind, problem); }
};

struct Nothing {};

}  // namespace kelek::client
