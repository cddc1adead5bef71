// Taking, reading and serving snapshots.
#include "snapshots.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include <kelek/wire/snapshot_codec.h>

#include "clocks.h"
#include "log_writer.h"

namespace kelek::runtime {
namespace {

constexpr std::size_t read_bytes = std::size_t{1} << 20;
/// After one that failed, so that a full disk is not written to without a pause.
constexpr std::uint64_t pause_ms = 10'000;

}  // namespace

Result<machine::Machine> load_machine(const storage::SnapshotStore& store, const raft::SnapshotMetadata& snapshot) {
  const std::string name = "The snapshot of index " + std::to_string(snapshot.index);
  wire::SnapshotDecoder decoder;
  for (std::uint64_t offset = 0; offset < snapshot.size_bytes;) {
    const std::size_t size =
        static_cast<std::size_t>(std::min<std::uint64_t>(read_bytes, snapshot.size_bytes - offset));
    const storage::Result<raft::Payload> part = store.read(snapshot.id, offset, size);
    if (!part.ok()) return failure_of(part.error());
    if (part->empty()) return Failure{FailureKind::corrupt, name + " ends before its size."};
    if (!decoder.add(part->bytes())) break;
    offset += part->size();
  }
  wire::Result<machine::State> state = decoder.finish();
  if (!state.ok()) return Failure{FailureKind::corrupt, name + " cannot be read: " + state.error().text};
  machine::RestoreOutcome restored = machine::Machine::restore(std::move(*state));
  if (!restored.machine.has_value()) return Failure{FailureKind::corrupt, name + " makes no sense: " + restored.reason};
  if (restored.machine->revision() != snapshot.index) {
    return Failure{FailureKind::corrupt,
                   name + " holds the state of index " + std::to_string(restored.machine->revision()) + "."};
  }
  return std::move(*restored.machine);
}

Result<raft::SnapshotMetadata> write_state(storage::SnapshotWriter& writer, const machine::State& state) {
  Failure failure;
  const bool written = wire::encode_snapshot(state, [&writer, &failure](std::span<const std::byte> bytes) {
    const storage::Status status = writer.append(bytes);
    if (!status.ok()) failure = failure_of(status.error());
    return status.ok();
  });
  if (!written) return failure;
  storage::Result<raft::SnapshotMetadata> metadata = writer.finish();
  if (!metadata.ok()) return failure_of(metadata.error());
  return std::move(*metadata);
}

Snapshots::Snapshots(storage::SnapshotStore& store, std::mutex& store_mutex, const SnapshotPolicy& policy,
                     std::function<void()> wake)
    : store_(store), store_mutex_(store_mutex), policy_(policy), wake_(std::move(wake)) {}

Snapshots::~Snapshots() {
  if (thread_.joinable()) thread_.join();
}

bool Snapshots::is_due(const raft::NodeStatus& status) const {
  if (running_ || status.applied <= status.snapshot_index || steady_ms() < not_before_ms_) return false;
  const std::uint64_t entries = status.applied - status.snapshot_index;
  return entries >= policy_.log_entries || status.log_bytes >= policy_.log_bytes;
}

Failure Snapshots::begin(const raft::Node& node, const machine::Machine& machine) {
  if (running_) return {};
  const raft::Result<raft::SnapshotBasis> basis = node.snapshot_basis(machine.revision());
  if (!basis.ok()) {
    return {FailureKind::internal,
            "No snapshot of index " + std::to_string(machine.revision()) + " can be taken: " + basis.error().text};
  }
  raft::SnapshotMetadata metadata;
  metadata.index = basis->index;
  metadata.term = basis->term;
  metadata.configuration = basis->configuration;
  if (thread_.joinable()) thread_.join();
  running_ = true;
  thread_ = std::thread([this, metadata, state = machine.state()] { write(metadata, state); });
  return {};
}

void Snapshots::write(const raft::SnapshotMetadata& basis, const machine::State& state) {
  const auto attempt = [this, &basis, &state]() -> Finished {
    std::unique_ptr<storage::SnapshotWriter> writer;
    {
      const std::lock_guard<std::mutex> guard(store_mutex_);
      storage::Result<std::unique_ptr<storage::SnapshotWriter>> begun = store_.begin(basis);
      if (!begun.ok()) return failure_of(begun.error());
      writer = std::move(*begun);
    }
    Finished written = write_state(*writer, state);
    if (!written.ok()) return written;
    // The one before is removed only once this one was read back well (durability.md, R7).
    const storage::Status verified = store_.verify(written->id);
    if (!verified.ok()) return failure_of(verified.error());
    return written;
  };
  Finished finished = attempt();
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    finished_.emplace(std::move(finished));
  }
  wake_();
}

std::optional<Snapshots::Finished> Snapshots::take_finished() {
  std::optional<Finished> finished;
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    finished.swap(finished_);
  }
  if (!finished.has_value()) return finished;
  running_ = false;
  thread_.join();
  if (finished->ok()) {
    ++taken_;
  } else {
    ++failed_;
    not_before_ms_ = steady_ms() + pause_ms;
  }
  return finished;
}

/// The tail is bounded in entries and in bytes: a quarter of the limit, so that the next snapshot is worth something.
raft::Index Snapshots::compact_through(raft::Index snapshot_index, const raft::NodeStatus& status) const {
  const std::uint64_t held = status.last_index + 1 - std::min(status.first_index, status.last_index);
  const std::uint64_t entry_bytes = std::max<std::uint64_t>(1, status.log_bytes / std::max<std::uint64_t>(1, held));
  const std::uint64_t kept = std::min<std::uint64_t>(policy_.kept_entries, policy_.log_bytes / 4 / entry_bytes);
  return snapshot_index > kept ? snapshot_index - kept : 0;
}

std::optional<raft::SnapshotMetadata> Snapshots::newest() const {
  const std::lock_guard<std::mutex> guard(store_mutex_);
  const std::vector<raft::SnapshotMetadata> all = store_.list();
  return all.empty() ? std::nullopt : std::optional<raft::SnapshotMetadata>(all.back());
}

std::optional<raft::SnapshotMetadata> Snapshots::find(raft::SnapshotId id) const {
  const std::lock_guard<std::mutex> guard(store_mutex_);
  return store_.find(id);
}

bool Snapshots::fill(raft::SnapshotChunk& chunk) const {
  const std::lock_guard<std::mutex> guard(store_mutex_);
  storage::Result<raft::Payload> part = store_.read(chunk.metadata->id, chunk.offset_bytes, chunk.wanted_bytes);
  if (!part.ok()) return false;
  chunk.data = std::move(*part);
  return true;
}

}  // namespace kelek::runtime
