// What becomes of a request: ok, refused or unknown, and never a guess (known-bugs.md, B64).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include <kelek/machine/command.h>
#include <kelek/machine/result.h>
#include <kelek/raft/types.h>
#include <kelek/wire/client_protocol.h>

namespace kelek::runtime {

enum class OutcomeKind : std::uint8_t {
  /// Committed, and applied by the machine of the coordinator that answers: `result` is the machine's answer, which
  /// may itself be a refusal (revision_mismatch …). It will be the same after any failure.
  ok,
  /// Surely not done, now or later; `code` and `text` say why.
  refused,
  /// It may have happened, or may yet happen: only a retry under the same session and sequence, or a read, can tell.
  unknown,
};

struct RequestOutcome {
  OutcomeKind kind = OutcomeKind::unknown;
  wire::RefusalCode code = wire::RefusalCode::none;
  std::string text;
  /// Who leads, as far as known; 0 if not.
  raft::NodeId leader = raft::no_node;
  machine::Result result;
};

/// A command offered in process (Coordinator::submit).
struct Submission {
  machine::CommandBody body;
  std::uint64_t session_id = 0;
  std::uint64_t sequence = 0;
  /// 0: options.default_deadline_ms. At the deadline the outcome is `refused` if nothing was appended or forwarded,
  /// otherwise `unknown`.
  std::uint32_t deadline_ms = 0;
  std::function<void(RequestOutcome&&)> done;
};

}  // namespace kelek::runtime
