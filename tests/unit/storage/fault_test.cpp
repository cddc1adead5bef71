// Every operation fails once, in every way it may: what was not acknowledged before is not acknowledged after
// it, and what was is still there (R6; known-bugs.md, B31, B75).
#include <catch2/catch.hpp>

#include "script.h"

namespace kelek::storage::test {
namespace {

constexpr int steps = 60;
constexpr std::uint64_t seed = 3;

std::uint64_t operations_of_script() {
  SimulatedDisk disk;
  Script script(disk, seed);
  const bool done = script.run(steps);
  INFO(script.failure());
  REQUIRE(done);
  return disk.operations();
}

/// The log takes nothing more, and gives its first failure as the reason.
void check_latched(Script& script) {
  if (script.log() == nullptr || !script.log()->failed()) return;
  const raft::HardState state{99, 0, 0};
  for (int i = 0; i < 2; ++i) {
    const Status refused = script.log()->stage(&state, {});
    REQUIRE_FALSE(refused.ok());
    REQUIRE(refused.error().problem == Problem::stopped);
    REQUIRE(refused.error().text.find(script.failure()) != std::string::npos);
    REQUIRE_FALSE(script.log()->write().ok());
    REQUIRE_FALSE(script.log()->sync().ok());
    REQUIRE_FALSE(script.log()->close().ok());
  }
}

void fail_each_operation_with(Fault fault, std::uint64_t& failures) {
  const std::uint64_t operations = operations_of_script();
  failures = 0;
  for (std::uint64_t operation = 0; operation < operations; ++operation) {
    INFO("operation " << operation << " of " << operations << " has fault " << static_cast<int>(fault));
    SimulatedDisk disk;
    disk.set_faults([=](std::uint64_t number, DiskOperation, const std::string&) {
      return number == operation ? fault : Fault::none;
    });
    Script script(disk, seed);
    if (script.run(steps)) {
      // Whoever goes on has to be right: nothing that it acknowledged hangs on what failed.
      const std::unique_ptr<SimulatedDisk> powerless = disk.clone();
      powerless->crash(Tearing::all_lost, operation);
      check_recovery(*powerless, script);
      continue;
    }
    ++failures;
    check_latched(script);
    disk.set_faults({});
    const std::unique_ptr<SimulatedDisk> powerless = disk.clone();
    disk.restart_process();
    check_recovery(disk, script);
    powerless->crash(operation % 2 == 0 ? Tearing::all_lost : Tearing::sectors, operation);
    check_recovery(*powerless, script);
  }
}

}  // namespace

TEST_CASE("EIO at any operation") {
  std::uint64_t failures = 0;
  fail_each_operation_with(Fault::fail, failures);
  REQUIRE(failures > 150);
}

TEST_CASE("ENOSPC at any operation") {
  std::uint64_t failures = 0;
  fail_each_operation_with(Fault::no_space, failures);
  REQUIRE(failures > 150);
}

TEST_CASE("A sync that fails and drops its pages, any of them") {
  std::uint64_t failures = 0;
  fail_each_operation_with(Fault::drop_pages, failures);
  REQUIRE(failures > 50);
}

TEST_CASE("A short write is gone on with") {
  std::uint64_t failures = 0;
  fail_each_operation_with(Fault::short_write, failures);
  REQUIRE(failures == 0);
}

TEST_CASE("A failure of a write to the log latches, and is told to whoever asks") {
  for (const DiskOperation failing : {DiskOperation::write, DiskOperation::sync}) {
    SimulatedDisk disk;
    create_or_fail(disk, "/node");
    auto opened = open_or_fail(disk, "/node");
    Log& log = opened.directory->log();
    REQUIRE_WELL(write(log, {1, 1, 0}, entries(1, 3, 1)));
    REQUIRE_WELL(log.failure());
    disk.set_faults([failing](std::uint64_t, DiskOperation operation, const std::string&) {
      return operation == failing ? Fault::fail : Fault::none;
    });
    const Status failed = write(log, entry(4, 1, "lost"));
    REQUIRE_FALSE(failed.ok());
    REQUIRE(failed.error().problem == Problem::io);
    REQUIRE(failed.error().path.find(".wal") != std::string::npos);
    disk.set_faults({});
    REQUIRE(log.failed());
    REQUIRE(log.failure().error().problem == Problem::stopped);
    // B31: the disk is well again, and that changes nothing: it is not even asked.
    const Lsn synced = log.status().synced_lsn;
    const std::uint64_t operations = disk.operations();
    REQUIRE_FALSE(log.sync().ok());
    REQUIRE_FALSE(log.commit().ok());
    REQUIRE_FALSE(log.idle_witness().ok());
    REQUIRE_FALSE(log.release(3).ok());
    REQUIRE_FALSE(log.close().ok());
    REQUIRE(disk.operations() == operations);
    REQUIRE(log.status().synced_lsn == synced);
  }
}

TEST_CASE("A lost or misdirected write is found when it is read, not taken for truth") {
  for (const Fault fault : {Fault::lost_write, Fault::misdirected}) {
    SimulatedDisk disk;
    create_or_fail(disk, "/node");
    {
      auto opened = open_or_fail(disk, "/node");
      Log& log = opened.directory->log();
      REQUIRE_WELL(write(log, {1, 1, 0}, entries(1, 3, 1)));
      disk.set_faults([fault](std::uint64_t, DiskOperation operation, const std::string&) {
        return operation == DiskOperation::write ? fault : Fault::none;
      });
      REQUIRE_WELL(write(log, entry(4, 1, "nowhere")));
      disk.set_faults({});
      REQUIRE_WELL(write(log, entry(5, 1, "here")));
      REQUIRE_WELL(write(log, entry(6, 1, "here too")));
    }
    auto opened = open_or_fail(disk, "/node");
    REQUIRE(opened.recovered.damaged);
    REQUIRE(opened.recovered.last_index() == 3);
    REQUIRE(opened.recovered.repair_until == 6);
  }
}

TEST_CASE("Wrong bits from the disk while a log is read are found") {
  SimulatedDisk disk;
  create_or_fail(disk, "/node");
  {
    auto opened = open_or_fail(disk, "/node");
    REQUIRE_WELL(write(opened.directory->log(), {1, 1, 0}, entries(1, 60, 1, "some text ")));
    REQUIRE_WELL(opened.directory->log().close());
  }
  const std::string whole = describe(open_or_fail(disk, "/node").recovered);
  for (std::uint64_t operation = 0; operation < 60; ++operation) {
    auto copy = disk.clone();
    copy->set_faults([operation](std::uint64_t number, DiskOperation, const std::string&) {
      return number == operation ? Fault::flip_bit : Fault::none;
    });
    auto opened = DataDirectory::open(*copy, "/node", identity_of_node(), small_options());
    if (!opened || opened->recovered.damaged) continue;
    REQUIRE(describe(opened->recovered) == whole);
  }
}

TEST_CASE("A full disk: refused early, nothing lost, and the log goes on when there is space") {
  SimulatedDisk disk;
  create_or_fail(disk, "/node", small_options(8192));
  auto opened = open_or_fail(disk, "/node", small_options(8192));
  Log& log = opened.directory->log();
  REQUIRE_WELL(write(log, {1, 1, 0}, {}));
  REQUIRE_WELL(log.prepare());
  REQUIRE_FALSE(log.space_low());
  disk.set_capacity(disk.capacity_used());
  raft::Index next = 1;
  const auto write_until = [&](auto&& condition) {
    while (!condition()) {
      Status written = write(log, entry(next, 1, std::string(200, 'x')));
      if (!written) return written;
      ++next;
    }
    return Status(Nothing{});
  };
  // The spare is taken; that there is no other shows at once, while a whole segment is still to be filled.
  REQUIRE_WELL(write_until([&] { return log.status().segments == 2; }));
  REQUIRE_FALSE(log.prepare().ok());
  REQUIRE(log.space_low());
  const raft::Index early = next;
  const Status full = write_until([] { return false; });
  REQUIRE(full.error().problem == Problem::no_space);
  REQUIRE(next > early + 5);
  REQUIRE_FALSE(log.failed());
  REQUIRE(log.has_staged());
  REQUIRE_FALSE(log.write().ok());
  // Space returns: the batch that waited is written, and so are others.
  disk.set_capacity(UINT64_MAX);
  REQUIRE_WELL(log.commit());
  ++next;
  REQUIRE_WELL(log.prepare());
  REQUIRE_FALSE(log.space_low());
  REQUIRE_WELL(write(log, entry(next, 1, "goes on")));
  disk.crash(Tearing::all_lost, 1);
  opened.directory.reset();
  REQUIRE(open_or_fail(disk, "/node", small_options(8192)).recovered.last_index() == next);
}

TEST_CASE("A disk that is full at the start: a sentence, and all is well once there is space (B75)") {
  SimulatedDisk disk;
  create_or_fail(disk, "/node");
  {
    auto opened = open_or_fail(disk, "/node");
    REQUIRE_WELL(write(opened.directory->log(), {1, 1, 0}, entries(1, 5, 1)));
  }
  disk.set_capacity(disk.capacity_used());
  auto refused = DataDirectory::open(disk, "/node", identity_of_node(), small_options());
  REQUIRE_FALSE(refused.ok());
  REQUIRE(refused.error().problem == Problem::no_space);
  disk.set_capacity(UINT64_MAX);
  REQUIRE(open_or_fail(disk, "/node").recovered.last_index() == 5);
}

}  // namespace kelek::storage::test
