// A script of two hundred things that happen to a data directory, and what must be there after each of them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <kelek/storage/simulated_disk.h>

#include "simulated_inode.h"
#include "snapshot_file.h"
#include "storage_support.h"

namespace kelek::storage::test {

/// What a log holds, as a model that has no bytes.
struct Model {
  raft::HardState hard_state;
  raft::Index snapshot_index = 0;
  raft::Index last_index = 0;
  std::map<raft::Index, std::string> entries;

  std::string describe() const;
};

/// The same words for what recovery found.
std::string describe(const Recovered& recovered);

/// The bytes that the state machine of these tests has at `index`.
std::vector<std::byte> state_at(raft::Index index);

/// Runs until the disk fails. Deterministic: the same seed does the same.
class Script {
 public:
  Script(FileSystem& disk, std::uint64_t seed) : disk_(disk), random_(seed) {}

  /// Makes the directory, opens it and does `steps` steps. False: the disk failed on the way.
  bool run(int steps);

  bool created() const { return created_; }
  /// What a recovery may find: everything from the last state known durable to the last one attempted.
  const std::vector<std::string>& attempted() const { return states_; }
  std::size_t durable() const { return durable_; }
  /// The error that ended it.
  const std::string& failure() const { return failure_; }
  std::uint64_t snapshots_taken() const { return snapshots_taken_; }
  std::uint64_t snapshots_received() const { return snapshots_received_; }
  Log* log() { return opened_ ? &opened_->directory->log() : nullptr; }
  static constexpr const char* path = "/node";

 private:
  bool good(const Status& status);
  bool open();
  bool step();
  bool write_batch();
  bool sync();
  bool append();
  bool vote();
  bool advance_commit();
  bool replace();
  bool write_two();
  bool take_snapshot();
  bool receive_snapshot();
  bool reopen();
  raft::EntryRange make_entries(raft::Index first, std::uint32_t count);
  void stage_entries(raft::Index first, std::uint32_t count);

  FileSystem& disk_;
  SimulatedRandom random_;
  std::optional<DataDirectory::Opened> opened_;
  Model model_;
  raft::Index synced_last_ = 0;
  bool created_ = false;
  bool staged_well_ = true;
  std::uint64_t written_ = 0;
  std::vector<std::string> states_{Model().describe()};
  std::size_t durable_ = 0;
  std::string failure_;
  std::uint64_t snapshots_taken_ = 0;
  std::uint64_t snapshots_received_ = 0;
};

/// Opens what a crash or a failure left and holds it against what the script knows; then writes on, and loses power.
void check_recovery(SimulatedDisk& disk, const Script& script);

}  // namespace kelek::storage::test
