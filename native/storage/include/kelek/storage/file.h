// The file seam: all that storage asks of a file system. posix_file.h is the real one, simulated_disk.h the other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <kelek/storage/result.h>

namespace kelek::storage {

/// One open file. Closed by its destructor, which writes nothing. Different calls may come from different threads
/// if their byte ranges do not overlap.
class File {
 public:
  virtual ~File() = default;
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  /// pwrite: how many bytes were taken, which may be fewer than asked for. Durable only after sync().
  virtual Result<std::size_t> write(std::uint64_t offset_bytes, std::span<const std::byte> bytes) = 0;
  /// pread: how many bytes were read; fewer than asked for at the end of the file.
  virtual Result<std::size_t> read(std::uint64_t offset_bytes, std::span<std::byte> bytes) = 0;
  /// fdatasync: all that was written, and the size, is durable. After a failure nobody knows what is, and a later
  /// success says nothing about it (known-bugs.md, B31).
  virtual Status sync() = 0;
  virtual Result<std::uint64_t> size() = 0;
  /// ftruncate.
  virtual Status resize(std::uint64_t size_bytes) = 0;
  /// The next read comes from the disk, where the system allows it; a hint.
  virtual void forget_cached() {}

  /// For messages; who renames an open file says so.
  const std::string& path() const { return path_; }
  void was_renamed(std::string path) { path_ = std::move(path); }

 protected:
  explicit File(std::string path) : path_(std::move(path)) {}

 private:
  std::string path_;
};

/// Held until destroyed, or until the process ends in whatever way.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

enum class OpenMode : std::uint8_t {
  read,
  /// An existing file.
  read_write,
  /// Refused (exists) if there is one. Its name is durable only after sync_directory().
  create_new,
};

/// Safe to call from several threads.
class FileSystem {
 public:
  virtual ~FileSystem() = default;

  virtual Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) = 0;
  /// Replaces what has the name `to`. Atomic; durable only after sync_directory().
  virtual Status rename(const std::string& from, const std::string& to) = 0;
  virtual Status remove(const std::string& path) = 0;
  /// Nothing happens if there is one. Refused (not_found) if the parent is missing.
  virtual Status make_directory(const std::string& path) = 0;
  /// Makes creations, renames and removals in it durable.
  virtual Status sync_directory(const std::string& path) = 0;
  /// Names, sorted, without "." and "..".
  virtual Result<std::vector<std::string>> list(const std::string& directory) = 0;
  /// Takes the lock file (made if it is missing) and writes this process's id into it. Refused (in_use, with the
  /// holder's id in the text) while a live process holds it.
  virtual Result<std::unique_ptr<FileLock>> lock(const std::string& path) = 0;
  /// For who is not privileged.
  virtual Result<std::uint64_t> free_bytes(const std::string& directory) = 0;
};

/// Repeats short writes until all is written or a write fails.
Status write_all(File& file, std::uint64_t offset_bytes, std::span<const std::byte> bytes);
/// How many bytes there were, fewer than asked for only at the end of the file.
Result<std::size_t> read_up_to(File& file, std::uint64_t offset_bytes, std::span<std::byte> bytes);
/// Refused (damaged) if the file ends before.
Status read_exactly(File& file, std::uint64_t offset_bytes, std::span<std::byte> bytes);
/// The whole file; refused (too_large) above `limit_bytes`.
Result<std::vector<std::byte>> read_whole(FileSystem& files, const std::string& path, std::uint64_t limit_bytes);
/// Writes zeros from `offset_bytes` up to `end_bytes`: later writes and syncs then change no metadata.
Status write_zeros(File& file, std::uint64_t offset_bytes, std::uint64_t end_bytes);
/// Under a temporary name, synced, renamed, directory synced: either all of it is there after a crash, or nothing.
Status write_file_durably(FileSystem& files, const std::string& directory, const std::string& name,
                          std::span<const std::byte> bytes);
std::string join_path(const std::string& directory, const std::string& name);

}  // namespace kelek::storage
