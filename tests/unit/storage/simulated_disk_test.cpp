// The simulated disk forgets what it may forget, and nothing else: otherwise the tests that stand on it mean little.
#include <catch2/catch.hpp>

#include <set>

#include <kelek/storage/simulated_disk.h>

#include "storage_support.h"

namespace kelek::storage::test {
namespace {

std::vector<std::byte> filled(std::size_t size, char with) {
  return std::vector<std::byte>(size, static_cast<std::byte>(with));
}

/// What a file holds after a crash, as one letter a sector: z zeros, g anything else, or the letter it is filled with.
std::string sectors_of(const SimulatedDisk& disk, const std::string& path) {
  std::string text;
  const auto bytes = disk.contents(path);
  for (std::size_t at = 0; at < bytes.size(); at += 512) {
    const auto end = std::min(bytes.size(), at + 512);
    const bool same =
        std::all_of(bytes.begin() + static_cast<std::ptrdiff_t>(at), bytes.begin() + static_cast<std::ptrdiff_t>(end),
                    [&](std::byte b) { return b == bytes[at]; });
    const char letter = static_cast<char>(bytes[at]);
    text += !same ? 'g' : letter == 0 ? 'z' : letter;
  }
  return text;
}

std::unique_ptr<SimulatedDisk> disk_with_two_versions() {
  auto disk = std::make_unique<SimulatedDisk>();
  auto file = disk->open("/f", OpenMode::create_new);
  REQUIRE_WELL(write_all(**file, 0, filled(2048, 'a')));
  REQUIRE_WELL((*file)->sync());
  REQUIRE_WELL(disk->sync_directory("/"));
  REQUIRE_WELL(write_all(**file, 512, filled(1024, 'b')));
  return disk;
}

}  // namespace

TEST_CASE("What was synced stays; what was not is lost, kept or torn by sectors") {
  auto disk = disk_with_two_versions();
  disk->crash(Tearing::all_lost, 1);
  REQUIRE(sectors_of(*disk, "/f") == "aaaa");
  disk = disk_with_two_versions();
  disk->crash(Tearing::nothing_lost, 1);
  REQUIRE(sectors_of(*disk, "/f") == "abba");
  std::set<std::string> seen;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    disk = disk_with_two_versions();
    disk->crash(Tearing::sectors, seed);
    const std::string left = sectors_of(*disk, "/f");
    REQUIRE(left.front() == 'a');
    REQUIRE(left.back() == 'a');
    seen.insert(left);
  }
  for (const char* wanted : {"aaaa", "abba", "aaba", "abaa", "azba", "agba", "abza", "abga"}) {
    REQUIRE(seen.count(wanted) == 1);
  }
}

TEST_CASE("A write into a part of a sector leaves the rest of it alone, whatever happens") {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    SimulatedDisk disk;
    auto file = disk.open("/f", OpenMode::create_new);
    REQUIRE_WELL(write_all(**file, 0, filled(512, 'a')));
    REQUIRE_WELL((*file)->sync());
    REQUIRE_WELL(disk.sync_directory("/"));
    REQUIRE_WELL(write_all(**file, 100, filled(50, 'b')));
    disk.crash(Tearing::sectors, seed);
    const auto bytes = disk.contents("/f");
    REQUIRE(std::all_of(bytes.begin(), bytes.begin() + 100, [](std::byte b) { return b == std::byte{'a'}; }));
    REQUIRE(std::all_of(bytes.begin() + 150, bytes.end(), [](std::byte b) { return b == std::byte{'a'}; }));
  }
}

TEST_CASE("Names are durable with their directory only, each by itself") {
  std::set<std::string> seen;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    SimulatedDisk disk;
    for (const char* name : {"/a", "/b"}) {
      auto file = disk.open(name, OpenMode::create_new);
      REQUIRE_WELL((*file)->sync());
    }
    REQUIRE_WELL(disk.sync_directory("/"));
    REQUIRE_WELL(disk.rename("/a", "/c"));
    REQUIRE_WELL(disk.remove("/b"));
    disk.crash(Tearing::sectors, seed);
    std::string left;
    for (const std::string& path : disk.paths()) left += path;
    seen.insert(left);
  }
  REQUIRE(seen.size() == 8);
}

TEST_CASE("A sync that fails drops its pages: readable, clean, and not on the disk until the page is written again") {
  SimulatedDisk disk;
  auto file = disk.open("/f", OpenMode::create_new);
  REQUIRE_WELL(write_all(**file, 0, filled(8192, 'a')));
  REQUIRE_WELL((*file)->sync());
  REQUIRE_WELL(disk.sync_directory("/"));
  REQUIRE_WELL(write_all(**file, 0, filled(512, 'b')));
  REQUIRE_WELL(write_all(**file, 4096, filled(512, 'b')));
  disk.set_faults([](std::uint64_t, DiskOperation operation, const std::string&) {
    return operation == DiskOperation::sync ? Fault::drop_pages : Fault::none;
  });
  REQUIRE_FALSE((*file)->sync().ok());
  disk.set_faults({});
  REQUIRE_WELL((*file)->sync());
  REQUIRE(sectors_of(disk, "/f") == "baaaaaaabaaaaaaa");
  REQUIRE_WELL(write_all(**file, 4096 + 512, filled(512, 'c')));
  REQUIRE_WELL((*file)->sync());
  disk.crash(Tearing::all_lost, 1);
  REQUIRE(sectors_of(disk, "/f") == "aaaaaaaabcaaaaaa");
}

