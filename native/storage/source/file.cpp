// What is built upon single reads and writes.
#include <kelek/storage/file.h>

#include <algorithm>

#include "errors.h"

namespace kelek::storage {

Status write_all(File& file, std::uint64_t offset_bytes, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    Result<std::size_t> taken = file.write(offset_bytes, bytes);
    if (!taken) return taken.error();
    if (*taken == 0) {
      return make_error(Problem::io, "pwrite", file.path(),
                        "Cannot write at byte " + std::to_string(offset_bytes) + " of " + file.path() +
                            ": the system takes nothing and gives no reason.");
    }
    offset_bytes += *taken;
    bytes = bytes.subspan(*taken);
  }
  return Nothing{};
}

Result<std::size_t> read_up_to(File& file, std::uint64_t offset_bytes, std::span<std::byte> bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    Result<std::size_t> read = file.read(offset_bytes + done, bytes.subspan(done));
    if (!read) return read.error();
    if (*read == 0) break;
    done += *read;
  }
  return done;
}

Status read_exactly(File& file, std::uint64_t offset_bytes, std::span<std::byte> bytes) {
  Result<std::size_t> read = read_up_to(file, offset_bytes, bytes);
  if (!read) return read.error();
  if (*read == bytes.size()) return Nothing{};
  return make_error(Problem::damaged, "pread", file.path(),
                    file.path() + " ends at byte " + std::to_string(offset_bytes + *read) + ", and " +
                        std::to_string(bytes.size() - *read) + " bytes more belong to it.");
}

Result<std::vector<std::byte>> read_whole(FileSystem& files, const std::string& path, std::uint64_t limit_bytes) {
  Result<std::unique_ptr<File>> file = files.open(path, OpenMode::read);
  if (!file) return file.error();
  Result<std::uint64_t> size = (*file)->size();
  if (!size) return size.error();
  if (*size > limit_bytes) {
    return make_error(
        Problem::too_large, "read", path,
        path + " has " + std::to_string(*size) + " bytes; at most " + std::to_string(limit_bytes) + " are read.");
  }
  std::vector<std::byte> bytes(static_cast<std::size_t>(*size));
  Status read = read_exactly(**file, 0, bytes);
  if (!read) return read.error();
  return bytes;
}

Status write_zeros(File& file, std::uint64_t offset_bytes, std::uint64_t end_bytes) {
  static const std::vector<std::byte> zeros(std::size_t{1} << 20);
  while (offset_bytes < end_bytes) {
    const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(zeros.size(), end_bytes - offset_bytes));
    Status written = write_all(file, offset_bytes, std::span<const std::byte>(zeros).first(part));
    if (!written) return written;
    offset_bytes += part;
  }
  return Nothing{};
}

Status write_file_durably(FileSystem& files, const std::string& directory, const std::string& name,
                          std::span<const std::byte> bytes) {
  const std::string temporary = join_path(directory, name + ".tmp");
  if (Status removed = files.remove(temporary); !removed && removed.error().problem != Problem::not_found) {
    return removed;
  }
  {
    Result<std::unique_ptr<File>> file = files.open(temporary, OpenMode::create_new);
    if (!file) return file.error();
    if (Status written = write_all(**file, 0, bytes); !written) return written;
    if (Status synced = (*file)->sync(); !synced) return synced;
  }
  if (Status renamed = files.rename(temporary, join_path(directory, name)); !renamed) return renamed;
  return files.sync_directory(directory);
}

std::string join_path(const std::string& directory, const std::string& name) {
  if (directory.empty()) return name;
  return directory.back() == '/' ? directory + name : directory + "/" + name;
}

}  // namespace kelek::storage
