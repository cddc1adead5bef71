// The real file system, as far as a test may go: bytes, names, locks, and sentences about what cannot be done.
#include <catch2/catch.hpp>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include <kelek/storage/posix_file.h>

#include "storage_support.h"

namespace kelek::storage::test {
namespace {

/// A directory of its own, gone afterwards.
class Scratch {
 public:
  Scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "kelek-storage-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::vector<std::byte> bytes(const std::string& text) {
  const auto all = std::as_bytes(std::span<const char>(text));
  return {all.begin(), all.end()};
}

}  // namespace

TEST_CASE("Files are written, read, renamed, listed and removed") {
  const Scratch scratch;
  FileSystem& files = posix_file_system();
  auto file = files.open(scratch / "a", OpenMode::create_new);
  REQUIRE_WELL(file);
  REQUIRE_WELL(write_all(**file, 5, bytes("hello")));
  REQUIRE_WELL((*file)->sync());
  REQUIRE(*(*file)->size() == 10);
  std::vector<std::byte> read(20);
  REQUIRE(*read_up_to(**file, 5, read) == 5);
  REQUIRE(read_exactly(**file, 6, read).error().problem == Problem::damaged);
  REQUIRE_WELL((*file)->resize(7));
  REQUIRE(*read_up_to(**file, 0, read) == 7);
  REQUIRE(files.open(scratch / "a", OpenMode::create_new).error().problem == Problem::exists);
  REQUIRE_WELL(files.rename(scratch / "a", scratch / "b"));
  REQUIRE_WELL(files.make_directory(scratch / "c"));
  REQUIRE_WELL(files.make_directory(scratch / "c"));
  REQUIRE_WELL(files.sync_directory(scratch.path()));
  REQUIRE(*files.list(scratch.path()) == std::vector<std::string>{"b", "c"});
  REQUIRE(read_whole(files, scratch / "b", 6).error().problem == Problem::too_large);
  REQUIRE(read_whole(files, scratch / "b", 7)->size() == 7);
  REQUIRE_WELL(files.remove(scratch / "b"));
  REQUIRE_WELL(write_file_durably(files, scratch.path(), "d", bytes("x")));
  REQUIRE(*files.list(scratch.path()) == std::vector<std::string>{"c", "d"});
  REQUIRE(*files.free_bytes(scratch.path()) > 0);
}

TEST_CASE("Errors say what was tried, where, and what the system said") {
  const Scratch scratch;
  FileSystem& files = posix_file_system();
  const Error missing = files.open(scratch / "none", OpenMode::read).error();
  REQUIRE(missing.problem == Problem::not_found);
  REQUIRE(missing.operation == "open");
  REQUIRE(missing.code == ENOENT);
  REQUIRE(missing.text == "Cannot open " + (scratch / "none") + ": No such file or directory.");
  REQUIRE(files.remove(scratch / "none").error().problem == Problem::not_found);
  REQUIRE(files.rename(scratch / "none", scratch / "b").error().problem == Problem::not_found);
  REQUIRE(files.list(scratch / "none").error().problem == Problem::not_found);
  REQUIRE(files.sync_directory(scratch / "none").error().problem == Problem::not_found);
  REQUIRE(files.free_bytes(scratch / "none").error().problem == Problem::not_found);
  auto full = files.open("/dev/full", OpenMode::read_write);
  if (full) {
    const Status refused = write_all(**full, 0, bytes("x"));
    REQUIRE(refused.error().problem == Problem::no_space);
    REQUIRE(refused.error().text == "Cannot pwrite 1 bytes at byte 0 of /dev/full: No space left on device.");
  }
}

TEST_CASE("A directory that may not be written is refused with a sentence") {
  if (::geteuid() == 0) return;  // root may write everywhere
  const Scratch scratch;
  REQUIRE(::chmod(scratch.path().c_str(), 0500) == 0);
  const Status made = DataDirectory::create(posix_file_system(), scratch / "node", identity_of_node(), three_voters());
  REQUIRE(made.error().problem == Problem::denied);
  REQUIRE(made.error().text.find(scratch / "node") != std::string::npos);
  ::chmod(scratch.path().c_str(), 0700);
}

TEST_CASE("A lock is held by one process, named by its number, and ends with it") {
  const Scratch scratch;
  FileSystem& files = posix_file_system();
  create_or_fail(files, scratch / "node");
  int ready[2];
  REQUIRE(::pipe(ready) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    auto opened = DataDirectory::open(files, scratch / "node", identity_of_node(), small_options());
    const char answer = opened.ok() ? 'y' : 'n';
    if (::write(ready[1], &answer, 1) != 1) ::_exit(1);
    for (;;) ::pause();
  }
  char answer = 0;
  REQUIRE(::read(ready[0], &answer, 1) == 1);
  REQUIRE(answer == 'y');
  auto second = DataDirectory::open(files, scratch / "node", identity_of_node(), small_options());
  REQUIRE(second.error().problem == Problem::in_use);
  REQUIRE(second.error().text.find("process " + std::to_string(child)) != std::string::npos);
  ::kill(child, SIGKILL);
  REQUIRE(::waitpid(child, nullptr, 0) == child);
  REQUIRE(DataDirectory::open(files, scratch / "node", identity_of_node(), small_options()).ok());
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_CASE("The largest payload that propose takes is written and read back (B72)") {
  const Scratch scratch;
  FileSystem& files = posix_file_system();
  create_or_fail(files, scratch / "node");
  const raft::Payload large = raft::Payload::copy_of(std::string(raft::max_payload_bytes, 'z'));
  {
    auto opened = open_or_fail(files, scratch / "node");
    raft::EntryRange::Builder builder(1, 1);
    builder.add(1, raft::EntryKind::command, large);
    REQUIRE_WELL(write(opened.directory->log(), builder.finish()));
  }
  auto opened = open_or_fail(files, scratch / "node");
  REQUIRE(opened.recovered.entries[0].at(1).payload == large);
}

TEST_CASE("A directory on the real disk, with the log's own thread, over several lives") {
  const Scratch scratch;
  FileSystem& files = posix_file_system();
  StorageOptions options = small_options(64 * 1024);
  options.log.background = true;
  create_or_fail(files, scratch / "node", options);
  raft::Index next = 1;
  for (int life = 0; life < 4; ++life) {
    auto opened = open_or_fail(files, scratch / "node", options);
    REQUIRE(opened.recovered.last_index() == next - 1);
    REQUIRE(opened.recovered.report.clean_stop == (life % 2 == 0));
    Log& log = opened.directory->log();
    for (int i = 0; i < 40; ++i, next += 10) REQUIRE_WELL(write(log, entries(next, next + 9, 1, "some text ")));
    raft::SnapshotMetadata basis;
    basis.index = next - 5;
    basis.term = 1;
    basis.configuration = std::make_shared<const raft::Configuration>(three_voters());
    auto made = opened.directory->snapshots().write(basis, bytes("state"));
    REQUIRE_WELL(made);
    REQUIRE_WELL(log.stage_snapshot(*made, SnapshotUse::compacts));
    REQUIRE_WELL(log.commit());
    REQUIRE_WELL(opened.directory->snapshots().verify(made->id));
    REQUIRE_WELL(opened.directory->snapshots().remove_older_than(made->id));
    REQUIRE(log.release(basis.index).ok());
    if (life % 2 == 1) REQUIRE_WELL(log.close());
  }
}

}  // namespace kelek::storage::test
