// Maps the failures of a coordinator to exit codes.
#include "exit_codes.h"

namespace kelek::cli {

int exit_code_of(runtime::FailureKind kind) {
  switch (kind) {
    case runtime::FailureKind::none: return exit_ok;
    case runtime::FailureKind::bad_options:
    case runtime::FailureKind::bad_keys:
    case runtime::FailureKind::bad_address: return exit_bad_use;
    case runtime::FailureKind::address_in_use:
    case runtime::FailureKind::removed:
    case runtime::FailureKind::wrong_incarnation: return exit_refused;
    case runtime::FailureKind::data_directory:
    case runtime::FailureKind::corrupt:
    case runtime::FailureKind::disk:
    case runtime::FailureKind::disk_full:
    case runtime::FailureKind::internal: return exit_error;
  }
  return exit_error;
}

}  // namespace kelek::cli
