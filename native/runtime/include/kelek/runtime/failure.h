// Failure: why a coordinator could not start, or had to stop; and Result, a value or a Failure.
#pragma once

#include <cstdint>
#include <string>

#include <kelek/raft/value_or.h>

namespace kelek::runtime {

enum class FailureKind : std::uint8_t {
  none = 0,
  bad_options,        ///< an option makes no sense, or contradicts another; the text names it
  bad_keys,           ///< a key file is missing, readable by others, or not a key; the text names file and reason
  bad_address,        ///< an address cannot be parsed or resolved
  address_in_use,     ///< somebody else listens there
  data_directory,     ///< cannot be read or written, in use by a live process, or of another cluster or node
  corrupt,            ///< the log or a snapshot is damaged beyond what recovery may repair by itself
  wrong_incarnation,  ///< this id had another disk before (known-bugs.md B47): remove the member and add it again
  removed,            ///< the member was removed from the cluster
  disk,               ///< a write or a sync failed: nothing after it can be trusted (durability.md R6)
  disk_full,
  internal,  ///< an invariant of our own is broken: a bug
};

/// A word for each, as logs and JSON show it.
const char* failure_name(FailureKind kind);

struct Failure {
  FailureKind kind = FailureKind::none;
  /// One plain sentence that names the thing: file, address, node, byte offset.
  std::string text;

  bool failed() const { return kind != FailureKind::none; }
};

/// A value, or why there is none.
template <typename Value>
class [[nodiscard]] Result : public raft::ValueOr<Value, Failure> {
 public:
  using raft::ValueOr<Value, Failure>::ValueOr;
  const Failure& failure() const { return this->error(); }
};

struct Done {};

}  // namespace kelek::runtime
