// Errors with a sentence each.
#include "errors.h"

#include <cerrno>
#include <system_error>

namespace kelek::storage {
namespace {

Problem problem_of(int code) {
  switch (code) {
    case ENOSPC:
    case EDQUOT: return Problem::no_space;
    case EACCES:
    case EPERM:
    case EROFS: return Problem::denied;
    case ENOENT: return Problem::not_found;
    case EEXIST: return Problem::exists;
    default: return Problem::io;
  }
}

}  // namespace

Error system_error(const std::string& operation, const std::string& detail, const std::string& path, int code) {
  return {problem_of(code), operation, path, code,
          "Cannot " + operation + " " + detail + path + ": " + std::generic_category().message(code) + "."};
}

Error make_error(Problem problem, const std::string& operation, const std::string& path, const std::string& text) {
  return {problem, operation, path, 0, text};
}

}  // namespace kelek::storage
