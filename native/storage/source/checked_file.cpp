// Small files with a CRC.
#include <kelek/storage/checked_file.h>

#include <algorithm>

#include "bytes.h"
#include "crc32c.h"
#include "errors.h"

namespace kelek::storage {
namespace {

constexpr std::size_t crc_bytes = 4;

}  // namespace

Status write_checked_file(FileSystem& files, const std::string& directory, const std::string& name,
                          std::span<const std::byte> bytes) {
  std::vector<std::byte> whole(bytes.begin(), bytes.end());
  whole.resize(bytes.size() + crc_bytes);
  put32(whole.data() + bytes.size(), masked(crc32c(bytes)));
  return write_file_durably(files, directory, name, whole);
}

Result<std::vector<std::byte>> read_checked_file(FileSystem& files, const std::string& path,
                                                 std::uint64_t limit_bytes) {
  Result<std::vector<std::byte>> bytes = read_whole(files, path, limit_bytes + crc_bytes);
  if (!bytes) return bytes;
  const std::size_t size = bytes->size() - std::min(bytes->size(), crc_bytes);
  const bool sound = bytes->size() >= crc_bytes &&
                     get32(bytes->data() + size) == masked(crc32c(std::span<const std::byte>(*bytes).first(size)));
  if (!sound) return make_error(Problem::damaged, "read", path, path + " is damaged.");
  bytes->resize(size);
  return bytes;
}

}  // namespace kelek::storage
