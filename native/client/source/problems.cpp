// Words for what went wrong, and the exit codes that go with them.
#include "client_parts.h"

namespace kelek::client {

const char* problem_name(ProblemKind kind) {
  switch (kind) {
    case ProblemKind::none: return "none";
    case ProblemKind::bad_use: return "bad_use";
    case ProblemKind::unreachable: return "unreachable";
    case ProblemKind::key_refused: return "key_refused";
    case ProblemKind::wrong_server_key: return "wrong_server_key";
    case ProblemKind::no_answer: return "no_answer";
    case ProblemKind::no_leader: return "no_leader";
    case ProblemKind::not_permitted: return "not_permitted";
    case ProblemKind::over_limit: return "over_limit";
    case ProblemKind::machine_refused: return "machine_refused";
    case ProblemKind::lagged: return "lagged";
    case ProblemKind::compacted: return "compacted";
    case ProblemKind::bad_frame: return "bad_frame";
    case ProblemKind::stopping: return "stopping";
    case ProblemKind::refused: return "refused";
  }
  return "refused";
}

ProblemKind problem_of(wire::RefusalCode code) {
  switch (code) {
    case wire::RefusalCode::none: return ProblemKind::none;
    case wire::RefusalCode::no_leader:
    case wire::RefusalCode::not_leader:
    case wire::RefusalCode::leadership_lost: return ProblemKind::no_leader;
    case wire::RefusalCode::deadline: return ProblemKind::no_answer;
    case wire::RefusalCode::not_permitted: return ProblemKind::not_permitted;
    case wire::RefusalCode::over_limit:
    case wire::RefusalCode::too_large: return ProblemKind::over_limit;
    case wire::RefusalCode::malformed:
    case wire::RefusalCode::wrong_version: return ProblemKind::bad_frame;
    case wire::RefusalCode::invalid:
    case wire::RefusalCode::unknown_group: return ProblemKind::bad_use;
    case wire::RefusalCode::stopping: return ProblemKind::stopping;
    default: return ProblemKind::refused;
  }
}

int exit_code(OutcomeKind kind, const Problem& problem) {
  if (kind == OutcomeKind::ok) return 0;
  switch (problem.kind) {
    case ProblemKind::bad_use: return 2;
    case ProblemKind::not_permitted:
    case ProblemKind::over_limit:
    case ProblemKind::machine_refused:
    case ProblemKind::compacted:
    case ProblemKind::refused: return 3;
    case ProblemKind::no_leader:
    case ProblemKind::no_answer:
    case ProblemKind::unreachable:
    case ProblemKind::stopping: return 4;
    default: return 1;
  }
}

}  // namespace kelek::client
