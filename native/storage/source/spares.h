// Spares: keeps preallocated segments ready, and disposes of old ones, off the path of a commit.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <kelek/storage/file.h>

namespace kelek::storage {

struct Spare {
  std::unique_ptr<File> file;
  std::uint64_t size_bytes = 0;
};

struct SpareOptions {
  /// Of a full segment, and of the first spare: sizes double from there, so that zeros are written for what a
  /// log needs and not for what it may need one day.
  std::uint64_t segment_bytes = 0;
  std::uint64_t first_bytes = 0;
  bool background = true;
};

/// Segments that nobody needs any more are used again: once a log is compacted as fast as it grows, no zeros
/// are written at all. What such a file holds is of an older generation and of smaller LSNs, and so counts
/// for nothing. Safe for two threads: the log's and its own.
class Spares {
 public:
  Spares(FileSystem& files, std::string folder, const SpareOptions& options);
  ~Spares();
  Spares(const Spares&) = delete;
  Spares& operator=(const Spares&) = delete;

  /// A spare of at least this size; if none is ready one is made now, and `was_late` is set.
  Result<Spare> take(std::uint64_t size_bytes, bool& was_late);
  /// A segment that nobody needs any more: becomes a spare, or goes. In the order given, each step durable
  /// before the next: after a crash there is never a gap in the middle.
  void retire(std::string name, std::uint64_t size_bytes);
  /// Makes a spare if there is none.
  Status prepare();
  /// There is no spare, and the last attempt found no space.
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
  Result<std::uint64_t> fill(File& file, std::uint64_t size_bytes, bool gently);
  Status check_space(std::uint64_t size_bytes) const;
  std::optional<Spare> take_ready(std::uint64_t size_bytes);
  bool is_worth_keeping(std::uint64_t size_bytes) const;
  bool one_comes_for_nothing() const;
  void dispose(const Retired& old);
  std::string next_name();

  FileSystem& files_;
  const std::string folder_;
  const SpareOptions options_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Spare> ready_;
  std::uint64_t next_bytes_;         // of the next spare that is made
  bool making_ = false;              // somebody makes one just now
  std::uint64_t awaited_bytes_ = 0;  // and somebody waits for it, and would take so much of it
  std::deque<Retired> retired_;
  std::uint64_t made_ = 0;
  bool space_low_ = false;
  bool stopping_ = false;
  std::optional<Error> failure_;
  std::thread thread_;
};

}  // namespace kelek::storage
