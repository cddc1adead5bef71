// RecordedDisk: a file system that notes every change which passes through it to another, and can build what a disk
// holds if exactly some of the changes that no sync covered had reached it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <kelek/storage/simulated_disk.h>

namespace kelek::storage::test {

/// One change. A write counts as several: the length, if it makes its file longer, and the bytes, sector by sector, or
/// in up to seven runs of sectors where it is a large one.
struct Change {
  enum class Kind : std::uint8_t { write, resize, sync, create, rename, remove, make_directory, sync_directory };
  Kind kind = Kind::write;
  std::string path;
  std::string to;            // rename
  std::uint64_t file = 0;    // which file, whatever its name is: not for directories
  std::uint64_t number = 0;  // write: offset; resize: new size
  std::vector<std::byte> bytes;
};

/// For one thread. What no sync covers is in pending(), in the order in which it happened.
class RecordedDisk final : public FileSystem {
 public:
  explicit RecordedDisk(FileSystem& below) : below_(below) {}

  /// Asked before each change; none of it has happened yet.
  using Watch = std::function<void(const Change& change)>;
  void watch(Watch watch) { watch_ = std::move(watch); }
  const std::vector<Change>& pending() const { return pending_; }
  const std::map<Change::Kind, std::uint64_t>& counts() const { return counts_; }
  /// The disk after a crash which pending()[i] survived where `reached[i]`. Bytes of a write beyond the end of its
  /// file make it longer. A change of a name is whole or not at all, as POSIX has it.
  std::unique_ptr<SimulatedDisk> left_by(const std::vector<bool>& reached) const;

  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status remove(const std::string& path) override;
  Status make_directory(const std::string& path) override;
  Status sync_directory(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& directory) override { return below_.list(directory); }
  Result<std::unique_ptr<FileLock>> lock(const std::string& path) override { return below_.lock(path); }
  Result<std::uint64_t> free_bytes(const std::string& directory) override { return below_.free_bytes(directory); }

  /// Called by its files.
  void before(Change change);
  void done(Change change);
  std::uint64_t size_of(std::uint64_t file) const;

 private:
  static constexpr std::uint64_t no_file = 0;  // a directory
  struct Image {
    std::map<std::string, std::uint64_t> names;  // no_file for a directory
    std::map<std::uint64_t, std::vector<std::byte>> files;
  };
  static void apply(const Change& change, Image& image);
  void settle(const std::function<bool(const Change&)>& is_covered);

  FileSystem& below_;
  Watch watch_;
  Image durable_;
  std::map<std::string, std::uint64_t> names_;    // as the process sees them
  std::map<std::uint64_t, std::uint64_t> sizes_;  // of files, likewise
  std::vector<Change> pending_;
  std::map<Change::Kind, std::uint64_t> counts_;
  std::uint64_t next_file_ = 1;
};

}  // namespace kelek::storage::test
