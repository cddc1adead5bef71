// Words for failures.
#include <kelek/runtime/failure.h>

namespace kelek::runtime {

const char* failure_name(FailureKind kind) {
  switch (kind) {
    case FailureKind::none: return "none";
    case FailureKind::bad_options: return "bad_options";
    case FailureKind::bad_keys: return "bad_keys";
    case FailureKind::bad_address: return "bad_address";
    case FailureKind::address_in_use: return "address_in_use";
    case FailureKind::data_directory: return "data_directory";
    case FailureKind::corrupt: return "corrupt";
    case FailureKind::wrong_incarnation: return "wrong_incarnation";
    case FailureKind::removed: return "removed";
    case FailureKind::disk: return "disk";
    case FailureKind::disk_full: return "disk_full";
    case FailureKind::internal: return "internal";
  }
  return "internal";
}

}  // namespace kelek::runtime
