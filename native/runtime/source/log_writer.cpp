// Batches of Readys, written and synced.
#include "log_writer.h"

#include <utility>

#include "clocks.h"

namespace kelek::runtime {
namespace {

/// A batch this large is written although more is queued: a sync of gigabytes helps nobody.
constexpr std::size_t batch_bytes = std::size_t{32} << 20;

std::size_t bytes_to_write(const raft::Ready& ready) {
  std::size_t bytes = 0;
  for (const raft::EntryRange& range : ready.entries) bytes += range.payload_bytes();
  for (const raft::ChunkToStore& chunk : ready.chunks) bytes += chunk.data.size();
  return bytes;
}

}  // namespace

Failure failure_of(const storage::Error& error) {
  FailureKind kind = FailureKind::data_directory;
  switch (error.problem) {
    case storage::Problem::none: kind = FailureKind::internal; break;
    case storage::Problem::io: kind = FailureKind::disk; break;
    case storage::Problem::stopped: kind = FailureKind::disk; break;
    case storage::Problem::no_space: kind = FailureKind::disk_full; break;
    case storage::Problem::damaged: kind = FailureKind::corrupt; break;
    case storage::Problem::bad_use:
    case storage::Problem::too_large: kind = FailureKind::internal; break;
    case storage::Problem::denied:
    case storage::Problem::not_found:
    case storage::Problem::exists:
    case storage::Problem::in_use:
    case storage::Problem::wrong_owner: break;
  }
  return {kind, error.text};
}

LogWriter::LogWriter(storage::Log& log, storage::SnapshotStore& snapshots, SyncMode mode, std::uint64_t stall_us,
                     std::function<void()> wake)
    : log_(log), snapshots_(snapshots), mode_(mode), stall_us_(stall_us), wake_(std::move(wake)) {
  log_status_ = log_.status();
  if (mode_ == SyncMode::on_thread) thread_ = std::thread([this] { run(); });
}

LogWriter::~LogWriter() {
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    stopping_ = true;
    queue_.clear();
  }
  work_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void LogWriter::add(raft::Ready& ready) {
  Item item;
  item.ready.number = ready.number;
  item.ready.messages_after = std::move(ready.messages_after);
  item.ready.hard_state = ready.hard_state;
  item.ready.entries = std::move(ready.entries);
  item.ready.replaces_entries = ready.replaces_entries;
  item.ready.must_sync = ready.must_sync;
  item.ready.chunks = std::move(ready.chunks);
  item.ready.snapshot = ready.snapshot;
  ready.messages_after.clear();
  ready.entries.clear();
  ready.chunks.clear();
  const std::lock_guard<std::mutex> guard(mutex_);
  queue_.push_back(std::move(item));
}

void LogWriter::add_snapshot(const raft::SnapshotMetadata& snapshot) {
  Item item;
  item.snapshot = snapshot;
  const std::lock_guard<std::mutex> guard(mutex_);
  queue_.push_back(std::move(item));
}

void LogWriter::release(raft::Index through, raft::SnapshotId newest) {
  Item item;
  item.release_through = through;
  item.release_newest = newest;
  const std::lock_guard<std::mutex> guard(mutex_);
  queue_.push_back(std::move(item));
}

void LogWriter::note_idle() {
  {
    Item item;
    item.idle = true;
    const std::lock_guard<std::mutex> guard(mutex_);
    queue_.push_back(std::move(item));
  }
  flush();
}

void LogWriter::flush() {
  if (mode_ == SyncMode::on_thread) {
    work_.notify_one();
    return;
  }
  for (;;) {
    Batch batch;
    {
      const std::lock_guard<std::mutex> guard(mutex_);
      if (queue_.empty() || failure_.failed()) return;
      batch = take_batch();
    }
    write_batch(batch);
  }
}

void LogWriter::run() {
  for (;;) {
    Batch batch;
    {
      std::unique_lock<std::mutex> guard(mutex_);
      work_.wait(guard, [this] { return stopping_ || (!queue_.empty() && !failure_.failed()); });
      if (queue_.empty() || failure_.failed()) return;
      batch = take_batch();
      writing_since_us_ = steady_us();
    }
    write_batch(batch);
    wake_();
  }
}

/// One sync may answer for several Readys, but not for one that replaces what an earlier one of them stored: its
/// acknowledgements would speak of entries that are gone (ready.h).
LogWriter::Batch LogWriter::take_batch() {
  Batch batch;
  std::size_t bytes = 0;
  while (!queue_.empty()) {
    Item& next = queue_.front();
    const bool alone = next.ready.replaces_entries || next.ready.snapshot != nullptr;
    if (!batch.empty() && (alone || bytes > batch_bytes)) break;
    bytes += bytes_to_write(next.ready);
    batch.push_back(std::move(next));
    queue_.pop_front();
  }
  return batch;
}

void LogWriter::write_batch(Batch& batch) {
  Durable done;
  bool must_sync = false;
  bool well = true;
  for (Item& item : batch) {
    well = well && stage(item, done, must_sync);
    if (item.snapshot.has_value()) done.snapshot = item.snapshot;
  }
  sync_chunks(batch, done);
  well = well && commit(must_sync);
  for (const Item& item : batch) {
    if (!well) break;
    if (item.release_through != 0) release_now(item);
    if (item.scrub_bytes != 0) scrub_now(item.scrub_bytes);
  }
  const storage::LogStatus status = log_.status();
  const std::lock_guard<std::mutex> guard(mutex_);
  log_status_ = status;
  writing_since_us_ = 0;
  if (!well) return;
  for (const Item& item : batch) {
    counters_.readies += item.ready.number != 0 ? 1 : 0;
    for (const raft::EntryRange& range : item.ready.entries) counters_.entries += range.size();
  }
  done_.push_back(std::move(done));
}

bool LogWriter::stage(Item& item, Durable& done, bool& must_sync) {
  if (item.idle) return check(log_.idle_witness());
  if (item.release_through != 0 || item.scrub_bytes != 0) return true;
  if (item.snapshot.has_value()) {
    must_sync = true;
    return check(log_.stage_snapshot(*item.snapshot, storage::SnapshotUse::compacts));
  }
  store_chunks(item.ready, done);
  if (item.ready.has_writes() && !check(log_.stage(item.ready))) return false;
  must_sync = must_sync || item.ready.must_sync;
  done.ready_number = item.ready.number;
  for (raft::Message& message : item.ready.messages_after) done.messages.push_back(std::move(message));
  return true;
}

/// Failures of snapshot files do not latch: the snapshot is asked for again from its start.
void LogWriter::store_chunks(const raft::Ready& ready, Durable& done) {
  const std::lock_guard<std::mutex> guard(snapshot_mutex_);
  for (const raft::ChunkToStore& chunk : ready.chunks) {
    storage::Status status = snapshots_.store_chunk(chunk);
    if (status.ok() && chunk.is_last()) status = snapshots_.promote(chunk.metadata->id);
    if (!status.ok()) done.refused_snapshots.push_back(chunk.metadata->id);
  }
}

void LogWriter::sync_chunks(const Batch& batch, Durable& done) {
  for (const Item& item : batch) {
    if (item.ready.chunks.empty()) continue;
    const std::lock_guard<std::mutex> guard(snapshot_mutex_);
    if (!snapshots_.sync_chunks().ok()) done.refused_snapshots.push_back(item.ready.chunks.back().metadata->id);
    return;
  }
}

/// A commit index alone waits for the next batch that needs a sync anyway.
bool LogWriter::commit(bool must_sync) {
  if (!must_sync) return true;
  const std::uint64_t before_us = steady_us();
  if (!check(log_.commit())) return false;
  const std::uint64_t took_us = steady_us() - before_us;
  const std::lock_guard<std::mutex> guard(mutex_);
  latency_.add(took_us);
  counters_.batches += 1;
  if (took_us >= stall_us_) counters_.stalls += 1;
  return true;
}

void LogWriter::release_now(const Item& item) {
  // Neither failure loses anything: what was not removed now is removed later.
  {
    const std::lock_guard<std::mutex> guard(snapshot_mutex_);
    const storage::Status older = snapshots_.remove_older_than(item.release_newest);
    static_cast<void>(older);
  }
  const storage::Result<raft::Index> first = log_.release(item.release_through);
  if (!first.ok() && log_.failed()) check(storage::Status(first.error()));
}

void LogWriter::scrub(std::size_t max_bytes) {
  {
    Item item;
    item.scrub_bytes = max_bytes;
    const std::lock_guard<std::mutex> guard(mutex_);
    queue_.push_back(std::move(item));
  }
  flush();
}

void LogWriter::scrub_now(std::size_t max_bytes) {
  const storage::Result<storage::ScrubStep> step = log_.scrub(max_bytes);
  if (!step.ok() || step->damage.empty()) return;
  const std::lock_guard<std::mutex> guard(mutex_);
  if (damage_.empty()) damage_ = step->damage;
}

std::string LogWriter::damage() const {
  const std::lock_guard<std::mutex> guard(mutex_);
  return damage_;
}

bool LogWriter::check(const storage::Status& status) {
  if (status.ok()) return true;
  const std::lock_guard<std::mutex> guard(mutex_);
  if (!failure_.failed()) failure_ = failure_of(status.error());
  return false;
}

bool LogWriter::collect(std::vector<Durable>& done) {
  done.clear();
  const std::lock_guard<std::mutex> guard(mutex_);
  done.swap(done_);
  return !done.empty();
}

bool LogWriter::busy() const {
  const std::lock_guard<std::mutex> guard(mutex_);
  return !queue_.empty() || writing_since_us_ != 0;
}

bool LogWriter::stalled() const {
  if (stall_us_ == 0 || mode_ == SyncMode::in_loop) return false;
  const std::lock_guard<std::mutex> guard(mutex_);
  return writing_since_us_ != 0 && steady_us() >= writing_since_us_ + stall_us_;
}

std::uint64_t LogWriter::batches() const {
  const std::lock_guard<std::mutex> guard(mutex_);
  return counters_.batches;
}

Failure LogWriter::failure() const {
  const std::lock_guard<std::mutex> guard(mutex_);
  return failure_;
}

LogWriterCounters LogWriter::counters() const {
  const std::lock_guard<std::mutex> guard(mutex_);
  LogWriterCounters counters = counters_;
  counters.sync_p50_us = latency_.quantile_us(500);
  counters.sync_p99_us = latency_.quantile_us(990);
  counters.sync_max_us = latency_.max_us();
  return counters;
}

storage::LogStatus LogWriter::log_status() const {
  const std::lock_guard<std::mutex> guard(mutex_);
  return log_status_;
}

Failure LogWriter::close() {
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    stopping_ = true;
  }
  work_.notify_one();
  if (thread_.joinable()) thread_.join();
  if (mode_ == SyncMode::in_loop) flush();
  const Failure latched = failure();
  if (latched.failed()) return latched;
  const storage::Status sealed = log_.close();
  return sealed.ok() ? Failure{} : failure_of(sealed.error());
}

}  // namespace kelek::runtime
