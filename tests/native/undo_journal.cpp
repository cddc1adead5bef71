// The journal: one record a change, appended by one system call each. By system calls alone, since what this library
// replaces must not be needed by it.
//
// record  kind u32 | first path u32 | second path u32 | data u32 | inode u64 | a u64 | b u64 | old size u64 | bytes …
//   W  inode, a offset, b length, old size; data: what stood there     T  inode, a new size, old size; data: what is
//   cut C  first path, a 1 for a directory                                 U  first path, inode R  first path → second
//   path, inode, a the inode that it replaces   S  inode, a changes before the sync D  first path, a changes before the
//   sync                           P  a process begins: changes count from here
#include "undo_journal.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace kelek::shim {
namespace {

struct Head {
  std::uint32_t kind = 0;
  std::uint32_t first_bytes = 0;
  std::uint32_t second_bytes = 0;
  std::uint32_t data_bytes = 0;
  std::uint64_t inode = 0;
  std::uint64_t a = 0;
  std::uint64_t b = 0;
  std::uint64_t old_size = 0;
};

class Journal {
 public:
  Journal() {
    const char* path = getenv("KELEK_UNDO_JOURNAL");
    const char* directory = getenv("KELEK_UNDO_DIRECTORY");
    if (path == nullptr || directory == nullptr) return;
    path_ = path;
    directory_ = directory;
    parent_ = directory_.substr(0, directory_.rfind('/'));
    const long descriptor = syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) fail("cannot open");
    descriptor_ = static_cast<int>(descriptor);
    Head head;
    head.kind = 'P';
    append(head, {}, {}, {});
    count_ = 0;
  }

  bool is_on() const { return descriptor_ >= 0; }
  bool covers(std::string_view path) const {
    if (!is_on()) return false;
    const std::string_view directory = directory_;
    return path.substr(0, directory.size()) == directory &&
           (path.size() == directory.size() || path[directory.size()] == '/');
  }
  bool is_parent(std::string_view path) const { return is_on() && path == parent_; }

  void append(Head head, std::string_view first, std::string_view second, const std::vector<char>& data) {
    head.first_bytes = static_cast<std::uint32_t>(first.size());
    head.second_bytes = static_cast<std::uint32_t>(second.size());
    head.data_bytes = static_cast<std::uint32_t>(data.size());
    const iovec parts[] = {{&head, sizeof head},
                           {const_cast<char*>(first.data()), first.size()},
                           {const_cast<char*>(second.data()), second.size()},
                           {const_cast<char*>(data.data()), data.size()}};
    const std::size_t size = sizeof head + first.size() + second.size() + data.size();
    if (writev(descriptor_, parts, 4) != static_cast<ssize_t>(size)) fail("cannot write to");
    ++count_;
  }
  std::uint64_t count() const { return count_; }

  /// Keeps the file that is about to lose its name.
  void bury(const char* path) {
    const std::string grave = path_ + ".graves/" + std::to_string(getpid()) + "-" + std::to_string(count_);
    if (::link(path, grave.c_str()) != 0) fail("cannot link into the graves of");
  }

  std::recursive_mutex& mutex() { return mutex_; }

 private:
  [[noreturn]] void fail(const char* what) const {
    std::fprintf(stderr, "undo journal: %s %s\n", what, path_.c_str());
    _exit(99);
  }

  std::string path_;
  std::string directory_;
  std::string parent_;
  int descriptor_ = -1;
  std::uint64_t count_ = 0;
  std::recursive_mutex mutex_;
};

/// Never destroyed: threads of the coordinator may outlive main().
Journal& journal() {
  static Journal& one = *new Journal;
  return one;
}

std::string path_of(int descriptor) {
  char path[4096];
  const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
  const ssize_t size = ::readlink(link.c_str(), path, sizeof path);
  return std::string(path, size > 0 ? static_cast<std::size_t>(size) : 0);
}

std::vector<char> bytes_at(int descriptor, std::uint64_t offset_bytes, std::uint64_t end_bytes) {
  std::vector<char> bytes(end_bytes > offset_bytes ? static_cast<std::size_t>(end_bytes - offset_bytes) : 0);
  // Of its own, since a descriptor may be for writing only.
  const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
  const long own = syscall(SYS_openat, AT_FDCWD, link.c_str(), O_RDONLY | O_CLOEXEC);
  if (own < 0) return {};
  const long got = syscall(SYS_pread64, own, bytes.data(), bytes.size(), offset_bytes);
  syscall(SYS_close, own);
  bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return bytes;
}

bool is_covered(int descriptor, struct stat& state) {
  return journal().is_on() && ::fstat(descriptor, &state) == 0 && S_ISREG(state.st_mode) &&
         journal().covers(path_of(descriptor));
}

}  // namespace

Guard::Guard() {
  journal().mutex().lock();
}
Guard::~Guard() {
  journal().mutex().unlock();
}

void note_write(int descriptor, std::uint64_t offset_bytes, std::size_t size_bytes) {
  struct stat state {};
  if (!is_covered(descriptor, state)) return;
  Head head;
  head.kind = 'W';
  head.inode = state.st_ino;
  head.a = offset_bytes;
  head.b = size_bytes;
  head.old_size = static_cast<std::uint64_t>(state.st_size);
  const std::uint64_t end_bytes = std::min<std::uint64_t>(head.old_size, offset_bytes + size_bytes);
  journal().append(head, {}, {}, bytes_at(descriptor, offset_bytes, end_bytes));
}

void note_resize(int descriptor, std::uint64_t size_bytes) {
  struct stat state {};
  if (!is_covered(descriptor, state)) return;
  Head head;
  head.kind = 'T';
  head.inode = state.st_ino;
  head.a = size_bytes;
  head.old_size = static_cast<std::uint64_t>(state.st_size);
  journal().append(head, {}, {}, bytes_at(descriptor, size_bytes, head.old_size));
}

void note_creation(const char* path, bool is_directory) {
  struct stat state {};
  if (!journal().covers(path) || ::lstat(path, &state) == 0) return;
  Head head;
  head.kind = 'C';
  head.a = is_directory ? 1 : 0;
  journal().append(head, path, {}, {});
}

void note_rename(const char* from, const char* to) {
  struct stat state {};
  if (!journal().covers(to) || ::lstat(from, &state) != 0) return;
  Head head;
  head.kind = 'R';
  head.inode = state.st_ino;
  if (::lstat(to, &state) == 0) {
    head.a = state.st_ino;
    journal().bury(to);
  }
  journal().append(head, from, to, {});
}

void note_removal(const char* path) {
  struct stat state {};
  if (!journal().covers(path) || ::lstat(path, &state) != 0) return;
  Head head;
  head.kind = 'U';
  head.inode = state.st_ino;
  journal().bury(path);
  journal().append(head, path, {}, {});
}

std::uint64_t noted() {
  const Guard guard;
  return journal().count();
}

void note_sync_done(int descriptor, std::uint64_t noted_before) {
  struct stat state {};
  if (!journal().is_on() || ::fstat(descriptor, &state) != 0) return;
  const std::string path = path_of(descriptor);
  const bool is_directory = S_ISDIR(state.st_mode);
  if (!journal().covers(path) && !(is_directory && journal().is_parent(path))) return;
  const Guard guard;
  Head head;
  head.kind = is_directory ? 'D' : 'S';
  head.inode = state.st_ino;
  head.a = noted_before;
  journal().append(head, is_directory ? std::string_view(path) : std::string_view(), {}, {});
}

}  // namespace kelek::shim
