// Names of problems.
#include <kelek/storage/result.h>

namespace kelek::storage {

const char* problem_name(Problem problem) {
  switch (problem) {
    case Problem::none: return "none";
    case Problem::io: return "io";
    case Problem::no_space: return "no_space";
    case Problem::denied: return "denied";
    case Problem::not_found: return "not_found";
    case Problem::exists: return "exists";
    case Problem::in_use: return "in_use";
    case Problem::wrong_owner: return "wrong_owner";
    case Problem::damaged: return "damaged";
    case Problem::too_large: return "too_large";
    case Problem::bad_use: return "bad_use";
    case Problem::stopped: return "stopped";
  }
  return "unknown";
}

}  // namespace kelek::storage
