// The recorder's file: whole records whatever happens, a word where something is missing, and an end.
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "trace_recorder.h"

using namespace kelek;
using runtime::TraceRecorder;

namespace {

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "kelek-trace-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

runtime::TraceOptions options_of(const Folder& folder) {
  runtime::TraceOptions options;
  options.file = folder.file("trace");
  options.limit_bytes = std::uint64_t{64} << 20;
  return options;
}

wire::TraceBegin beginning() {
  wire::TraceBegin begin;
  begin.software = "test";
  begin.options.id = 1;
  return begin;
}

struct Found {
  std::uint64_t ticks = 0;
  std::uint64_t missing = 0;
  std::string end = "none";
  wire::TraceReader::Next last = wire::TraceReader::Next::record;
};

Found read(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  wire::TraceReader reader([&stream](std::span<std::byte> into) {
    stream.read(reinterpret_cast<char*>(into.data()), static_cast<std::streamsize>(into.size()));
    return static_cast<std::size_t>(stream.gcount());
  });
  Found found;
  wire::TraceRecord record;
  while ((found.last = reader.next(record)) == wire::TraceReader::Next::record) {
    if (std::holds_alternative<wire::TraceTick>(record.what)) ++found.ticks;
    if (const auto* gap = std::get_if<wire::TraceGap>(&record.what)) found.missing += gap->records;
    if (const auto* end = std::get_if<wire::TraceEnd>(&record.what)) {
      static constexpr const char* names[] = {"stopped", "failed", "limit"};
      found.end = names[static_cast<std::size_t>(end->reason)];
    }
  }
  return found;
}

void tick(TraceRecorder& recorder, int times) {
  for (int i = 0; i < times; ++i) recorder.encoder().add(wire::TraceTick{});
}

}  // namespace

TEST_CASE("what is recorded is in the file, with its end, for its owner alone") {
  const Folder folder;
  auto opened = TraceRecorder::open(options_of(folder), beginning());
  REQUIRE(opened.ok());
  TraceRecorder& recorder = **opened;
  for (int turn = 0; turn < 1'000; ++turn) {
    tick(recorder, 100);
    REQUIRE(recorder.hand_over());
  }
  recorder.end(wire::TraceEnd::Reason::stopped);
  const Found found = read(recorder.file());
  CHECK(found.ticks == 100'000);
  CHECK(found.missing == 0);
  CHECK(found.end == "stopped");
  CHECK(found.last == wire::TraceReader::Next::end);
  struct stat status {};
  REQUIRE(stat(recorder.file().c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
}

TEST_CASE("what does not fit the queue is counted, and marked where it is missing") {
  const Folder folder;
  runtime::TraceOptions options = options_of(folder);
  options.queue_bytes = 1'000;
  auto opened = TraceRecorder::open(options, beginning());
  REQUIRE(opened.ok());
  TraceRecorder& recorder = **opened;
  tick(recorder, 2'000);  // two bytes each: more than may ever wait
  REQUIRE(recorder.hand_over());
  tick(recorder, 10);
  REQUIRE(recorder.hand_over());
  CHECK(recorder.dropped_records() >= 2'000);
  recorder.end(wire::TraceEnd::Reason::stopped);
  const Found found = read(recorder.file());
  CHECK(found.missing == recorder.dropped_records());
  CHECK(found.ticks + found.missing == 2'010);
  CHECK(found.last == wire::TraceReader::Next::end);
}

TEST_CASE("at its limit a trace ends and says so, and is not longer") {
  const Folder folder;
  runtime::TraceOptions options = options_of(folder);
  options.limit_bytes = 65'536;
  auto opened = TraceRecorder::open(options, beginning());
  REQUIRE(opened.ok());
  TraceRecorder& recorder = **opened;
  bool goes_on = true;
  for (int turn = 0; turn < 100'000 && goes_on; ++turn) {
    tick(recorder, 100);
    goes_on = recorder.hand_over();
    std::this_thread::yield();
  }
  // The thread looks every few milliseconds.
  for (int i = 0; i < 1'000 && goes_on; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    goes_on = recorder.hand_over();
  }
  CHECK_FALSE(goes_on);
  CHECK(recorder.trouble().find("limit of 65536 bytes") != std::string::npos);
  CHECK(std::filesystem::file_size(recorder.file()) <= 65'536);
  const Found found = read(recorder.file());
  CHECK(found.end == "limit");
  CHECK(found.last == wire::TraceReader::Next::end);
}

TEST_CASE("no run is written over, and there is a limit to their number") {
  const Folder folder;
  std::string last;
  for (int run = 1; run <= TraceRecorder::most_runs; ++run) {
    auto opened = TraceRecorder::open(options_of(folder), beginning());
    REQUIRE(opened.ok());
    CHECK((*opened)->file() != last);
    last = (*opened)->file();
  }
  CHECK(last == folder.file("trace.16"));
  const auto refused = TraceRecorder::open(options_of(folder), beginning());
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().find("move them away") != std::string::npos);
}

// Many times: the thread may be just looking when the records are handed over, and then they wait for the next turn,
// which never comes.
TEST_CASE("a recorder that goes without a word leaves what was handed over") {
  for (int time = 0; time < 200; ++time) {
    const Folder folder;
    std::string file;
    {
      auto opened = TraceRecorder::open(options_of(folder), beginning());
      REQUIRE(opened.ok());
      file = (*opened)->file();
      tick(**opened, 5);
      REQUIRE((*opened)->hand_over());
    }
    const Found found = read(file);
    REQUIRE(found.ticks == 5);
    REQUIRE(found.end == "none");
  }
}
