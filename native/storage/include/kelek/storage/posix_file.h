// The file system of the machine.
#pragma once

#include <kelek/storage/file.h>

namespace kelek::storage {

/// Stateless; lives as long as the process.
FileSystem& posix_file_system();

}  // namespace kelek::storage
