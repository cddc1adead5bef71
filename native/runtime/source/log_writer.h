// LogWriter: makes Readys durable, in the loop or on a thread of its own. What queued while the last sync ran goes
// into the next batch (group commit).
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <kelek/raft/ready.h>
#include <kelek/runtime/coordinator_options.h>
#include <kelek/runtime/failure.h>
#include <kelek/storage/log.h>
#include <kelek/storage/snapshot_store.h>

#include "latency.h"

namespace kelek::runtime {

/// What became of a batch.
struct Durable {
  /// Through this Ready all is durable; 0 if the batch held none.
  std::uint64_t ready_number = 0;
  /// They may leave now, in this order.
  std::vector<raft::Message> messages;
  /// Received snapshots that proved damaged: to be told to the core before persisted().
  std::vector<raft::SnapshotId> refused_snapshots;
  /// A snapshot taken here that the log knows now.
  std::optional<raft::SnapshotMetadata> snapshot;
};

struct LogWriterCounters {
  std::uint64_t batches = 0;
  std::uint64_t readies = 0;
  std::uint64_t entries = 0;
  std::uint64_t stalls = 0;
  std::uint64_t sync_p50_us = 0;
  std::uint64_t sync_p99_us = 0;
  std::uint64_t sync_max_us = 0;
};

/// All calls on the loop's thread. Owns every call of Log and of the writing part of SnapshotStore (which say that
/// one thread at a time may call them).
class LogWriter {
 public:
  /// `wake` is called on the log's thread when collect() has something. `stall_us`: what counts as a stall.
  LogWriter(storage::Log& log, storage::SnapshotStore& snapshots, SyncMode mode, std::uint64_t stall_us,
            std::function<void()> wake);
  /// Waits for the write under way, and drops what is queued.
  ~LogWriter();
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  /// Takes what is to be written of a Ready, and messages_after. `ready` may be used again at once.
  void add(raft::Ready& ready);
  /// A snapshot taken here is durable as a file: notes it in the log. The answer comes with collect().
  void add_snapshot(const raft::SnapshotMetadata& snapshot);
  /// Drops segments through an index, and older snapshots than `newest`, some time after what is queued.
  void release(raft::Index through, raft::SnapshotId newest);

  /// In the loop: writes and syncs now what was added. On a thread: hands it over.
  void flush();
  /// What is durable since the last call, in order. Empty where nothing is.
  bool collect(std::vector<Durable>& done);

  /// Called when nothing was written for a while (Log::idle_witness).
  void note_idle();

  /// To be held around SnapshotStore::begin and read on other threads or the loop's: the log's thread removes and
  /// promotes snapshots.
  std::mutex& snapshot_mutex() { return snapshot_mutex_; }

  /// Reads and checks about so many bytes of what is durable, some time; what it finds, damage() tells.
  void scrub(std::size_t max_bytes);
  std::string damage() const;

  bool busy() const;
  /// The write under way has taken longer than what counts as a stall. Only on a thread: in the loop nobody could ask.
  bool stalled() const;
  /// Synced so far. Cheap.
  std::uint64_t batches() const;
  /// The failure that latched (durability.md, R6): nothing that collect() did not give is durable.
  Failure failure() const;
  LogWriterCounters counters() const;
  /// Of the log, as of the last batch.
  storage::LogStatus log_status() const;

  /// The clean stop: writes what is queued, seals the log. Nothing else afterwards, but the destructor.
  Failure close();

 private:
  struct Item {
    raft::Ready ready;  // only what is written, and messages_after
    std::optional<raft::SnapshotMetadata> snapshot;
    bool idle = false;
    std::size_t scrub_bytes = 0;
    raft::Index release_through = 0;
    raft::SnapshotId release_newest = 0;
  };
  using Batch = std::deque<Item>;

  void run();
  Batch take_batch();
  void write_batch(Batch& batch);
  bool stage(Item& item, Durable& done, bool& must_sync);
  void store_chunks(const raft::Ready& ready, Durable& done);
  void sync_chunks(const Batch& batch, Durable& done);
  void release_now(const Item& item);
  void scrub_now(std::size_t max_bytes);
  bool commit(bool must_sync);
  bool check(const storage::Status& status);

  storage::Log& log_;
  storage::SnapshotStore& snapshots_;
  const SyncMode mode_;
  const std::uint64_t stall_us_;
  const std::function<void()> wake_;

  std::mutex snapshot_mutex_;
  mutable std::mutex mutex_;
  std::condition_variable work_;
  Batch queue_;
  std::vector<Durable> done_;
  Failure failure_;
  std::string damage_;
  Latency latency_;
  LogWriterCounters counters_;
  storage::LogStatus log_status_;
  std::uint64_t writing_since_us_ = 0;
  bool stopping_ = false;
  std::thread thread_;
};

/// The storage's words in ours.
Failure failure_of(const storage::Error& error);

}  // namespace kelek::runtime
