// Small files that are written once and have a CRC: whoever reads one gets what was written, or is told.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <kelek/storage/file.h>

namespace kelek::storage {

/// As write_file_durably(), with four bytes behind: the masked CRC32C, little-endian.
Status write_checked_file(FileSystem& files, const std::string& directory, const std::string& name,
                          std::span<const std::byte> bytes);
/// What was written. Refused: not_found, damaged, too_large (above `limit_bytes` without the CRC).
Result<std::vector<std::byte>> read_checked_file(FileSystem& files, const std::string& path, std::uint64_t limit_bytes);

}  // namespace kelek::storage
