// Errors as values: what was tried, on which path, what the system said, and one sentence for people.
#pragma once

#include <cstdint>
#include <string>

#include <kelek/raft/value_or.h>

namespace kelek::storage {

enum class Problem : std::uint8_t {
  none = 0,
  io,        ///< the system failed an operation; `code` is its errno
  no_space,  ///< ENOSPC or EDQUOT
  denied,    ///< EACCES, EPERM or EROFS: not ours to read or to write
  not_found,
  exists,       ///< there is something already where something new was to be made
  in_use,       ///< a live process holds the directory; the text has its pid
  wrong_owner,  ///< of another cluster, node or incarnation; the text has both
  damaged,      ///< bytes that are not what was written
  too_large,    ///< above a limit of ours; nothing was done
  bad_use,      ///< a call that makes no sense now; nothing was done
  stopped,      ///< an earlier failure latched (durability.md, R6); the text repeats it
};

/// "io", "no_space" and so on.
const char* problem_name(Problem problem);

struct Error {
  Problem problem = Problem::none;
  /// "pwrite", "fdatasync", "rename", … or what we were about: "open", "recover".
  std::string operation;
  std::string path;
  /// errno, or 0.
  int code = 0;
  /// A plain sentence that names the thing.
  std::string text;
};

/// A value, or why there is none.
template <typename Value>
using Result = raft::ValueOr<Value, Error>;

struct Nothing {};
using Status = Result<Nothing>;

}  // namespace kelek::storage
