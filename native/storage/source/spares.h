// Spares: keeps one preallocated, zeroed segment ready, and disposes of old ones, off the path of a commit.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include <kelek/storage/file.h>

namespace kelek::storage {

struct Spare {
  std::unique_ptr<File> file;
  std::uint64_t size_bytes = 0;
};

/// Safe for two threads: the log's and its own.
class Spares {
 public:
  Spares(FileSystem& files, std::string folder, std::uint64_t segment_bytes, bool background);
  ~Spares();
  Spares(const Spares&) = delete;
  Spares& operator=(const Spares&) = delete;

  /// The spare if it is large enough; otherwise one is made now, and `was_late` is set.
  Result<Spare> take(std::uint64_t size_bytes, bool& was_late);
  /// A segment that nobody needs any more: becomes the spare, or goes. In the order given, each step durable before
  /// the next: after a crash there is never a gap in the middle.
  void retire(std::string name, std::uint64_t size_bytes);
  /// Makes the spare if there is none.
  Status prepare();
  /// The last attempt found no space.
  bool space_low() const;
  /// A renaming or removal that failed in the background.
  std::optional<Error> failure() const;

 private:
  struct Retired {
    std::string name;
    std::uint64_t size_bytes;
  };
  void run();
  Result<Spare> make(std::uint64_t size_bytes, bool gently);
  Status fill(File& file, std::uint64_t size_bytes, bool gently);
  void dispose(const Retired& old);
  std::string next_name();

  FileSystem& files_;
  const std::string folder_;
  const std::uint64_t segment_bytes_;
  const bool background_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::optional<Spare> spare_;
  bool making_ = false;  // somebody makes one just now
  bool hurry_ = false;   // and somebody waits for it
  std::deque<Retired> retired_;
  std::uint64_t made_ = 0;
  bool space_low_ = false;
  bool stopping_ = false;
  std::optional<Error> failure_;
  std::thread thread_;
};

}  // namespace kelek::storage
