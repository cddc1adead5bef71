// DurableFile: a preallocated, zeroed file that is written from its start on, each piece synced.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace kelek::bench {

/// The least that a log can be: no format, no segments, no recovery.
class DurableFile {
 public:
  /// Makes and unlinks a file in `folder`. Ends the program where that fails.
  DurableFile(const std::string& folder, std::size_t size_bytes);
  ~DurableFile();
  DurableFile(const DurableFile&) = delete;
  DurableFile& operator=(const DurableFile&) = delete;

  /// Writes at the end of what was written, and syncs.
  void append(std::span<const std::byte> bytes);

 private:
  int descriptor_;
  std::size_t size_bytes_;
  std::size_t written_bytes_ = 0;
};

}  // namespace kelek::bench
