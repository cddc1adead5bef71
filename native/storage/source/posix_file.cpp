// The file seam upon the system calls of Linux and macOS.
#include <kelek/storage/posix_file.h>

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "errors.h"

namespace kelek::storage {
namespace {

/// Calls again what a signal interrupted.
template <typename Call>
auto repeated(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

std::string place(std::size_t size_bytes, std::uint64_t offset_bytes) {
  return std::to_string(size_bytes) + " bytes at byte " + std::to_string(offset_bytes) + " of ";
}

/// Closes what it holds.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int number() const { return number_; }

 private:
  int number_;
};

int data_sync(int descriptor) {
#ifdef __APPLE__
  return ::fcntl(descriptor, F_FULLFSYNC);
#else
  return ::fdatasync(descriptor);
#endif
}

class PosixFile final : public File {
 public:
  PosixFile(std::string path, Descriptor descriptor) : File(std::move(path)), descriptor_(std::move(descriptor)) {}

  Result<std::size_t> write(std::uint64_t offset_bytes, std::span<const std::byte> bytes) override {
    const std::size_t part = std::min(bytes.size(), std::size_t{1} << 30);
    const ssize_t taken =
        repeated([&] { return ::pwrite(descriptor_.number(), bytes.data(), part, static_cast<off_t>(offset_bytes)); });
    if (taken < 0) return system_error("pwrite", place(part, offset_bytes), path(), errno);
    return static_cast<std::size_t>(taken);
  }

  Result<std::size_t> read(std::uint64_t offset_bytes, std::span<std::byte> bytes) override {
    const std::size_t part = std::min(bytes.size(), std::size_t{1} << 30);
    const ssize_t got =
        repeated([&] { return ::pread(descriptor_.number(), bytes.data(), part, static_cast<off_t>(offset_bytes)); });
    if (got < 0) return system_error("pread", place(part, offset_bytes), path(), errno);
    return static_cast<std::size_t>(got);
  }

  Status sync() override {
    // Not repeated, not even after EINTR: what a failed sync has done nobody knows.
    if (data_sync(descriptor_.number()) != 0) return system_error("fdatasync", "", path(), errno);
    return Nothing{};
  }

  Result<std::uint64_t> size() override {
    struct stat information {};
    if (::fstat(descriptor_.number(), &information) != 0) return system_error("fstat", "", path(), errno);
    return static_cast<std::uint64_t>(information.st_size);
  }

  Status resize(std::uint64_t size_bytes) override {
    const int done = repeated([&] { return ::ftruncate(descriptor_.number(), static_cast<off_t>(size_bytes)); });
    if (done != 0) return system_error("ftruncate", "", path(), errno);
    return Nothing{};
  }

  void forget_cached() override {
#ifdef POSIX_FADV_DONTNEED
    static_cast<void>(::posix_fadvise(descriptor_.number(), 0, 0, POSIX_FADV_DONTNEED));
#endif
  }

 private:
  Descriptor descriptor_;
};

/// flock belongs to the open file: it ends with the process, and a second open in the same process is refused too.
class PosixLock final : public FileLock {
 public:
  explicit PosixLock(Descriptor descriptor) : descriptor_(std::move(descriptor)) {}

 private:
  Descriptor descriptor_;
};

std::string holder_of(int descriptor) {
  char text[32] = {};
  const ssize_t got = ::pread(descriptor, text, sizeof(text) - 1, 0);
  std::string holder(text, got > 0 ? static_cast<std::size_t>(got) : 0);
  while (!holder.empty() && (holder.back() == '\n' || holder.back() == '\0')) holder.pop_back();
  return holder.empty() ? "another process" : "process " + holder;
}

class PosixFileSystem final : public FileSystem {
 public:
  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
    int flags = O_CLOEXEC | O_NOCTTY;
    if (mode == OpenMode::read) flags |= O_RDONLY;
    if (mode == OpenMode::read_write) flags |= O_RDWR;
    if (mode == OpenMode::create_new) flags |= O_RDWR | O_CREAT | O_EXCL;
    const int number = repeated([&] { return ::open(path.c_str(), flags, 0600); });
    if (number < 0) return system_error(mode == OpenMode::create_new ? "create" : "open", "", path, errno);
    return std::unique_ptr<File>(std::make_unique<PosixFile>(path, Descriptor(number)));
  }

  Status rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) return system_error("rename", from + " to ", to, errno);
    return Nothing{};
  }

  Status remove(const std::string& path) override {
    if (::unlink(path.c_str()) != 0) return system_error("unlink", "", path, errno);
    return Nothing{};
  }

  Status make_directory(const std::string& path) override {
    if (::mkdir(path.c_str(), 0700) == 0) return Nothing{};
    const int code = errno;
    struct stat information {};
    if (code == EEXIST && ::stat(path.c_str(), &information) == 0 && S_ISDIR(information.st_mode)) {
      return Nothing{};
    }
    return system_error("mkdir", "", path, code);
  }

  Status sync_directory(const std::string& path) override {
    const int number = repeated([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
    if (number < 0) return system_error("open", "", path, errno);
    const Descriptor directory(number);
    if (::fsync(number) != 0) return system_error("fsync", "the directory ", path, errno);
    return Nothing{};
  }

  Result<std::vector<std::string>> list(const std::string& directory) override {
    DIR* stream = ::opendir(directory.c_str());
    if (stream == nullptr) return system_error("opendir", "", directory, errno);
    std::vector<std::string> names;
    errno = 0;
    while (const dirent* entry = ::readdir(stream)) {
      const std::string name = entry->d_name;
      if (name != "." && name != "..") names.push_back(name);
      errno = 0;
    }
    const int code = errno;
    ::closedir(stream);
    if (code != 0) return system_error("readdir", "", directory, code);
    std::sort(names.begin(), names.end());
    return names;
  }

  Result<std::unique_ptr<FileLock>> lock(const std::string& path) override {
    const int number = repeated([&] { return ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600); });
    if (number < 0) return system_error("open", "", path, errno);
    Descriptor descriptor(number);
    if (::flock(number, LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK) return system_error("flock", "", path, errno);
      return make_error(Problem::in_use, "lock", path, path + " is held by " + holder_of(number) + ".");
    }
    const std::string holder = std::to_string(::getpid()) + "\n";
    // The number is for people; the lock holds without it, for instance on a full disk.
    if (::ftruncate(number, 0) == 0) static_cast<void>(!::pwrite(number, holder.data(), holder.size(), 0));
    return std::unique_ptr<FileLock>(std::make_unique<PosixLock>(std::move(descriptor)));
  }

  Result<std::uint64_t> free_bytes(const std::string& directory) override {
    struct statvfs information {};
    if (::statvfs(directory.c_str(), &information) != 0) return system_error("statvfs", "", directory, errno);
    return static_cast<std::uint64_t>(information.f_bavail) * information.f_frsize;
  }
};

}  // namespace

FileSystem& posix_file_system() {
  static PosixFileSystem files;
  return files;
}

}  // namespace kelek::storage