TEST_CASE("A crash ends what was open; the same seed does the same") {
  auto first = disk_with_two_versions();
  auto second = first->clone();
  auto file = first->open("/f", OpenMode::read_write);
  first->crash(Tearing::sectors, 9);
  second->crash(Tearing::sectors, 9);
  REQUIRE(first->contents("/f") == second->contents("/f"));
  REQUIRE_FALSE((*file)->sync().ok());
  REQUIRE_FALSE((*file)->write(0, filled(1, 'x')).ok());
}

TEST_CASE("Each kind of tearing leaves what its name says, of bytes and of names") {
  const auto left_after = [](Tearing tearing) {
    std::set<std::string> seen;
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
      auto disk = disk_with_two_versions();
      auto file = disk->open("/f", OpenMode::read_write);
      REQUIRE_WELL(write_all(**file, 1024, filled(512, 'c')));
      REQUIRE(disk->open("/g", OpenMode::create_new).ok());
      disk->crash(tearing, seed);
      seen.insert(sectors_of(*disk, "/f") + (disk->paths().size() == 2 ? " /g" : ""));
    }
    return seen;
  };
  using Set = std::set<std::string>;
  REQUIRE(left_after(Tearing::names_only) == Set{"aaaa /g"});
  REQUIRE(left_after(Tearing::bytes_only) == Set{"abca"});
  REQUIRE(left_after(Tearing::prefix) == Set{"aaaa", "abba", "abca", "abca /g"});
  REQUIRE(left_after(Tearing::suffix) == Set{"abca /g", "aaca /g", "aaaa /g"});
  REQUIRE(left_after(Tearing::subset) ==
          Set{"aaaa", "abaa", "aaca", "abca", "aaaa /g", "abaa /g", "aaca /g", "abca /g"});
  const Set versions = left_after(Tearing::versions);
  REQUIRE(versions.count("aaba") == 1);
  REQUIRE(versions.count("abba /g") == 1);
  const Set zeros = left_after(Tearing::zeros);
  REQUIRE(zeros == Set{"azza", "abza", "azca", "abca", "azza /g", "abza /g", "azca /g", "abca /g"});
  REQUIRE(left_after(Tearing::garbage).count("agga") == 1);
  REQUIRE(left_after(Tearing::bytes).count("agga") == 1);  // in each sector a part is new
}

TEST_CASE("Operations that go wrong and say well: torn, beside, with a wrong bit; and a sector that cannot be read") {
  SimulatedDisk disk(4);
  auto file = disk.open("/f", OpenMode::create_new);
  REQUIRE_WELL(write_all(**file, 0, filled(8192, 'a')));
  Fault fault = Fault::torn_write;
  disk.set_faults([&fault](std::uint64_t, DiskOperation, const std::string&) { return fault; });
  REQUIRE(*(*file)->write(0, filled(4096, 'b')) == 4096);
  const std::string torn = sectors_of(disk, "/f");
  REQUIRE(torn != std::string(16, 'a'));
  REQUIRE(torn.find('a') < 8);
  REQUIRE(torn.find('b', torn.find('a')) == std::string::npos);
  fault = Fault::flip_bit;
  REQUIRE(*(*file)->write(0, filled(512, 'b')) == 512);
  REQUIRE(sectors_of(disk, "/f").front() == 'g');
  fault = Fault::misdirected;
  REQUIRE(*(*file)->write(0, filled(512, 'c')) == 512);
  REQUIRE(sectors_of(disk, "/f")[8] == 'c');
  std::vector<std::byte> read(512);
  REQUIRE(*(*file)->read(0, read) == 512);
  REQUIRE(read == filled(512, 'c'));
  fault = Fault::none;
  disk.break_sector("/f", 3);
  REQUIRE_WELL(read_exactly(**file, 0, read));
  REQUIRE(read_exactly(**file, 3 * 512 + 100, read).error().problem == Problem::io);
  REQUIRE_WELL(write_all(**file, 3 * 512, filled(512, 'd')));
  REQUIRE_WELL(read_exactly(**file, 3 * 512, read));
  disk.zero_sector("/f", 3);
  disk.copy_sector("/f", 8, 4);
  disk.swap_sectors("/f", 4, 5);
  REQUIRE(sectors_of(disk, "/f").substr(3, 3) == "zac");
}

TEST_CASE("A slow disk says how long each operation took") {
  SimulatedDisk disk;
  disk.set_delays([](std::uint64_t, DiskOperation operation, const std::string&, std::uint64_t bytes) {
    return operation == DiskOperation::sync ? 5'000 : bytes / 100;
  });
  auto file = disk.open("/f", OpenMode::create_new);
  REQUIRE_WELL(write_all(**file, 0, filled(1000, 'a')));
  REQUIRE_WELL((*file)->sync());
  REQUIRE(disk.take_delay_us() == 5'010);
  REQUIRE(disk.take_delay_us() == 0);
}

TEST_CASE("The disk can be full") {
  SimulatedDisk disk;
  disk.set_capacity(1000);
  auto file = disk.open("/f", OpenMode::create_new);
  REQUIRE_WELL(write_all(**file, 0, filled(900, 'a')));
  REQUIRE(write_all(**file, 900, filled(101, 'a')).error().problem == Problem::no_space);
  REQUIRE_WELL(write_all(**file, 0, filled(1000, 'b')));
  REQUIRE(*disk.free_bytes("/") == 0);
  REQUIRE_WELL(disk.remove("/f"));
  REQUIRE(*disk.free_bytes("/") == 1000);
}

}  // namespace kelek::storage::test
