// Making errors: from errno, and from what we found ourselves.
#pragma once

#include <string>

#include <kelek/storage/result.h>

namespace kelek::storage {

/// "Cannot pwrite 56 bytes at byte 4096 of PATH: No space left on device." `detail` ("56 bytes at byte 4096 of ")
/// may be empty.
Error system_error(const std::string& operation, const std::string& detail, const std::string& path, int code);
Error make_error(Problem problem, const std::string& operation, const std::string& path, const std::string& text);

}  // namespace kelek::storage
