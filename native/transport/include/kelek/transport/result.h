// Result: a value, or an Error that names the thing (file, line, address, key) and says why.
#pragma once

#include <cstdint>
#include <string>

#include <kelek/raft/value_or.h>

namespace kelek::transport {

/// What kind of thing is wrong, for callers that choose an exit code or try something else.
enum class Problem : std::uint8_t {
  bad_address,     ///< not an address we connect to or bind, or one that this machine does not have
  address_in_use,  ///< somebody else listens there
  no_permission,   ///< the system does not allow it
  bad_key,         ///< a key, key file or authorised-clients file that is missing, unsafe or malformed
  bad_option,      ///< an option out of its range
  unsupported,     ///< the libraries here are too old or were built without something we need
  resources,       ///< out of descriptors or memory
};

struct Error {
  Problem problem = Problem::resources;
  /// One line for people; never holds a secret.
  std::string text;
};

/// A value, or why there is none.
template <typename Value>
using Result = raft::ValueOr<Value, Error>;

struct Nothing {};
/// Done, or refused.
using Status = Result<Nothing>;

}  // namespace kelek::transport
